from pathlib import Path
from typing import Any

import click

from wattbook.cli.output import as_json, network_option, show, table
from wattbook.cli.signing import Signing, send, signing
from wattbook.connection import Market
from wattbook.contracts.structs import TenderState, TenderTerms
from wattbook.deployment import networks
from wattbook.deployment.record import find_deployment
from wattbook.errors import SettingsError
from wattbook.tender import room
from wattbook.tender.room import KeyFile, Received

_keys = click.option(
    "--keys",
    type=click.Path(dir_okay=False, path_type=Path),
    default="tender.keys",
    show_default=True,
    help="The file with the owner's keys, one for each tender: whoever has it reads the quotes.",
)
_seconds = click.IntRange(0, 2**40 - 1)
_share = click.IntRange(0, 10_000)


@click.group()
def tender() -> None:
    """Sealed tenders: offer energy, quote in confidence, award, have it supplied."""


@tender.command()
@signing
@_keys
@click.option("--device", type=int, required=True, help="What delivers.")
@click.option("--wh", type=int, required=True, help="How much, evenly over the time of delivery.")
@click.option("--from", "since", type=_seconds, required=True, help="First second of delivery, Unix.")
@click.option("--until", type=_seconds, required=True, help="First second after it.")
@click.option("--quotes-until", type=_seconds, required=True)
@click.option("--decides-until", type=_seconds, required=True, help="At most seven days later, before delivery.")
@click.option("--reserve", type=click.IntRange(0, 65_535), default=0, show_default=True, help="mPT per kWh, at least.")
@click.option("--owner-margin", type=_share, default=2000, show_default=True, help="Of the price, in 1/10000.")
@click.option("--user-margin", type=_share, default=2000, show_default=True)
@click.option("--tolerance", type=_share, default=300, show_default=True)
@click.option("--owner-penalty", type=_share, default=2000, show_default=True)
@click.option("--user-penalty", type=_share, default=2000, show_default=True)
@click.option("--full-escrow", is_flag=True, help="Users set the whole price aside before delivery.")
@as_json
def publish(as_json: bool, keys: Path, **options: Any) -> None:
    """Offer energy of a device of yours."""
    here, market = _signing(options)
    terms = TenderTerms(
        device=options["device"],
        wh=options["wh"],
        reserve=options["reserve"],
        delivery_start=options["since"],
        delivery_end=options["until"],
        quote_end=options["quotes_until"],
        decide_end=options["decides_until"],
        owner_margin_bps=options["owner_margin"],
        user_margin_bps=options["user_margin"],
        tolerance_bps=options["tolerance"],
        owner_penalty_bps=options["owner_penalty"],
        user_penalty_bps=options["user_penalty"],
        full_escrow=options["full_escrow"],
        key=0,
    )
    number = room.publish(market, here.signer(market), terms, keys)
    show(as_json, {"tender": number, "keys": str(keys)}, lambda: [f"tender {number}; keep {keys}: it opens the quotes"])


@tender.command("show")
@network_option
@click.option("--deployment", help="The deployment file, if it is not where it is kept.")
@click.option("--keys", type=click.Path(dir_okay=False, path_type=Path), help="The owner's keys, to read the quotes.")
@click.argument("number", type=int)
@as_json
def show_tender(as_json: bool, network: str, deployment: str | None, keys: Path | None, number: int) -> None:
    """A tender and its quotes; what they say only to who has its key."""
    chain = networks.network(network).connect()
    market = Market(chain, find_deployment(chain, deployment))
    its, terms = _known(market, number)
    key = KeyFile(keys).key(terms.key) if keys else None
    quotes = room.received(market, number, key)
    value = {
        "tender": number,
        "state": its.state.name.lower(),
        "owner": its.owner,
        **{name: value for name, value in terms._asdict().items() if name != "key"},
        "quotes": [_as_value(one) for one in quotes],
    }
    show(as_json, value, lambda: _lines(value, quotes))


@tender.command()
@signing
@click.argument("number", type=int)
@click.option("--wh", type=int, required=True, help="As much as you would take.")
@click.option("--price", type=int, required=True, help="mPT per kWh that you would pay.")
@as_json
def quote(as_json: bool, number: int, wh: int, price: int, **options: Any) -> None:
    """Quote in a tender: sealed for its owner, firm until he decides."""
    here, market = _signing(options)
    _known(market, number)
    made = room.quote(market, here.signer(market), number, wh, price)
    show(as_json, {"tender": number, "quote": made}, lambda: [f"quote {made} in tender {number}"])


