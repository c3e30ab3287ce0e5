"""What pools tell, by which everything can be rebuilt."""

import pytest

from tests.assertions import FAR, refused
from wattbook.contracts import reverts
from wattbook.contracts.structs import PoolStage, TrancheKind
from wattbook.eip712 import sign
from wattbook.units import pt

SENIOR, MEZZ, JUNIOR = TrancheKind


def told(mined, name):
    return [log.args for log in mined.logs if log.name == name]


def test_from_the_offer_to_the_first_period(stand):
    terms = stand.terms()
    periods = stand.periods(terms, 2)
    device = stand.plant(stand.owner)
    stand.state_earned(device, pt(10**7))
    stand.rest()
    mined = stand.do(stand.owner, stand.offers, "offer", terms, periods)
    pool = stand.offers.pool_count()
    [(number, said, dues)] = told(mined, "PoolOffered")
    assert (number, said[4:7], [tuple(due) for due in dues]) == (pool, terms[4:7], [tuple(due) for due in periods])
    assert stand.offers.terms_of(pool) == terms
    mined = stand.do(stand.anyone, stand.pools, "found", pool)
    company = stand.company(pool)
    tranches = [tranche.lower() for tranche in stand.pools.tranches_of(pool)]
    assert told(mined, "PoolFounded") == [(pool, company.address.lower(), tuple(tranches))]
    assert told(mined, "ServicerAppointed") == [(pool, stand.servicer.lower())]
    stand.admit_company(pool)
    stand.do(stand.owner, stand.market.meters, "offer", device, company.address)
    mined = stand.do(stand.owner, stand.offers, "admit", pool, [device])
    # 10 million a year, less 3 % of tax, the servicer's cap and the trustee's fee of each period, over interest and
    # all principal of two periods.
    interest = [terms.senior * 380 * 90 // 3_650_000 + terms.mezz * 650 * 90 // 3_650_000]
    interest += [terms.senior // 2 * 380 * 90 // 3_650_000 + terms.mezz // 2 * 650 * 90 // 3_650_000]
    earned = pt(10**7) * 90 // 365
    left = 2 * (earned - earned * 3 // 100 - pt(6_000) - pt(500))
    dscr_bps = left * 10_000 // (terms.senior + terms.mezz + sum(interest))
    value = pt(10**7) * 180 // 365
    score = 30 + 20 + 20 + 15 - 500 * 15 // 4_000 + 15
    assert score >= 80
    assert told(mined, "PlantsAdmitted") == [(pool, (device,), dscr_bps, value * 8_500 // 10_000)]
    mined = stand.open(pool)
    assert told(mined, "PoolOpened") == [(pool, (device,))]
    mined = stand.do(stand.investors[0], stand.pools, "subscribe", pool, SENIOR, terms.senior)
    assert told(mined, "Subscribed") == [(pool, SENIOR, stand.investors[0].lower(), terms.senior)]
    stand.do(stand.investors[1], stand.pools, "subscribe", pool, MEZZ, terms.mezz)
    mined = stand.do(stand.anyone, stand.pools, "decide", pool)
    assert told(mined, "PoolDecided") == [(pool, PoolStage.ACTIVE, terms.senior, terms.mezz)]
    mined = stand.closed(pool, 0)
    [closing] = told(mined, "PeriodClosed")
    assert closing[:6] == (pool, 0, 0, 10_000, 0, periods[0].end - 1)
    paid = terms.senior * 380 * 90 // 3_650_000
    mined = stand.do(stand.anyone, stand.pools, "distribute", pool, 0, SENIOR, 5)
    move = int(stand.investors[0], 16) | (2**96 - paid) << 160
    assert told(mined, "Distributed") == [(pool, 0, SENIOR, (move,))]
    assert told(stand.decide(stand.pools, "resetTrigger", pool), "TriggerReset") == [(pool,)]
    assert stand.servicers.quoting_of(pool) == [stand.servicer, terms.floor_price]


class TestSigned:
    @pytest.fixture
    def signed(self, stand):
        def make(pool, signer, key=None, amount=5, nonce=3):
            values = {"signer": signer, "pool": pool, "kind": 0, "amount": amount, "nonce": nonce, "deadline": FAR}
            return signer, nonce, FAR, sign(stand.pools, "Subscribe", key or stand.park.keys[signer], values)

        return make

    def test_anybody_sends_a_subscription(self, stand, signed):
        pool, investor = stand.opened(), stand.investors[2]
        auth = signed(pool, investor, nonce=pool)
        stand.do(stand.anyone, stand.pools, "subscribeSigned", pool, SENIOR, 5, auth)
        assert stand.tranche(pool, SENIOR).balance_of(investor) == 5
        with refused(reverts.NonceAlreadyUsed, signer=investor, nonce=pool):
            stand.do(stand.anyone, stand.pools, "subscribeSigned", pool, SENIOR, 5, auth)

    def test_nobody_signs_for_another(self, stand, signed):
        pool, investor = stand.opened(), stand.investors[2]
        forged = signed(pool, investor, stand.park.keys[stand.anyone])
        other = signed(pool, investor, amount=6)
        for auth in (forged, other):
            with refused(reverts.InvalidSignature, signer=investor):
                stand.do(stand.anyone, stand.pools, "subscribeSigned", pool, SENIOR, 5, auth)


def test_a_company_offers_through_the_markets_pool(stand):
    pool = stand.active()
    [device] = stand.pools.plants_of(pool)
    company, book = stand.company(pool), stand.open_book()
    mined = stand.do(stand.servicer, company, "offerToPool", book.key, device, 400, 1_000)
    [(_, offer, margin)] = told(mined, "UnitOffered")
    assert (tuple(offer), margin) == ((company.address.lower(), device, 400, 1_000), 1_000 * 260)


def test_a_replaced_owner_gets_his_plants_back(stand):
    """They are offered to the account that he has by then."""
    owner, fresh = stand.person(), stand.market.chain.web3.to_checksum_address("0x" + "77" * 20)
    pool = stand.opened(stand.terms(owner=owner))
    stand.pass_to(stand.offers.terms_of(pool).deadline)
    stand.do(stand.anyone, stand.pools, "decide", pool)
    [device] = stand.pools.plants_of(pool)
    mined = stand.do(stand.anyone, stand.pools, "handBack", pool, device)
    assert told(mined, "PlantHandedBack") == [(pool, device, owner.lower())]
    stand.decide(stand.market.membership, "decideRecovery", owner, fresh)
    mined = stand.do(stand.anyone, stand.pools, "handBack", pool, device)
    assert told(mined, "PlantHandedBack") == [(pool, device, fresh.lower())]
    stand.do(fresh, stand.market.meters, "accept", device)
    assert stand.market.meters.owner_of(device) == fresh


def test_what_no_period_pays_of_the_principal_the_last_one_covers(stand):
    """Coverage is of the first twelve months: of a longer pool it is interest and what is scheduled in them."""
    terms = stand.terms(mezz=0)
    device = stand.plant(stand.owner)
    stand.state_earned(device, pt(10**6))
    stand.rest()
    found = {}
    for number in (2, 6):
        periods = [due._replace(senior=0) for due in stand.periods(terms, number)]
        pool = stand.offered(terms, periods)
        mined = stand.do(stand.owner, stand.offers, "admit", pool, [device])
        [(_, _, found[number], _)] = told(mined, "PlantsAdmitted")
    interest = terms.senior * 380 * 90 // 3_650_000
    quarter = pt(10**6) * 90 // 365
    quarter -= quarter * 3 // 100 + pt(6_000) + pt(500)
    half, year = 2 * quarter, 4 * quarter
    assert found == {2: half * 10_000 // (2 * interest + terms.senior), 6: year * 10_000 // (4 * interest)}
