"""`wattbook replay`: ready scenarios, files, what is written and what is said when something is wrong."""

import json
import signal
import subprocess
import time

import pytest

from tests.cli.conftest import PROGRAM
from tests.scenario.small import FRAME, member
from wattbook.scenario.result import broken

SMALL = FRAME.format(slots=2, loss=300, penalty=0) + member("house", 'kind = "household"; day_wh = 30_000')


def test_the_ready_ones_are_listed(command):
    listed = command("replay", "--list")
    assert (listed.status, listed.err) == (0, "")
    assert [line.split()[0] for line in listed.out.splitlines()] == ["city-day", "park-day", "village-month"]


def test_a_file_is_run_and_written(command, working_folder):
    (working_folder / "mine.toml").write_text(SMALL)
    done = command("replay", "mine.toml", "--out", "found", "--json")
    assert (done.status, done.err) == (0, "")
    result = json.loads(done.out)
    assert broken(result) == []
    assert done.out == (working_folder / "found" / "small.json").read_text()
    assert (working_folder / "found" / "small.html").read_text().startswith("<!doctype html>")


def test_people_are_told_the_most_important(command, working_folder, monkeypatch, listed):
    monkeypatch.setattr("wattbook.cli.replay.replayed", lambda scenario: listed)
    (working_folder / "mine.toml").write_text(SMALL)
    done = command("replay", "mine.toml")
    assert (done.status, done.err) == (0, "")
    assert "shop    -2.10 PT        -1.20 PT       0.90 PT" in done.out
    assert done.out.splitlines()[-1].startswith("26 of 26 lines hold; ")


def test_what_does_not_add_up_is_an_error(command, working_folder, monkeypatch, listed):
    line = {"what": "uPT in = uPT out", "left": 1, "right": 2, "holds": False}
    monkeypatch.setattr("wattbook.cli.replay.replayed", lambda scenario: {**listed, "conservation": [line]})
    (working_folder / "mine.toml").write_text(SMALL)
    done = command("replay", "mine.toml", "--out", "found")
    assert (done.status, done.err) == (1, "wattbook: the accounts do not add up: uPT in = uPT out\n")
    assert "BROKEN uPT in = uPT out: 1, 2" in done.out
    assert (working_folder / "found" / "small.json").exists()


def test_mistakes_are_one_line(command, working_folder):
    assert command("replay").status == 2
    unknown = command("replay", "atlantis")
    assert unknown.status == 1
    assert unknown.err.startswith("wattbook: atlantis is neither a file nor a ready scenario; those are ")
    (working_folder / "mine.toml").write_text(SMALL.replace("seed = 1", "seed = true"))
    assert command("replay", "mine.toml").err == (
        "wattbook: mine.toml: seed is True, not a whole number from 0 to 4294967296\n"
    )


def test_a_folder_that_cannot_be_written_to(command, working_folder, monkeypatch):
    """It is said before anything is run."""
    monkeypatch.setattr("wattbook.cli.replay.replayed", lambda scenario: pytest.fail("it was run"))
    (working_folder / "mine.toml").write_text(SMALL)
    (working_folder / "found").write_text("no folder")
    done = command("replay", "mine.toml", "--out", "found")
    assert (done.status, done.err) == (1, "wattbook: found cannot be written to: File exists\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_has_nothing_left(working_folder, monkeypatch, number):
    folder = working_folder / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    (working_folder / "mine.toml").write_text(SMALL)
    process = subprocess.Popen(
        [PROGRAM, "replay", "mine.toml"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while not list(folder.glob("wattbook-anvil-*")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, out, err.strip()) == (1, "", "stopped")
    assert not list(folder.iterdir())
