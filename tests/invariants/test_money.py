"""Random members drive the contracts and the books in plain Python side by side.

After every step, whatever it was and whether it was refused or not:
1. the Vault holds as many tokens as all accounts and all modules' locks add up to;
2. the supply of PT equals the reserves that issuers have recorded, and the sum of all balances;
3. every account, lock, balance and standing is what the books say.
"""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.invariants.books import Books
from tests.invariants.conftest import restore, snapshot
from tests.modules import set_of
from wattbook import ContractRevert, Role
from wattbook.contracts.structs import Purse
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account

MEMBERS = 3
MODULES = 2

member = st.integers(0, MEMBERS - 1)
module = st.integers(0, MODULES - 1)
purse = st.sampled_from([Purse.NETWORK, Purse.PLATFORM])
# Of the order of what people have, so that most steps go through and some ask for too much.
amount = st.one_of(st.integers(0, 12), st.just(2**64))
some_modules = st.sets(module, min_size=1)


def test_money_is_conserved(market, people, admit, decide):
    accounts = [known_account(FIRST_FREE_ACCOUNT + i) for i in range(MEMBERS)]
    modules = [known_account(FIRST_FREE_ACCOUNT + MEMBERS + i) for i in range(MODULES)]
    keepers = {Purse.NETWORK: people.grid, Purse.PLATFORM: people.operator}
    token, vault, membership = market.power_token, market.vault, market.membership
    purses = {kept: vault.purse_account(kept) for kept in keepers}
    ids = [admit(account) for account in accounts]
    issuer = membership.standing_of(people.issuer.address).member
    for entering in modules:
        decide("Vault", "enterModule", entering.address)
    for account in accounts:
        token.approve(vault.address, 2**256 - 1, sender=account)

    def begin() -> Books:
        """Money in every place where there can be some; the chain takes the same steps once."""
        books = Books(MEMBERS, MODULES)
        for who in range(MEMBERS):
            assert books.mint(who, 20, 100 + who) is None
            assert books.deposit(who, 12) is None
            assert books.choose(who, {0, 1}) is None
            assert books.lock(who % MODULES, who, 6) is None
        assert books.pay_purse(0, Purse.PLATFORM, 4) is None
        return books

    for who, account in enumerate(accounts):
        token.mint(account.address, 20, (100 + who).to_bytes(32), sender=people.issuer)
        vault.deposit(12, sender=account)
        vault.choose_modules(set_of(vault, *modules), sender=account)
        vault.lock(account.address, 6, 0, sender=modules[who % MODULES])
    vault.pay(accounts[0].address, purses[Purse.PLATFORM], 4, sender=modules[0])

    def resume() -> None:
        if vault.deposits_paused():
            decide("Vault", "resumeDeposits")
            for entered in modules:
                decide("Vault", "resumeModule", entered.address)

    class Market(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.snapshot = snapshot(market.chain)
            self.books = begin()

        def teardown(self) -> None:
            restore(market.chain, self.snapshot)

        def both(self, expected: str | None, step: Callable[[], object]) -> None:
            """Takes a step on the chain that the books have taken."""
            try:
                step()
            except ContractRevert as error:
                assert type(error).__name__ == expected, error
            else:
                assert expected is None, f"went through, expected {expected}"

        @rule(to=member, value=amount, receipt=st.integers(1, 30))
        def mint(self, to, value, receipt):
            self.both(
                self.books.mint(to, value, receipt),
                lambda: token.mint(accounts[to].address, value, receipt.to_bytes(32), sender=people.issuer),
            )

        @rule(who=member, value=amount)
        def redeem(self, who, value):
            self.both(
                self.books.redeem(who, value),
                lambda: token.redeem(issuer, value, b"\1" * 32, sender=accounts[who]),
            )

        @rule(giver=member, taker=member, value=amount)
        def transfer(self, giver, taker, value):
            self.both(
                self.books.transfer(giver, taker, value),
                lambda: token.transfer(accounts[taker].address, value, sender=accounts[giver]),
            )

        @rule(who=member, value=amount)
        def deposit(self, who, value):
            self.both(
                self.books.deposit(who, value),
                lambda: vault.deposit(value, sender=accounts[who]),
            )

        @rule(who=member, value=amount)
        def withdraw(self, who, value):
            self.both(
                self.books.withdraw(who, value),
                lambda: vault.withdraw(value, sender=accounts[who]),
            )

        @rule(who=member, chosen=some_modules)
        def choose(self, who, chosen):
            self.both(
                self.books.choose(who, chosen),
                lambda: vault.choose_modules(set_of(vault, *(modules[i] for i in chosen)), sender=accounts[who]),
            )

        @rule(by=module, who=member, value=amount)
        def lock(self, by, who, value):
            self.both(
                self.books.lock(by, who, value),
                lambda: vault.lock(accounts[who].address, value, Role.CONSUMER, sender=modules[by]),
            )

        @rule(by=module, who=member, value=amount)
        def lock_more(self, by, who, value):
            self.both(
                self.books.lock_more(by, who, value),
                lambda: vault.lock_more(accounts[who].address, value, sender=modules[by]),
            )

        @rule(by=module, who=member, value=amount)
        def release(self, by, who, value):
            self.both(
                self.books.release(by, who, value),
                lambda: vault.release(accounts[who].address, value, sender=modules[by]),
            )

        @rule(by=module, giver=member, taker=member, value=amount)
        def pay(self, by, giver, taker, value):
            self.both(
                self.books.release(by, taker, value),
                lambda: vault.pay(
                    accounts[giver].address,
                    accounts[taker].address,
                    value,
                    sender=modules[by],
                ),
            )

        @rule(by=module, giver=member, into=purse, value=amount)
        def pay_purse(self, by, giver, into, value):
            self.both(
                self.books.pay_purse(by, into, value),
                lambda: vault.pay(
                    accounts[giver].address,
                    purses[into],
                    value,
                    sender=modules[by],
                ),
            )

        @rule(out_of=purse, to=member, value=amount)
        def spend(self, out_of, to, value):
            self.both(
                self.books.spend(out_of, to, value),
                lambda: vault.spend(out_of, accounts[to].address, value, bytes(32), sender=keepers[out_of]),
            )

        @rule(who=member)
        def suspend(self, who):
            self.both(
                self.books.suspend(who),
                lambda: membership.suspend(ids[who], "why", sender=people.regulator),
            )

        @rule(who=member)
        def reinstate(self, who):
            self.both(
                self.books.reinstate(who),
                lambda: membership.reinstate(ids[who], "why", sender=people.regulator),
            )

        @rule(who=member, really=st.integers(0, 5))
        def expel(self, who, really):
            if really == 0:
                self.both(
                    self.books.expel(who),
                    lambda: membership.expel(ids[who], "why", sender=people.regulator),
                )

        @rule(stop=st.booleans())
        def pause_or_resume(self, stop):
            if stop:
                self.both(self.books.pause(), lambda: vault.pause(sender=people.regulator))
            else:
                self.both(self.books.resume(), resume)

        @invariant()
        def books_and_chain_agree(self):
            books = self.books
            held = token.balance_of(vault.address)
            free = [vault.account_of(account.address) for account in accounts]
            wallets = [token.balance_of(account.address) for account in accounts]
            kept = {name: vault.account_of(address).free for name, address in purses.items()}
            locked = [vault.module_of(entered.address).locked for entered in modules]

            accounted = sum(account.free for account in free) + sum(kept.values())
            assert held == accounted + sum(locked), "the Vault is not solvent"
            supply = token.total_supply()
            assert supply == token.reserve_of(issuer), "supply and reserves differ"
            assert supply == held + sum(wallets), "supply and balances differ"

            assert [a.free for a in free] == [person.free for person in books.people]
            assert [a.status.name for a in free] == [person.status for person in books.people]
            assert wallets == [person.wallet for person in books.people]
            assert kept == {name: books.purses[name] for name in purses}
            assert locked == books.locked
            assert (held, supply) == (books.held, books.supply)

    run_state_machine_as_test(Market, settings=settings())
