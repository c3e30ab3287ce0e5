"""Files that are put into a folder."""

import pytest

from tests.bridge.formats import meters
from tests.bridge.verify.devices import NOW, arrival, registered, signed
from wattbook.bridge.sources.inbox import Inbox
from wattbook.bridge.sources.settings import InboxSettings


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "inbox"


@pytest.fixture
def inbox(folder):
    folder.mkdir()
    return Inbox(InboxSettings("files", folder))


@pytest.fixture
def directory(directory):
    directory.replace([registered(7), registered(40, meter="roof-3", register="2.8.0", key=None)])
    return directory


def table(*rows):
    return "\n".join(["meter,register,time,wh", *rows]).encode()


def put(folder, name, data):
    (folder / f".{name}").write_bytes(data)
    (folder / f".{name}").rename(folder / name)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_taken_and_put_away(folder, inbox, running, eventually, intake, outbox):
    put(folder, "7.json", signed(7))
    put(folder, "roof.csv", table(f"roof-3,2.8.0,{NOW},5"))
    put(folder, "wrong.csv", table(f"roof-3,2.8.0,{NOW},-5"))
    (folder / "half.csv.part").write_bytes(b"meter,reg")
    running(inbox, intake.take)
    eventually(lambda: names(folder) == ["done", "half.csv.part", "refused"])
    assert names(folder / "done") == ["7.json", "roof.csv"]
    assert names(folder / "refused") == ["wrong.csv", "wrong.csv.why"]
    assert "malformed: line 2: wh is '-5'" in (folder / "refused" / "wrong.csv.why").read_text()
    (folder / "half.csv.part").rename(folder / "whole.csv")
    eventually(lambda: "whole.csv" in names(folder / "refused"))


def test_a_file_of_which_something_was_used_is_done_and_says_what_was_not(folder, inbox, running, eventually, intake):
    put(folder, "both.json", signed(7) + signed(99))
    running(inbox, intake.take)
    eventually(lambda: names(folder) == ["done", "refused"])
    assert names(folder / "done") == ["both.json", "both.json.why"]
    assert (folder / "done" / "both.json.why").read_text().startswith("99: unknown-meter: ")


def test_a_file_that_was_taken_before_a_kill_is_put_away(folder, inbox, running, eventually, intake):
    put(folder, "7.json", signed(7))
    intake.take([arrival(signed(7), source="files")])
    running(inbox, intake.take)
    eventually(lambda: (folder / "done" / "7.json").exists())
    assert intake.counts.repeated == {"files": 1}


def test_two_files_of_one_name_are_both_kept(folder, inbox, running, eventually, intake):
    (folder / "done").mkdir()
    (folder / "done" / "7.json").write_bytes(b"an earlier one")
    put(folder, "7.json", signed(7))
    running(inbox, intake.take)
    eventually(lambda: len(names(folder / "done")) == 2)
    assert (folder / "done" / "7.json").read_bytes() == b"an earlier one"


def test_a_file_that_cannot_be_put_away_is_in_nobodys_way(folder, inbox, running, eventually, intake, outbox):
    (folder / "done" / "1.json").mkdir(parents=True)
    put(folder, "1.json", signed(7))
    put(folder, "2.json", signed(7, 1))
    running(inbox, intake.take)
    eventually(lambda: (folder / "done" / "2.json").exists())
    eventually(lambda: "1.json cannot be used" in inbox.trouble)
    assert len(outbox.readings.between(7, 0, 2**40)) == 2


def test_a_folder_that_is_missing_is_made(folder, running, eventually, intake):
    running(Inbox(InboxSettings("files", folder / "deep")), intake.take)
    eventually(lambda: (folder / "deep" / "refused").is_dir())


def test_every_format_comes_by_file(folder, inbox, running, eventually, intake):
    for name, data in meters.samples().items():
        put(folder, name, data)
    running(inbox, intake.take)
    eventually(lambda: names(folder) == ["done", "refused"])
    assert not [reason for _, reason in intake.counts.refused if reason == "fault"]
