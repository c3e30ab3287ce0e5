"""What a bundle that breaks does to the rest of it, and does not do to its neighbours."""

import pytest

from tests.packages_chain.stand import PT, Stand, told
from wattbook.contracts.structs import Carrier, SubscriptionState
from wattbook.trial.subscribing import EVEN

AREAS = (Carrier.COOLING, Carrier.HEATING, Carrier.ELECTRICITY)


def areas(stand: Stand, count: int = 2, **changes: object) -> tuple[str, list[int], list[int]]:
    """A bundle of areas from this month on for a year: its customer, the subscriptions, their tariffs."""
    versions = [stand.publish(carrier, **changes) for carrier in AREAS[:count]]
    account = stand.person()
    return account, stand.buy(account, *(stand.area(version, 10_000) for version in versions)), versions


def earned(stand: Stand, number: int, months: int) -> int:
    """Of an area that was bought for a year, what is earned in its first months."""
    first = stand.subscription(number).first
    return stand.area_of(number).fee * sum(EVEN[(first + place) % 12] for place in range(months)) // 10_000


def ended(stand: Stand, number: int, months: int, drawn: int) -> tuple[int, int]:
    """Of an area that its customer ends in the last of so many months: what comes back, and what the provider keeps."""
    area, of_it = stand.area_of(number), stand.subscription(number)
    left = area.fee + area.before - drawn
    used = stand.tariffs.area_fee_singly(of_it.version, area.area, of_it.first, months)
    rest = min(area.paid - used, left)
    back = rest - -(-rest * 200 // 10_000)
    return back, left - back


def difference(stand: Stand, number: int, carriers: int) -> int:
    """What an area costs more from the next month on, or its first, in a bundle of so many; nothing of it is drawn."""
    area, of_it = stand.area_of(number), stand.subscription(number)
    since = max(stand.month(1), of_it.first)
    rest = area.fee - earned(stand, number, since - of_it.first)
    return stand.tariffs.area_fee(of_it.version, area.area, since, of_it.until - since, 12, carriers) - rest


class TestBreaking:
    def test_months_that_went_by_are_paid_to_the_provider(self, stand: Stand):
        account, [cold, heat], _ = areas(stand)
        first = stand.month()
        stand.begin(first + 3)
        of_cold, of_heat = earned(stand, cold, 3), earned(stand, heat, 3)
        back, kept = ended(stand, cold, 4, of_cold)
        dearer = difference(stand, heat, 1)
        with stand.moves(
            {
                account: back - dearer,
                stand.provider: of_cold + of_heat + kept,
                "locked": dearer - back - of_cold - of_heat - kept,
            }
        ):
            mined = stand.does("cancel", cold, sender=account)
        assert told(mined, "AreaEarned", "Repriced", "Closed") == [
            ("AreaEarned", (cold, first + 3, of_cold)),
            ("AreaEarned", (heat, first + 3, of_heat)),
            ("Repriced", (heat, first + 4, dearer, 0)),
            ("Closed", (cold, back - dearer, kept)),
        ]

    def test_the_month_that_runs_is_part_of_what_is_kept_later(self, stand: Stand):
        account, [cold, heat], _ = areas(stand)
        first = stand.month()
        stand.begin(first + 2)
        running = earned(stand, heat, 3) - earned(stand, heat, 2)
        stand.does("cancel", cold, sender=account)
        area = stand.area_of(heat)
        assert (area.before, area.base) == (running, first + 3)
        stand.begin(first + 6)
        weights = [EVEN[(first + place) % 12] for place in range(3, 12)]
        drawn = running + area.fee * sum(weights[:3]) // sum(weights)
        back, kept = ended(stand, heat, 7, drawn)
        with stand.moves({account: back, stand.provider: drawn + kept, "locked": -area.fee - running}):
            mined = stand.does("cancel", heat, sender=account)
        assert told(mined, "AreaEarned", "Closed") == [
            ("AreaEarned", (heat, first + 6, drawn)),
            ("Closed", (heat, back, kept)),
        ]

    def test_whose_last_month_is_over_is_left_as_it_is(self, stand: Stand):
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        lots, area = stand.buy(account, stand.lots(electricity, device, PT), stand.area(cold, 10_000, ahead=1))
        stand.begin(stand.month(13))
        mined = stand.does("cancel", lots, sender=account)
        assert told(mined, "Repriced", "AreaEarned", "Closed") == []
        assert (stand.subscription(area).state, stand.area_of(area).earned) == (SubscriptionState.ACTIVE, 0)

    def test_a_bonus_lapses_once(self, stand: Stand):
        versions = [stand.publish(carrier) for carrier in (Carrier.ELECTRICITY, *AREAS[:2])]
        account, device = stand.metered_customer()
        lots, cold, heat = stand.buy(
            account,
            stand.lots(versions[0], device, 1_000 * PT),
            *(stand.area(version, 10_000, ahead=1) for version in versions[1:]),
        )
        assert told(stand.does("cancel", cold, sender=account), "BonusLapsed") == [("BonusLapsed", (lots, 20 * PT))]
        assert stand.bonus_of(lots) == (0, 0)
        assert told(stand.does("cancel", heat, sender=account), "BonusLapsed", "Repriced") == []

    def test_what_costs_the_same_alone_is_left_as_it_is(self, stand: Stand):
        account, [cold, heat], _ = areas(stand, two_carriers=0)
        before = stand.area_of(heat)
        assert told(stand.does("cancel", cold, sender=account), "Repriced") == []
        assert stand.area_of(heat) == before

    def test_a_difference_of_one_uPT_is_taken(self, stand: Stand):
        electricity = stand.publish()
        cold = stand.publish(Carrier.COOLING, annual_price=10, two_carriers=1)
        account, device = stand.metered_customer()
        lots, area = stand.buy(account, stand.lots(electricity, device, PT), stand.area(cold, 100, ahead=1))
        assert difference(stand, area, 1) == 1
        stand.leave(account, 1)
        # The lots come back whole, as the day has not passed.
        with stand.moves({account: PT - 1, "locked": 1 - PT}):
            mined = stand.does("cancel", lots, sender=account)
        assert told(mined, "Repriced") == [("Repriced", (area, stand.month(1), 1, 0))]


class TestNeighbours:
    """Numbers follow each other, whoever buys."""

    @pytest.mark.parametrize("count", [2, 3])
    def test_bundles_of_others_go_on(self, stand: Stand, count: int):
        _, before, _ = areas(stand, count)
        account, mine, versions = areas(stand, count)
        _, after, _ = areas(stand, count)
        assert [*before, *mine, *after] == list(range(before[0], before[0] + 3 * count))
        kept = [stand.area_of(number) for number in before + after]
        expected = [("Repriced", (one, stand.month(1), difference(stand, one, count - 1), 0)) for one in mine[1:]]
        mined = stand.does("cancel", mine[0], sender=account)
        assert told(mined, "Repriced") == expected
        assert [stand.area_of(number) for number in before + after] == kept
        assert [stand.subscription(one).version for one in mine] == versions

    def test_who_was_given_one_ends_that_only(self, stand: Stand):
        """The one bought before it is another's, and as single as it."""
        version, other, taker = stand.publish(), stand.person(), stand.person()
        [neighbour] = stand.buy(other, stand.area(version, 10_000))
        account = stand.person()
        [number] = stand.buy(account, stand.area(version, 10_000))
        assert number == neighbour + 1
        signed = (stand.signed(who, "AssignPackage", subscription=number, to=taker) for who in (account, taker))
        stand.does("assign", number, taker, *signed)
        others = stand.subscription(neighbour), stand.area_of(neighbour)
        stand.begin(stand.month(2))
        drawn = earned(stand, number, 2)
        back, kept = ended(stand, number, 3, drawn)
        with stand.moves({taker: back, other: 0, stand.provider: drawn + kept, "locked": -back - drawn - kept}):
            mined = stand.does("cancel", number, sender=taker)
        assert told(mined, "AreaEarned", "Repriced", "Closed") == [
            ("AreaEarned", (number, stand.month(), drawn)),
            ("Closed", (number, back, kept)),
        ]
        assert (stand.subscription(neighbour), stand.area_of(neighbour)) == others

    def test_giving_a_single_one_pays_nobody(self, stand: Stand):
        version, account, taker = stand.publish(), stand.person(), stand.person()
        [number] = stand.buy(account, stand.area(version, 10_000))
        stand.begin(stand.month(2))
        signed = (stand.signed(who, "AssignPackage", subscription=number, to=taker) for who in (account, taker))
        with stand.moves({account: 0, taker: 0, stand.provider: 0, "locked": 0}):
            mined = stand.does("assign", number, taker, *signed)
        assert told(mined, "AreaEarned") == []
