import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any

import click
from eth_account.signers.local import LocalAccount

from wattbook.cli.output import as_json, show, table
from wattbook.cli.signing import Command, Signing, signing
from wattbook.connection import Market
from wattbook.contracts.revert import ContractRevert
from wattbook.deployment.networks import network
from wattbook.errors import ChainError, SettingsError, WattbookError
from wattbook.market.bounds import MarketError
from wattbook.trader import daemon
from wattbook.trader.agent import Agent, Report, Said, owner_of
from wattbook.trader.journal import Journal, JournalError
from wattbook.trader.orders import Wish, parse_wish, place, read_wishes, sign_for_relayer, signed_commit
from wattbook.trader.records import Entry
from wattbook.trader.wallet import Wallet
from wattbook.units import format_pt


@dataclass(frozen=True)
class Where(Signing):
    """The market, the account and the journal that a command works with."""

    journal: Path


def where(command: Command) -> Command:
    """The options that all commands of a trader have."""
    journal = click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        default="trader.journal",
        show_default=True,
        help="The file with the orders and their salts.",
    )
    return signing(journal(command))


@click.group()
def trader() -> None:
    """Seal orders, commit and reveal them in time, watch the result."""


@trader.command("place")
@where
@click.argument("side", type=click.Choice(["buy", "sell"]))
@click.option("--zone", required=True, help="The zone's name.")
@click.option("--carrier", default="electricity", show_default=True)
@click.option("--slot", default="next", show_default=True, help="When delivery begins: a time, Unix seconds, or next.")
@click.option("--wh", type=int, required=True, help="How much; 0 is a decoy.")
@click.option("--price", type=int, required=True, help="mPT per kWh, at most to buy, at least to sell.")
@click.option("--device", type=int, default=0, help="Of a sale: what delivers.")
@click.option("--size", help="A larger class than need be: small, medium, large, huge.")
@click.option("--name", help="A name of your own; an order of a name is placed once.")
@click.option("--relayed", is_flag=True, help="Sign the commitment for somebody else to send, and send nothing.")
@as_json
def place_order(as_json: bool, relayed: bool, side: str, **options: Any) -> None:
    """Seal an order into the journal, and commit it if its book takes orders."""
    here, wish = _where(options), _wish({**options, "side": side})
    market = here.connect()
    account = here.signer(market)
    said: list[str] = []
    with _journal(here, market, account) as journal:
        entry = _placed(market, journal, wish, account)
        if relayed:
            entry = sign_for_relayer(market, journal, entry, account)
        else:
            _commit_now(market, journal, account, entry, said)
            entry = journal.entry(entry.id)
        show(as_json, _as_json(entry, account.address), lambda: [_line(entry), *said])


@trader.command("run")
@where
@click.option("--orders", type=click.Path(path_type=Path), help="Orders to place, each once.")
@click.option("--once", is_flag=True, help="Do what is due now and stop.")
@click.option("--every", type=click.IntRange(1, 60), default=2, show_default=True, help="Seconds between rounds.")
@click.option("--keep/--no-keep", default=True, help="Clear and settle own books when nobody else does.")
@as_json
def run_trader(as_json: bool, orders: Path | None, once: bool, every: int, keep: bool, **options: Any) -> None:
    """Commit, reveal and watch the journal's orders, until it is stopped."""
    here, stop = _where(options), _stopped_by_signals()
    wishes = read_wishes(orders) if orders else []
    market = here.connect()
    account = here.signer(market)
    report = _reporter(as_json)
    with _journal(here, market, account) as journal, journal.sole():
        troubles = _place_all(market, journal, wishes, account, report)

        def agent() -> Agent:
            connected = here.connect()
            return Agent(connected, Wallet(connected.chain, account, journal), journal, report, keeps=keep)

        if once:
            agent().round()
            if troubles:
                raise troubles[0]
        else:
            report(Said(market.chain.now, 0, "running", f"{len(journal.unfinished())} orders are under way"))
            daemon.run(agent, journal, report, stop, every)
            report(Said(0, 0, "stopped", f"{len(journal.unfinished())} orders are under way"))


@trader.command("list")
@where
@as_json
def list_orders(as_json: bool, **options: Any) -> None:
    """What the journal holds; the salts stay in it. Needs neither node nor key."""
    journal = Journal(_where(options).journal)
    entries, owner = journal.entries(), journal.owner()
    trader_address = owner.trader if owner else ""
    show(as_json, [_as_json(entry, trader_address) for entry in entries], lambda: _rows(entries) or ["no orders"])


