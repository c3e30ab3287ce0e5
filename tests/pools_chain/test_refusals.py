"""What pools refuse, each time by name."""

import pytest

from tests.assertions import FAR, refused
from wattbook.contracts import reverts
from wattbook.contracts.structs import (
    Carrier,
    PoolStage,
    Refusal,
    Sale,
    SealedOrder,
    ServicerCause,
    SignedCommit,
    Status,
    TrancheKind,
)
from wattbook.deployment.local import known_account
from wattbook.eip712 import short_form, sign
from wattbook.trial.pooling import DAY
from wattbook.units import pt

SENIOR, MEZZ, JUNIOR = TrancheKind
NOBODY = "0x00000000000000000000000000000000000000aa"


@pytest.fixture
def terms(stand):
    return stand.terms()


@pytest.fixture
def offered(stand, terms):
    return stand.offered(terms, stand.periods(terms))


class TestOffering:
    def refuse(self, stand, error, terms, periods=None, **args):
        with refused(error, **args):
            stand.do(stand.owner, stand.offers, "offer", terms, stand.periods(terms) if periods is None else periods)

    @pytest.mark.parametrize(
        "said",
        [
            {"junior": 0},
            {"least": 0, "reserve": 0, "working": 0},
            {"least": pt(850_000) + 1},
            {"deadline": 1},
        ],
    )
    def test_terms_go_together(self, stand, said):
        self.refuse(stand, reverts.BadTerms, stand.terms(**said))

    @pytest.mark.parametrize("rate", ["senior_bps", "mezz_bps", "tax_bps", "servicer_bps"])
    def test_no_rate_is_more_than_the_whole(self, stand, terms, rate):
        self.refuse(stand, reverts.BadTerms, terms._replace(rates=terms.rates._replace(**{rate: 10_001})))

    def test_subscription_ends_before_the_first_period(self, stand, terms):
        self.refuse(stand, reverts.BadTerms, terms._replace(deadline=terms.start + 1))

    def test_only_the_owner_offers(self, stand, terms):
        with refused(reverts.BadTerms):
            stand.do(stand.anyone, stand.offers, "offer", terms, stand.periods(terms))

    def test_periods_are_of_whole_days_and_follow_one_another(self, stand, terms):
        first, *others = stand.periods(terms)
        for end in (terms.start, terms.start + 1, terms.start + 367 * DAY):
            self.refuse(stand, reverts.BadTerms, terms, [first._replace(end=end), *others])
        self.refuse(stand, reverts.BadTerms, terms, [])
        most = stand.offers.most_periods()
        self.refuse(stand, reverts.BadTerms, terms, stand.periods(terms, most + 1, 1))

    def test_no_more_is_put_aside_than_may_be_all_there_is(self, stand, terms):
        terms = terms._replace(working=terms.least - terms.reserve + 1)
        self.refuse(stand, reverts.ReserveAboveLeast, terms, put_aside=terms.least + 1, least=terms.least)

    def test_owner_and_servicer_are_apart(self, stand, terms):
        self.refuse(stand, reverts.NotApart, terms._replace(servicer=stand.owner), account=stand.owner)

    @pytest.mark.parametrize("who", ["trustee_account", "tax_account"])
    def test_fees_can_be_paid(self, stand, terms, who):
        for account in (NOBODY, stand.market.vault.address):
            account = stand.market.chain.web3.to_checksum_address(account)
            self.refuse(stand, reverts.NotMember, terms._replace(**{who: account}), account=account)
        self.refuse(stand, reverts.NotApart, terms._replace(**{who: stand.owner}), account=stand.owner)

    def test_the_servicer_is_a_member(self, stand, terms):
        # A contract of the market is active, but no member; and nobody could pay the Vault its fee.
        for account in (NOBODY, stand.market.vault.address, stand.pools.address):
            account = stand.market.chain.web3.to_checksum_address(account)
            self.refuse(stand, reverts.NotMember, terms._replace(servicer=account), account=account)

    def test_there_is_no_other_pool(self, stand):
        for function in ("termsOf", "ownerOf", "saleOf", "quotedBy"):
            with refused(reverts.UnknownPool, pool=99_999):
                stand.market.chain.call(stand.offers.function(function, 99_999), stand.anyone)
        with refused(reverts.UnknownPool, pool=0):
            stand.offers.terms_of(0)

    def test_a_company_is_made_once(self, stand, offered):
        with refused(reverts.WrongPoolStage, pool=offered, stage=PoolStage.OFFERED):
            stand.do(stand.anyone, stand.pools, "found", offered)
        with refused(reverts.AlreadyFounded):
            stand.do(stand.anyone, stand.company(offered), "found", 7)
        with refused(reverts.PoolsKnown, pools=stand.pools.address):
            stand.do(stand.anyone, stand.servicers, "setPools")


