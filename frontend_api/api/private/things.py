"""Devices and certificates of an account."""

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select

from frontend_api.api.moment import Moment
from frontend_api.api.private.lists import Names, both_values
from frontend_api.api.private.money import newest
from frontend_api.api.shapes.words import CARRIERS, DIRECTIONS, address
from frontend_api.database.tables import certificates, device_owners, devices, events, subjects, zones
from wattbook.certificates.slices import slice_of

_STATES = {"DeviceCertified": "certified", "DeviceSuspended": "suspended", "DeviceRetired": "retired"}
_MOST = 2_000


class MyDevice(BaseModel):
    device: int
    owner: str
    zone: str
    carrier: str
    direction: str
    technology: int
    clean: bool
    stores: bool
    rated_w: int
    site: str
    status: str = Field(json_schema_extra={"enum": ["registered", *_STATES.values()]})


class MyDevices(BaseModel):
    items: list[MyDevice]


class MyCertificate(BaseModel):
    """A certificate of 1 MWh in one's hands."""

    certificate: str
    number: int
    holder: str
    expires_at: int
    expired: bool


class MySlice(BaseModel):
    """Clean energy in one's hands that is no certificate yet."""

    slice: str
    holder: str
    wh: int
    device: int
    carrier: str
    made_since: int
    made_until: int
    expires_at: int
    expired: bool


class Ended(BaseModel):
    """A certificate that was given up for something."""

    certificate: str
    number: int
    how: str
    beneficiary: str | None
    purpose: str | None
    block: int


class MyCertificates(BaseModel):
    certificates: list[MyCertificate]
    slices: list[MySlice]
    ended: list[Ended] = Field(description="Those that were retired or exported by the account, or for it.")


@both_values("devices", "Devices", MyDevices)
def my_devices(moment: Moment, names: Names) -> dict[str, Any]:
    owned = devices_of(moment, names)
    question = select(devices, zones.c.name.label("zone_name")).join(zones, zones.c.number == devices.c.zone)
    rows = moment.rows(question.where(devices.c.device.in_(owned)).order_by(devices.c.device))
    states = _states(moment, list(owned))
    items = [
        {
            "device": row.device,
            "owner": address(owned[row.device]),
            "zone": row.zone_name,
            "carrier": CARRIERS[row.carrier],
            "direction": DIRECTIONS[row.direction],
            "technology": row.technology,
            "clean": row.clean,
            "stores": row.stores,
            "rated_w": row.rated_w,
            "site": row.site,
            "status": states.get(row.device, "registered"),
        }
        for row in rows
    ]
    return {"items": items}


def devices_of(moment: Moment, names: Names) -> dict[int, str]:
    """The devices that are theirs now, and whose of them."""
    columns = device_owners.c
    had = select(columns.device).where(columns.owner.in_(names)).distinct().limit(_MOST)
    question = select(columns.device, columns.owner).where(columns.device.in_(had))
    rows = moment.rows(question.order_by(columns.device, columns.block, columns.log))
    newest_owner = {row.device: row.owner for row in rows}
    return {device: owner for device, owner in newest_owner.items() if owner in names}


def _states(moment: Moment, numbers: list[int]) -> dict[int, str]:
    same = (subjects.c.block == events.c.block) & (subjects.c.log == events.c.log)
    question = select(subjects.c.subject, events.c.name).join(events, same)
    about = (subjects.c.kind == "device") & subjects.c.subject.in_([str(number) for number in numbers])
    told = (events.c.contract == "Meters") & events.c.name.in_(_STATES)
    rows = moment.rows(question.where(about, told).order_by(subjects.c.block, subjects.c.log))
    found: dict[int, str] = {}
    for row in rows:
        # Nothing comes after its end.
        if found.get(int(row.subject)) != "retired":
            found[int(row.subject)] = _STATES[row.name]
    return found


@both_values("certificates", "Certificates and slices", MyCertificates)
def my_certificates(moment: Moment, names: Names) -> dict[str, Any]:
    held = [row for row in newest(moment, names, ("certificate", "slice")) if row.after]
    ids = [row.item for row in held if row.kind == "certificate"]
    known = {
        row.certificate: row for row in moment.rows(select(certificates).where(certificates.c.certificate.in_(ids)))
    }
    holders = {row.item: row.account for row in held if row.kind == "certificate"}
    mine = [
        {
            "certificate": str(number),
            "number": row.number,
            "holder": address(holders[number]),
            "expires_at": row.expires,
            "expired": moment.now >= row.expires,
        }
        for number, row in sorted(known.items(), key=lambda one: one[1].number)
    ]
    ends = (certificates.c.holder.in_(names)) | (certificates.c.beneficiary.in_(names))
    question = select(certificates).where(certificates.c.ended_block.is_not(None), ends)
    rows = moment.rows(question.order_by(certificates.c.number.desc()).limit(_MOST))
    return {
        "certificates": mine,
        "slices": [_slice(row, moment.now) for row in held if row.kind == "slice"],
        "ended": [_ended(row) for row in rows if row.ended != "unwrapped"],
    }


def _slice(row: Any, now: int) -> dict[str, Any]:
    its = slice_of(row.item)
    return {
        "slice": str(row.item),
        "holder": address(row.account),
        "wh": row.after,
        "device": its.device,
        "carrier": CARRIERS[its.carrier],
        "made_since": its.since,
        "made_until": its.until,
        "expires_at": its.expires,
        "expired": now >= its.expires,
    }


def _ended(row: Any) -> dict[str, Any]:
    return {
        "certificate": str(row.certificate),
        "number": row.number,
        "how": row.ended,
        "beneficiary": None if row.beneficiary is None else address(row.beneficiary),
        "purpose": row.purpose,
        "block": row.ended_block,
    }