def _where(options: dict[str, Any]) -> Where:
    names = ("deployment", "keystore", "account", "journal")
    return Where(network(options["network_name"]), *(options[name] for name in names))


def _wish(options: dict[str, Any]) -> Wish:
    try:
        return parse_wish(options)
    except (SettingsError, MarketError) as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def _journal(here: Where, market: Market, account: LocalAccount) -> Iterator[Journal]:
    journal = Journal(here.journal, create=True)
    try:
        journal.belong(owner_of(market, account.address))
        yield journal
    finally:
        journal.close()


def _placed(market: Market, journal: Journal, wish: Wish, account: LocalAccount) -> Entry:
    return place(market, journal, wish, account.address, market.chain.web3.eth.block_number)


def _place_all(
    market: Market, journal: Journal, wishes: list[Wish], account: LocalAccount, report: Report
) -> list[WattbookError]:
    """Seals what was not placed yet. What cannot be placed must not keep the others from being revealed."""
    placed = {entry.name for entry in journal.entries()}
    troubles: list[WattbookError] = []
    for wish in wishes:
        if wish.name in placed:
            continue
        try:
            entry = _placed(market, journal, wish, account)
        except (SettingsError, JournalError, ContractRevert) as error:
            troubles.append(error)
            report(Said(market.chain.now, 0, "refused", f"{wish.name} is not placed: {error}"))
        else:
            report(Said(market.chain.now, entry.id, "sealed", f"{wish.name}: {_line(entry)}"))
    return troubles


def _commit_now(market: Market, journal: Journal, account: LocalAccount, entry: Entry, said: list[str]) -> None:
    """A round or a few, unless a running trader does it."""
    wallet = Wallet(market.chain, account, journal)
    agent = Agent(market, wallet, journal, lambda one: said.append(_said(one)), keeps=False)
    with ExitStack() as stack:
        try:
            stack.enter_context(journal.sole())
        except JournalError:
            said.append("the trader that is running will commit it")
            return
        deadline = time.monotonic() + market.chain.timeout
        try:
            agent.round()
            while any(sent.entry == entry.id for sent in wallet.under_way()) and time.monotonic() < deadline:
                time.sleep(0.2)
                agent.round()
        except WattbookError as error:
            raise ChainError(f"order {entry.id} is in {journal.path}, but not committed yet: {error}") from None
    said.append("keep `wattbook trader run` running until it is settled: an order that is not revealed loses its bond")


def _stopped_by_signals() -> Event:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _reporter(as_json: bool) -> Report:
    def report(said: Said) -> None:
        # What cannot be said, for a full disk or a reader who left, stops nothing.
        with suppress(OSError):
            click.echo(json.dumps(asdict(said)) if as_json else _said(said))
            sys.stdout.flush()

    return report


def _said(said: Said) -> str:
    about = f"order {said.order} " if said.order else ""
    return f"{said.time} {said.what}: {about}{said.text}"


def _line(entry: Entry) -> str:
    zone = entry.zone.rstrip(b"\0").decode(errors="replace")
    side = f"sell from device {entry.device}" if entry.sell else "buy"
    return (
        f"order {entry.id}, {entry.state}: {side} {entry.wh} Wh at {entry.price} mPT/kWh,"
        f" {entry.book.carrier.name.lower()} in {zone}, slot {entry.slot_start}"
    )


def _rows(entries: list[Entry]) -> list[str]:
    def money(amount: int | None) -> str:
        return "" if amount is None else format_pt(amount)

    rows = [
        (
            _line(entry),
            "" if entry.filled_wh is None else f"{entry.filled_wh} Wh",
            money(entry.amount),
            money(entry.fee),
        )
        for entry in entries
    ]
    return table(rows) if rows else []


def _as_json(entry: Entry, trader_address: str) -> dict[str, Any]:
    hidden = {"salt", "signature", "block", "zone_number", "seal"}
    value = {name: item for name, item in asdict(entry).items() if name not in hidden}
    value["carrier"] = entry.book.carrier.name.lower()
    value["zone"] = entry.zone.rstrip(b"\0").decode(errors="replace")
    value["size_class"] = entry.size.name.lower()
    value["book"] = "0x" + entry.book.key.hex()
    value["seal"] = "0x" + entry.seal.hex()
    if entry.signature is not None:
        order, r, vs = signed_commit(entry, trader_address)
        signed = {"trader": order.trader, "sizeClass": int(order.size_class), "number": order.number}
        value["signed"] = {**signed, "seal": value["seal"], "r": f"0x{r.hex()}", "vs": f"0x{vs.hex()}"}
    return value
