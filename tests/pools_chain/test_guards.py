"""What keeps a pool's money its own: quotes that it can pay for, plants that are what the council opened, and votes."""

from bisect import bisect_left
from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from tests.assertions import refused
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, PoolStage, Status, Terms, TrancheKind
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.local import known_account
from wattbook.roles import Role
from wattbook.trial.pooling import DAY, SLOT
from wattbook.units import pt

SENIOR, MEZZ, JUNIOR = TrancheKind
KEEPER_FEE = 50_000


def fresh(stand, number):
    return stand.market.chain.web3.to_checksum_address("0x" + number.to_bytes(1).hex() * 20)


def ready(stand, terms=None, earned=20):
    """A pool to which a plant is admitted, and the plant."""
    terms = terms or stand.terms()
    device = stand.plant(terms.owner)
    stand.state_earned(device, earned * (terms.senior + terms.mezz))
    stand.rest()
    return stand.offered(terms, stand.periods(terms), [device]), device


class TestQuotes:
    @pytest.fixture
    def quoting(self, stand):
        """A pool with a book in which it quotes: the book, the company, the plant and what it has left."""
        pool = stand.active(stand.terms(working=pt(2_000)))
        [device] = stand.pools.plants_of(pool)
        book, company = stand.open_book(), stand.company(pool)
        left = stand.market.energy_units.available(company.address, device, book.slot_start)
        return pool, book, company, device, left

    def test_are_of_energy_that_is_not_quoted_yet(self, stand, quoting):
        _, book, company, device, left = quoting
        stretch = (book.slot_start, book.slot_start + SLOT, left - 5_000)
        stand.do(stand.payer, stand.market.energy_units, "reserve", 1, 0, company.address, device, stretch)
        left = 5_000
        stand.do(stand.servicer, company, "quote", book.key, 0, device, 400, left - 500)
        assert company.quoted_of(book.key, device) == left - 500
        for wh in (501, left):
            with refused(reverts.NotThatMuch, device=device, wh=wh, left=500):
                stand.do(stand.servicer, company, "quote", book.key, 1, device, 400, wh)
            with refused(reverts.NotThatMuch, device=device, wh=wh, left=500):
                stand.do(stand.servicer, company, "offerToPool", book.key, device, 400, wh)
        stand.do(stand.servicer, company, "offerToPool", book.key, device, 400, 400)
        stand.do(stand.servicer, company, "quote", book.key, 1, device, 400, 100)

    def test_can_all_be_revealed(self, stand, quoting):
        """What is not quoted any more when the bonds, and the margins to come, would take more than there is."""
        _, book, company, device, _ = quoting
        dearest = stand.market.auction.book_of(book.key).dearest_wh
        held, margin = 200_000 + KEEPER_FEE, 10_000 * (dearest - 300)
        spent = pt(2_000) - 3 * margin - held
        stand.do(company.address, stand.market.vault, "withdraw", spent)
        stand.do(stand.servicer, company, "quote", book.key, 0, device, 300, 10_000)
        assert company.reserved() == margin - held
        stand.do(stand.servicer, company, "quote", book.key, 1, device, 300, 10_000)
        stand.do(stand.servicer, company, "quote", book.key, 2, device, 300, 10_000)
        free, waiting = stand.free(company.address), 3 * (margin - held)
        assert free == waiting + held
        with refused(reverts.NotCovered, free=free, needed=waiting + margin):
            stand.do(stand.servicer, company, "quote", book.key, 3, device, 300, 10_000)
        with refused(reverts.NotCovered, free=free, needed=waiting + margin):
            stand.do(stand.servicer, company, "offerToPool", book.key, device, 300, 10_000)
        # A debt that others hold against it does not cost it those bonds.
        stand.do(stand.payer, stand.market.vault, "recordDebt", company.address, stand.spare, pt(1))
        before = stand.free(stand.spare)
        stand.do(stand.anyone, company, "payDebt", stand.spare)
        assert stand.free(stand.spare) - before == held
        # When the book is over they need nothing.
        stand.pass_to(stand.market.auction.book_of(book.key).clears_at)
        assert company.reserved() == 0

    def test_nine_of_ten_mwh_burn_nothing(self, stand, quoting):
        """Bonds are not all that they cost: what can be revealed is sealed, and no more."""
        _, book, company, device, _ = quoting
        dearest = stand.market.auction.book_of(book.key).dearest_wh
        margin, wh = 10_000_000 * (dearest - 300), 10_000_000
        with refused(reverts.NotCovered, free=pt(2_000), needed=margin):
            stand.do(stand.servicer, company, "quote", book.key, 0, device, 300, wh)
        stand.do(stand.payer, stand.market.vault, "lock", stand.source, 2 * margin, 0)
        stand.do(stand.payer, stand.market.vault, "pay", stand.source, company.address, 2 * margin)
        words = []
        for number in range(2):
            mined = stand.do(stand.servicer, company, "quote", book.key, number, device, 300, wh)
            words += [log.args[2] for log in mined.logs if log.name == "QuoteSealed"]
        held = 10_000_000 * 20 + KEEPER_FEE
        with refused(reverts.NotCovered, free=pt(2_000) + 2 * (margin - held), needed=3 * margin - 2 * held):
            stand.do(stand.servicer, company, "quote", book.key, 2, device, 300, wh)
        stand.pass_to(stand.market.auction.book_of(book.key).reveals_at)
        for word in words:
            stand.do(stand.anyone, stand.market.auction, "reveal", book.key, [(word, bytes(32))])
        assert stand.free(company.address) == pt(2_000)

    def test_no_more_wait_than_may(self, stand, quoting):
        """Those of other books stand in the list of them."""
        _, book, company, device, _ = quoting
        slot, most = storage_slot("PlantCompany", "_pending"), company.most_quotes()
        first = int.from_bytes(keccak(slot.to_bytes(32)))
        stand.blocks.set_storage(company.address, slot.to_bytes(32), most.to_bytes(32))
        for place in range(most):
            word = 7 << 40 | stand.market.auction.book_of(book.key).clears_at
            stand.blocks.set_storage(company.address, (first + place).to_bytes(32), word.to_bytes(32))
        assert company.reserved() == 7 * most
        with refused(reverts.TooManyPending):
            stand.do(stand.servicer, company, "quote", book.key, 0, device, 400, 100)
        stand.pass_to(stand.market.auction.book_of(book.key).clears_at)
        stand.do(stand.servicer, company, "quote", stand.open_book().key, 0, device, 400, 100)

    def test_are_in_books_of_the_plants_zone_and_carrier(self, stand, quoting):
        _, _, company, device, _ = quoting
        for function, number in (("quote", (0,)), ("offerToPool", ())):
            with refused(reverts.OtherBook, book=bytes(32), device=device):
                stand.do(stand.servicer, company, function, bytes(32), *number, device, 400, 1_000)

    def test_are_not_in_a_book_of_another_carrier_of_the_zone(self, stand, quoting):
        _, _, company, device, _ = quoting
        stand.park.open_carrier(Carrier.GAS, SLOT)
        book = replace(stand.park.next_book(), carrier=Carrier.GAS)
        rule = stand.market.deployment.address("Uniform")
        stand.park.decide(book, Terms(rule, 5_000, 0, 0, 0, False, False, False), 300, 600)
        stand.pass_to(book.slot_start - stand.park.commit_ahead)
        stand.do(stand.anyone, stand.market.auction, "openBook", book.carrier, book.zone, book.slot_start)
        for function, number in (("quote", (0,)), ("offerToPool", ())):
            with refused(reverts.OtherBook, book=book.key, device=device):
                stand.do(stand.servicer, company, function, book.key, *number, device, 400, 1_000)

    def test_a_closing_leaves_what_they_need(self, stand):
        pool = stand.active(stand.terms(working=0), number=1)
        [device] = stand.pools.plants_of(pool)
        due = stand.offers.periods_of(pool)[0]
        stand.pass_to(due.end + 12 * DAY)
        stand.earn(pool, pt(3_000))
        book, company = stand.open_book(), stand.company(pool)
        stand.do(stand.servicer, company, "quote", book.key, 0, device, 300, 10_000)
        needed = company.reserved()
        assert needed > 0
        stand.do(stand.anyone, stand.pools, "close", pool, 0)
        assert stand.free(company.address) == needed


