"""Bonds of orders that were never revealed, and books that end without an outcome."""

import pytest

from tests.assertions import check_event, refused
from tests.market_chain.floor import MONEY
from wattbook.contracts import reverts
from wattbook.contracts.structs import BookState, OrderState, Purse, Refusal, SizeClass
from wattbook.deployment.local import known_account

BOND, FEE = 200_000, 50_000
DAY = 24 * 3600


def state_of(life, quote):
    return life.auction.order_of(life.key, quote.trader, quote.number).state


class TestSlashing:
    def test_the_bond_goes_to_the_fund_and_the_fee_to_the_caller(self, floor, life, quotes):
        large = floor.buy("erin", 50_000, 500)
        life.commit(quotes[0])
        life.commit(large, size=SizeClass.MEDIUM)
        life.reveal(quotes[0])
        life.clear([0, 0])
        before = floor.free("keeper")
        receipt = life.slash(large)
        said = {"book": life.key, "trader": large.trader, "number": 0}
        check_event(receipt, "OrderSlashed", **said, keeper=floor.keeper.address, bond=2_000_000)
        assert floor.purse(Purse.COMMON_FUND) == 2_000_000
        assert floor.free("keeper") - before == FEE
        assert MONEY - floor.free("erin") == 2_000_000 + FEE
        assert state_of(life, large) == OrderState.SLASHED
        with refused(reverts.NotWithheld, trader=large.trader, number=0):
            life.slash(large)

    def test_many_at_once(self, floor, life):
        withheld = [floor.buy(name, 1000, 500) for name in ("alice", "bob", "carol")]
        life.commit(*withheld)
        life.clear([0, 0], [])
        before = floor.free("keeper")
        life.slash(*withheld)
        assert (floor.purse(Purse.COMMON_FUND), floor.free("keeper") - before) == (3 * BOND, 3 * FEE)
        assert floor.locked() == 0

    def test_none_of_a_list_when_one_is_wrong(self, floor, life, quotes):
        life.commit(*quotes[:2])
        life.reveal(quotes[0])
        life.clear([0, 0])
        with refused(reverts.NotWithheld, trader=quotes[0].trader, number=0):
            life.slash(quotes[1], quotes[0])
        assert floor.purse(Purse.COMMON_FUND) == 0

    def test_by_who_was_never_admitted(self, floor, life, quotes):
        life.commit(quotes[0])
        life.clear([0, 0], [])
        floor.at(life.clears_at + DAY)
        with refused(reverts.NotMember, account=floor.stranger.address):
            life.auction.slash(life.key, life.ids(quotes[0]), sender=floor.stranger)

    def test_of_a_book_that_was_never_opened(self, floor):
        life = floor.plan()
        quote = floor.buy("alice", 1000, 500)
        with refused(reverts.NotWithheld, trader=quote.trader, number=0):
            life.auction.slash(life.key, life.ids(quote), sender=floor.keeper)

    def test_an_order_that_was_slashed_is_not_settled(self, floor, life, quotes):
        """Slashing may come before the book is settled, and takes nothing of those who were revealed."""
        life.commit(*quotes, floor.buy("erin", 1000, 500))
        life.reveal(*quotes)
        life.clear([450, 450])
        life.slash(floor.buy("erin", 1000, 500))
        life.settle()
        assert [MONEY - floor.free(name) for name in ("alice", "bob", "erin")] == [2_705_400, 901_800, BOND + FEE]


class TestMoneyShort:
    """An order that its owner cannot pay when it is revealed."""

    @pytest.fixture
    def poor(self, floor, life, quotes):
        """Bob has committed, and withdrawn all that he could."""
        life.commit(*quotes)
        floor.leave("bob", 0)
        return quotes[1]

    def test_is_void_its_bond_goes_and_others_are_untouched(self, floor, life, quotes, poor):
        receipt = life.reveal(*quotes)
        refusal = {"book": life.key, "trader": poor.trader, "number": 0, "refusal": Refusal.MONEY_SHORT}
        check_event(receipt, "OrderRefused", **refusal)
        life.clear([400, 400])
        life.settle()
        life.slash(poor)
        assert floor.free("bob") == 0
        assert floor.purse(Purse.COMMON_FUND) == BOND
        assert MONEY - floor.free("alice") == 6000 * 400 + 4_800

    def test_can_be_revealed_again_after_a_top_up(self, floor, life, quotes, poor):
        life.reveal(*quotes)
        # His bond and the fee are part of what he pays with.
        short = 1_810_800 - BOND - FEE
        floor.pay_in(floor.bob, short - 1)
        with refused(reverts.NothingTaken, refusal=Refusal.MONEY_SHORT):
            life.reveal(poor)
        floor.pay_in(floor.bob, 1)
        life.reveal(poor)
        assert floor.free("bob") == 0
        life.clear([450, 450])
        life.settle()
        assert floor.free("bob") == 1_810_800 - 901_800

    def test_not_when_the_phase_is_over(self, floor, life, quotes, poor):
        life.reveal(*quotes)
        floor.pay_in(floor.bob, MONEY)
        floor.at(life.clears_at)
        with refused(reverts.OutsidePhase, book=life.key, from_=life.reveals_at, until=life.clears_at):
            life.reveal(poor)

    def test_a_seller_gets_his_energy_back(self, floor, life, quotes):
        life.commit(*quotes)
        floor.leave("carol", 0)
        life.reveal(*quotes)
        available = floor.market.energy_units.available(quotes[2].trader, quotes[2].device, life.slot_start)
        assert available == 10_000