@tender.command()
@signing
@click.argument("number", type=int)
@click.argument("quote_number", metavar="QUOTE", type=int)
def withdraw(number: int, quote_number: int, **options: Any) -> None:
    """Take a quote back, while quotes are made."""
    send(options, lambda market, who: market.tenders.withdraw_quote(number, quote_number, sender=who))


@tender.command()
@signing
@_keys
@click.argument("number", type=int)
@click.argument("taken", metavar="QUOTE=WH...", nargs=-1, required=True)
@as_json
def award(as_json: bool, number: int, keys: Path, taken: tuple[str, ...], **options: Any) -> None:
    """Take so many Wh of quotes, by their numbers: `award 7 0=80000 3=40000`."""
    wanted = dict(_taken(one) for one in taken)
    here, market = _signing(options)
    _, terms = _known(market, number)
    given = room.awards(room.received(market, number, KeyFile(keys).key(terms.key)), wanted)
    receipt = market.tenders.award(number, given, sender=here.signer(market))
    begun = [event.args for event in receipt.events if event.name == "SupplyBegun"]
    void = [event.args["quote"] for event in receipt.events if event.name == "AwardVoided"]
    value = {"tender": number, "supplies": begun, "void": void}
    lines = [f"supply {one['supply']}: {one['wh']} Wh at {one['price']} mPT/kWh to {one['user']}" for one in begun]
    lines += [f"quote {one} is void: its trader could not set his margin aside" for one in void]
    show(as_json, value, lambda: lines)


@tender.command()
@signing
@click.argument("number", type=int)
def decline(number: int, **options: Any) -> None:
    """Take no quote."""
    send(options, lambda market, who: market.tenders.decline(number, sender=who))


@tender.command()
@signing
@click.argument("supply", type=int)
def fund(supply: int, **options: Any) -> None:
    """Set the whole price of a supply aside, where its tender asks for it."""
    send(options, lambda market, who: market.supplies.fund(supply, sender=who))


@tender.command()
@signing
@click.argument("supply", type=int)
def execute(supply: int, **options: Any) -> None:
    """Have a supply paid, when all its slots are served."""
    send(options, lambda market, who: market.supplies.execute(supply, sender=who))


@tender.command()
@network_option
@click.option("--deployment", help="The deployment file, if it is not where it is kept.")
@click.argument("supply", type=int)
@as_json
def supply(as_json: bool, network: str, deployment: str | None, supply: int) -> None:
    """How a supply stands."""
    chain = networks.network(network).connect()
    market = Market(chain, find_deployment(chain, deployment))
    if not 0 < supply <= market.supplies.supply_count():
        raise SettingsError(f"there is no supply {supply}")
    its, progress = market.supplies.supply_of(supply), market.supplies.progress_of(supply)
    value = its._asdict() | {"status": its.status.name.lower()} | progress._asdict()
    show(as_json, value, lambda: table([(name, str(one)) for name, one in value.items()]))


def _signing(options: dict[str, Any]) -> tuple[Signing, Market]:
    here = Signing.among(options)
    return here, here.connect()


def _known(market: Market, number: int) -> tuple[Any, TenderTerms]:
    if not 0 < number < 2**32 or market.tenders.tender_of(number).state is TenderState.NONE:
        raise SettingsError(f"there is no tender {number}")
    return market.tenders.tender_of(number), market.tenders.terms_of(number)


def _taken(text: str) -> tuple[int, int]:
    number, _, wh = text.partition("=")
    if not number.isdecimal() or not wh.isdecimal():
        raise click.UsageError(f"{text} is not a quote's number and Wh, like 3=40000")
    return int(number), int(wh)


def _as_value(one: Received) -> dict[str, Any]:
    value: dict[str, Any] = {"quote": one.number, "state": one.state.name.lower(), "trader": one.trader}
    return value | ({"wh": one.opened.wh, "price": one.opened.price} if one.opened else {})


def _lines(value: dict[str, Any], quotes: list[Received]) -> list[str]:
    rows = [(name, str(one)) for name, one in value.items() if name != "quotes"]
    lines = table(rows)
    for one in quotes:
        said = f"{one.opened.wh} Wh at {one.opened.price} mPT/kWh" if one.opened else "sealed"
        lines.append(f"quote {one.number}  {one.state.name.lower()}  {one.trader}  {said}")
    return lines
