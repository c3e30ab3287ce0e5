"""What cannot be done with subsidies of those who use energy, and why."""

import pytest
from eth_utils.crypto import keccak

from tests.settlement.uses import EVIDENCE, OFFICE, POT, RATE, ZONE, Uses
from wattbook.contracts import reverts
from wattbook.deployment.local import known_account
from wattbook.months import start_of
from wattbook.trial.subsidising import CARRIER

STRANGER = known_account(30).address


@pytest.fixture
def used(uses: Uses) -> tuple[Uses, str, int]:
    """One who used 10,000 Wh, and what of a slice was retired for it."""
    user, plant = uses.person(), uses.device()
    uses.set()
    uses.live({plant: 10_000, uses.meter(user): 10_000})
    return uses, user, uses.used(plant, 10_000, user)


def named(uses: Uses) -> dict[str, object]:
    return {"zone": ZONE, "carrier": CARRIER, "month": uses.month}


class TestSettingAndFunding:
    """As with producers' programmes."""

    def test_is_the_authority_s_before_the_month(self, uses: Uses):
        uses.set()
        authority, begun = uses.market.authority.address, start_of(uses.month)
        uses.fails(reverts.NotAuthority, "setProgramme", RATE, sender=STRANGER, caller=STRANGER)
        uses.fails(reverts.NoRate, "setProgramme", 0, sender=authority)
        uses.fails(reverts.ProgrammeKnown, "setProgramme", RATE, sender=authority, **named(uses))
        uses.park.blocks.mine([], begun)
        values = {"month": uses.month, "begun": begun}
        uses.fails(reverts.MonthBegun, "setProgramme", RATE, sender=authority, **values)
        uses.fails(reverts.MonthBegun, "fund", POT, sender=uses.maker, **values)

    def test_is_a_real_gift_of_who_chose_the_module(self, uses: Uses):
        giver = uses.person()
        uses.set(gifts={})
        least = uses.fund.least_funding()
        uses.fails(reverts.FundingTooSmall, "fund", least - 1, sender=giver, amount=least - 1, least=least)
        uses.as_member(giver, uses.market.vault, "chooseModules", 0)
        uses.fails(reverts.ModuleNotChosen, "fund", POT, sender=giver, account=giver, module=uses.fund.address)

    def test_the_two_kinds_of_programmes_are_apart(self, uses: Uses):
        """A module of its own, with a pot of its own."""
        uses.set()
        other = uses.market.subsidy_fund
        assert other.address != uses.fund.address
        assert other.programme_of(ZONE, CARRIER, uses.month).rate == 0


class TestClaiming:
    def test_needs_a_programme(self, uses: Uses):
        uses.set()
        uses.month += 1_000
        for function, arguments in (("claim", [STRANGER, []]), ("pay", [1]), ("correct", [STRANGER, 0, EVIDENCE, []])):
            uses.fails(reverts.NoProgramme, function, *arguments, sender=OFFICE, **named(uses))
        uses.month -= 1_000

    def test_has_its_time(self, used):
        uses, user, slice = used
        opens, closes = uses.fund.claims_taken(uses.month)
        times = {"opens": opens, "closes": closes}
        uses.park.blocks.mine([], opens - 1)
        uses.fails(reverts.OutsideClaims, "claim", user, [slice], **times)
        uses.park.blocks.mine([], closes - 1)
        assert uses.does("claim", user, []).logs == ()
        uses.park.blocks.mine([], closes)
        uses.fails(reverts.OutsideClaims, "claim", user, [slice], **times)

    def test_is_for_an_account(self, used):
        uses, _, slice = used
        opens, _ = uses.fund.claims_taken(uses.month)
        uses.park.blocks.mine([], opens)
        uses.fails(reverts.NotMember, "claim", STRANGER, [slice], account=STRANGER)


class TestPaying:
    def test_is_when_no_more_can_be_claimed(self, used):
        """And then at once: nothing is held."""
        uses, user, slice = used
        uses.counts(user, [slice])
        _, closes = uses.fund.claims_taken(uses.month)
        uses.fails(reverts.ClaimsStillTaken, "pay", 1, closes=closes)
        uses.park.blocks.mine([], closes - 1)
        uses.fails(reverts.ClaimsStillTaken, "pay", 1, closes=closes)
        uses.park.blocks.mine([], closes)
        assert [log.name for log in uses.pay(1).logs] == ["UsePaid", "Adjusted"]

    def test_going_on_after_the_end_does_nothing(self, used):
        uses, user, slice = used
        uses.counts(user, [slice])
        uses.pay()
        held = uses.locked
        assert [log.name for log in uses.pay().logs] == ["Adjusted"]
        assert uses.locked == held


class TestCorrecting:
    @pytest.fixture
    def paid(self, used) -> tuple[Uses, str]:
        uses, user, slice = used
        uses.counts(user, [slice])
        uses.pay()
        return uses, user

    def test_is_for_offices(self, paid):
        uses, user = paid
        uses.fails(reverts.NotMember, "correct", *uses.correction(user, 1), sender=STRANGER, account=STRANGER)

    def test_is_of_what_was_paid(self, used):
        uses, user, slice = used
        uses.counts(user, [slice])
        uses.fails(reverts.NothingPaid, "correct", *uses.correction(user, 1), sender=OFFICE, account=user)

    def test_names_who_claimed(self, paid):
        uses, _ = paid
        other = uses.person()
        uses.fails(reverts.NothingPaid, "correct", *uses.correction(other, 1), sender=OFFICE, account=other)

    def test_is_to_less_so_that_it_counts_once(self, paid):
        uses, user = paid
        for wh in (10_000, 10_001):
            values = {"account": user, "wh": 10_000, "corrected": wh}
            uses.fails(reverts.NotLessUse, "correct", *uses.correction(user, wh), sender=OFFICE, **values)
        uses.correct(user, 9_000)
        values = {"account": user, "wh": 9_000, "corrected": 9_000}
        uses.fails(reverts.NotLessUse, "correct", *uses.correction(user, 9_000), sender=OFFICE, **values)

    def test_needs_enough_attesters(self, paid):
        uses, user = paid
        *said, signatures = uses.correction(user, 1)
        needed = uses.market.readings.threshold()
        values = {"signers": needed - 1, "threshold": needed}
        uses.fails(reverts.TooFewSigners, "correct", *said, signatures[: needed - 1], sender=OFFICE, **values)

    def test_is_what_the_attesters_signed(self, paid):
        """For other evidence the signatures are strangers'."""
        uses, user = paid
        _, wh, _, signatures = uses.correction(user, 1)
        arguments = (user, wh, keccak(text="else"), [tuple(one) for one in signatures])
        call = uses.fund.function("correct", ZONE, CARRIER, uses.month, *arguments)
        with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
            uses.market.chain.call(call, OFFICE)
