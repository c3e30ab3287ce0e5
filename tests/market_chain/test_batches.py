"""Many orders in one transaction: what is wrong with one does not stop the others, and nothing counts twice."""

from itertools import chain

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import check_event, refused
from tests.market_chain.floor import MONEY, changed
from wattbook.contracts import reverts
from wattbook.contracts.structs import BookState, Purse, Refusal, SizeClass
from wattbook.deployment.local import known_account
from wattbook.market import proposals, ranked, uniform
from wattbook.market.words import GROUP_SIZE, Quote, slices
from wattbook.units import pt

BOND, FEE = 200_000, 50_000


def refusals(receipt, life):
    """Who was refused, by address and number."""
    said = [event.args for event in receipt.events if event.name == "OrderRefused"]
    assert all(event["book"] == life.key for event in said)
    return {(event["trader"], event["number"]): Refusal(event["refusal"]) for event in said}


def committed(receipt):
    """The orders that a receipt says were committed, by trader, number and place."""
    words = [event.args["order"] for event in receipt.events if event.name == "Committed"]
    quotes = [(Quote.of_word(word), word >> 217 & 0x3FFF) for word in words]
    return [(quote.trader, quote.number, place) for quote, place in quotes]


class TestRelayedCommits:
    def test_good_ones_land_and_bad_ones_are_named(self, floor, life):
        alice, bob, carol, dora = (floor.buy(name, 1000, 500) for name in ("alice", "bob", "carol", "dora"))
        floor.leave("carol", BOND + FEE - 1)
        batch = [
            life.signed(alice),
            life.signed(bob, by=floor.alice),
            life.signed(carol),
            life.signed(dora),
        ]
        receipt = life.commit_for(*batch)
        assert committed(receipt) == [(alice.trader, 0, 0), (dora.trader, 0, 1)]
        assert refusals(receipt, life) == {
            (bob.trader, 0): Refusal.BAD_SIGNATURE,
            (carol.trader, 0): Refusal.BOND_SHORT,
        }
        assert [MONEY - floor.free(name) for name in ("alice", "bob", "dora")] == [BOND + FEE, 0, BOND + FEE]
        assert floor.free("carol") == BOND + FEE - 1
        assert (life.facts.commits, floor.locked()) == (2, 2 * (BOND + FEE))
        life.reveal(alice, dora)

    def test_the_same_signature_again(self, floor, life):
        signed = life.signed(floor.buy("alice", 1000, 500))
        life.commit_for(signed)
        with refused(reverts.NothingTaken, refusal=Refusal.NUMBER_TAKEN):
            life.commit_for(signed)
        assert (life.facts.commits, floor.locked()) == (1, BOND + FEE)

    def test_the_same_signature_in_another_book(self, floor, life):
        signed = life.signed(floor.buy("alice", 1000, 500))
        other = floor.plan()
        other.open()
        with refused(reverts.NothingTaken, refusal=Refusal.BAD_SIGNATURE):
            other.commit_for(signed)

    @pytest.mark.parametrize("change", [{"seal": b"\1" * 32}, {"number": 1}, {"size_class": SizeClass.MEDIUM}])
    def test_a_signature_for_something_else(self, floor, life, change):
        signed = life.signed(floor.buy("alice", 1000, 500))
        life.commit(floor.buy("alice", 1000, 500)) if "number" in change else None
        with refused(reverts.NothingTaken, refusal=Refusal.BAD_SIGNATURE):
            life.commit_for(signed._replace(order=signed.order._replace(**change)))

    @pytest.mark.parametrize("half", ["r", "vs"])
    @pytest.mark.parametrize("value", [bytes(32), b"\1" * 32, b"\xff" * 32])
    def test_what_is_no_signature(self, floor, life, half, value):
        signed = life.signed(floor.buy("alice", 1000, 500))
        with refused(reverts.NothingTaken, refusal=Refusal.BAD_SIGNATURE):
            life.commit_for(signed._replace(**{half: value}))

    def test_the_same_number_twice_in_a_batch(self, floor, life):
        first, second = floor.buy("alice", 1000, 500), floor.buy("alice", 2000, 400)
        receipt = life.commit_for(life.signed(first), life.signed(second))
        assert committed(receipt) == [(first.trader, 0, 0)]
        assert refusals(receipt, life) == {(first.trader, 0): Refusal.NUMBER_TAKEN}
        assert floor.locked() == BOND + FEE
        life.reveal(first)

    def test_two_numbers_in_a_batch(self, floor, life):
        orders = [floor.buy("alice", 1000, 500, number) for number in (0, 1)]
        receipt = life.commit_for(*map(life.signed, orders))
        assert committed(receipt) == [(orders[0].trader, 0, 0), (orders[0].trader, 1, 1)]
        life.reveal(*orders)

    def test_a_number_whose_predecessor_fails_in_the_same_batch(self, floor, life):
        """Number 1 has its bond, number 0 has not: none is taken, and nothing stays locked."""
        orders = [floor.buy("alice", 1000, 500, number) for number in (0, 1)]
        bob = floor.buy("bob", 1000, 500)
        floor.leave("alice", BOND + FEE)
        large = life.signed_as(orders[0], SizeClass.MEDIUM)
        receipt = life.commit_for(large, life.signed(orders[1]), life.signed(bob))
        assert committed(receipt) == [(bob.trader, 0, 0)]
        assert refusals(receipt, life) == {
            (orders[0].trader, 0): Refusal.BOND_SHORT,
            (orders[1].trader, 1): Refusal.NUMBER_SKIPPED,
        }
        assert (floor.free("alice"), floor.locked()) == (BOND + FEE, BOND + FEE)
        # Nothing of them is left behind.
        life.commit(orders[0])

    def test_more_than_there_is_room_for(self, floor, life):
        life.fill_up(spare=1)
        orders = [floor.buy(name, 1000, 500) for name in ("alice", "bob")]
        receipt = life.commit_for(*map(life.signed, orders))
        assert committed(receipt) == [(orders[0].trader, 0, 0)]
        assert refusals(receipt, life) == {(orders[1].trader, 0): Refusal.BOOK_FULL}

    def test_a_seventeenth_order_is_named(self, floor, life):
        alice, far = floor.buy("alice", 1000, 500), changed(floor.buy("bob", 1000, 500), number=16)
        receipt = life.commit_for(life.signed(alice), life.signed(far))
        assert refusals(receipt, life) == {(far.trader, 16): Refusal.NUMBER_SKIPPED}

    def test_a_class_that_there_is_not_is_named(self, floor, life):
        good, alice = life.signed(floor.buy("bob", 1000, 500)), life.signed(floor.buy("alice", 1000, 500))
        wrong = alice._replace(order=alice.order._replace(size_class=4))
        receipt = life.commit_for(wrong, good)
        assert committed(receipt) == [(good.order.trader, 0, 0)]
        assert refusals(receipt, life) == {(alice.order.trader, 0): Refusal.NO_SUCH_CLASS}

    def test_the_largest_class(self, floor, life):
        alice = floor.buy("alice", 1000, 500)
        receipt = life.commit_for(life.signed_as(alice, max(SizeClass)))
        assert committed(receipt) == [(alice.trader, 0, 0)]

    def test_nobody_signs_for_no_account(self, floor, life):
        """Of what is no signature no account is the signer, neither is the one that is none."""
        alice = life.signed(floor.buy("alice", 1000, 500))
        nobody = alice._replace(order=alice.order._replace(trader="0x" + "00" * 20), r=bytes(32))
        with refused(reverts.NothingTaken, refusal=Refusal.BAD_SIGNATURE):
            life.commit_for(nobody)

    def test_room_that_a_refused_order_does_not_take(self, floor, life):
        life.fill_up(spare=1)
        skipped, good = floor.buy("alice", 1000, 500, 1), floor.buy("bob", 1000, 500)
        receipt = life.commit_for(life.signed(skipped), life.signed(good))
        assert committed(receipt) == [(good.trader, 0, 0)]

    def test_nothing_that_could_be_taken(self, floor, life):
        with refused(reverts.NothingTaken, refusal=Refusal.NONE):
            life.commit_for()
        with refused(reverts.NothingTaken, refusal=Refusal.NUMBER_SKIPPED):
            life.commit_for(life.signed(floor.buy("alice", 1000, 500, 1)), life.signed(floor.buy("bob", 1, 1, 2)))

    def test_while_the_market_is_paused(self, floor, life):
        signed = life.signed(floor.buy("alice", 1000, 500))
        floor.market.vault.pause_module(life.auction.address, sender=known_account("operator"))
        with pytest.raises(reverts.ModuleNotAllowed):
            life.commit_for(signed)

    def test_a_number_after_the_last(self, floor, life):
        orders = [floor.buy("alice", 1_000, 500, number) for number in range(16)]
        life.commit_for(*map(life.signed, orders))
        last = life.signed(changed(floor.buy("alice", 1_000, 500), number=16))
        with refused(reverts.NothingTaken, refusal=Refusal.NUMBER_SKIPPED):
            life.commit_for(last)

    def test_sixteen_orders_of_one_trader(self, floor, life):
        orders = [floor.buy("alice", 100, 500, number) for number in range(16)]
        assert len(committed(life.commit_for(*map(life.signed, orders)))) == 16
        receipt = life.reveal(*orders)
        assert refusals(receipt, life) == {}
        assert MONEY - floor.free("alice") == 16 * 50_300


