"""What tests ask of packages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from eth_account import Account

from tests.assertions import refused
from tests.further import joining
from wattbook.contracts.structs import Carrier, ShortSignature, Signed
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.trial.blocks import Mined, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.subscribing import DAY, Subscribing, events

FAR = 4_000_000_000
PT = 1_000_000
OFFICE = known_account("regulator").address


class Stand(Subscribing):
    _nonces = 0

    # ------------------------------------------------------------------------------------------------------- refusals

    def fails(self, error: Any, function: str, *values: Any, sender: str | None = None, **expected: object) -> None:
        """A call of the packages' contract is refused with this error."""
        self.fails_at(self.packages, error, function, *values, sender=sender, **expected)

    def fails_at(
        self, contract: Any, error: Any, function: str, *values: Any, sender: str | None = None, **expected: object
    ) -> None:
        call = contract.function(function, *values)
        with refused(error, **expected):
            self.market.chain.call(call, sender or known_account("grid").address)

    # --------------------------------------------------------------------------------------------------------- signing

    def signed(self, account: str, name: str, **values: Any) -> Signed:
        """An action in an account's name."""
        Stand._nonces += 1
        whole = {"signer": account, **values, "nonce": Stand._nonces, "deadline": FAR}
        return Signed(account, Stand._nonces, FAR, sign(self.packages, name, self.park.keys[account], whole))

    def report(
        self, since: int, until: int, days: int, carrier: Carrier = Carrier.ELECTRICITY
    ) -> tuple[Any, list[Any]]:
        """What attesters say of the provider."""
        values = {"provider": self.provider, "zone": self.zone, "carrier": int(carrier)}
        values |= {"since": since, "until": until, "suppliedDays": days}
        whole = {"reports": self.market.supply_reports.address, **values}
        keys = [known_account(one) for one in ATTESTERS]
        signed = in_order((key.address, sign(self.market.readings, "Supply", key, whole)) for key in keys)
        return tuple(values.values()), [ShortSignature(*one) for one in signed]

    def fail_supply(self, days: int, supplied: int, carrier: Carrier = Carrier.ELECTRICITY) -> Mined:
        """A report of the last days before today."""
        until = self.blocks.now // DAY * DAY
        given = self.report(until - days * DAY, until, supplied, carrier)
        reports, relayer = self.market.supply_reports, known_account("grid").address
        [mined] = self.blocks.mine([message(reports, "report", relayer, *given)])
        return mined

    # ----------------------------------------------------------------------------------------------------------- money

    def money(self, *accounts: str) -> dict[str, int]:
        """What accounts have free, to be compared later; `locked` is the packages' own."""
        return {account: self.free(account) for account in accounts} | {"locked": self.locked}

    def gained(self, before: Mapping[str, int]) -> dict[str, int]:
        """What is more or less; what is the same is left out."""
        after = self.money(*(account for account in before if account != "locked"))
        return {name: after[name] - before[name] for name in before if after[name] != before[name]}

    @contextmanager
    def moves(self, expected: Mapping[str, int]) -> Iterator[None]:
        """What is done inside gives and takes just this."""
        before = self.money(*(account for account in expected if account != "locked"))
        yield
        assert self.gained(before) == {name: amount for name, amount in expected.items() if amount}

    # -------------------------------------------------------------------------------------------------------- accounts

    @property
    def modules(self) -> int:
        """What an account chooses that lets packages take money from it."""
        return 1 << int(self.market.vault.module_of(self.packages.address).bit)

    def second_account(self, account: str) -> str:
        """A further account of a member, who buys and sells under either."""
        further, membership = Account.create(), self.market.membership
        self.as_account(account, membership, "addAccount", *joining(self.market, account, further))
        self.park.keys[further.address] = further
        return str(further.address)

    def replace(self, account: str) -> str:
        """Another account takes an account's place."""
        new = Account.create()
        authority = self.market.authority.address
        self.as_account(authority, self.market.membership, "decideRecovery", account, new.address)
        self.park.keys[new.address] = new
        return str(new.address)

    @contextmanager
    def suspended(self, account: str) -> Iterator[None]:
        """What is done inside is done while a member is suspended."""
        membership, regulator = self.market.membership, known_account("regulator").address
        member = membership.standing_of(account).member
        self.as_account(regulator, membership, "suspend", member, "an inquiry")
        yield
        self.as_account(regulator, membership, "reinstate", member, "it is over")

    # --------------------------------------------------------------------------------------------------------- devices

    def supplier(self, device: int, time: int) -> str:
        return str(self.market.supplied_devices.supplier_of(device, time))

    def needed(self, account: str, time: int, carrier: Carrier = Carrier.ELECTRICITY) -> int:
        """How many readings there must be of an account's."""
        [count] = self.market.meters.counts_at([account], self.zone, carrier, time)
        return int(count)

    def move(self, device: int, giver: str, taker: str) -> Mined:
        """A device changes hands."""
        meters = self.market.meters
        self.blocks.mine([message(meters, "offer", giver, device, taker)])
        [mined] = self.blocks.mine([message(meters, "accept", taker, device)])
        return mined

    def as_account(self, account: str, contract: Any, function: str, *values: Any) -> Mined:
        [mined] = self.blocks.mine([message(contract, function, account, *values)])
        return mined

    def metered_customer(self, carrier: Carrier = Carrier.ELECTRICITY, **changes: Any) -> tuple[str, int]:
        """One more member with a meter."""
        account = self.person()
        return account, self.meter(account, carrier, **changes)


def subscribed(stand: Stand, amount: int = 10_000 * PT, **changes: object) -> tuple[str, int, int, int]:
    """A customer with lots from the next month on; his account, meter, subscription and first month."""
    version = stand.publish(**changes)
    account, device = stand.metered_customer()
    [number] = stand.buy(account, stand.lots(version, device, amount))
    return account, device, number, stand.month(1)


def told(mined: Mined, *names: str) -> list[tuple[str, tuple[Any, ...]]]:
    """The events of these names with all their arguments, in their sequence."""
    return [(log.name, log.args) for log in events(mined, names)]


def stranger() -> str:
    return str(Account.create().address)