class TestOpening:
    def test_with_the_plants_that_the_council_saw(self, stand):
        pool, device = ready(stand)
        other = stand.plant(stand.owner)
        for plants in ([], [other], [device, other]):
            with refused(reverts.OtherPlants, pool=pool):
                stand.decide(stand.pools, "open", pool, plants)

    def test_what_was_withdrawn_since_counts_no_more(self, stand):
        pool, device = ready(stand)
        regulator = known_account("regulator").address
        stand.do(regulator, stand.market.admissions, "withdraw", device, "forged")
        with refused(reverts.NoStatement, device=device):
            stand.open(pool)

    def test_not_with_a_plant_that_was_given_away(self, stand):
        pool, device = ready(stand)
        stand.do(stand.owner, stand.market.meters, "offer", device, stand.spare)
        stand.do(stand.spare, stand.market.meters, "accept", device)
        with refused(reverts.NotDeviceOwner, device=device, account=stand.owner):
            stand.open(pool)

    def test_a_company_is_certified_to_the_end(self, stand):
        pool, _ = ready(stand)
        membership, company = stand.market.membership, stand.company(pool).address
        needed = stand.offers.periods_of(pool)[-1].end + 12 * DAY
        member = membership.standing_of(company).member
        stand.decide(membership, "renew", member, needed, b"c" * 32)
        with refused(reverts.CertificationTooShort, certified_until=needed, needed=needed):
            stand.open(pool)
        stand.decide(membership, "renew", member, needed + 1, b"c" * 32)
        stand.open(pool)

    @pytest.mark.parametrize("role", [Role.PRODUCER, Role.STORAGE])
    def test_a_company_may_quote_and_offer(self, stand, role):
        pool, _ = ready(stand)
        membership, company = stand.market.membership, stand.company(pool).address
        member = membership.standing_of(company).member
        stand.do(known_account("regulator").address, membership, "withdrawRoles", member, role, "not his")
        with refused(reverts.MissingRole, account=company, any_of=role):
            stand.open(pool)

    def test_plants_are_admitted_by_who_stands_in_the_owners_place(self, stand):
        owner, heir = stand.person(), fresh(stand, 0x5C)
        terms = stand.terms(owner=owner)
        device = stand.plant(owner)
        stand.state_earned(device, 20 * (terms.senior + terms.mezz))
        stand.rest()
        pool = stand.offered(terms, stand.periods(terms))
        stand.decide(stand.market.membership, "decideRecovery", owner, heir)
        with refused(reverts.NotDeviceOwner, device=device, account=owner):
            stand.do(owner, stand.offers, "admit", pool, [device])
        stand.do(heir, stand.offers, "admit", pool, [device])
        assert stand.offers.plants_of(pool) == [device]

    def test_junior_is_of_who_stands_in_the_owners_place(self, stand):
        owner, heir = stand.person(), fresh(stand, 0x5A)
        terms = stand.terms(owner=owner)
        pool, device = ready(stand, terms)
        stand.decide(stand.market.membership, "decideRecovery", owner, heir)
        assert stand.market.meters.owner_of(device) == heir
        stand.open(pool)
        assert stand.tranche(pool, JUNIOR).balance_of(heir) == terms.junior


