"""Links in pages, and what they can lead to."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_TARGET = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")


def links_of(page: Path) -> list[str]:
    """Where a page leads to, but for what is code."""
    return _LINK.findall(_CODE.sub("", _FENCED.sub("", page.read_text())))


def anchors_of(page: Path) -> set[str]:
    """The parts of a page that can be named after a `#`, as sites that show Markdown make them."""
    text = _FENCED.sub("", page.read_text())
    found: set[str] = set(_TARGET.findall(text))
    for heading in _HEADING.findall(text):
        anchor = _anchor(heading)
        number = 0
        while (name := f"{anchor}-{number}" if number else anchor) in found:
            number += 1
        found.add(name)
    return found


def _anchor(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def pages() -> list[Path]:
    """All pages of the project: what git tracks, or would after `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]
