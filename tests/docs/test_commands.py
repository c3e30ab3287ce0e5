"""Every command that a page names is one: programs, targets of make, commands of wattbook, and their options."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.docs.links import pages
from wattbook.cli import commands

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
_FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    (.*)$", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_PROMPT = re.compile(r"^(\$ |[A-Z_]+=\S+ )*")


def commands_in(page: Path) -> Iterator[list[str]]:
    """The words of each command line on a page that begins with a program of ours or with make."""
    text = page.read_text()
    blocks = [*_FENCED.findall(text), *_INDENTED.findall(text)]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines() + _INLINE.findall(_FENCED.sub("", text))
    for line in lines:
        words = _PROMPT.sub("", line.strip()).split(" #")[0].split()
        if words and words[0].removeprefix(".venv/bin/") in ("wattbook", "make", "ape", "anvil"):
            yield words


NAMED = [(page.relative_to(ROOT), words) for page in pages() for words in commands_in(page)]


@pytest.mark.parametrize(("page", "words"), NAMED, ids=lambda item: " ".join(item) if isinstance(item, list) else "")
def test_a_command_is_one(page, words):
    program, rest = words[0].removeprefix(".venv/bin/"), words[1:]
    if program == "make":
        targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
        named = [word for word in rest[:1] if re.fullmatch("[a-z]+", word)]
        assert set(named) <= set(targets), page
        return
    assert (PROGRAMS / program).exists(), page
    if program == "wattbook":
        check(rest, str(page))


def check(words: list[str], page: str) -> None:
    """Words after `wattbook` name a command, then options of it."""
    found: click.Command = commands
    known = {"--version", "--help", "-h"}
    for word in words:
        if word in ("|", "&&", ">", "&", ";", "2>&1"):
            return
        if word.startswith("--"):
            option = word.partition("=")[0].rstrip(",.)")
            assert option in known, f"{page}: {' '.join(words)} has no {option}"
        elif isinstance(found, click.Group) and re.fullmatch("[a-z-]+", word):
            inner = found.get_command(click.Context(found), word)
            assert inner is not None, f"{page}: there is no {word} in {' '.join(words)}"
            found = inner
            known |= {name for one in found.params for name in (*one.opts, *one.secondary_opts)}


def test_many_are_found():
    """Else a page's form has changed, and nothing is looked at."""
    assert len(NAMED) > 80
    assert {str(page) for page, _ in NAMED} >= {"README.md", "docs/index.md", "docs/tutorial.md"}


@pytest.mark.parametrize("line", ["trader plac buy", "index run --untill-head", "nothing"])
def test_what_is_none_is_found_out(line):
    with pytest.raises(AssertionError):
        check(line.split(), "a page")