class TestDecoys:
    def test_lose_the_fee_and_nothing_else(self, floor, life, quotes):
        decoys = [floor.buy("erin", 0, 0), floor.sell("keeper", 0, 65_535)]
        before = floor.free("keeper")
        life.commit(*quotes, *decoys)
        receipt = life.reveal(*quotes, *decoys)
        assert receipt.event("OrdersRevealed").args["words"][4:] == [decoys[0].word(4), decoys[1].word(5)]
        assert (MONEY - floor.free("erin"), before - floor.free("keeper")) == (FEE, FEE)
        assert floor.purse(Purse.COMMON_FUND) == 2 * FEE
        life.clear([450, 450])
        life.settle()
        with refused(reverts.NotWithheld, trader=decoys[0].trader, number=0):
            life.slash(decoys[0])

    def test_a_book_of_nothing_else(self, floor, life):
        decoys = [floor.buy(name, 0, 0) for name in ("alice", "bob")]
        life.trade(*decoys)
        life.clear([0, 0])
        life.settle()
        assert life.facts.state == BookState.SETTLED
        assert (floor.locked(), floor.purse(Purse.COMMON_FUND)) == (0, 2 * FEE)

    def test_of_any_class(self, floor, life):
        decoy = floor.buy("alice", 0, 0)
        life.commit(decoy, size=SizeClass.LARGE)
        life.reveal(decoy)
        assert MONEY - floor.free("alice") == FEE


class TestExcuse:
    @pytest.mark.parametrize("officer", ["operator", "regulator"])
    def test_gives_bonds_back(self, floor, life, quotes, officer):
        life.commit(*quotes)
        life.reveal(*quotes[:2])
        floor.at(life.clears_at)
        by = known_account(officer)
        receipt = life.auction.excuse(life.key, "a node was down", sender=by)
        check_event(receipt, "BookExcused", book=life.key, by=by.address, reason="a node was down")
        receipt = life.refund(*quotes[2:])
        refunded = [event.args for event in receipt.events if event.name == "OrderRefunded"]
        assert refunded == [
            {"book": life.key, "trader": quote.trader, "number": 0, "bond": BOND} for quote in quotes[2:]
        ]
        assert (floor.free("carol"), floor.free("dora")) == (MONEY, MONEY)
        assert state_of(life, quotes[2]) == OrderState.REFUNDED
        with refused(reverts.NotWithheld, trader=quotes[2].trader, number=0):
            life.refund(quotes[2])
        # The book goes on without them.
        life.clear([0, 0])
        life.settle()
        assert (floor.free("alice"), floor.free("bob"), floor.locked()) == (MONEY, MONEY, 0)

    @pytest.mark.parametrize("officer", ["registrar", "issuer", "attester1", "grid"])
    def test_by_another_office(self, floor, life, officer):
        floor.at(life.clears_at)
        with pytest.raises(reverts.MissingRole):
            life.auction.excuse(life.key, "a node was down", sender=known_account(officer))


