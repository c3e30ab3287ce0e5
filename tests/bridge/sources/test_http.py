"""Records by HTTP, over real sockets."""

import pytest

from tests.bridge.formats import meters
from tests.bridge.sources.http_server import TOKEN, serving
from tests.bridge.verify.devices import registered, signed
from wattbook.bridge.formats.recognise import MAX_FILE
from wattbook.bridge.outbox.records import OutboxError
from wattbook.metering.keys import Curve


@pytest.fixture
def post(intake):
    with serving(intake.take) as post:
        yield post


def test_a_record_is_taken(post, outbox):
    answer = post(signed(7))
    assert (answer.status_code, answer.json()) == (202, {"new": 1, "repeated": 0, "refused": []})
    assert len(outbox.readings.between(7, 0, 2**40)) == 1
    assert post(signed(7)).json() == {"new": 0, "repeated": 1, "refused": []}


def test_a_gateways_container_is_taken(post, directory):
    directory.replace([registered(20, meter="1WBK0000000017", key=meters.key(Curve.SECP256R1), rated_w=30_000)])
    answer = post(meters.container((meters.ocmf(Curve.SECP256R1), None)))
    assert answer.status_code == 422
    assert {one["reason"] for one in answer.json()["refused"]} == {"too-old"}


def test_what_is_refused_is_told(post):
    answer = post(signed(99))
    assert answer.status_code == 422
    assert [one["reason"] for one in answer.json()["refused"]] == ["unknown-meter"]
    both = post(signed(7) + b"\n" + signed(99, 1))
    assert (both.status_code, both.json()["new"], len(both.json()["refused"])) == (202, 1, 1)


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", f"Basic {TOKEN}", "Bearer \xff"])
def test_without_the_token_nothing_is_taken(post, authorization, intake):
    answer = post(signed(7), authorization=authorization)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert not intake.counts.taken


def test_more_than_is_read_is_not_received(post):
    assert post(b"x" * (MAX_FILE + 1)).status_code == 413


def test_while_the_outbox_is_away_it_is_to_come_again():
    def failing(arrivals):
        raise OutboxError("the disk is full: /srv/bridge.db")

    with serving(failing) as post:
        answer = post(signed(7))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "bridge.db" not in answer.text
