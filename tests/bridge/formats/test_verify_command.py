"""`wattbook verify`: one JSON object whatever comes; exit status 1 unless all of it is valid."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bridge.formats.meters import SAMPLES, container, der, key, ocmf, ocmf_payload, own, telegram
from tests.bridge.formats.real import ocmf_files, real
from wattbook import cli
from wattbook.metering.keys import Curve

PROGRAM = Path(sys.executable).parent / "wattbook"
P256, K1 = Curve.SECP256R1, Curve.SECP256K1
OWN_KEY = "the key is the record's own; whether it is the meter's, only a registry can tell"
NOT_SIGNED = "the signature is not of this key over these bytes"


@pytest.fixture
def verify(monkeypatch, capfd, tmp_path):
    """Runs the command on bytes, and returns status, what it printed and what it complained of."""

    def run(data, *arguments, name="record"):
        monkeypatch.chdir(tmp_path)
        if data is not None:
            (tmp_path / name).write_bytes(data)
        monkeypatch.setattr(sys, "argv", ["wattbook", "verify", name, *arguments])
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code
        out, err = capfd.readouterr()
        if isinstance(status, str):
            status, err = 1, status
        return status, json.loads(out) if out else None, err

    return run


def test_one_record(verify):
    raw = ocmf(P256)
    status, answer, err = verify(raw, "--key", der(P256).hex())
    assert (status, err) == (0, "")
    assert answer == {
        "format": "ocmf",
        "valid": True,
        "reason": "",
        "trust": "A",
        "curve": "secp256r1",
        "signature": True,
        "note": "",
        "key": key(P256).point.hex(),
        "id": answer["id"],
        "readings": [
            {"meter": "1WBK0000000017", "register": "1.8.0", "time": time, "wh": wh, "sequence": 17}
            | {"series": "T", "synchronised": True}
            for time, wh in ((1772348400, 812345), (1772350930, 830051))
        ],
    }


def test_several_records(verify):
    data = container((ocmf(P256), der(P256).hex()), (ocmf(K1, ocmf_payload(PG="T18")), der(K1).hex()))
    status, answer, err = verify(data)
    assert (status, err) == (0, "")
    records = answer.pop("records")
    assert [record["curve"] for record in records] == ["secp256r1", "secp256k1"]
    assert answer.pop("readings") == [reading for record in records for reading in record["readings"]]
    assert answer == {
        "format": "ocmf",
        "valid": True,
        "reason": "",
        "trust": "A",
        "curve": None,
        "signature": True,
        "note": OWN_KEY,
    }


def test_one_bad_record_among_good_ones(verify):
    data = container((ocmf(P256), der(P256).hex()), (ocmf(K1), der(P256).hex()))
    status, answer, _ = verify(data)
    assert status == 1
    assert (answer["valid"], answer["signature"], answer["curve"]) == (False, None, "secp256r1")
    assert answer["reason"] == f"record 2 of 2: {NOT_SIGNED}"
    assert [record["valid"] for record in answer["records"]] == [True, False]
    assert len(answer["readings"]) == 2


def test_signed_but_impossible(verify):
    row = {"TM": "1970-01-01T01:01:49,000+0100 U", "RV": 1, "RI": "1-b:1.8.0", "RU": "kWh", "EF": "", "ST": "G"}
    status, answer, _ = verify(ocmf(P256, ocmf_payload([row])), "--key", der(P256).hex())
    assert (status, answer["valid"], answer["signature"]) == (1, False, True)
    assert answer["reason"] == "signed, but its time is 1970-01-01"


def test_json_is_one_line(verify, capfd):
    _, plain, _ = verify(telegram())
    _, answer, _ = verify(telegram(), "--json")
    assert plain == answer
    done = subprocess.run([PROGRAM, "verify", "-", "--json"], input=telegram(), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 1
    assert json.loads(done.stdout) == answer


def test_stdin(verify, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(own(K1))))
    status, answer, _ = verify(None, "--key", key(K1).address, name="-")
    assert (status, answer["valid"], answer["key"]) == (0, True, key(K1).address)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", bytes(range(256)), b"<", b"{", b"OCMF|", telegram()[:50], ocmf(P256)[:-3], b"<values/>"],
)
def test_whatever_is_no_record(verify, data):
    status, answer, err = verify(data)
    assert (status, err) == (1, "")
    assert answer["valid"] is False and answer["reason"] and answer["readings"] == []


@pytest.mark.parametrize("text", ["", "meter", "00ff", "0x"])
def test_a_key_that_is_none(verify, text):
    status, answer, err = verify(ocmf(P256), "--key", text)
    assert (status, answer) == (2, None)
    assert err.startswith("wattbook: Invalid value for --key: ") and err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--fly"], ["--key"], ["another"]])
def test_bad_usage(verify, arguments):
    status, answer, err = verify(telegram(), *arguments)
    assert (status, answer) == (2, None)
    assert err.count("\n") == 1


def test_what_cannot_be_read(verify, tmp_path):
    (tmp_path / "folder").mkdir()
    assert verify(None, name="nowhere") == (1, None, "wattbook: nowhere cannot be read: No such file or directory")
    assert verify(None, name="folder") == (1, None, "wattbook: folder cannot be read: Is a directory")
    assert verify(None, name="a\0b") == (1, None, "wattbook: a\0b cannot be read: embedded null byte")


def test_an_endless_file():
    done = subprocess.run([PROGRAM, "verify", "/dev/zero"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["reason"] == "more than 16777216 bytes are not read"


@real
@pytest.mark.parametrize("file", ocmf_files(), ids=lambda file: file.name)
def test_real_records(verify, file):
    status, answer, _ = verify(file.read_bytes())
    assert (status, answer["valid"]) == ((1, False) if "fail" in file.name else (0, True))


def test_the_examples_of_the_documentation():
    """Each command in docs/metering/formats.md prints what stands under it; three dots stand for the rest."""
    root = SAMPLES.parents[3]
    blocks = (root / "docs/metering/formats.md").read_text().split("```")[1::2]
    shown = [block.strip().partition("\n") for block in blocks if block.startswith("\n$ wattbook verify")]
    assert len(shown) == 7
    for command, _, output in shown:
        arguments = command.removeprefix("$ wattbook ").split()
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, cwd=root)
        if output.strip().endswith("\n..."):
            assert done.stdout.startswith(output.strip().removesuffix("..."))
        else:
            assert done.stdout.strip() == output.strip()
        assert done.returncode == (0 if '"valid": true' in output else 1)
