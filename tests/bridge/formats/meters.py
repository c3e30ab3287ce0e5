"""Meters of our own making: their keys, and the records that they write in every format.

`python -m tests.bridge.formats.meters` writes the sample files; a test holds them to what this module makes.
"""

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_keys.datatypes import PrivateKey

from wattbook.metering.keys import Curve, MeterKey
from wattbook.metering.readings import Reading

SAMPLES = Path(__file__).parent / "samples"
# Nobody's contract: the samples say where they count, and that is nowhere.
CHAIN_ID, CONTRACT = 31337, "0x00000000000000000000000000000000004D4554"
_SECRETS = {curve: 0x5AFE + number for number, curve in enumerate(Curve)}
_GROUPS = {
    Curve.SECP256K1: ec.SECP256K1(),
    Curve.SECP256R1: ec.SECP256R1(),
    Curve.BRAINPOOLP256R1: ec.BrainpoolP256R1(),
    Curve.SECP384R1: ec.SECP384R1(),
    Curve.BRAINPOOLP384R1: ec.BrainpoolP384R1(),
    Curve.SECP192R1: ec.SECP192R1(),
}
ORDERS = {
    Curve.SECP256K1: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    Curve.SECP256R1: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}


def private(curve):
    return ec.derive_private_key(_SECRETS[curve], _GROUPS[curve])


def der(curve):
    return private(curve).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def point(curve, form=PublicFormat.UncompressedPoint):
    return private(curve).public_key().public_bytes(Encoding.X962, form)


def key(curve):
    numbers = private(curve).public_key().public_numbers()
    return MeterKey(curve, numbers.x, numbers.y)


def signed(curve, message):
    """A signature in DER, the same each time."""
    return private(curve).sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))


def raw_signature(curve, signature):
    r, s = decode_dss_signature(signature)
    return r.to_bytes(curve.size, "big") + s.to_bytes(curve.size, "big")


def other_s(curve, signature):
    """The signature's twin: the same r, and the other of the two s that are right."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, ORDERS[curve] - s)


def ocmf_payload(readings=None, **fields):
    """A payload as a charging station's meter writes it; of the second reading it leaves out what is as before."""
    rows = readings or [
        {"TM": "2026-03-01T08:00:00,000+0100 S", "TX": "B", "RV": "     812.345", "RI": "1-b:1.8.0", "RU": "kWh"}
        | {"EF": "", "ST": "G"},
        {"TM": "2026-03-01T08:42:10,000+0100 S", "TX": "E", "RV": 830.0519},
    ]
    head = {"FV": "1.0", "GI": "Wattbook", "GS": "WB-1", "PG": "T17", "MS": "1WBK0000000017", "IS": False, "IF": []}
    return json.dumps(head | fields | {"RD": rows}).encode()


def ocmf(curve, payload=None, **signature):
    payload = ocmf_payload() if payload is None else payload
    section = {"SA": f"ECDSA-{curve}-SHA256", "SD": signed(curve, payload).hex()} | signature
    return b"OCMF|" + payload + b"|" + json.dumps(section).encode()


def container(*values):
    """`<values>` of records, each with the text of a key or None."""
    rows = [
        f'  <value transactionId="1"><signedData format="OCMF" encoding="plain">{record.decode()}</signedData>'
        + ("" if own is None else f"<publicKey>{own}</publicKey>")
        + "</value>\n"
        for record, own in values
    ]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<values>\n{"".join(rows)}</values>\n'.encode()


def ocpp_201(record, own=""):
    value = {
        "signedMeterData": base64.b64encode(record).decode(),
        "signingMethod": "",
        "encodingMethod": "OCMF",
        "publicKey": base64.b64encode(f"oca:base16:asn1:{own}".encode()).decode() if own else "",
    }
    sampled = {"value": 830051, "context": "Transaction.End", "signedMeterValue": value}
    event = {"eventType": "Ended", "meterValue": [{"timestamp": "2026-03-01T07:42:10Z", "sampledValue": [sampled]}]}
    return json.dumps([2, "17", "TransactionEvent", event], indent=1).encode()


def ocpp_16(*values):
    sampled = [{"value": value, "format": "SignedData", "context": "Transaction.End"} for value in values]
    meter_value = [{"timestamp": "2026-03-01T07:42:10Z", "sampledValue": [{"value": "830052"}, *sampled]}]
    return json.dumps([2, "17", "MeterValues", {"connectorId": 1, "meterValue": meter_value}], indent=1).encode()


