"""In which language a page is, and its texts: one catalogue each, of the same keys."""

import re
import tomllib
from functools import cache
from pathlib import Path

from starlette.requests import Request

LANGUAGES = {"en": "English", "zh": "中文"}
COOKIE = "wattbook_language"
_TEXTS = Path(__file__).parent / "texts"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def chosen(request: Request) -> str:
    """The language that was asked for: by the address, by what was chosen before, by the browser; else English."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return asked
    return _accepted(request.headers.get("accept-language", ""))


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of a language, by `subject.name`."""
    tables = tomllib.loads((_TEXTS / f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{subject}.{name}": text for subject, some in tables.items() for name, text in some.items()}


def placeholders(text: str) -> set[str]:
    """What is filled into a text: `{left}` and the like."""
    return set(_PLACEHOLDER.findall(text))


def _accepted(header: str) -> str:
    """The first of a browser's languages, by weight, that there are texts in."""
    wanted = []
    for place, part in enumerate(header.split(",")):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            # Weights have at most three decimals, so as texts of one length they compare as numbers do.
            wanted.append((weight.ljust(5, "0") if weight else "1.000", -place, language))
    return max(wanted)[2] if wanted else "en"