class TestPlants:
    def test_are_the_owners(self, stand, offered):
        device = stand.plant(stand.anyone)
        with refused(reverts.NotDeviceOwner, device=device, account=stand.owner):
            stand.do(stand.owner, stand.offers, "admit", offered, [device])
        with refused(reverts.NotDeviceOwner, device=device, account=stand.anyone):
            stand.do(stand.anyone, stand.offers, "admit", offered, [device])

    def test_are_some_and_each_once(self, stand, offered):
        device = stand.plant(stand.owner)
        for devices in ([], [device, device], list(range(1, 18))):
            with refused(reverts.BadPlants):
                stand.do(stand.owner, stand.offers, "admit", offered, devices)

    def test_are_admitted_until_the_deadline(self, stand, offered, terms):
        device = stand.plant(stand.owner)
        stand.pass_to(terms.deadline)
        with refused(reverts.BadPlants):
            stand.do(stand.owner, stand.offers, "admit", offered, [device])

    def test_need_a_history(self, stand, offered):
        device = stand.plant(stand.owner, months=11)
        stand.state_earned(device, pt(10**7))
        stand.rest()
        with pytest.raises(reverts.NotAdmitted) as caught:
            stand.do(stand.owner, stand.offers, "admit", offered, [device])
        assert caught.value.arguments[0] == 1

    def test_no_more_is_raised_than_they_are_good_for(self, stand, terms, offered):
        device = stand.plant(stand.owner)
        stand.state_earned(device, pt(400_000))
        stand.rest()
        stand.do(stand.owner, stand.market.meters, "offer", device, stand.company(offered).address)
        stand.do(stand.owner, stand.offers, "admit", offered, [device])
        limit = stand.offers.limit_of(offered)
        assert 0 < limit < terms.senior + terms.mezz
        with refused(reverts.AboveLimit, offered=terms.senior + terms.mezz, limit=limit):
            stand.open(offered)

    def test_a_pledged_plant_is_not_pledged_again(self, stand):
        pool = stand.opened()
        [device] = stand.pools.plants_of(pool)
        meters, company = stand.market.meters, stand.company(pool).address
        with refused(reverts.NotDeviceOwner, device=device, account=stand.owner):
            stand.do(stand.owner, meters, "pledge", device, stand.anyone, stand.anyone)
        with refused(reverts.DeviceIsPledged, device=device, pledgee=stand.pools.address):
            stand.do(company, meters, "pledge", device, stand.anyone, stand.anyone)
        terms = stand.terms()
        other = stand.offered(terms, stand.periods(terms))
        with refused(reverts.NotDeviceOwner, device=device, account=stand.owner):
            stand.do(stand.owner, stand.offers, "admit", other, [device])

    def test_one_that_a_bank_has_in_pledge_is_not_admitted_nor_taken(self, stand, terms):
        device = stand.plant(stand.owner)
        stand.state_earned(device, pt(10**7))
        stand.rest()
        pool = stand.offered(terms, stand.periods(terms), [device])
        stand.do(stand.owner, stand.market.meters, "pledge", device, stand.anyone, stand.anyone)
        with pytest.raises(reverts.NotAdmitted) as caught:
            stand.do(stand.owner, stand.offers, "admit", pool, [device])
        assert caught.value.arguments[0] == 1 << 4
        with pytest.raises(reverts.NotAdmitted) as caught:
            stand.open(pool)
        assert caught.value.arguments[0] == 1 << 4

    def test_one_plant_is_in_one_pool(self, stand, terms):
        device = stand.plant(stand.owner)
        stand.state_earned(device, pt(10**7))
        stand.rest()
        first = stand.offered(terms, stand.periods(terms), [device])
        second = stand.offered(terms, stand.periods(terms), [device])
        with refused(reverts.NotOffered, device=device, account=stand.company(first).address):
            stand.open(first)
        stand.open(second)


