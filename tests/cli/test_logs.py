"""What services say of themselves: it reaches stderr, and ends nobody's work where it does not."""

import json
import sys

import pytest
import structlog

from wattbook.cli.logs import Lossy, console_or_json, log_to_stderr


@pytest.fixture
def _as_it_was():
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_as_it_was")
def test_every_line_has_its_time_and_level(capsys):
    log_to_stderr(console_or_json(as_json=True))
    structlog.get_logger().info("queued", readings=25)
    structlog.get_logger().debug("nothing of interest")
    [line] = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {"event": "queued", "level": "info", "readings": 25}


@pytest.mark.usefixtures("_as_it_was")
def test_a_disk_that_is_full_ends_nobodys_work(monkeypatch):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        log_to_stderr(console_or_json(as_json=False))
        for _ in range(3):
            structlog.get_logger().warning("trouble", said="x" * 10_000)
        with pytest.raises(OSError):
            full.flush()
        # What it still holds goes with it.
        monkeypatch.undo()
        with pytest.raises(OSError):
            full.close()


def test_what_can_be_written_is_written_whole(tmp_path):
    with (tmp_path / "log").open("w") as file:
        lossy = Lossy(file)
        lossy.write("one\n")
        lossy.write("two\n")
        lossy.flush()
        assert (tmp_path / "log").read_text() == "one\ntwo\n"
