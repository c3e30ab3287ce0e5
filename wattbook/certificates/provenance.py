"""Where a certificate, or a slice, comes from: devices and slots, through batteries down to the plants."""

from dataclasses import dataclass

from wattbook.certificates.slices import slice_of
from wattbook.chain import named
from wattbook.connection import Market
from wattbook.contracts.structs import Contents, Origin
from wattbook.errors import WattbookError


class UnknownCertificateError(WattbookError):
    """Nothing with this id was ever issued."""


@dataclass(frozen=True)
class Part:
    """A slice, how much of it there is in what it is part of, and when it was made.

    Of a slice from a battery, `charged` are the slices that went in for all of it.
    """

    id: int
    wh: int
    device: int
    origins: list[Origin]
    charged: list["Part"]


def provenance(market: Market, id: int) -> list[Part]:
    """The slices of a certificate, or the one slice with this id."""
    contents = contents_of(market, id)
    if contents:
        return [_part(market, one, wh) for one, wh in zip(contents.ids, contents.amounts, strict=True)]
    one = slice_of(id)
    if not _was_issued(market, id, one.device):
        raise UnknownCertificateError(f"no certificate and no slice has the id {id}")
    return [_part(market, id, one.wh)]


def contents_of(market: Market, id: int) -> Contents | None:
    """What a certificate was made of, as its event tells it; None when there never was one."""
    event = market.green_certificates.raw.events.CertificateMade()
    logs = named(lambda: event.get_logs(from_block=0, argument_filters={"id": id}))
    return next((Contents(one.args.number, list(one.args.ids), list(one.args.amounts)) for one in logs), None)


def _part(market: Market, id: int, wh: int) -> Part:
    origins = market.green_certificates.provenance_of([id])
    event = market.batteries.raw.events.BatteryDischarged()
    logs = named(lambda: event.get_logs(from_block=0, argument_filters={"id": id}))
    charged = [
        _part(market, one, part) for log in logs for one, part in zip(log.args.ids, log.args.amounts, strict=True)
    ]
    return Part(id, wh, slice_of(id).device, origins, charged)


def _was_issued(market: Market, id: int, device: int) -> bool:
    asked = {"device": device, "id": id}
    issued, discharged = market.clean_energy.raw.events.SliceIssued(), market.batteries.raw.events.BatteryDischarged()
    if named(lambda: issued.get_logs(from_block=0, argument_filters=asked)):
        return True
    return bool(named(lambda: discharged.get_logs(from_block=0, argument_filters=asked)))
