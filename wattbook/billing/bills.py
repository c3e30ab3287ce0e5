"""The bills of a month: what each account paid for energy, as one tree that attesters put their names to."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook.billing.entries import Kind
from wattbook.billing.numbers import Number
from wattbook.billing.periods import Period, StatementError
from wattbook.billing.shown import as_value
from wattbook.billing.slots import Slot
from wattbook.billing.statement import Records, Statement
from wattbook.chain import Receipt
from wattbook.connection import Market
from wattbook.contracts.structs import Bill as BillOnChain
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.metering.tree import Tree
from wattbook.settlement.bills import Parts


class NoBills(StatementError):
    """Nobody paid for energy in a month."""


@dataclass(frozen=True)
class Bill:
    """What an account paid in a month, in uPT.

    - bought: for energy that it bought, without commissions; split: who gets what of it
    - imbalance: for what it took beyond that, or did not deliver, slot by slot
    - statement: the hash of its statement
    """

    number: Number
    account: str
    bought: int
    split: Parts
    imbalance: int
    statement: bytes

    @property
    def amount(self) -> int:
        return self.bought + self.imbalance

    @property
    def content_hash(self) -> bytes:
        return keccak(encode(["address", "uint128", "bytes32"], [self.account, self.amount, self.statement]))

    @property
    def on_chain(self) -> BillOnChain:
        """As the contract takes it."""
        return BillOnChain(int(self.number), self.account, self.amount, self.statement)


class Bills:
    """All bills of a month, by rising number, and the tree over them."""

    def __init__(self, month: int, bills: Iterable[Bill]) -> None:
        self.month = month
        self.bills = sorted(bills, key=lambda bill: bill.number)
        self.tree = Tree([(int(bill.number), bill.content_hash) for bill in self.bills])

    def of(self, account: str) -> Bill:
        """An account's bill, by the name that it had when the month ended."""
        for bill in self.bills:
            if bill.account == account:
                return bill
        raise StatementError(f"{account} paid for no energy in this month and has no bill")

    def proof(self, bill: Bill) -> tuple[int, list[bytes]]:
        """Where a bill stands, and the hashes that show it."""
        place = self.bills.index(bill)
        return place, self.tree.proof(place)


def statement_hash(statement: Statement) -> bytes:
    """Of the statement's JSON without spaces, its keys in alphabetical order."""
    return keccak(text=json.dumps(as_value(statement), sort_keys=True, separators=(",", ":")))


def bill_of(statement: Statement) -> Bill:
    """What of a statement was paid for energy. What was taken back in the same month was not, nor what is owed; of a
    debt that is paid later the Vault does not tell what it was for."""
    if statement.number is None:
        raise StatementError(f"{statement.account} is no member's account and has no bills")
    imbalance: dict[Slot | None, int] = defaultdict(int)
    for entry in statement.entries:
        if entry.kind in (Kind.IMBALANCE, Kind.OWED):
            imbalance[entry.slot] += entry.amount
    return Bill(
        number=statement.number,
        account=statement.account,
        bought=-statement.sums.get(Kind.BOUGHT, 0),
        split=statement.split,
        imbalance=sum(-amount for amount in imbalance.values() if amount < 0),
        statement=statement_hash(statement),
    )


def bills_of(market: Market, period: Period) -> Bills:
    """The bills of a month of UTC that is over: of every member's account that paid for energy."""
    if period.month is None:
        raise StatementError(f"{period.name} in {period.zone} is no month of UTC; bills are made for those")
    records = Records(market, period)
    if not records.complete:
        raise StatementError(f"{period.name} is not over; its bills can be made from {period.shown(period.end)} on")
    bills = [bill_of(statement) for statement in records.statements(records.members())]
    paid = [bill for bill in bills if bill.amount]
    if not paid:
        raise NoBills(f"nobody paid for energy in {period.name}: it has no bills")
    return Bills(period.month, paid)


def root_values(market: Market, bills: Bills) -> dict[str, Any]:
    """What attesters sign of the bills of a month."""
    return {
        "bills": market.bills.address,
        "month": bills.month,
        "version": market.bills.bills_of(bills.month).version,
        "root": bills.tree.root,
        "size": bills.tree.size,
    }


def sign_bills(market: Market, bills: Bills, attester: LocalAccount) -> bytes:
    """An attester's word that these are the bills of their month."""
    return sign(market.readings, "BillsRoot", attester, root_values(market, bills))


def post_bills(market: Market, bills: Bills, signatures: Iterable[tuple[str, bytes]], sender: LocalAccount) -> Receipt:
    """Posts the root, given who signed it how."""
    tree = bills.tree
    return market.bills.post(bills.month, tree.root, tree.size, in_order(signatures), sender=sender)


def redeeming(bills: Bills, bill: Bill) -> tuple[int, BillOnChain, int, list[bytes]]:
    """What `redeem` of the contract takes of a bill, before the points."""
    return bills.month, bill.on_chain, *bills.proof(bill)