def test_the_least_is_enough(stand):
    for missing, stage in ((0, PoolStage.ACTIVE), (1, PoolStage.CANCELLED)):
        terms = stand.terms()
        pool = stand.opened(terms)
        stand.do(stand.investors[0], stand.pools, "subscribe", pool, SENIOR, terms.least - missing)
        stand.pass_to(terms.deadline)
        stand.do(stand.anyone, stand.pools, "decide", pool)
        assert stand.pools.standing_of(pool).stage == stage


def test_what_a_cancelled_pool_earned_is_the_owners(stand):
    terms = stand.terms()
    pool = stand.opened(terms)
    with refused(reverts.WrongPoolStage, pool=pool, stage=PoolStage.SUBSCRIBING):
        stand.do(stand.anyone, stand.pools, "returnEarned", pool)
    stand.earn(pool, pt(7_000))
    stand.pass_to(terms.deadline)
    stand.do(stand.anyone, stand.pools, "decide", pool)
    before = stand.free(stand.owner)
    mined = stand.do(stand.anyone, stand.pools, "returnEarned", pool)
    told = [log.args for log in mined.logs if log.name == "EarnedReturned"]
    assert told == [(pool, stand.owner.lower(), pt(7_000))]
    assert (stand.free(stand.owner) - before, stand.free(stand.company(pool).address)) == (pt(7_000), 0)
    with refused(reverts.NothingCollected, pool=pool):
        stand.do(stand.anyone, stand.pools, "returnEarned", pool)


