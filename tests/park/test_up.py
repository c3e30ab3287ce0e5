"""A small park as a process: its first slots, with what can happen to it; to its end and once more in `make deep`."""

import os
import signal
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.depth import DEEP
from tests.park.running import Up, is_alive

SLOT = 12
KILLED = ("settler", "desk")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A park of six in which settler and desk are killed while the first slot is committed to. It ends at once; in
    `make deep` after a minute and a bit, with its summary."""
    folder = tmp_path_factory.mktemp("park")
    minutes = ("--minutes", 1.2) if DEEP else ()
    up = Up("--traders", 6, *minutes, TMPDIR=str(folder))
    said = {"began": up.began, "again": []}
    while time.time() < up.began["firstSlot"] - 26:
        time.sleep(0.1)
    for name in KILLED:
        os.kill(up.began["processes"][name], signal.SIGKILL)
        again = up.said("again", 30)
        said["again"].append((again["again"], up.began["processes"][name], again["pid"]))
    said["slots"] = [up.said("slot", 120)]
    said["pages"] = {
        path: httpx.get(f"{up.began['pages']}{path}").status_code for path in ("/", "/trade", "/certificates")
    }
    said["market"] = httpx.get(f"{up.began['api']}/market").json()
    said["trades"] = httpx.get(f"{up.began['api']}/trades").json()
    said["health"] = httpx.get(f"{up.began['api']}/health").json()
    if DEEP:
        said["slots"].append(up.said("slot", 60))
        said["summary"] = up.said("summary", 240)["summary"]
        said["code"] = up.process.wait(120)
    else:
        said["code"] = up.end()
    said["errors"] = up.errors()
    said["left"] = sorted(folder.iterdir())
    return said


def test_begins_within_half_a_minute(whole):
    assert whole["began"]["new"] is True
    assert whole["began"]["traders"] == 6
    # Of a machine that has nothing else to do; this one may have much.
    assert whole["began"]["seconds"] < 90


def test_trades_slot_after_slot(whole):
    starts = [one["slot"] for one in whole["slots"]]
    assert starts == [whole["began"]["firstSlot"] + place * SLOT for place in range(len(starts))]
    for one in whole["slots"]:
        electricity = next(book for book in one["books"] if book["carrier"] == "electricity")
        assert electricity["wh"] > 0 and 300 <= electricity["price"] <= 620
        assert electricity["orders"] > 0 and electricity["welfare"] > 0


def test_what_is_killed_comes_back_and_no_slot_is_lost(whole):
    assert [name for name, *_ in whole["again"]] == list(KILLED)
    for _, killed, pid in whole["again"]:
        assert pid != killed
    assert [one["missed"] for one in whole["slots"]] == [[]] * len(whole["slots"])


def test_api_and_pages_show_it(whole):
    assert whole["pages"] == {"/": 200, "/trade": 200, "/certificates": 200}
    assert 31337 in whole["market"].values()
    assert whole["trades"]["items"]
    assert whole["health"]["index"]["block"] > 0


@pytest.mark.skipif(not DEEP, reason="takes more than two minutes; `make deep` and `make chaos` have it")
def test_books_balance_at_the_end(whole):
    summary = whole["summary"]
    assert all(line["holds"] for line in summary["balance"]), summary["balance"]
    assert len(summary["balance"]) == 12
    lines = {line["what"]: line["left"] for line in summary["balance"]}
    assert lines["electricity taken from the grid"] > 0
    assert lines["all money is somewhere"] == sum(summary["money"].values())
    assert summary["slots"] >= 4 and summary["unbalanced"] == summary["missed"] == 0
    assert summary["gas"]["total"] > 0


def test_leaves_nothing_behind(whole):
    assert whole["code"] == 0
    assert whole["errors"] == ("settling what was traded; Ctrl-C ends at once\n" if DEEP else "")
    assert not [pid for pid in whole["began"]["processes"].values() if is_alive(pid)]
    assert not [pid for _, _, pid in whole["again"] if is_alive(pid)]
    for url in (whole["began"]["pages"], whole["began"]["node"]):
        assert not answers(url)
    assert whole["left"] == []


@pytest.mark.skipif(not DEEP, reason="takes more than three minutes; `make deep` has it")
def test_stops_at_once_and_goes_on_later(tmp_path):
    first = Up("--traders", 3, "--folder", tmp_path / "kept")
    again = None
    try:
        slot = first.said("slot", 120)
        second = Up("--traders", 3, "--folder", tmp_path / "kept", wait=False)
        assert second.process.wait(60) == 1
        assert second.errors() == f"wattbook: a park is running in {tmp_path / 'kept'} already\n"
        assert first.end(signal.SIGINT) == 0
        assert not [pid for pid in first.began["processes"].values() if is_alive(pid)]
        again = Up("--folder", tmp_path / "kept", "--minutes", 1)
        assert (again.began["new"], again.began["traders"]) == (False, 3)
        assert again.began["node"] == first.began["node"]
        later = again.said("slot", 120)
        assert later["slot"] == again.began["firstSlot"] > slot["slot"]
        # The park's own clock stood still meanwhile.
        assert later["in_park"] - slot["in_park"] < later["slot"] * 75 - slot["slot"] * 75
        summary = again.said("summary", 240)["summary"]
        assert all(line["holds"] for line in summary["balance"]), summary["balance"]
        assert again.process.wait(120) == 0
    finally:
        for one in (first, again):
            if one is not None and one.process.poll() is None:
                one.end()


def answers(url):
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


def test_stops_while_it_begins(tmp_path):
    up = Up("--traders", 40, wait=False, TMPDIR=str(tmp_path))
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob("chain.log")) and time.monotonic() < deadline:
        time.sleep(0.05)
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(30) == 0
    assert up.errors() == "stopped before it had begun\n"
    assert list(tmp_path.iterdir()) == []
