"""Real stations of both versions over real websockets, by the client side of the same protocol."""

import asyncio
import base64
import json
import ssl
import time
from dataclasses import replace
from threading import Event

import pytest
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.bridge.formats import meters
from tests.bridge.verify.devices import registered
from tests.mosquitto import make_certificates
from tests.ports import free_port
from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.sources.ocpp import Ocpp
from wattbook.bridge.sources.settings import Certificate, ChargePoint, OcppSettings
from wattbook.metering.keys import Curve

METER = "1WBK0000000017"
STATION = "Stall 1"


def record(kwh="830.051", page="T17", age=60):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S,000+0000 S", time.gmtime(time.time() - age))
    row = {"TM": stamp, "RV": kwh, "RI": "1-b:1.8.0", "RU": "kWh", "EF": "", "ST": "G"}
    return meters.ocmf(Curve.SECP256R1, meters.ocmf_payload([row], PG=page))


def meter_value(version, value):
    if version == "1.6":
        sampled = {"value": value.decode(), "format": "SignedData", "context": "Transaction.End"}
    else:
        signed = {
            "signed_meter_data": base64.b64encode(value).decode(),
            "signing_method": "",
            "encoding_method": "OCMF",
            "public_key": "",
        }
        sampled = {"value": 830051, "signed_meter_value": signed}
    return [{"timestamp": "2026-03-01T07:42:10Z", "sampled_value": [sampled]}]


@pytest.fixture
def directory(directory):
    directory.replace([registered(20, meter=METER, key=meters.key(Curve.SECP256R1), rated_w=2_000_000)])
    return directory


@pytest.fixture
def settings():
    return OcppSettings("stations", "127.0.0.1", free_port(), None, (ChargePoint(STATION, "STALL_1"),))


@pytest.fixture
def central(settings, running, eventually):
    """Runs the central system; returns a function that begins with what takes arrivals."""

    def begin(take):
        source = Ocpp(settings, {"STALL_1": "secret"})
        source.trouble = "not yet"
        end = running(source, take)
        eventually(lambda: not source.trouble)
        return end

    return begin


def connection(settings, version, user=STATION, password="secret", path="/Stall%201", tls=None):
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return connect(
        f"{'wss' if tls else 'ws'}://127.0.0.1:{settings.port}{path}",
        subprotocols=[version] if version else None,
        ssl=tls,
        additional_headers={"Authorization": f"Basic {token}"},
    )


async def talk(settings, version, *calls):
    """The answers to calls of a station."""
    kind, name = (ChargePoint16, "ocpp1.6") if version == "1.6" else (ChargePoint201, "ocpp2.0.1")
    async with connection(settings, name) as line:
        point = kind(STATION, line)
        listening = asyncio.create_task(point.start())
        answers = [await asyncio.wait_for(point.call(call), 60) for call in calls]
        listening.cancel()
    return answers


def test_a_station_of_1_6(settings, central, intake, outbox):
    central(intake.take)
    boot, beat, allowed, begun, *rest = asyncio.run(
        talk(
            settings,
            "1.6",
            call16.BootNotification(charge_point_model="M", charge_point_vendor="V"),
            call16.Heartbeat(),
            call16.Authorize(id_tag="anybody"),
            call16.StartTransaction(1, "anybody", 0, "2026-03-01T07:00:00Z"),
            call16.StatusNotification(1, "NoError", "Charging"),
            call16.MeterValues(1, meter_value("1.6", record("830.051", "T17", 90)), 1),
            call16.StopTransaction(
                830, "2026-03-01T07:42:10Z", 1, transaction_data=meter_value("1.6", record("831.051", "T18", 60))
            ),
        )
    )
    assert (boot.status, allowed.id_tag_info["status"], begun.id_tag_info["status"]) == ("Accepted",) * 3
    assert begun.transaction_id > 0
    assert beat.current_time.endswith("Z")
    assert all(rest)
    assert [one.wh for one in outbox.readings.between(20, 0, 2**40)] == [830_051, 831_051]


