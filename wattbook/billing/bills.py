"""The bills of a month: what each account paid for energy, as one tree that attesters put their names to."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook.billing.entries import Kind
from wattbook.billing.numbers import Number
from wattbook.billing.periods import Period, StatementError
from wattbook.billing.shown import as_value
from wattbook.billing.statement import Records, Statement
from wattbook.chain import Receipt
from wattbook.connection import Market
from wattbook.contracts.structs import Bill as BillOnChain
from wattbook.contracts.structs import ShortSignature
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.metering.tree import Tree


@dataclass(frozen=True)
class Bill:
    """What an account paid in a month, in uPT.

    - bought: for energy that it bought, without commissions
    - imbalance: for what it took beyond that, or did not deliver, slot by slot
    - debts: of earlier months' imbalances, that it paid now
    - statement: the hash of its statement
    """

    number: Number
    account: str
    bought: int
    imbalance: int
    debts: int
    statement: bytes

    @property
    def amount(self) -> int:
        return self.bought + self.imbalance + self.debts

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


def bill_of(statement: Statement, number: Number) -> Bill:
    """What of a statement is a charge for energy. A charge that is taken back in the same month counts as little as one
    that was not paid."""
    imbalance: dict[object, int] = defaultdict(int)
    for entry in statement.entries:
        if entry.kind in (Kind.IMBALANCE, Kind.OWED):
            imbalance[entry.slot] += entry.amount
    sums = statement.sums
    return Bill(
        number=number,
        account=statement.account,
        bought=-sums.get(Kind.BOUGHT, 0),
        imbalance=sum(-amount for amount in imbalance.values() if amount < 0),
        debts=-sums.get(Kind.DEBT, 0),
        statement=statement_hash(statement),
    )


def bills_of(market: Market, period: Period) -> Bills:
    """The bills of a month of UTC that is over: of every member's account that paid for energy."""
    if period.month is None:
        raise StatementError(f"{period.name} in {period.zone} is no month of UTC; bills are made for those")
    records = Records(market, period)
    if not records.complete:
        raise StatementError(f"{period.name} is not over; its bills can be made from {period.shown(period.end)} on")
    numbers = {account: number for account, number in records.numbers.accounts() if records.view.current(account) == account}
    statements = records.statements(sorted(numbers))
    bills = [bill_of(statement, numbers[statement.account]) for statement in statements]
    paid = [bill for bill in bills if bill.amount]
    if not paid:
        raise StatementError(f"nobody paid for energy in {period.name}; there are no bills")
    return Bills(period.month, paid)


def sign_bills(market: Market, bills: Bills, attester: LocalAccount) -> ShortSignature:
    """An attester's word that these are the bills of their month."""
    values = {
        "bills": market.bills.address,
        "month": bills.month,
        "version": market.bills.bills_of(bills.month).version,
        "root": bills.tree.root,
        "count": bills.tree.size,
    }
    signature = sign(market.readings, "BillsRoot", attester, values)
    return short(signature)


def post_bills(
    market: Market, bills: Bills, signatures: Sequence[tuple[str, ShortSignature]], sender: LocalAccount
) -> Receipt:
    """Posts the root, given who signed it how."""
    tree = bills.tree
    return market.bills.post(bills.month, tree.root, tree.size, in_order(signatures), sender=sender)


def redeem(market: Market, bills: Bills, bill: Bill, points: int, sender: LocalAccount) -> Receipt:
    """Turns points, which the sender lets the contract use, into money."""
    return market.bills.redeem(bills.month, bill.on_chain, *bills.proof(bill), points, sender=sender)