class TestReveals:
    def test_good_ones_land_and_bad_ones_are_named(self, floor, life, quotes):
        erin, decoy = floor.buy("erin", 1000, 500), floor.buy("keeper", 0, 0)
        life.commit(*quotes, erin, decoy)
        floor.leave("erin", 0)
        spoilt = (changed(quotes[0], price=501).word(), life.salt(quotes[0]))
        unknown = (floor.buy("alice", 1, 1, 7).word(), life.salt(quotes[0]))
        good = list(map(life.opening, [*quotes[1:], decoy]))
        receipt = life.reveal_openings(spoilt, good[0], unknown, *good[1:3], life.opening(erin), good[3])
        assert refusals(receipt, life) == {
            (quotes[0].trader, 0): Refusal.SEAL_BROKEN,
            (quotes[0].trader, 7): Refusal.NOT_SEALED,
            (erin.trader, 0): Refusal.MONEY_SHORT,
        }
        revealed = [quotes[1].word(1), quotes[2].word(2), quotes[3].word(3), decoy.word(5)]
        assert receipt.event("OrdersRevealed").args == {"book": life.key, "words": revealed}
        assert len(life.words) == 3
        # The one that was spoilt can still come right.
        life.reveal(quotes[0])
        life.clear([450, 450])
        life.settle()

    @pytest.mark.parametrize("kind", ["buy", "sell"])
    def test_twice_in_one_batch_moves_money_once(self, floor, life, kind):
        quote = floor.sell("alice", 1000, 300) if kind == "sell" else floor.buy("alice", 1000, 500)
        life.commit(quote)
        receipt = life.reveal(quote, quote, quote)
        assert refusals(receipt, life) == {(quote.trader, 0): Refusal.OUT_OF_SEQUENCE}
        assert receipt.event("OrdersRevealed").args["words"] == [quote.word(0)]
        cost = 120_000 if kind == "sell" else 503_000
        assert (MONEY - floor.free("alice"), floor.locked()) == (cost, cost)
        drawn = floor.market.energy_units.drawn_of(quote.device, life.slot_start) if quote.sell else 1000
        assert drawn == 1000
        life.clear([0, 0])
        life.settle()
        assert floor.free("alice") == MONEY

    def test_against_the_sequence_of_commitments(self, floor, life, quotes):
        life.commit(*quotes)
        receipt = life.reveal(quotes[1], quotes[0], quotes[3], quotes[2])
        assert set(refusals(receipt, life).values()) == {Refusal.OUT_OF_SEQUENCE}
        assert receipt.event("OrdersRevealed").args["words"] == [quotes[1].word(1), quotes[3].word(3)]
        # In a call of its own each comes right.
        life.reveal(quotes[2])
        life.reveal(quotes[0])
        life.clear([450, 450])
        life.settle()

    def test_a_decoy_twice_in_one_batch(self, floor, life):
        decoy = floor.buy("alice", 0, 0)
        life.commit(decoy)
        life.reveal(decoy, decoy)
        assert MONEY - floor.free("alice") == FEE == floor.purse(Purse.COMMON_FUND)
        assert floor.locked() == 0

    def test_short_of_money_twice_in_one_batch(self, floor, life):
        """What could not be locked leaves no trace, however often it is tried."""
        quote, bob = floor.sell("alice", 10_000, 300), floor.buy("bob", 1000, 300)
        life.commit(quote, bob)
        floor.leave("alice", 0)
        receipt = life.reveal(quote, quote, bob)
        assert (quote.trader, 0) in refusals(receipt, life)
        units = floor.market.energy_units
        assert units.drawn_of(quote.device, life.slot_start) == 0
        assert (floor.free("alice"), floor.locked()) == (0, BOND + FEE + 301_800)
        floor.pay_in(floor.alice, 10_000 * 120)
        assert refusals(life.reveal(quote), life) == {}
        assert units.drawn_of(quote.device, life.slot_start) == 10_000
        assert (floor.free("alice"), floor.locked()) == (BOND + FEE, 1_200_000 + 301_800)

    def test_two_orders_of_one_device_that_has_energy_for_one(self, floor, life):
        orders = [floor.sell("alice", 6000, 300, number) for number in (0, 1)]
        life.commit(*orders)
        receipt = life.reveal(*orders)
        assert refusals(receipt, life) == {(orders[0].trader, 1): Refusal.UNITS_SHORT}
        assert floor.market.energy_units.drawn_of(orders[0].device, life.slot_start) == 6000

    def test_two_orders_of_one_trader_who_can_pay_one(self, floor, life):
        orders = [floor.buy("alice", 10_000, 500, number) for number in (0, 1)]
        life.commit(*orders)
        floor.leave("alice", pt(5))
        receipt = life.reveal(*orders)
        assert refusals(receipt, life) == {(orders[0].trader, 1): Refusal.MONEY_SHORT}
        life.clear([0, 0])
        life.settle()
        life.slash(orders[1])