def test_what_a_cancelled_pool_earned_is_of_who_stands_in_the_owners_place(stand):
    terms = stand.terms(owner=stand.person())
    pool, heir = stand.opened(terms), fresh(stand, 0x5B)
    stand.pass_to(terms.deadline)
    stand.do(stand.anyone, stand.pools, "decide", pool)
    stand.earn(pool, 7)
    before = stand.free(terms.owner)
    stand.decide(stand.market.membership, "decideRecovery", terms.owner, heir)
    mined = stand.do(stand.anyone, stand.pools, "returnEarned", pool)
    assert [log.args for log in mined.logs if log.name == "EarnedReturned"] == [(pool, heir.lower(), 7)]
    # What else the lost key had goes with it.
    assert (stand.free(heir), stand.free(terms.owner)) == (before + 7, 0)


def test_what_comes_late_is_closed_once_a_day(stand):
    terms = stand.terms()
    pool = stand.active(terms, number=1)
    stand.closed(pool, 0)
    company = stand.company(pool).address
    stand.earn(pool, terms.working)
    with refused(reverts.NothingCollected, pool=pool):
        stand.do(stand.anyone, stand.pools, "closeLate", pool)
    stand.earn(pool, 5)
    stand.do(stand.anyone, stand.pools, "closeLate", pool)
    assert stand.free(company) == terms.working
    record = stand.pools.standing_of(pool).record
    stand.earn(pool, 5)
    with refused(reverts.NotYet, from_=record + DAY + 1):
        stand.do(stand.anyone, stand.pools, "closeLate", pool, at=record + DAY)
    mined = stand.do(stand.anyone, stand.pools, "closeLate", pool, at=record + DAY + 1)
    # To the holders of the second before: what is sold in this one is sold without it.
    [closing] = [log.args for log in mined.logs if log.name == "PeriodClosed"]
    assert closing[5] == stand.pools.standing_of(pool).record == record + DAY


class TestServicers:
    def test_a_lost_key_neither_quotes_nor_stops_the_one_in_its_place(self, stand):
        terms = stand.terms(servicer=stand.person())
        pool = stand.active(terms)
        [device] = stand.pools.plants_of(pool)
        book, company, membership = stand.open_book(), stand.company(pool), stand.market.membership
        heir = fresh(stand, 0x6A)
        stand.decide(membership, "decideRecovery", terms.servicer, heir)
        with refused(reverts.NotServicer, caller=terms.servicer):
            stand.do(terms.servicer, company, "quote", book.key, 0, device, 400, 1_000)
        stand.do(heir, company, "quote", book.key, 0, device, 400, 1_000)
        member = membership.standing_of(heir).member
        stand.do(known_account("regulator").address, membership, "suspend", member, "asked")
        with refused(reverts.NotServicer, caller=heir):
            stand.do(heir, company, "quote", book.key, 1, device, 400, 1_000)

    def test_each_closing_begins_the_vote_anew(self, stand):
        terms = stand.terms()
        pool, [one, other, *_] = stand.opened(terms), stand.investors
        half = terms.senior // 2
        for holder, units in ((one, half), (other, terms.senior - half)):
            stand.do(holder, stand.pools, "subscribe", pool, SENIOR, units)
        stand.pass_to(terms.deadline)
        stand.do(stand.anyone, stand.pools, "decide", pool)
        stand.closed(pool, 0)
        stand.closed(pool, 1)
        stand.do(one, stand.servicers, "voteServicer", pool, one, stand.spare)
        stand.closed(pool, 2)
        assert stand.servicers.votes_of(pool, stand.spare) == 0
        stand.do(other, stand.servicers, "voteServicer", pool, other, stand.spare)
        assert stand.servicers.servicer_of(pool) == stand.servicer
        stand.do(one, stand.servicers, "voteServicer", pool, one, stand.spare)
        assert stand.servicers.servicer_of(pool) == stand.spare

    def test_one_who_is_suspended_is_not_elected(self, stand):
        pool, other, membership = stand.active(), stand.person(), stand.market.membership
        stand.closed(pool, 0)
        stand.closed(pool, 1)
        stand.do(
            known_account("regulator").address, membership, "suspend", membership.standing_of(other).member, "asked"
        )
        holder = stand.investors[0]
        with refused(reverts.NotActive, account=other, status=Status.SUSPENDED):
            stand.do(holder, stand.servicers, "voteServicer", pool, holder, other)

    def test_units_of_a_lost_key_vote_by_the_one_in_its_place_until_all_is_paid(self, stand):
        terms = stand.terms()
        pool, one, heir = stand.opened(terms, 2), stand.person(), fresh(stand, 0x6B)
        stand.do(one, stand.market.vault, "chooseModules", 2**15 - 1)
        stand.do(one, stand.pools, "subscribe", pool, SENIOR, terms.senior)
        stand.pass_to(terms.deadline)
        stand.do(stand.anyone, stand.pools, "decide", pool)
        stand.closed(pool, 0)
        stand.closed(pool, 1)
        assert stand.pools.standing_of(pool).stage == PoolStage.MATURED
        stand.decide(stand.market.membership, "decideRecovery", one, heir)
        with refused(reverts.NotHolder, holder=one, caller=one):
            stand.do(one, stand.servicers, "voteServicer", pool, one, stand.spare)
        stand.do(heir, stand.servicers, "voteServicer", pool, one, stand.spare)
        assert stand.servicers.servicer_of(pool) == stand.spare
        state = stand.pools.state_of(pool)
        stand.earn(pool, state.senior + state.senior_arrears + state.mezz + state.mezz_arrears)
        stand.do(stand.anyone, stand.pools, "closeLate", pool)
        with refused(reverts.WrongPoolStage, pool=pool, stage=PoolStage.MATURED):
            stand.do(heir, stand.servicers, "voteServicer", pool, one, stand.servicer)


