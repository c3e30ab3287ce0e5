"""What accounts hold: tokens, points, money in the Vault, units, slices, certificates.

Of what is locked the Vault keeps a sum for each module, so `locked` is held by the module's address. What is for an
account that was replaced is for the one in its place.
"""

from collections.abc import Callable

from frontend_api.index.events import Event
from frontend_api.index.facts.rules import Rule, told
from frontend_api.index.subjects import address_in
from frontend_api.index.writing import Writing
from wattbook.contracts.structs import Purse
from wattbook.deployment.plan import purse_account

_NOBODY = "0x" + "00" * 20
_FREE, _LOCKED, _OWED = "free", "locked", "owed"


def _moved(event: Event, writing: Writing, kind: str, item: int, amount: int) -> None:
    for account, change in ((event.args["from"], -amount), (event.args["to"], amount)):
        if account != _NOBODY:
            writing.change(event, account, kind, item, change)


def _transfers(contract: str, kind: str) -> None:
    @told(contract, "Transfer")
    def transfer(event: Event, writing: Writing) -> None:
        _moved(event, writing, kind, 0, int(event.args["value"]))


def _batches(contract: str, kind: str) -> None:
    @told(contract, "TransferSingle")
    def transfer_single(event: Event, writing: Writing) -> None:
        _moved(event, writing, kind, int(event.args["id"]), int(event.args["value"]))

    @told(contract, "TransferBatch")
    def transfer_batch(event: Event, writing: Writing) -> None:
        for item, amount in zip(event.args["ids"], event.args["values"], strict=True):
            _moved(event, writing, kind, int(item), int(amount))


_transfers("PowerToken", "token")
_transfers("PowerPoints", "points")
_batches("EnergyUnits", "unit")
_batches("CleanEnergy", "slice")


@told("GreenCertificates", "Transfer")
def certificate_transferred(event: Event, writing: Writing) -> None:
    _moved(event, writing, "certificate", int(event.args["tokenId"]), 1)


# --------------------------------------------------------------------------------------------------------- the Vault


def _vault(name: str) -> Callable[[Callable[[Event, Writing, int], None]], Rule]:
    """An event of the Vault that tells an amount."""

    def name_it(rule: Callable[[Event, Writing, int], None]) -> Rule:
        def run(event: Event, writing: Writing) -> None:
            rule(event, writing, int(event.args["amount"]))

        return told("Vault", name)(run)

    return name_it


def _free(event: Event, writing: Writing, account: str, change: int) -> None:
    writing.change(event, writing.known.current(account), _FREE, 0, change)


def _locked(event: Event, writing: Writing, change: int, module: str | None = None) -> None:
    writing.change(event, module or event.args["module"], _LOCKED, 0, change)


def _owed(event: Event, writing: Writing, change: int) -> None:
    writing.change(event, writing.known.current(event.args["debtor"]), _OWED, 0, change)


@_vault("Deposited")
def deposited(event: Event, writing: Writing, amount: int) -> None:
    _free(event, writing, event.args["account"], amount)


@_vault("Withdrawn")
def withdrawn(event: Event, writing: Writing, amount: int) -> None:
    _free(event, writing, event.args["account"], -amount)


@_vault("Locked")
def locked(event: Event, writing: Writing, amount: int) -> None:
    _free(event, writing, event.args["account"], -amount)
    _locked(event, writing, amount)


@_vault("Released")
def released(event: Event, writing: Writing, amount: int) -> None:
    _locked(event, writing, -amount)
    _free(event, writing, event.args["account"], amount)


@_vault("Paid")
def paid(event: Event, writing: Writing, amount: int) -> None:
    _locked(event, writing, -amount)
    _free(event, writing, event.args["to"], amount)


@_vault("PassedOn")
def passed_on(event: Event, writing: Writing, amount: int) -> None:
    _locked(event, writing, -amount)
    _locked(event, writing, amount, event.args["to"])


@told("Vault", "Adjusted")
def adjusted(event: Event, writing: Writing) -> None:
    """Each move locks what is positive, and releases what is negative; all moves of an account are one change."""
    changes: dict[str, int] = {}
    for text in event.args["moves"]:
        move = int(text)
        amount = move >> 160
        if amount >> 95:
            amount -= 1 << 96
        if amount:
            account = writing.known.current(address_in(move))
            changes[account] = changes.get(account, 0) - amount
    for account, change in changes.items():
        writing.change(event, account, _FREE, 0, change)
    _locked(event, writing, -sum(changes.values()))


@_vault("DebtRecorded")
def debt_recorded(event: Event, writing: Writing, amount: int) -> None:
    _owed(event, writing, amount)


@_vault("DebtPaid")
def debt_paid(event: Event, writing: Writing, amount: int) -> None:
    _owed(event, writing, -amount)
    _free(event, writing, event.args["debtor"], -amount)
    _free(event, writing, event.args["creditor"], amount)


@_vault("DebtRepaid")
def debt_repaid(event: Event, writing: Writing, amount: int) -> None:
    """From what a module had locked."""
    _locked(event, writing, -amount)
    _owed(event, writing, -amount)
    _free(event, writing, event.args["creditor"], amount)


@_vault("Spent")
def spent(event: Event, writing: Writing, amount: int) -> None:
    _free(event, writing, purse_account(Purse(event.args["purse"])).lower(), -amount)
    _free(event, writing, event.args["to"], amount)


@told("Vault", "AccountReplaced")
def account_replaced(event: Event, writing: Writing) -> None:
    """What was free goes over, and so does what is owed."""
    account, replacement, free = (event.args[name] for name in ("account", "replacement", "free"))
    owed = writing.balance(account, _OWED, 0)
    for kind, amount in ((_FREE, int(free)), (_OWED, owed)):
        writing.change(event, account, kind, 0, -amount)
        writing.change(event, replacement, kind, 0, amount)
    writing.known.replaced[account] = replacement