class TestGroups:
    """Orders beyond the thirty-second stand in a group of their own."""

    @pytest.fixture
    def orders(self, floor):
        """Forty of them, of which five sell."""
        bids = [
            floor.buy(name, 200 + 10 * number, 300 + 10 * number, number)
            for name in ("alice", "bob", "carol", "dora", "erin")
            for number in range(7)
        ]
        asks = [floor.sell(name, 1000, 250, 7) for name in ("alice", "bob", "carol", "dora", "erin")]
        return [*bids, *asks]

    @pytest.fixture
    def groups(self, floor, life, orders):
        """Revealed, the later group first."""
        life.commit_for(*map(life.signed, orders))
        life.reveal(*orders[GROUP_SIZE:])
        life.reveal(*orders[:GROUP_SIZE])
        assert [len(part) for part in slices(life.words, 1)] == [32, 8]
        floor.at(life.clears_at)
        floor.mine()
        return life

    @pytest.fixture
    def proposal(self, groups):
        return proposals.for_uniform(uniform.clear(groups.orders, 5000))

    def test_cleared_and_settled_in_parts(self, floor, groups, proposal):
        parts = slices(groups.words, 1)
        receipt = groups.clear(proposal, parts[0])
        tally = keccak(encode(["address", "uint256[]"], [floor.stranger.address, proposal]))
        check_event(receipt, "BookTallied", book=groups.key, proposalHash=tally, nextGroup=1)
        groups.clear(proposal, parts[1])
        receipt = groups.settle(parts[0])
        check_event(receipt, "BookPartSettled", book=groups.key, nextGroup=1)
        assert groups.facts.state == BookState.CLEARED
        groups.settle(parts[1])
        assert groups.facts.state == BookState.SETTLED
        self.check_fills(groups)

    def test_cleared_and_settled_at_once(self, floor, groups, proposal):
        groups.clear(proposal)
        groups.settle()
        self.check_fills(groups)

    def test_each_is_revealed_once_whatever_its_group(self, life, orders):
        """In batches that reach from one group into the next one after their first order."""
        life.commit_for(*map(life.signed, orders))
        pairs = [(orders[0], orders[GROUP_SIZE + 3]), (orders[1], orders[GROUP_SIZE])]
        for pair in pairs:
            life.reveal(*pair)
        for order in chain.from_iterable(pairs):
            with refused(reverts.NothingTaken, refusal=Refusal.ALREADY_REVEALED):
                life.reveal(order)
        life.clear(proposals.for_uniform(uniform.clear(life.orders, 5000)))
        life.settle()
        sold = life.auction.positions_of(life.key, orders[GROUP_SIZE + 3].trader)[-1]
        assert (sold.sell, sold.wh) == (True, sum(order.wh for order in (orders[0], orders[1], orders[GROUP_SIZE])))

    def check_fills(self, groups):
        outcome = uniform.clear(groups.orders, 5000)
        assert outcome.volume == 5000
        expected = {
            (Quote.of_word(word).trader, Quote.of_word(word).number): fill
            for word, fill in zip(groups.words, outcome.fills, strict=True)
        }
        positions = {
            (account.address, number): position.wh
            for account in groups.floor.accounts.values()
            for number, position in enumerate(groups.auction.positions_of(groups.key, account.address))
        }
        assert positions == expected

    def test_groups_swapped(self, groups, proposal):
        parts = slices(groups.words, 1)
        with refused(reverts.WrongWords, book=groups.key, group=0):
            groups.clear(proposal, [*parts[1], *parts[0]])
        with refused(reverts.WrongWords, book=groups.key, group=0):
            groups.clear(proposal, parts[1])

    def test_the_first_part_twice(self, groups, proposal):
        parts = slices(groups.words, 1)
        groups.clear(proposal, parts[0])
        with refused(reverts.WrongWords, book=groups.key, group=1):
            groups.clear(proposal, parts[0])

    def test_a_group_cut_short(self, groups, proposal):
        with refused(reverts.WrongWords, book=groups.key, group=1):
            groups.clear(proposal, groups.words[:-1])
        with refused(reverts.WrongWords, book=groups.key, group=0):
            groups.clear(proposal, groups.words[:31])

    @pytest.mark.parametrize("count", [GROUP_SIZE - 1, GROUP_SIZE])
    def test_words_of_a_group_that_there_is_not(self, life, orders, count):
        life.commit_for(*map(life.signed, orders[:count]))
        life.reveal(*orders[:count])
        proposal = proposals.for_uniform(uniform.clear(life.orders, 5000))
        beyond = life.words[0] & ~(0x3FFF << 217) | GROUP_SIZE << 217
        with refused(reverts.WrongExtent, book=life.key, group=1):
            life.clear(proposal, [*life.words, beyond])
        life.clear(proposal)

    def test_a_part_that_no_words_make(self, groups, proposal):
        """It is no progress, and does no harm."""
        assert groups.clear(proposal, []).event("BookTallied").args["nextGroup"] == 0
        groups.clear(proposal)
        groups.settle([])
        groups.settle()
        self.check_fills(groups)

    def test_another_proposal_between_the_parts(self, groups, proposal):
        parts = slices(groups.words, 1)
        wrong = [proposal[0] - 1, proposal[1]]
        groups.clear(wrong, parts[0])
        groups.clear(proposal, parts[0])
        with refused(reverts.WrongProposal):
            groups.clear(wrong, parts[1])
        groups.clear(proposal, parts[1])
        assert groups.facts.state == BookState.CLEARED

    def test_what_another_has_tallied(self, floor, groups, proposal):
        """Each goes his own way: nobody can spoil another's tally, or has to rely on it."""
        parts = slices(groups.words, 1)
        groups.clear(proposal, parts[0])
        with refused(reverts.WrongWords, book=groups.key, group=0):
            groups.clearing.clear(groups.key, proposal, parts[1], sender=floor.erin)
        groups.clearing.clear(groups.key, proposal, groups.words, sender=floor.erin)
        assert groups.facts.state == BookState.CLEARED

    def test_settled_out_of_order_or_with_gaps(self, groups, proposal):
        parts = slices(groups.words, 1)
        groups.clear(proposal)
        with refused(reverts.WrongWords, book=groups.key, group=0):
            groups.settle(parts[1])
        groups.settle(parts[0])
        with refused(reverts.WrongWords, book=groups.key, group=1):
            groups.settle(parts[0])
        with refused(reverts.WrongWords, book=groups.key, group=1):
            groups.settle(groups.words)
        groups.settle(parts[1])
        with refused(reverts.WrongState, book=groups.key, state=BookState.SETTLED):
            groups.settle(parts[1])

    def test_settled_with_another_book_s_orders(self, floor, groups, proposal, quotes):
        groups.clear(proposal)
        other = floor.open().trade(*quotes)
        with refused(reverts.WrongWords, book=groups.key, group=0):
            groups.settle(other.words)

    def test_a_rule_that_must_see_all_orders_at_once(self, floor, orders):
        life = floor.open("Ranked")
        life.commit_for(*map(life.signed, orders))
        life.reveal(*orders)
        first, second = slices(life.words, 1)
        buyers = sorted(range(32), key=lambda i: (-life.orders[i].qty * life.orders[i].price, i))
        floor.at(life.clears_at)
        ranking = proposals.for_ranked(_ranked([order for order in life.orders if order.id < 32]))
        assert sorted(ranking[1:]) == sorted(buyers)
        life.clear(ranking, first)
        with refused(reverts.NotWhole):
            life.clear(ranking, second)


def _ranked(orders):
    return ranked.clear(orders, ranked.Rank.VALUE, False, 5000, ranked.Fee(20, 0, 60), None, [])