def test_a_plant_that_was_sold_ahead_is_not_admitted(stand):
    terms = stand.terms()
    device = stand.plant(terms.owner)
    stand.state_earned(device, 20 * (terms.senior + terms.mezz))
    stand.rest()
    pool = stand.offered(terms, stand.periods(terms), [device])
    units = stand.market.energy_units
    since = (stand.now // SLOT + 400) * SLOT
    stretch = (since, since + 10 * SLOT, 100)
    stand.do(stand.payer, units, "reserve", 1, 0, terms.owner, device, stretch)
    with refused(reverts.PlantReserved, device=device, until=since + 10 * SLOT):
        stand.do(terms.owner, stand.offers, "admit", pool, [device])
    with refused(reverts.PlantReserved, device=device, until=since + 10 * SLOT):
        stand.open(pool)
    stand.do(stand.payer, units, "giveBack", device, stretch)
    stand.open(pool)


def test_a_plant_is_admitted_when_what_was_sold_ahead_is_over(stand):
    terms = stand.terms()
    device = stand.plant(terms.owner)
    stand.state_earned(device, 20 * (terms.senior + terms.mezz))
    stand.rest()
    pool = stand.offered(terms, stand.periods(terms), [device])
    until = (stand.now // SLOT + 410) * SLOT
    stretch = (until - SLOT, until, 100)
    stand.do(stand.payer, stand.market.energy_units, "reserve", 1, 0, terms.owner, device, stretch)
    with refused(reverts.PlantReserved, device=device, until=until):
        stand.do(terms.owner, stand.offers, "admit", pool, [device], at=until - 1)
    stand.do(terms.owner, stand.offers, "admit", pool, [device], at=until)


@pytest.mark.parametrize(("less", "uncovered"), [(0, 0), (1, 1)])
def test_what_just_covers_is_nothing_that_a_servicer_is_blamed_for(stand, less, uncovered):
    pool = stand.active()
    state, most = stand.pools.state_of(pool), pt(10**6)

    def covers(collected: int) -> bool:
        return stand.offers.outcome_of(pool, 0, state, collected).dscr_bps >= 10_000

    just = bisect_left(range(most), True, key=covers)
    mined = stand.closed(pool, 0, just - less)
    [closing] = [log.args for log in mined.logs if log.name == "PeriodClosed"]
    assert (closing[2], closing[4]) == (just - less, 10_000 - less)
    assert stand.servicers.service_of(pool).uncovered == uncovered
