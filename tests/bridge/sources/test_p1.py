"""Telegrams from a real TCP server and from a real terminal line."""

import os
import socket
import time
import tty
from contextlib import contextmanager

import pytest

from tests.bridge.formats import meters
from tests.bridge.verify.devices import registered
from tests.ports import free_port
from wattbook.bridge.formats.p1 import MAX_TELEGRAM
from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.sources.p1 import P1
from wattbook.bridge.sources.settings import P1SerialSettings, P1TcpSettings
from wattbook.bridge.sources.telegrams import Telegrams

GOOD = meters.telegram()


def telegram(wh=1_000, age=0):
    """A telegram of a moment ago."""
    stamp = time.strftime("%y%m%d%H%M%S", time.gmtime(time.time() - age + 3_600))
    lines = ["/WBK5\\17", "", f"0-0:1.0.0({stamp}W)", "0-0:96.1.1(4D31)", f"1-0:1.8.0({wh / 1000:010.3f}*kWh)"]
    return meters.telegram(lines)


@pytest.fixture
def directory(directory):
    directory.replace([registered(30, meter="4D31", key=None)])
    return directory


@contextmanager
def gateway(port=None):
    """A TCP server that speaks to whoever comes."""
    with socket.create_server(("127.0.0.1", port or free_port())) as server:
        server.settimeout(60)
        yield server


def tcp(server, every=0):
    return P1(P1TcpSettings("house", "127.0.0.1", server.getsockname()[1], every))


def count(outbox):
    return len(outbox.readings.between(30, 0, 2**40))


# ------------------------------------------------------------------------------------------------------- framing


@pytest.mark.parametrize("size", [1, 2, 7, 100, 100_000])
def test_telegrams_are_found_however_they_come(size):
    stream = b"0.123*kW)\r\n!1234\r\nnoise / here \x00\xff\r\n" + GOOD + b"\r\n\r\n" + GOOD + b"tail\r\n" + GOOD
    telegrams = Telegrams()
    found = [one for at in range(0, len(stream), size) for one in telegrams.feed(stream[at : at + size])]
    assert found == [GOOD] * 3


@pytest.mark.parametrize("size", [1, 64, 100_000])
def test_a_telegram_that_breaks_off_is_given_and_the_next_is_whole(size):
    stream = GOOD[:200] + b"\r\n" + GOOD
    telegrams = Telegrams()
    found = [one for at in range(0, len(stream), size) for one in telegrams.feed(stream[at : at + size])]
    assert found == [GOOD[:200] + b"\r\n", GOOD]


def test_what_never_ends_is_cut_and_memory_stays_small():
    telegrams = Telegrams()
    found = telegrams.feed(b"/WBK5\\17\r\n")
    for _ in range(200):
        found += telegrams.feed(b"1-0:1.8.0(000.001*kWh)\r\n" * 200)
        assert len(telegrams._rest) < 2 * MAX_TELEGRAM
    assert len(found) == 1
    assert len(found[0]) > MAX_TELEGRAM
    assert telegrams.feed(GOOD) == [GOOD]


# ----------------------------------------------------------------------------------------------------------- TCP


def test_telegrams_come_over_tcp(running, eventually, intake, outbox):
    with gateway() as server:
        running(tcp(server), intake.take)
        line, _ = server.accept()
        with line:
            line.sendall(b"half a telegram\r\n!12\r\n" + telegram(age=60))
            time.sleep(0.1)
            line.sendall(telegram(1_001, age=50).replace(b"1.001", b"1.002") + telegram(1_002, age=40))
            eventually(lambda: count(outbox) == 2)
    assert {reason for _, reason in intake.counts.refused} == {"checksum"}


def test_it_connects_again(running, eventually, intake, outbox):
    with gateway() as server:
        port = server.getsockname()[1]
        source = tcp(server)
        running(source, intake.take)
        server.accept()[0].close()
        eventually(lambda: "closed by the other side" in source.trouble)
    with gateway(port) as server:
        line, _ = server.accept()
        with line:
            line.sendall(telegram())
            eventually(lambda: count(outbox) == 1)
            assert source.trouble == ""


def test_one_in_a_while_is_taken(running, eventually, intake, outbox):
    with gateway() as server:
        running(tcp(server, every=3_600), intake.take)
        line, _ = server.accept()
        with line:
            line.sendall(telegram(age=60).replace(b"0", b"1", 1))
            eventually(lambda: intake.counts.refused)
            line.sendall(telegram(age=50))
            eventually(lambda: count(outbox) == 1)
            line.sendall(telegram(1_001, age=40) * 3)
            time.sleep(0.3)
    assert count(outbox) == 1
    assert not intake.counts.repeated["house"]


def test_telegrams_are_kept_while_the_outbox_is_away(running, eventually, intake, outbox):
    away = [True]

    def take(arrivals):
        if away:
            raise OutboxError("the disk is full")
        return intake.take(arrivals)

    with gateway() as server:
        source = tcp(server)
        running(source, take)
        line, _ = server.accept()
        with line:
            line.sendall(telegram(1_000, age=60) + telegram(1_001, age=50))
            eventually(lambda: source.held_up)
            away.clear()
            eventually(lambda: count(outbox) == 2)


# -------------------------------------------------------------------------------------------------------- serial


def test_telegrams_come_over_a_serial_line(running, eventually, intake, outbox):
    meter, line = os.openpty()
    try:
        tty.setraw(line)
        source = P1(P1SerialSettings("house", os.ttyname(line), 115_200, "8N1", 0))
        source.trouble = "not yet"
        running(source, intake.take)
        eventually(lambda: not source.trouble)
        first = telegram(age=60)
        for piece in (b"\xff\xfe*kWh)\r\n", first[:50], first[50:], telegram(1_001, age=50)):
            os.write(meter, piece)
            time.sleep(0.05)
        eventually(lambda: count(outbox) == 2)
    finally:
        os.close(meter)
        os.close(line)


def test_a_line_that_is_not_there_is_said(running, eventually, intake):
    source = P1(P1SerialSettings("house", "/dev/nowhere", 9_600, "7E1", 0))
    running(source, intake.take)
    eventually(lambda: "nowhere" in source.trouble)
