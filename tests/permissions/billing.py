"""A month's bills, one of each account that ever was a member's, and points to redeem with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook import Market
from wattbook.billing.bills import Bill, Bills, post_bills, redeeming, sign_bills
from wattbook.billing.numbers import Number
from wattbook.contracts.structs import Bill as BillOnChain
from wattbook.deployment.local import known_account
from wattbook.settlement.bills import Parts
from wattbook.units import pt

STATEMENT = keccak(text="a statement")


@dataclass
class Billing:
    """Those of January 1970 stand; those of the month after can be posted."""

    market: Market
    members: Sequence[LocalAccount]

    def __post_init__(self) -> None:
        accounts = sorted({key.address for key in self.members})
        bills = [
            Bill(Number(place, 1), account, pt(100), Parts(), 0, STATEMENT) for place, account in enumerate(accounts)
        ]
        self.posted, self.unposted = Bills(0, bills), Bills(1, bills)
        attesters = [known_account(name) for name in ("attester1", "attester2")]
        signed = [(key.address, sign_bills(self.market, self.posted, key)) for key in attesters]
        post_bills(self.market, self.posted, signed, sender=self.members[0])
        for key in self.members:
            self.market.power_points.approve(self.market.bills.address, 100, sender=key)

    def of(self, address: str) -> tuple[int, BillOnChain, int, list[bytes]]:
        """The account's own bill; for those who have none, the first that there is."""
        found = [bill for bill in self.posted.bills if bill.account == address]
        return redeeming(self.posted, (found or self.posted.bills)[0])
