"""Tariffs are data: checked when they are published, never changed, withdrawn at once."""

from typing import Any

import pytest

from tests.packages_chain.stand import OFFICE, Stand, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Discounts, Kind, Step
from wattbook.deployment.local import known_account
from wattbook.trial.blocks import message
from wattbook.trial.subscribing import COLD, DISCOUNTS, EVEN, HEAT, STEPS


def publishing_fails(stand: Stand, error: Any, expected: dict[str, object], **changes: Any) -> None:
    tariff = stand.tariff(**changes)
    authority = stand.market.authority.address
    stand.fails_at(stand.tariffs, error, "publish", tariff, sender=authority, **expected)


class TestPublishing:
    def test_is_kept_as_it_was_published(self, stand: Stand):
        given = stand.tariff(Carrier.HOT_WATER, wh_per_unit=52, postpaid=35_200, incremental=True)
        authority = stand.market.authority.address
        [mined] = stand.blocks.mine([message(stand.tariffs, "publish", authority, given)])
        version = stand.tariffs.tariff_count()
        assert stand.tariffs.tariff_of(version) == given
        assert stand.tariffs.terms_of(version) == given.terms
        [(_, (number, provider, tariff))] = told(mined, "TariffPublished")
        assert (number, provider) == (version, stand.provider.lower())
        assert tariff[2:] == (tuple(map(tuple, STEPS)), EVEN)

    def test_versions_are_counted(self, stand: Stand):
        first = stand.publish()
        assert stand.publish(postpaid=1_000) == first + 1 == stand.tariffs.tariff_count()
        assert stand.tariffs.terms_of(first).postpaid == 968

    def test_by_the_authority_only(self, stand: Stand):
        sender = stand.provider
        stand.fails_at(stand.tariffs, reverts.NotAuthority, "publish", stand.tariff(), sender=sender, caller=sender)

    @pytest.mark.parametrize(
        ("changes", "error", "expected"),
        [
            ({"steps": [], "flow_price": 0, "annual_price": 0, "weights": []}, reverts.NothingSold, {}),
            ({"steps": [Step(1, 880)]}, reverts.InvalidStep, {"place": 0}),
            ({"steps": [Step(0, 0)]}, reverts.InvalidStep, {"place": 0}),
            ({"steps": [Step(0, 880), Step(0, 860)]}, reverts.InvalidStep, {"place": 1}),
            ({"steps": [Step(0, 880), Step(10, 881)]}, reverts.InvalidStep, {"place": 1}),
            ({"steps": [Step(0, 880), Step(10, 870), Step(10, 860)]}, reverts.InvalidStep, {"place": 2}),
            ({"steps": [Step(place, 900 - place) for place in range(9)]}, reverts.InvalidStep, {"place": 8}),
            ({"postpaid": 879}, reverts.PostpaidTooCheap, {"postpaid": 879, "dearest": 880}),
            (
                {"steps": [], "flow_price": 420, "postpaid": 419},
                reverts.PostpaidTooCheap,
                {"postpaid": 419, "dearest": 420},
            ),
            ({"weights": list(COLD[:11])}, reverts.InvalidWeights, {"count": 11, "sum": 10_000}),
            ({"weights": [*COLD[:11], 1]}, reverts.InvalidWeights, {"count": 12, "sum": 10_001}),
            ({"annual_price": 0}, reverts.WeightsWithoutArea, {"count": 12}),
            ({"flow_price": 1, "flow_year": 1}, reverts.SoldForNothing, {}),
            ({"flow_price": 1, "flow_quarter": 1, "flow_year": 0}, reverts.SoldForNothing, {}),
            ({"wh_per_unit": 0}, reverts.EmptyUnit, {}),
            ({"capacity_w": 0}, reverts.NoCapacity, {"capacity_w": 0, "load_per_m2": 96}),
            ({"load_per_m2": 0}, reverts.NoCapacity, {"capacity_w": 10**12, "load_per_m2": 0}),
            ({"cancel_fee_bps": 10_001}, reverts.BpsTooLarge, {"bps": 10_001}),
            *(({name: 10_001}, reverts.BpsTooLarge, {"bps": 10_001}) for name in Discounts._fields),
            ({"carrier": Carrier.GAS}, reverts.CarrierNotOpen, None),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, stand: Stand, changes, error, expected):
        if expected is None:
            expected = {"zone": stand.zone, "carrier": int(Carrier.GAS)}
        publishing_fails(stand, error, expected, **changes)

    def test_the_provider_is_a_member(self, stand: Stand):
        nobody = "0x" + "11" * 20
        publishing_fails(stand, reverts.NotMember, {"account": nobody}, provider=nobody)
        attester = known_account("attester1").address
        roles = sum(1 << role for role in range(7))
        publishing_fails(stand, reverts.MissingRole, {"account": attester, "any_of": roles}, provider=attester)

    def test_what_just_makes_sense_is_taken(self, stand: Stand):
        stand.publish(steps=[Step(0, 1)], flow_price=0, annual_price=0, weights=[], postpaid=1, load_per_m2=0)
        stand.publish(steps=[Step(place, 900) for place in range(8)])
        stand.publish(steps=[], annual_price=0, weights=[], load_per_m2=0, postpaid=420)
        stand.publish(steps=[], flow_price=0, postpaid=0)
        stand.publish(flow_price=2, flow_year=5_000, cancel_fee_bps=10_000, area_year=10_000)


class TestWithdrawing:
    def test_by_the_provider_or_an_office_at_once(self, stand: Stand):
        for sender in (stand.provider, OFFICE, known_account("operator").address):
            version = stand.publish()
            assert not stand.tariffs.is_withdrawn(version)
            mined = stand.as_account(sender, stand.tariffs, "withdraw", version)
            assert told(mined, "TariffWithdrawn") == [("TariffWithdrawn", (version, sender.lower()))]
            assert stand.tariffs.is_withdrawn(version)

    def test_by_nobody_else(self, stand: Stand):
        version, other = stand.publish(), stand.person()
        expected = {"version": version, "caller": other}
        stand.fails_at(stand.tariffs, reverts.NotProvider, "withdraw", version, sender=other, **expected)

    def test_once(self, stand: Stand):
        version = stand.publish()
        stand.as_account(stand.provider, stand.tariffs, "withdraw", version)
        expected = {"sender": stand.provider, "version": version}
        stand.fails_at(stand.tariffs, reverts.TariffWasWithdrawn, "withdraw", version, **expected)

    def test_what_does_not_exist(self, stand: Stand):
        for version in (0, stand.tariffs.tariff_count() + 1):
            expected = {"sender": OFFICE, "version": version}
            stand.fails_at(stand.tariffs, reverts.UnknownTariff, "withdraw", version, **expected)
            stand.fails_at(stand.tariffs, reverts.UnknownTariff, "termsOf", version, version=version)

    def test_nothing_is_bought_under_it_any_more(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        purchase = stand.lots(version, device, 1_000_000)
        [kept] = stand.buy(account, purchase)
        stand.as_account(OFFICE, stand.tariffs, "withdraw", version)
        stand.fails(reverts.TariffWasWithdrawn, "buy", [purchase], sender=account, version=version)
        stand.does("pay", kept, 1_000_000, sender=account)
        assert stand.lots_of(kept) == [(1_000_000, 880)] * 2


class TestPrices:
    @pytest.mark.parametrize(
        ("amount", "price"),
        [
            (1, 880),
            (999_999_999, 880),
            (1_000_000_000, 860),
            (9_999_999_999, 860),
            (10_000_000_000, 830),
            (49_999_999_999, 830),
            (50_000_000_000, 800),
            (199_999_999_999, 800),
            (200_000_000_000, 780),
            (10**15, 780),
        ],
    )
    def test_of_a_whole_payment(self, stand: Stand, amount: int, price: int):
        version = stand.publish()
        assert stand.tariffs.lots_for(version, amount) == [[amount], [price]]
        assert stand.tariffs.price_for(version, amount) == price

    @pytest.mark.parametrize(
        ("amount", "lots"),
        [
            (1_000_000_000, [(1_000_000_000, 880)]),
            (1_000_000_001, [(1_000_000_000, 880), (1, 860)]),
            (10_000_000_000, [(1_000_000_000, 880), (9_000_000_000, 860)]),
            (12_000_000_000, [(1_000_000_000, 880), (9_000_000_000, 860), (2_000_000_000, 830)]),
        ],
    )
    def test_block_by_block(self, stand: Stand, amount: int, lots: list[tuple[int, int]]):
        version = stand.publish(incremental=True)
        money, prices = stand.tariffs.lots_for(version, amount)
        assert list(zip(money, prices, strict=True)) == lots

    def test_by_flow(self, stand: Stand):
        version = stand.publish()
        assert [stand.tariffs.flow_price_for(version, term) for term in (1, 3, 12)] == [420, 407, 386]
        for term in (0, 2, 4, 11, 13, 255):
            stand.fails_at(stand.tariffs, reverts.InvalidTerm, "flowPriceFor", version, term, months=term)

    def test_by_area(self, stand: Stand):
        version = stand.publish(Carrier.HEATING, annual_price=45_000, weights=list(HEAT))
        november = 12 * 60 + 10
        assert stand.tariffs.weight_of(version, november, 3) == 1_250 + 2_500 + 2_500
        assert stand.tariffs.area_fee(version, 85_050, november, 3, 3, 1) == 22_963_500_000
        assert stand.tariffs.area_fee(version, 85_050, november - 10, 12, 12, 3) == 33_756_345_000
        assert stand.tariffs.area_fee_singly(version, 85_050, november, 1) == 4_784_062_500

    def test_of_bundles(self, stand: Stand):
        version = stand.publish()
        assert [stand.tariffs.bundle_bps(version, carriers) for carriers in range(5)] == [0, 0, 100, 200, 300]
        assert DISCOUNTS.four_carriers == 300

    def test_of_what_is_not_sold(self, stand: Stand):
        version = stand.publish(steps=[], flow_price=0, annual_price=1)
        expected = {"version": version, "kind": Kind.LOTS}
        stand.fails_at(stand.tariffs, reverts.KindNotSold, "lotsFor", version, 1, **expected)
        stand.fails_at(stand.tariffs, reverts.KindNotSold, "requireSold", version, 0, **expected)
        stand.fails_at(stand.tariffs, reverts.KindNotSold, "requireSold", version, 1, version=version, kind=Kind.FLOW)
        lots = stand.publish(flow_price=0, annual_price=0, weights=[])
        stand.fails_at(stand.tariffs, reverts.KindNotSold, "requireSold", lots, 2, version=lots, kind=Kind.AREA)
