"""What cannot be done with subsidies, and why."""

import pytest
from eth_utils.crypto import keccak

from tests.settlement.months import EVIDENCE, OFFICE, POT, RATE, ZONE, Months
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier
from wattbook.deployment.local import known_account
from wattbook.months import start_of
from wattbook.trial.subsidising import CARRIER

STRANGER = known_account(30).address
DAY = 86_400


@pytest.fixture
def set_up(months: Months) -> Months:
    """A month to come that pays, with one plant."""
    months.plant("roof")
    months.set()
    return months


@pytest.fixture
def claimed(set_up: Months) -> Months:
    set_up.make({"roof": 60_000})
    set_up.claim([set_up.plants["roof"]])
    return set_up


@pytest.fixture
def held(set_up: Months) -> Months:
    set_up.play({"roof": 60_000}, false={"roof": 70_000})
    return set_up


@pytest.mark.parametrize("month", [0, 1, 2, 13, 25, 361, 362, 602, 685, 1_561, 1_562, 4_000, 5_160, 5_161, 5_170])
def test_a_month_is_that_of_the_calendar(standing_months: Months, month: int):
    """Also after 29 February, and after that of 2000, 2100, 2300 and 2400."""
    fund = standing_months.fund
    opens = start_of(month + 1) + 10 * DAY
    assert list(fund.claims_taken(month)) == [opens, opens + 20 * DAY]


class TestSetting:
    def test_is_the_authority_s(self, months: Months):
        months.fails(reverts.NotAuthority, "setProgramme", RATE, sender=STRANGER, caller=STRANGER)

    def test_pays_something(self, months: Months):
        authority = months.market.authority.address
        months.month += 1
        months.fails(reverts.NoRate, "setProgramme", 0, sender=authority)

    def test_happens_once(self, set_up: Months):
        authority, names = set_up.market.authority.address, named(set_up)
        set_up.fails(reverts.ProgrammeKnown, "setProgramme", RATE, sender=authority, **names)

    def test_happens_before_the_month(self, months: Months):
        months.set()
        authority, begun = months.market.authority.address, start_of(months.month)
        months.park.blocks.mine([], begun)
        values = {"month": months.month, "begun": begun}
        months.fails(reverts.MonthBegun, "setProgramme", RATE, sender=authority, **values)

    def test_needs_a_carrier_that_is_traded(self, months: Months):
        call = months.fund.function("setProgramme", ZONE, Carrier.COOLING, months.month + 9, RATE)
        with pytest.raises(reverts.CarrierNotOpen):
            months.market.chain.call(call, months.market.authority.address)


class TestFunding:
    def test_needs_a_programme(self, months: Months):
        months.month += 1_000
        giver = months.park.traders[0]
        months.fails(reverts.NoProgramme, "fund", POT, sender=giver, **named(months))
        months.month -= 1_000

    def test_needs_a_real_gift(self, set_up: Months):
        giver = set_up.park.traders[0]
        least = set_up.fund.least_funding()
        set_up.fails(reverts.FundingTooSmall, "fund", least - 1, sender=giver, amount=least - 1, least=least)

    def test_happens_before_the_month(self, set_up: Months):
        begun, giver = start_of(set_up.month), set_up.park.traders[0]
        set_up.park.blocks.mine([], begun)
        set_up.fails(reverts.MonthBegun, "fund", POT, sender=giver, month=set_up.month, begun=begun)

    def test_needs_the_module_to_be_chosen(self, set_up: Months):
        giver = set_up.person()
        set_up.as_member(giver, set_up.market.vault, "chooseModules", 0)
        names = {"account": giver, "module": set_up.fund.address}
        set_up.fails(reverts.ModuleNotChosen, "fund", POT, sender=giver, **names)

    def test_needs_the_money(self, set_up: Months):
        giver = set_up.person()
        free = set_up.free(giver)
        values = {"account": giver, "free": free, "asked": free + 1}
        set_up.fails(reverts.InsufficientFree, "fund", free + 1, sender=giver, **values)


class TestClaiming:
    def test_needs_a_programme(self, months: Months):
        months.month += 1_000
        for function, arguments in (("claim", [[]]), ("close", []), ("pay", [1]), ("strike", [0, "why"])):
            months.fails(reverts.NoProgramme, function, *arguments, sender=OFFICE, **named(months))
        months.fails(reverts.NoProgramme, "correct", 0, 0, EVIDENCE, [], sender=OFFICE, **named(months))
        months.month -= 1_000

    def test_has_its_time(self, set_up: Months):
        """No readings come any more ten days after the month; then there are twenty days to claim."""
        set_up.make({"roof": 60_000})
        opens, closes = set_up.fund.claims_taken(set_up.month)
        times = {"opens": opens, "closes": closes}
        set_up.park.blocks.mine([], opens - 1)
        set_up.fails(reverts.OutsideClaims, "claim", [], **times)
        set_up.park.blocks.mine([], closes - 1)
        assert set_up.does("claim", []).logs == ()
        set_up.park.blocks.mine([], closes)
        set_up.fails(reverts.OutsideClaims, "claim", [], **times)


