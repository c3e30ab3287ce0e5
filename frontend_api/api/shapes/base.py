"""What all answers have in common, and how parameters of routes are written."""

from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, Field, StringConstraints

from frontend_api.api.moment import ANSWER_HEADERS
from frontend_api.api.problems import documented
from frontend_api.api.shapes.words import Carrier

T = TypeVar("T")

_WORD = "^0x[0-9a-fA-F]{64}$"
_ADDRESS = "^0x[0-9a-fA-F]{40}$"
_DIGITS = "^[0-9]{1,78}$"
SAFE = 2**53 - 1
_LATEST = 2**40 - 1

_AWord = Annotated[str, StringConstraints(pattern=_WORD, to_lower=True)]
_AnAddress = Annotated[str, StringConstraints(pattern=_ADDRESS, to_lower=True)]
Key = Annotated[_AWord, Path(description="A 32-byte word, in hex.")]
AddressFilter = Annotated[_AnAddress | None, Query(description="An address; capitals are not looked at.")]
Number = Annotated[int, Path(ge=0, le=SAFE)]
# An index in a list: as much as a server's column of them holds.
Place = Annotated[int, Path(ge=0, le=2**31 - 1)]
NumberFilter = Annotated[int | None, Query(ge=0, le=SAFE)]
Digits = Annotated[str, Path(pattern=_DIGITS, description="A token's id, in decimal.")]
ZonePath = Annotated[str, Path(max_length=32, description="A zone's name.")]
ZoneFilter = Annotated[str | None, Query(max_length=32, description="A zone's name.")]
CarrierFilter = Annotated[Carrier | None, Query(description="What is traded.")]
From = Annotated[int | None, Query(alias="from", ge=0, le=_LATEST, description="Unix seconds: this time or later.")]
To = Annotated[int | None, Query(alias="to", ge=0, le=_LATEST, description="Unix seconds: before this time.")]

Upt = Annotated[str, Field(description="uPT, in decimal; a million are one PT.", examples=["1250000"])]
Address = Annotated[
    str, Field(description="With its checksum.", examples=["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"])
]
Word = Annotated[str, Field(description="32 bytes in hex.")]
Time = Annotated[int, Field(description="Unix seconds.", examples=[1796083200])]


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null when this is the last.")


def answers(model: Any, *problems: str) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for its description: its model, nothing new, or a problem."""
    return {
        200: {"model": model, "headers": ANSWER_HEADERS},
        304: {"description": "As in the answer whose ETag was sent.", "headers": ANSWER_HEADERS},
        **documented(*problems),
    }


def paged(model: Any, *problems: str) -> dict[int | str, dict[str, Any]]:
    return answers(Page[model], "bad-cursor", *problems)