TELEGRAM = (
    "/WBK5\\Wattbook-17",
    "",
    "1-3:0.2.8(50)",
    "0-0:1.0.0(260301084210W)",
    "0-0:96.1.1(57424B3030303137)",
    "1-0:1.8.1(000812.345*kWh)",
    "1-0:1.8.2(000400.100*kWh)",
    "1-0:2.8.1(000001.500*kWh)",
    "1-0:2.8.2(000000.000*kWh)",
    "0-0:96.14.0(0002)",
    "1-0:1.7.0(00.244*kW)",
    "0-1:24.1.0(003)",
    "0-1:24.2.1(260301084000W)(00981.443*m3)",
    "0-2:24.1.0(004)",
    "0-2:96.1.0(HEAT2)",
    "0-2:24.2.1(260301080000W)(0010.800*GJ)",
)


def reference_crc(data):
    """CRC-16/ARC bit by bit, as its definition reads."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def telegram(lines=TELEGRAM, checksum=True):
    body = "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"!"
    return body + (b"%04X\r\n" % reference_crc(body) if checksum else b"\r\n")


def green_button(intervals=((1767225600, 900, 250), (1767226500, 900, 125)), **reading_type):
    """A feed of one usage point; each interval has its start, duration and value."""
    names = {"accumulationBehaviour": 4, "flowDirection": 1, "powerOfTenMultiplier": 0, "uom": 72} | reading_type
    kind = "".join(f"<{name}>{value}</{name}>" for name, value in names.items() if value is not None)
    readings = "".join(
        f"<IntervalReading><timePeriod><duration>{duration}</duration><start>{start}</start></timePeriod>"
        f"<value>{value}</value></IntervalReading>\n"
        for start, duration, value in intervals
    )
    reading = "/UsagePoint/1/MeterReading/1"

    def entry(self, content, *links):
        hrefs = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in (("self", self), *links))
        name, inner = content
        return f'<entry>{hrefs}<content><{name} xmlns="http://naesb.org/espi">{inner}</{name}></content></entry>\n'

    related = (("related", f"{reading}/IntervalBlock"), ("related", "/ReadingType/1"))
    return (
        '<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        + entry(reading, ("MeterReading", ""), *related)
        + entry("/ReadingType/1", ("ReadingType", kind))
        + entry(f"{reading}/IntervalBlock/1", ("IntervalBlock", readings), ("up", f"{reading}/IntervalBlock"))
        + "</feed>\n"
    ).encode()


TABLE = b"""meter,register,time,wh
roof-3,2.8.0,2026-03-01T08:00:00+01:00,812345
roof-3,2.8.0,1772349300,813001
roof-3,1-0:1.8.0*255,2026-03-01T07:00:00Z,17
"""

READING = Reading(device=7, carrier=0, direction=1, time=1772349300, register=830051, sequence=42, quality=0)


def own(curve, reading=READING, publish=True, **changes):
    """A reading of ours, signed by the meter."""
    fields = {
        "meter": reading.device,
        "carrier": reading.carrier,
        "direction": reading.direction,
        "t": reading.time,
        "register": reading.register,
        "seq": reading.sequence,
        "quality": reading.quality,
        "prevHash": f"0x{reading.previous.hex()}",
        "chainId": CHAIN_ID,
        "contract": CONTRACT,
        "signature": f"0x{own_signature(curve, reading.digest(CHAIN_ID, CONTRACT)).hex()}",
    }
    if publish:
        fields["publicKey"] = key(curve).point.hex()
    return json.dumps(fields | changes).encode()


def own_signature(curve, digest):
    if curve == Curve.SECP256K1:
        signature = PrivateKey(_SECRETS[curve].to_bytes(32, "big")).sign_msg_hash(digest)
        return signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big") + bytes([27 + signature.v])
    signature = private(curve).sign(digest, ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True))
    return raw_signature(curve, signature)


def samples():
    """Name and bytes of each sample file."""
    station = der(Curve.SECP256R1).hex()
    later = ocmf_payload(PG="T18")
    return {
        **{f"ocmf_{curve}.txt": ocmf(curve) + b"\n" for curve in Curve},
        "container.xml": container(
            (ocmf(Curve.SECP256R1), station), (ocmf(Curve.SECP256K1, later), der(Curve.SECP256K1).hex())
        ),
        "ocpp_16.json": ocpp_16(ocmf(Curve.SECP256R1).decode()),
        "ocpp_201.json": ocpp_201(ocmf(Curve.SECP256R1), station),
        "telegram.txt": telegram(),
        "green_button.xml": green_button(),
        "readings.csv": TABLE,
        "own_secp256k1.json": own(Curve.SECP256K1) + b"\n",
        "own_secp256r1.json": own(Curve.SECP256R1) + b"\n",
    }


if __name__ == "__main__":
    for name, data in samples().items():
        (SAMPLES / name).write_bytes(data)