class TestClosing:
    def test_is_when_no_more_can_be_claimed(self, claimed: Months):
        _, closes = claimed.fund.claims_taken(claimed.month)
        claimed.fails(reverts.ClaimsStillTaken, "close", closes=closes)

    def test_happens_once(self, claimed: Months):
        claimed.close()
        payable_from = claimed.programme.payable_from
        assert payable_from == claimed.park.blocks.now
        claimed.fails(reverts.AlreadyClosed, "close", payable_from=payable_from)


class TestPaying:
    def test_is_after_closing(self, claimed: Months):
        claimed.fails(reverts.NotClosed, "pay", 1)

    def test_waits_while_the_zone_is_held(self, held: Months):
        payable_from = held.programme.payable_from
        held.fails(reverts.StillHeld, "pay", 1, payable_from=payable_from)
        held.park.blocks.mine([], payable_from - 1)
        held.fails(reverts.StillHeld, "pay", 1, payable_from=payable_from)


class TestStriking:
    def test_is_for_offices(self, held: Months):
        values = {"account": STRANGER}
        held.fails(reverts.NotMember, "strike", 0, "why", sender=STRANGER, **values)

    def test_has_a_reason(self, held: Months):
        held.fails(reverts.NoReason, "strike", 0, "", sender=OFFICE)

    def test_names_a_claim(self, held: Months):
        held.fails(reverts.NoClaim, "strike", 1, "why", sender=OFFICE, place=1)

    def test_ends_with_the_hold(self, held: Months):
        payable_from = held.programme.payable_from
        held.park.blocks.mine([], payable_from)
        held.fails(reverts.NotHeld, "strike", 0, "why", sender=OFFICE, payable_from=payable_from)

    def test_is_of_zones_that_are_held(self, claimed: Months):
        claimed.fails(reverts.NotHeld, "strike", 0, "why", sender=OFFICE, payable_from=0)
        claimed.close()
        claimed.fails(reverts.NotHeld, "strike", 0, "why", sender=OFFICE, payable_from=claimed.programme.payable_from)


class TestCorrecting:
    @pytest.fixture
    def paid(self, claimed: Months) -> Months:
        claimed.close()
        claimed.pay()
        return claimed

    def test_is_for_offices(self, paid: Months):
        arguments = paid.correction("roof", 1)
        paid.fails(reverts.NotMember, "correct", *arguments, sender=STRANGER, account=STRANGER)

    def test_names_a_claim(self, paid: Months):
        _, *rest = paid.correction("roof", 1)
        paid.fails(reverts.NoClaim, "correct", 1, *rest, sender=OFFICE, place=1)

    def test_is_of_what_was_paid(self, claimed: Months):
        arguments = claimed.correction("roof", 1)
        claimed.fails(reverts.NotPaid, "correct", *arguments, sender=OFFICE, device=claimed.plants["roof"])

    def test_is_to_less_so_that_it_counts_once(self, paid: Months):
        roof = paid.plants["roof"]
        for wh in (60_000, 60_001):
            values = {"device": roof, "wh": 60_000, "corrected": wh}
            paid.fails(reverts.NotLess, "correct", *paid.correction("roof", wh), sender=OFFICE, **values)
        paid.correct("roof", 50_000)
        values = {"device": roof, "wh": 50_000, "corrected": 50_000}
        paid.fails(reverts.NotLess, "correct", *paid.correction("roof", 50_000), sender=OFFICE, **values)

    def test_needs_enough_attesters(self, paid: Months):
        place, wh, evidence, signatures = paid.correction("roof", 1)
        needed = paid.market.readings.threshold()
        few = signatures[: needed - 1]
        values = {"signers": needed - 1, "threshold": needed}
        paid.fails(reverts.TooFewSigners, "correct", place, wh, evidence, few, sender=OFFICE, **values)

    def test_is_what_the_attesters_signed(self, paid: Months):
        """Of another month, or for other evidence, the signatures are strangers'."""
        place, wh, _, signatures = paid.correction("roof", 1)
        call = paid.fund.function(
            "correct", ZONE, CARRIER, paid.month, place, wh, keccak(text="else"), [tuple(one) for one in signatures]
        )
        with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
            paid.market.chain.call(call, OFFICE)


def named(months: Months) -> dict[str, object]:
    return {"zone": ZONE, "carrier": CARRIER, "month": months.month}