class TestRevenue:
    """None of it goes around the pool."""

    def test_nobody_names_another_payee(self, stand):
        pool = stand.active()
        [device] = stand.pools.plants_of(pool)
        for account in (stand.owner, stand.servicer, stand.company(pool).address):
            with refused(reverts.NotPledgee, device=device, caller=account):
                stand.do(account, stand.market.meters, "setPayee", device, account)

    def test_nobody_takes_the_plant(self, stand):
        pool = stand.active()
        [device] = stand.pools.plants_of(pool)
        company = stand.company(pool)
        for account in (stand.owner, stand.servicer):
            with refused(reverts.NotDeviceOwner, device=device, account=account):
                stand.do(account, stand.market.meters, "offer", device, account)
            with refused(reverts.NotPools, caller=account):
                stand.do(account, company, "take", device)
            with refused(reverts.NotPools, caller=account):
                stand.do(account, company, "giveBack", device, account)
            with refused(reverts.WrongPoolStage, pool=pool, stage=PoolStage.ACTIVE):
                stand.do(account, stand.pools, "handBack", pool, device)

    def test_nobody_issues_its_energy_to_a_friend(self, stand):
        pool = stand.active()
        [device] = stand.pools.plants_of(pool)
        slot = (stand.now // 900 + 100) * 900
        for account in (stand.owner, stand.servicer):
            with refused(reverts.NotDeviceOwner, device=device, account=account):
                stand.do(account, stand.market.energy_units, "issue", device, slot, stand.anyone, 1_000)

    def test_nobody_sells_it_to_a_friend(self, stand):
        pool = stand.active()
        [device] = stand.pools.plants_of(pool)
        company, slot, direct = stand.company(pool).address, (stand.now // 900 + 100) * 900, stand.market.direct_sale
        sellers = ((company, reverts.InvalidSignature), (stand.owner, reverts.UnitsUnavailable))
        for salt, (seller, error) in enumerate(sellers):
            sale = Sale(seller, stand.servicer, Carrier.ELECTRICITY, 1, device, slot, 1_000, 0, salt, FAR)
            said = {{"slot_start": "slotStart"}.get(name, name): value for name, value in sale._asdict().items()}
            keys = (stand.park.keys[stand.owner], stand.park.keys[stand.servicer])
            signatures = [sign(direct, "Sale", key, said | {"carrier": 0}) for key in keys]
            with pytest.raises(error) as caught:
                stand.do(stand.servicer, direct, "sell", sale, *signatures)
            if seller == company:
                assert caught.value.arguments == (company,)

    def test_nobody_buys_for_it(self, stand):
        """There is no function that would, and nobody else can sign for it."""
        pool = stand.active()
        book = stand.open_book()
        company = stand.company(pool).address
        values = {"trader": company, "book": book.key, "sizeClass": 0, "number": 0, "seal": b"s" * 32}
        signature = sign(stand.market.auction, "Commit", stand.park.keys[stand.servicer], values)
        order = SealedOrder(company, 0, 0, b"s" * 32)
        with refused(reverts.NothingTaken, refusal=Refusal.BAD_SIGNATURE):
            commits = [SignedCommit(order, *short_form(signature))]
            stand.do(stand.servicer, stand.market.auction, "commitFor", book.key, commits)

    def test_an_operator_withdraws_nothing(self, stand):
        pool = stand.active()
        company = stand.company(pool).address
        vault = stand.market.vault
        for account in (stand.owner, stand.servicer):
            signed = (company, 1, 4_000_000_000, bytes(65))
            with refused(reverts.InvalidSignature, signer=company):
                stand.do(account, vault, "withdrawSigned", 1, signed)
            with refused(reverts.InvalidSignature, signer=company):
                stand.do(account, vault, "chooseModulesSigned", 0, signed)
            free = stand.free(account)
            with refused(reverts.InsufficientFree, account=account, free=free, asked=free + 1):
                stand.do(account, vault, "withdraw", free + 1)

    def test_only_the_servicer_quotes_and_not_below_the_floor(self, stand, terms):
        pool = stand.opened(terms)
        [device] = stand.pools.plants_of(pool)
        company, book = stand.company(pool), bytes(32)
        with refused(reverts.NotServicer, caller=stand.servicer):
            stand.do(stand.servicer, company, "quote", book, 0, device, 400, 1_000)
        stand.do(stand.investors[0], stand.pools, "subscribe", pool, SENIOR, terms.senior)
        stand.pass_to(terms.deadline)
        stand.do(stand.anyone, stand.pools, "decide", pool)
        for function, place in (("quote", (0,)), ("offerToPool", ())):
            with refused(reverts.NotServicer, caller=stand.owner):
                stand.do(stand.owner, company, function, book, *place, device, 400, 1_000)
            with refused(reverts.BelowFloor, price=299, floor_price=300):
                stand.do(stand.servicer, company, function, book, *place, device, 299, 1_000)

    def test_no_quote_costs_its_bond(self, stand):
        """What nobody could reveal is not sealed."""
        pool = stand.active()
        [device] = stand.pools.plants_of(pool)
        book = stand.open_book()
        company = stand.company(pool)
        left = stand.market.energy_units.available(company.address, device, book.slot_start)
        for wh in (99, left + 1, 10_000_001):
            with refused(reverts.NotThatMuch, device=device, wh=wh, left=left):
                stand.do(stand.servicer, company, "quote", book.key, 0, device, 400, wh)
        others = stand.plant(stand.anyone)
        with refused(reverts.NotThatMuch, device=others, wh=1_000, left=0):
            stand.do(stand.servicer, company, "quote", book.key, 0, others, 400, 1_000)

    def test_debts_are_paid_by_anyone_and_only_what_is_owed(self, stand):
        pool = stand.active()
        company = stand.company(pool)
        with refused(reverts.NothingToPay, creditor=stand.anyone):
            stand.do(stand.anyone, company, "payDebt", stand.anyone)
        stand.do(stand.payer, stand.market.vault, "recordDebt", company.address, stand.spare, pt(3_000))
        before = stand.free(stand.spare)
        stand.do(stand.anyone, company, "payDebt", stand.spare)
        assert (stand.free(stand.spare) - before, stand.free(company.address)) == (pt(2_000), 0)
        with refused(reverts.NothingToPay, creditor=stand.spare):
            stand.do(stand.anyone, company, "payDebt", stand.spare)

    def test_nobody_recovers_a_key_that_never_was(self, stand, offered):
        company, membership = stand.company(offered), stand.market.membership
        fresh = stand.market.chain.web3.to_checksum_address("0x" + offered.to_bytes(20).hex().replace("0", "7", 4))
        stand.do(known_account("registrar").address, membership, "proposeRecovery", company.address, fresh, b"x" * 32)
        stand.do(known_account("regulator").address, membership, "approveRecovery", company.address, fresh)
        stand.do(stand.anyone, company, "objectToRecovery")
        stand.pass_to(stand.now + membership.recovery_delay())
        with refused(reverts.NoRecovery, account=company.address, replacement="0x" + "00" * 20):
            stand.do(stand.anyone, membership, "completeRecovery", company.address)


class TestSubscribing:
    def test_an_investor_is_a_member(self, stand):
        pool = stand.opened()
        stranger = stand.market.chain.web3.to_checksum_address(NOBODY)
        with refused(reverts.NotMember, account=stranger):
            stand.do(stranger, stand.pools, "subscribe", pool, SENIOR, 1)

    def test_is_refused_before_and_after_its_time(self, stand, terms, offered):
        with refused(reverts.WrongPoolStage, pool=offered, stage=PoolStage.OFFERED):
            stand.do(stand.investors[0], stand.pools, "subscribe", offered, SENIOR, 1)
        pool = stand.opened(terms)
        with refused(reverts.NotYet, from_=terms.deadline):
            stand.do(stand.anyone, stand.pools, "decide", pool)
        stand.pass_to(terms.deadline)
        with refused(reverts.SubscriptionOver, deadline=terms.deadline):
            stand.do(stand.investors[0], stand.pools, "subscribe", pool, SENIOR, 1)
        with refused(reverts.SubscriptionOver, deadline=terms.deadline):
            stand.open(offered)

    def test_is_of_what_is_left_of_what_is_offered(self, stand, terms):
        pool = stand.opened(terms)
        investor = stand.investors[0]
        with refused(reverts.JuniorNotOffered):
            stand.do(investor, stand.pools, "subscribe", pool, JUNIOR, 1)
        with refused(reverts.Oversubscribed, left=terms.mezz, amount=0):
            stand.do(investor, stand.pools, "subscribe", pool, MEZZ, 0)
        stand.do(investor, stand.pools, "subscribe", pool, MEZZ, 5)
        with refused(reverts.Oversubscribed, left=terms.mezz - 5, amount=terms.mezz):
            stand.do(investor, stand.pools, "subscribe", pool, MEZZ, terms.mezz)

    @pytest.mark.parametrize("kind", [SENIOR, MEZZ])
    def test_goes_on_while_one_tranche_is_not_all_sold(self, stand, terms, kind):
        pool = stand.opened(terms)
        other, amount = (MEZZ, terms.mezz) if kind == SENIOR else (SENIOR, terms.senior)
        stand.do(stand.investors[0], stand.pools, "subscribe", pool, other, amount)
        with refused(reverts.NotYet, from_=terms.deadline):
            stand.do(stand.anyone, stand.pools, "decide", pool)

    def test_has_no_trigger_to_be_reset(self, stand):
        pool = stand.opened()
        with refused(reverts.WrongPoolStage, pool=pool, stage=PoolStage.SUBSCRIBING):
            stand.decide(stand.pools, "resetTrigger", pool)

    def test_who_is_short_of_money_gets_no_units(self, stand, terms):
        pool = stand.opened(terms._replace(senior=10**15 + 1, least=pt(500_000)))
        investor = stand.investors[0]
        free = stand.free(investor)
        with refused(reverts.InsufficientFree, account=investor, free=free, asked=10**15 + 1):
            stand.do(investor, stand.pools, "subscribe", pool, SENIOR, 10**15 + 1)
        assert stand.tranche(pool, SENIOR).total_supply() == 0

    def test_a_cancelled_pool_gives_all_back(self, stand, terms):
        pool = stand.opened(terms)
        one, other = stand.investors[:2]
        before = {account: stand.free(account) for account in (one, other)}
        stand.do(one, stand.pools, "subscribe", pool, SENIOR, 7)
        stand.do(one, stand.pools, "subscribe", pool, MEZZ, 5)
        stand.do(other, stand.pools, "subscribe", pool, MEZZ, 1)
        with refused(reverts.WrongPoolStage, pool=pool, stage=PoolStage.SUBSCRIBING):
            stand.do(stand.anyone, stand.pools, "refund", pool, [one])
        stand.pass_to(terms.deadline)
        stand.do(stand.anyone, stand.pools, "decide", pool)
        assert stand.pools.standing_of(pool).stage == PoolStage.CANCELLED
        mined = stand.do(stand.anyone, stand.pools, "refund", pool, [one, other])
        said = [log.args for log in mined.logs if log.name == "Refunded"]
        assert said == [(pool, one.lower(), 12), (pool, other.lower(), 1)]
        assert {account: stand.free(account) for account in before} == before
        with refused(reverts.NothingHeld, holder=other):
            stand.do(stand.anyone, stand.pools, "refund", pool, [other])
        [device] = stand.pools.plants_of(pool)
        stand.do(stand.anyone, stand.pools, "handBack", pool, device)
        stand.do(stand.owner, stand.market.meters, "accept", device)
        found = stand.market.meters.device_of(device)
        assert (found.owner, int(found.pledgee, 16)) == (stand.owner, 0)


class TestPeriods:
    def test_are_closed_once_in_turn_and_in_time(self, stand):
        pool = stand.active()
        due = stand.offers.periods_of(pool)[0]
        with refused(reverts.NotYet, from_=due.end + 12 * DAY):
            stand.do(stand.anyone, stand.pools, "close", pool, 0)
        with refused(reverts.OutOfTurn, pool=pool, next=0):
            stand.do(stand.anyone, stand.pools, "close", pool, 1)
        with refused(reverts.NotYet, from_=due.end + 12 * DAY):
            stand.do(stand.anyone, stand.pools, "close", pool, 0, at=due.end + 12 * DAY - 1)
        stand.closed(pool, 0, pt(300_000))
        with refused(reverts.PeriodIsClosed, pool=pool, period=0):
            stand.do(stand.anyone, stand.pools, "close", pool, 0)
        with refused(reverts.WrongPoolStage, pool=pool, stage=PoolStage.ACTIVE):
            stand.do(stand.anyone, stand.pools, "closeLate", pool)

    def test_zero_collections_close_too(self, stand, terms):
        pool = stand.active(terms)
        mined = stand.closed(pool, 0)
        told = next(log.args for log in mined.logs if log.name == "PeriodClosed")
        assert told[2] == 0
        state = stand.pools.state_of(pool)
        interest = terms.senior * 380 * 90 // 3_650_000
        assert state.reserve == terms.reserve - terms.rates.trustee - interest
        assert (state.senior, state.senior_arrears, state.trigger) == (terms.senior, 0, True)
        # The company's own money is for its bonds.
        assert stand.free(stand.company(pool).address) == terms.working

    def test_indivisible_amounts_are_shared_to_the_last(self, stand):
        rates = stand.terms().rates._replace(senior_bps=0, tax_bps=0, servicer_bps=0, trustee=0, target=0)
        terms = stand.terms(senior=3, mezz=0, least=1, reserve=0, working=0, junior=1, rates=rates)
        pool = stand.opened(terms, 1)
        holders = stand.investors[:3]
        for holder in holders:
            stand.do(holder, stand.pools, "subscribe", pool, SENIOR, 1)
        stand.do(stand.anyone, stand.pools, "decide", pool)
        before = [stand.free(holder) for holder in holders]
        stand.closed(pool, 0, 2)
        stand.do(stand.anyone, stand.pools, "distribute", pool, 0, SENIOR, 2)
        mined = stand.do(stand.anyone, stand.pools, "distribute", pool, 0, SENIOR, 9)
        [moves] = [log.args[3] for log in mined.logs if log.name == "Distributed"]
        assert len(moves) == 1
        assert [stand.free(holder) - free for holder, free in zip(holders, before, strict=True)] == [0, 1, 1]
        with refused(reverts.NothingToDistribute, pool=pool, period=0, kind=SENIOR):
            stand.do(stand.anyone, stand.pools, "distribute", pool, 0, SENIOR, 1)
        with refused(reverts.NothingToDistribute, pool=pool, period=1, kind=JUNIOR):
            stand.do(stand.anyone, stand.pools, "distribute", pool, 1, JUNIOR, 1)

    def test_the_trigger_is_the_authoritys_to_lift(self, stand):
        pool = stand.active()
        with refused(reverts.NotAuthority, caller=stand.anyone):
            stand.do(stand.anyone, stand.pools, "resetTrigger", pool)
        with refused(reverts.NotAuthority, caller=stand.owner):
            stand.do(stand.owner, stand.pools, "open", pool, stand.offers.plants_of(pool))
        stand.closed(pool, 0)
        assert stand.pools.state_of(pool).trigger
        stand.decide(stand.pools, "resetTrigger", pool)
        assert not stand.pools.state_of(pool).trigger


class TestTheEnd:
    def test_plants_go_back_when_nothing_is_owed(self, stand):
        pool = stand.active(number=1)
        [device] = stand.pools.plants_of(pool)
        with refused(reverts.WrongPoolStage, pool=pool, stage=PoolStage.ACTIVE):
            stand.do(stand.investors[0], stand.pools, "redeem", pool, SENIOR)
        stand.closed(pool, 0, pt(500_000))
        state = stand.pools.state_of(pool)
        owed = state.senior + state.mezz + state.senior_arrears + state.mezz_arrears
        assert owed and not stand.free(stand.company(pool).address)
        with refused(reverts.StillOwed, owed=owed):
            stand.do(stand.anyone, stand.pools, "handBack", pool, device)
        with refused(reverts.StillOwed, owed=state.senior + state.senior_arrears):
            stand.do(stand.investors[0], stand.pools, "redeem", pool, SENIOR)
        with refused(reverts.NotRedeemed):
            stand.do(stand.owner, stand.pools, "redeem", pool, JUNIOR)
        with refused(reverts.NothingCollected, pool=pool):
            stand.do(stand.anyone, stand.pools, "closeLate", pool)
        stand.earn(pool, owed + 9)
        stand.do(stand.anyone, stand.pools, "closeLate", pool, at=stand.now + 1)
        assert stand.pools.payout_of(pool, 1, JUNIOR).amount == 9
        stand.do(stand.investors[0], stand.pools, "redeem", pool, SENIOR)
        with refused(reverts.NothingHeld, holder=stand.investors[0]):
            stand.do(stand.investors[0], stand.pools, "redeem", pool, SENIOR)
        others = stand.plant(stand.owner)
        with refused(reverts.UnknownDevice, device=others):
            stand.do(stand.anyone, stand.pools, "handBack", pool, others)
        mined = stand.do(stand.anyone, stand.pools, "handBack", pool, device)
        assert [log.args for log in mined.logs if log.name == "PlantHandedBack"] == [
            (pool, device, stand.owner.lower())
        ]
        # Again, should the owner have another account by then.
        stand.do(stand.anyone, stand.pools, "handBack", pool, device)
        stand.do(stand.owner, stand.market.meters, "accept", device)
        with refused(reverts.NotDeviceOwner, device=device, account=stand.company(pool).address):
            stand.do(stand.anyone, stand.pools, "handBack", pool, device)

    def test_interest_in_arrears_is_owed_too(self, stand):
        """Until all of it is paid, no plant goes back, and the company keeps what its quotes need."""
        terms = stand.terms(reserve=0)
        pool = stand.active(terms, number=1)
        [device] = stand.pools.plants_of(pool)
        stand.do(stand.payer, stand.market.vault, "recordDebt", stand.company(pool).address, stand.spare, terms.working)
        stand.do(stand.anyone, stand.company(pool), "payDebt", stand.spare)
        stand.closed(pool, 0)
        arrears = (terms.senior * 380 * 90 // 3_650_000, terms.mezz * 650 * 90 // 3_650_000)
        state = stand.pools.state_of(pool)
        assert (state.senior_arrears, state.mezz_arrears) == arrears
        for kind, owed in ((SENIOR, terms.senior + arrears[0]), (MEZZ, terms.mezz + arrears[1])):
            with refused(reverts.StillOwed, owed=owed):
                stand.do(stand.investors[kind], stand.pools, "redeem", pool, kind)
        owed = terms.senior + terms.mezz + sum(arrears)
        with refused(reverts.StillOwed, owed=owed):
            stand.do(stand.anyone, stand.pools, "handBack", pool, device)
        stand.earn(pool, owed - 1)
        stand.do(stand.anyone, stand.pools, "closeLate", pool)
        assert stand.free(stand.company(pool).address) == terms.working
        with refused(reverts.StillOwed, owed=terms.working + 1):
            stand.do(stand.anyone, stand.pools, "handBack", pool, device)


class TestServicers:
    def test_are_replaced_for_a_cause_only(self, stand):
        pool = stand.active()
        vote = (stand.investors[0], stand.servicers, "voteServicer", pool, stand.investors[0])
        with refused(reverts.NoCause, pool=pool):
            stand.do(*vote, stand.spare)
        for account in (stand.owner, stand.servicer):
            with refused(reverts.NotApart, account=account):
                stand.do(*vote, account)
        vault = stand.market.vault.address
        with refused(reverts.NotMember, account=vault):
            stand.do(*vote, vault)
        with refused(reverts.WrongPoolStage, pool=99_999, stage=PoolStage.NONE):
            stand.do(stand.investors[0], stand.servicers, "voteServicer", 99_999, stand.spare, stand.spare)
        with refused(reverts.NotPools, caller=stand.anyone):
            stand.do(stand.anyone, stand.servicers, "appoint", pool, stand.anyone)
        with refused(reverts.NotPools, caller=stand.anyone):
            stand.do(stand.anyone, stand.servicers, "note", pool, 0, True, True)

    def test_nobody_votes_twice_and_the_former_quotes_no_more(self, stand, terms):
        pool = stand.opened(terms)
        one, other, third = stand.investors[:3]
        half = terms.senior // 2
        stand.do(one, stand.pools, "subscribe", pool, SENIOR, half)
        stand.do(other, stand.pools, "subscribe", pool, SENIOR, terms.senior - half)
        stand.pass_to(terms.deadline)
        stand.do(stand.anyone, stand.pools, "decide", pool)
        stand.closed(pool, 0)
        stand.closed(pool, 1)
        assert stand.servicers.cause_of(pool) == ServicerCause.MISSED
        # Who bought units since the end of the last closed period has no vote yet.
        token = stand.tranche(pool, SENIOR)
        stand.do(other, token, "transfer", third, 1, at=stand.now + 1)
        with refused(reverts.NoUnitsToVote, holder=third):
            stand.do(third, stand.servicers, "voteServicer", pool, third, stand.spare)
        with refused(reverts.NotHolder, holder=one, caller=third):
            stand.do(third, stand.servicers, "voteServicer", pool, one, stand.spare)
        stand.do(one, stand.servicers, "voteServicer", pool, one, stand.spare)
        assert stand.servicers.votes_of(pool, stand.spare) == half
        with refused(reverts.VotedAlready, holder=one):
            stand.do(one, stand.servicers, "voteServicer", pool, one, stand.spare)
        mined = stand.do(other, stand.servicers, "voteServicer", pool, other, stand.spare)
        [told] = [log.args for log in mined.logs if log.name == "ServicerReplaced"]
        assert told == (pool, stand.servicer.lower(), stand.spare.lower(), ServicerCause.MISSED)
        assert stand.servicers.quoting_of(pool)[0] == stand.spare
        with refused(reverts.NotServicer, caller=stand.servicer):
            stand.do(stand.servicer, stand.company(pool), "quote", bytes(32), 0, 1, 400, 1_000)
        assert stand.servicers.cause_of(pool) == ServicerCause.NONE


def test_a_company_that_is_no_member_opens_no_pool(stand, terms):
    device = stand.plant(stand.owner)
    stand.state_earned(device, pt(10**7))
    stand.rest()
    mined = stand.do(stand.owner, stand.offers, "offer", terms, stand.periods(terms))
    pool = next(log.args[0] for log in mined.logs if log.name == "PoolOffered")
    stand.do(stand.anyone, stand.pools, "found", pool)
    company = stand.company(pool).address
    stand.do(stand.owner, stand.market.meters, "offer", device, company)
    stand.do(stand.owner, stand.offers, "admit", pool, [device])
    assert stand.market.membership.standing_of(company).status == Status.NONE
    with refused(reverts.NotMember, account=company):
        stand.open(pool)
