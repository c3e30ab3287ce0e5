"""What clean energy an account holds: stock on its devices' counters, slices, certificates."""

from dataclasses import dataclass
from typing import Any

from wattbook.certificates.slices import stock
from wattbook.chain import named
from wattbook.connection import Market
from wattbook.contracts.structs import CertificateStatus, Direction


@dataclass(frozen=True)
class Holdings:
    """Wh by device and by slice, and the ids of certificates."""

    stock: dict[int, int]
    slices: dict[int, int]
    certificates: list[int]


def holdings(market: Market, account: str) -> Holdings:
    """Looks at all that ever came to an account, and keeps what is still there."""
    energy = market.clean_energy
    received = {log.args.id for log in _logs(energy.raw.events.TransferSingle(), to=account)}
    received |= {id for log in _logs(energy.raw.events.TransferBatch(), to=account) for id in log.args.ids}
    ids = sorted(received)
    amounts = energy.balance_of_batch([account] * len(ids), ids)
    slices = {id: wh for id, wh in zip(ids, amounts, strict=True) if wh}
    stocks = {device: stock(market, device) for device in _plants(market, account)}
    return Holdings(stocks, slices, _certificates(market, account))


def _certificates(market: Market, account: str) -> list[int]:
    certificates = market.green_certificates
    received = {log.args.tokenId for log in _logs(certificates.raw.events.Transfer(), to=account)}
    found = {id: certificates.certificate_of(id) for id in sorted(received)}
    return [id for id, one in found.items() if one.status == CertificateStatus.HELD and one.holder == account]


def _plants(market: Market, account: str) -> list[int]:
    """The devices of an account that get certificates."""
    events = market.meters.raw.events
    known = {log.args.device for log in _logs(events.DeviceRegistered(), owner=account)}
    known |= {log.args.device for log in _logs(events.DeviceMoved(), to=account)}
    found = {device: market.meters.device_of(device) for device in sorted(known)}
    return [
        device
        for device, one in found.items()
        if one.owner == account
        and one.certifier
        and one.description.clean
        and not one.description.stores
        and one.description.direction == Direction.INJECTION
    ]


def _logs(event: Any, **asked: object) -> list[Any]:
    return list(named(lambda: event.get_logs(from_block=0, argument_filters=asked)))