class TestVoidBooks:
    @pytest.fixture
    def void(self, floor, life, quotes):
        """Nobody cleared it in time; carol did not reveal."""
        life.commit(*quotes)
        life.reveal(*quotes[:2], quotes[3])
        receipt = life.void()
        check_event(receipt, "BookVoided", book=life.key)
        return life

    def test_everything_goes_back(self, floor, void, quotes):
        receipt = void.settle()
        nothing = dict.fromkeys(("paid", "received", "poolShare", "poolSpent", "toCommonFund"), 0)
        check_event(receipt, "BookSettled", book=void.key, **nothing)
        void.refund(quotes[2])
        assert [floor.free(name) for name in ("alice", "bob", "carol", "dora")] == [MONEY] * 4
        assert floor.locked() == 0
        assert floor.purse(Purse.PLATFORM) == 0
        assert void.facts.state == BookState.VOID
        assert void.auction.positions_of(void.key, quotes[0].trader)[0].wh == 0

    def test_only_once(self, floor, void):
        void.settle()
        with refused(reverts.WrongState, book=void.key, state=BookState.VOID):
            void.settle()
        with refused(reverts.WrongState, book=void.key, state=BookState.VOID):
            void.void()

    def test_only_of_those_who_had_orders(self, floor, void, quotes):
        with refused(reverts.WrongWords, book=void.key, group=0):
            void.settle([*void.words, quotes[2].word(2)])
        with refused(reverts.NotWithheld, trader=quotes[0].trader, number=0):
            void.refund(quotes[0])

    def test_is_not_slashed(self, floor, void, quotes):
        with refused(reverts.BondNotDue, book=void.key):
            void.slash(quotes[2])

    def test_with_no_orders_at_all(self, floor, life):
        life.void()
        life.settle([])
        with refused(reverts.WrongState, book=life.key, state=BookState.VOID):
            life.settle([])

    def test_of_a_book_that_was_never_opened(self, floor):
        life = floor.plan()
        with refused(reverts.WrongState, book=life.key, state=BookState.NONE):
            life.void()


class TestWhateverBecameOfTheMember:
    """What was begun goes on."""

    def test_suspended_members_reveal_settle_and_pay(self, floor, life, quotes):
        life.commit(*quotes)
        for name in ("alice", "bob", "carol", "dora"):
            floor.suspend(name)
        life.reveal(*quotes)
        life.clear([450, 450])
        life.settle()
        assert MONEY - floor.free("alice") == 2_705_400
        assert life.auction.positions_of(life.key, quotes[2].trader)[0].wh == 5000

    def test_a_paused_market_reveals_clears_and_settles(self, floor, life, quotes):
        life.commit(*quotes, floor.buy("erin", 1000, 500))
        floor.market.vault.pause(sender=known_account("regulator"))
        life.reveal(*quotes)
        life.clear([450, 450])
        life.settle()
        life.slash(floor.buy("erin", 1000, 500))
        assert life.facts.state == BookState.SETTLED

    def test_an_auction_that_leaves_settles_what_it_has(self, floor, life, quotes):
        life.trade(*quotes)
        floor.decide(floor.market.vault, "retireModule", life.auction.address)
        life.clear([450, 450])
        life.settle()
        assert MONEY - floor.free("alice") == 2_705_400

    def test_an_auction_that_leaves_takes_no_more_orders(self, floor, life, quotes):
        """Who must lock more than his bond is void; who need not, because the bond covers him, is not."""
        small = floor.buy("erin", 400, 500)
        life.commit(*quotes, small)
        floor.decide(floor.market.vault, "retireModule", life.auction.address)
        life.reveal(small)
        with refused(reverts.NothingTaken, refusal=Refusal.MONEY_SHORT):
            life.reveal(quotes[0])
        life.refund(*quotes)
        assert floor.free("alice") == MONEY

    def test_an_auction_that_leaves_slashes_nobody(self, floor, life, quotes):
        """Who was revealed before it left is settled, the others get their bonds back."""
        life.commit(*quotes)
        life.reveal(quotes[0])
        floor.decide(floor.market.vault, "retireModule", life.auction.address)
        life.clear([0, 0])
        with refused(reverts.BondNotDue, book=life.key):
            life.slash(quotes[1])
        with refused(reverts.NotWithheld, trader=quotes[0].trader, number=0):
            life.refund(quotes[0])
        life.settle()
        life.refund(*quotes[1:])
        assert [floor.free(name) for name in ("alice", "bob", "carol", "dora")] == [MONEY] * 4
        assert floor.locked() == 0

    def test_who_chose_the_module_no_more(self, floor, life, quotes):
        life.commit(*quotes)
        floor.market.vault.choose_modules(0, sender=floor.alice)
        with refused(reverts.NothingTaken, refusal=Refusal.MONEY_SHORT):
            life.reveal(quotes[0])
        life.reveal(*quotes[1:])
        floor.market.vault.choose_modules(1, sender=floor.alice)
        life.reveal(quotes[0])