def test_a_station_of_2_0_1(settings, central, intake, outbox):
    central(intake.take)
    event = {"event_type": "Ended", "timestamp": "2026-03-01T07:42:10Z", "trigger_reason": "Deauthorized"}
    boot, *_ = asyncio.run(
        talk(
            settings,
            "2.0.1",
            call201.BootNotification(charging_station={"model": "M", "vendor_name": "V"}, reason="PowerUp"),
            call201.Heartbeat(),
            call201.StatusNotification("2026-03-01T07:42:10Z", "Occupied", 1, 1),
            call201.MeterValues(1, meter_value("2.0.1", record("830.051", "T17", 90))),
            call201.TransactionEvent(
                **event,
                seq_no=1,
                transaction_info={"transaction_id": "17"},
                meter_value=meter_value("2.0.1", record("831.051", "T18", 60)),
            ),
        )
    )
    assert boot.status == "Accepted"
    assert [one.wh for one in outbox.readings.between(20, 0, 2**40)] == [830_051, 831_051]


def test_stations_connect_by_tls(settings, running, eventually, intake, tmp_path):
    make_certificates(tmp_path)
    own = Certificate(tmp_path / "server.pem", tmp_path / "server.key")
    source = Ocpp(replace(settings, tls=own), {"STALL_1": "secret"})
    source.trouble = "not yet"
    running(source, intake.take)
    eventually(lambda: not source.trouble)

    async def scene():
        trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        async with connection(settings, "ocpp1.6", tls=trusted) as line:
            await line.send(json.dumps([2, "1", "Heartbeat", {}]))
            assert json.loads(await asyncio.wait_for(line.recv(), 60))[0] == 3

    asyncio.run(scene())


def test_the_answer_waits_for_the_commit(settings, central, intake, outbox):
    away = Event()

    def take(arrivals):
        if not away.is_set():
            raise OutboxError("the disk is full")
        return intake.take(arrivals)

    central(take)

    async def scene():
        async with connection(settings, "ocpp1.6") as line:
            value = {"value": record().decode(), "format": "SignedData"}
            values = [{"timestamp": "2026-03-01T07:42:10Z", "sampledValue": [value]}]
            await line.send(json.dumps([2, "1", "MeterValues", {"connectorId": 1, "meterValue": values}]))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(line.recv(), 0.5)
            assert outbox.readings.between(20, 0, 2**40) == []
            away.set()
            assert json.loads(await asyncio.wait_for(line.recv(), 60))[:2] == [3, "1"]

    asyncio.run(scene())
    assert len(outbox.readings.between(20, 0, 2**40)) == 1


def test_a_forged_value_is_refused_and_answered_all_the_same(settings, central, intake, outbox):
    central(intake.take)
    forged = record().replace(b"830.051", b"930.051")
    [answer] = asyncio.run(talk(settings, "1.6", call16.MeterValues(1, meter_value("1.6", forged))))
    assert answer is not None
    assert [one.reason for one in outbox.refusals.counts()] == ["forged"]


@pytest.mark.parametrize(
    "wrong", [{"password": "guess"}, {"user": "Stall 2"}, {"path": "/Stall%202"}, {"path": "/"}, {"password": ""}]
)
def test_a_station_that_is_not_known_is_not_let_in(settings, central, intake, wrong):
    central(intake.take)

    async def scene():
        with pytest.raises(InvalidStatus) as error:
            async with connection(settings, "ocpp1.6", **wrong):
                pass
        assert error.value.response.status_code == 401

    asyncio.run(scene())


def test_garbage_ends_its_own_connection_only(settings, central, intake):
    central(intake.take)

    async def scene():
        async with connection(settings, "ocpp1.6") as other:
            for garbage in (
                "[" * 10_000,
                "no JSON",
                b"\xff\xfe",
                '[2,"1","MeterValues",{"a":1,"a":2}]',
                "x" * (1 << 21),
            ):
                async with connection(settings, "ocpp1.6") as line:
                    with pytest.raises(ConnectionClosed):
                        await line.send(garbage)
                        await asyncio.wait_for(line.recv(), 60)
            await other.send(json.dumps([2, "1", "Heartbeat", {}]))
            assert json.loads(await asyncio.wait_for(other.recv(), 60))[0] == 3

    asyncio.run(scene())
    assert not [reason for _, reason in intake.counts.refused if reason == "fault"]
