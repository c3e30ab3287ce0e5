"""Certificates and slices of clean energy, and where they come from."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Row, and_, select

from frontend_api.api.directory import Device
from frontend_api.api.shapes.base import Address, Time
from frontend_api.api.shapes.people import technology
from frontend_api.api.shapes.words import CARRIERS, Carrier, address, address_or_none
from frontend_api.database.tables import blocks, certificates, holdings
from wattbook.certificates.slices import slice_of

State = Literal["held", "expired", "retired", "exported", "unwrapped", "slashed"]

_HELD = (
    select(holdings.c.account)
    .where(holdings.c.kind == "certificate", holdings.c.item == certificates.c.certificate, holdings.c.after == 1)
    .order_by(holdings.c.block.desc(), holdings.c.log.desc(), holdings.c.part.desc())
    .limit(1)
    .scalar_subquery()
    .correlate(certificates)
)
CERTIFICATES = select(certificates, _HELD.label("held_by"), blocks.c.time).join(
    blocks, blocks.c.number == certificates.c.block
)


class End(BaseModel):
    """By whom a certificate was ended, and for whom."""

    holder: Address
    beneficiary: Address | None = Field(description="For whose use it was retired.")
    purpose: str | None = Field(description="What for, or where it went.")
    block: int


class Certificate(BaseModel):
    """One MWh of clean energy, made of slices."""

    id: str = Field(description="Its token's id, in decimal.")
    number: int
    state: State
    holder: Address | None = Field(description="Who holds it, or held it last.")
    maker: Address
    expires: Time
    block: int
    time: Time
    ended: End | None


class Part(BaseModel):
    """A slice: a range on a device's counter of clean energy. Of what a battery gave, `charged` are the slices that
    went into it for all of it."""

    id: str
    wh: int = Field(description="How much of the slice is in what it is part of.")
    slice_wh: int = Field(description="How much there is of the slice in all.")
    device: int
    zone: str | None
    zone_number: int | None
    carrier: Carrier
    technology: str | None
    start: Time = Field(description="Start of the slot in which its first Wh was made.")
    end: Time = Field(description="End of the slot in which its last Wh was made.")
    expires: Time
    charged: list["Part"]


class CertificateDetail(Certificate):
    """A certificate with its provenance."""

    provenance: list[Part]


class Slice(BaseModel):
    """A slice that was issued, and whose it was at first."""

    owner: Address
    block: int
    part: Part


def state_of(row: Row[Any], now: int) -> State:
    if row.ended is not None:
        ended: State = row.ended
        return ended
    return "held" if now < row.expires else "expired"


def in_state(state: State, now: int) -> ColumnElement[bool]:
    """The same as a condition."""
    if state in ("held", "expired"):
        expires = certificates.c.expires
        return and_(certificates.c.ended_block.is_(None), expires > now if state == "held" else expires <= now)
    return certificates.c.ended == state


def held_by(account: str) -> ColumnElement[bool]:
    """Whose certificates are, or were when they ended."""
    ever = select(holdings.c.item).where(holdings.c.account == account, holdings.c.kind == "certificate")
    now = and_(certificates.c.ended_block.is_(None), _HELD.in_([account]))
    return and_(certificates.c.certificate.in_(ever), now | (certificates.c.holder == account))


def certificate(row: Row[Any], now: int) -> dict[str, Any]:
    end = None
    if row.ended_block is not None:
        end = {
            "holder": address(row.holder),
            "beneficiary": address_or_none(row.beneficiary),
            "purpose": row.purpose,
            "block": row.ended_block,
        }
    return {
        "id": str(row.certificate),
        "number": row.number,
        "state": state_of(row, now),
        "holder": address_or_none(row.held_by if row.ended_block is None else row.holder),
        "maker": address(row.maker),
        "expires": row.expires,
        "block": row.block,
        "time": row.time,
        "ended": end,
    }


def part(
    id: int,
    wh: int,
    devices: dict[int, Device],
    zones: dict[int, str],
    charged: list[dict[str, Any]],
) -> dict[str, Any]:
    its = slice_of(id)
    device = devices.get(its.device)
    zone = device.row.zone if device else None
    return {
        "id": str(id),
        "wh": wh,
        "slice_wh": its.wh,
        "device": its.device,
        "zone": zones.get(zone) if zone is not None else None,
        "zone_number": zone,
        "carrier": CARRIERS[its.carrier],
        "technology": technology(device.row.technology) if device else None,
        "start": its.since,
        "end": its.until,
        "expires": its.expires,
        "charged": charged,
    }
