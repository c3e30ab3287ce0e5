"""Members and devices, as far as they are everybody's business."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from frontend_api.api import directory
from frontend_api.api.shapes.base import Address, Time, Word
from frontend_api.api.shapes.words import CARRIERS, CURVES, DIRECTIONS, Carrier, address, decimal, roles

MemberStatus = Literal["active", "lapsed", "suspended", "expelled"]
DeviceStatus = Literal["registered", "certified", "suspended", "retired"]
RoleName = Literal[
    "producer",
    "prosumer",
    "consumer",
    "grid",
    "storage",
    "charging",
    "investor",
    "registrar",
    "regulator",
    "issuer",
    "operator",
    "attester",
]


class Member(BaseModel):
    """- lapsed: has to be certified anew before he does new business
    - suspended, expelled: by a regulator
    """

    member: int
    accounts: list[Address] = Field(description="The first one first; none that was given up or lost.")
    roles: list[str] = Field(examples=[["producer", "storage"]])
    status: MemberStatus
    since: Time = Field(description="When he was admitted.")
    certified_until: Time


class Device(BaseModel):
    """One register of one meter, and what is behind it."""

    device: int
    owner: Address
    zone: str
    zone_number: int
    carrier: Carrier
    direction: Literal["injection", "withdrawal"]
    technology: str = Field(description="Six digits, as the European certificates have them.", examples=["010101"])
    clean: bool
    stores: bool
    rated_w: int
    status: DeviceStatus
    availability_bps: int | None = Field(description="Share of its rating that can be sold ahead, in 1/10000.")
    registered_at: int = Field(description="The block.")


class Happened(BaseModel):
    """An event of a device; all of it is at /events/{block}/{log}."""

    name: str = Field(examples=["DeviceCertified"])
    block: int
    log: int
    time: Time


class DeviceKey(BaseModel):
    """By which it signs; the one it was registered with."""

    curve: Literal["secp256k1", "p256"]
    x: Word
    y: Word


class DeviceDetail(Device):
    """A device with its key and history."""

    modulus: str = Field(description="At which its register starts anew; 0 when it never does.")
    site: Word
    key: DeviceKey
    history: list[Happened]


def member(one: directory.Member, now: int) -> dict[str, Any]:
    return {
        "member": one.row.member,
        "accounts": [address(account) for account in one.accounts],
        "roles": roles(one.roles),
        "status": one.status_at(now),
        "since": one.admitted_at,
        "certified_until": one.certified_until,
    }


def technology(code: int) -> str:
    return f"{code:06d}"


def device(one: directory.Device, owner: str, zones: dict[int, str]) -> dict[str, Any]:
    row = one.row
    return {
        "device": row.device,
        "owner": address(owner),
        "zone": zones.get(row.zone, ""),
        "zone_number": row.zone,
        "carrier": CARRIERS[row.carrier],
        "direction": DIRECTIONS[row.direction],
        "technology": technology(row.technology),
        "clean": row.clean,
        "stores": row.stores,
        "rated_w": row.rated_w,
        "status": one.status,
        "availability_bps": one.availability_bps,
        "registered_at": row.block,
    }


def device_detail(one: directory.Device, owner: str, zones: dict[int, str]) -> dict[str, Any]:
    row = one.row
    return {
        **device(one, owner, zones),
        "modulus": decimal(row.modulus),
        "site": row.site,
        "key": {"curve": CURVES[row.curve], "x": row.key_x, "y": row.key_y},
        "history": one.history,
    }
