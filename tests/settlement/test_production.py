"""The ledger of what was made cleanly, against plain sums."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.assertions import refused
from tests.settlement.slots import TERMS, Slots
from wattbook import abi
from wattbook.chain import Chain
from wattbook.contracts import reverts
from wattbook.contracts.production import Production
from wattbook.contracts.structs import Quality
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.local import known_account
from wattbook.metering.tree import Leaf
from wattbook.months import start_of
from wattbook.settlement.imbalance import Metered
from wattbook.trial.park import SLOT_SECONDS

QUARTER, HOUR, DAY = 900, 3_600, 86_400
# The last day of a November, from its first second.
START = 1_795_996_800
MONTHS = (682, 683)
TELLER, STRANGER = known_account("grid"), known_account("operator")


def word(device: int, start: int, wh: int, length: int = QUARTER) -> int:
    return device | start << 32 | length << 72 | wh << 96


def month_of(end: int) -> int:
    """Midnight is counted to the day before."""
    day = datetime.fromtimestamp(end - 1, UTC)
    return (day.year - 1970) * 12 + day.month - 1


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with Anvil() as chain:
        yield chain


@pytest.fixture
def ledger(chain: Chain) -> Production:
    """One by itself, which listens to an account."""
    factory = chain.web3.eth.contract(abi=abi.interface("Production").abi, bytecode=creation_code("Production"))
    creation = chain.sign_creation(factory.constructor(STRANGER.address, TELLER.address), TELLER)
    chain.submit(creation.signed)
    ledger = Production(chain, creation.address)
    ledger.set_settlement(TELLER.address, sender=TELLER)
    return ledger


def expect(
    ledger: Production, device: int, made: dict[int, int], length: int, months: tuple[int, int] = MONTHS
) -> None:
    """All that can be asked of a device, and each boundary of a slot."""
    assert ledger.total_of(device) == sum(made.values())
    first, last = min(made), max(made)
    for start in range(first - 9 * length, last + 9 * length, length):
        assert ledger.counted_in(device, start) == made.get(start, 0)
        until = sum(wh for slot, wh in made.items() if slot + length <= start)
        assert ledger.counted_until(device, start) == until
        assert ledger.counted_until(device, start + length - 1) == until
    for month in range(months[0] - 1, months[1] + 2):
        expected = sum(wh for slot, wh in made.items() if month_of(slot + length) == month)
        assert ledger.counted_in_month(device, month) == expected


@pytest.mark.parametrize("length", [QUARTER, HOUR])
@pytest.mark.parametrize("seed", range(3))
def test_random_series(ledger: Production, seed: int, length: int) -> None:
    """Of several devices at once, with slots without anything, over the end of a month, told in parts of any size."""
    luck = random.Random(seed)
    told: dict[int, dict[int, int]] = {device: {} for device in (1, 7, 2**21 - 1)}
    words = []
    slot = START + luck.randrange(8) * length
    while slot < START + 40 * HOUR:
        for device, made in told.items():
            # A slot can be told in several parts, each with energy or none.
            for _ in range(luck.choice([0, 1, 1, 2])):
                wh = luck.choice([0, 1, luck.randrange(2**20), luck.randrange(2**36)])
                words.append(word(device, slot, wh, length))
                made[slot] = made.get(slot, 0) + wh
        slot += luck.choice([1, 1, 1, 1, 2, 30]) * length
    while words:
        size = luck.randint(1, 40)
        ledger.record(words[:size], sender=TELLER)
        words = words[size:]
    for device, made in told.items():
        expect(ledger, device, made, length)


@pytest.mark.parametrize("step", [1, 40])
def test_days_of_several_months(ledger: Production, step: int) -> None:
    """Months end within four days that share a word, and some pass without anything."""
    made = {START + place * DAY: 1_000 + place for place in range(0, 130, step)}
    ledger.record([word(3, start, wh, DAY) for start, wh in made.items()], sender=TELLER)
    expect(ledger, 3, made, DAY, (MONTHS[0], MONTHS[0] + 5))


@pytest.mark.parametrize("year", [2096, 2100, 2200, 2300, 2396, 2400])
def test_first_and_last_days_of_months_to_come(ledger: Production, year: int) -> None:
    """Over leap years, and over those that would be if a century's years were."""
    month = (year - 1970) * 12
    ends = [start_of(month + place) for place in range(26)]
    starts = [start for begin, end in pairwise(ends) for start in (begin, end - DAY)]
    ledger.record([word(3, start, 1 + place, DAY) for place, start in enumerate(starts)], sender=TELLER)
    found = [ledger.counted_in_month(3, month + place) for place in range(25)]
    assert found == [1 + 2 * place + 2 + 2 * place for place in range(25)]


def test_one_that_never_made_anything(ledger: Production) -> None:
    ledger.record([word(3, START, 0)], sender=TELLER)
    for device in (3, 4):
        asked = (ledger.counted_until(device, START), ledger.counted_in_month(device, 682), ledger.total_of(device))
        assert (*asked, ledger.counted_in(device, START)) == (0, 0, 0, 0)


def test_no_slot_begins_there(ledger: Production) -> None:
    ledger.record([word(3, START, 5)], sender=TELLER)
    assert (ledger.counted_in(3, START), ledger.counted_in(3, START + 1)) == (5, 0)


def test_the_most_that_a_slot_takes(ledger: Production) -> None:
    """48 bits, and nothing runs over into the next slot."""
    most = 2**48 - 1
    ledger.record([word(3, START + place * QUARTER, most) for place in range(4)], sender=TELLER)
    expect(ledger, 3, {START + place * QUARTER: most for place in range(4)}, QUARTER)


def test_by_a_stranger(ledger: Production) -> None:
    with refused(reverts.NotSettlement, caller=STRANGER.address):
        ledger.record([word(3, START, 5)], sender=STRANGER)


def test_who_tells_is_named_once(ledger: Production) -> None:
    with refused(reverts.SettlementAlreadySet, settlement=TELLER.address):
        ledger.set_settlement(STRANGER.address, sender=TELLER)
    with refused(reverts.NotAuthority, caller=STRANGER.address):
        ledger.set_settlement(STRANGER.address, sender=STRANGER)


class TestThroughReadings:
    """What is metered comes to the ledger, and to the zone's sums."""

    def test_a_slot(self, slots: Slots) -> None:
        slots.play({"plant": Metered(1_234, 0, 1_000, 0), "shop": Metered(700, 1_000, 0, 1_000)})
        production, slot = slots.market.production, slots.slot
        plant, shop = (slots.parties[name].plant for name in ("plant", "shop"))
        assert [production.counted_in(device, slot) for device in (plant, shop)] == [1_234, 700]
        assert production.total_of(plant) == production.counted_until(plant, slot + SLOT_SECONDS) == 1_234
        assert production.counted_until(plant, slot) == 0
        assert production.recorded_until(plant) == slot + SLOT_SECONDS
        balance = slots.imbalance.balance_of(1, 0, slot)
        assert (balance.injected, balance.withdrawn, balance.clean, balance.traders) == (1_934, 1_000, 1_934, 0)

    def test_traders_are_counted_once(self, slots: Slots) -> None:
        parties = {"plant": Metered(900, 0, 1_000, 0), "shop": Metered(0, 1_000, 0, 1_000), "idle": Metered(5, 5, 0, 0)}
        slots.play(parties)
        slots.settle_all("idle")
        assert slots.imbalance.balance_of(1, 0, slots.slot).traders == 0
        slots.settle_all("plant")
        assert slots.imbalance.balance_of(1, 0, slots.slot).traders == 1
        slots.settle_all(*parties)
        assert slots.imbalance.balance_of(1, 0, slots.slot).traders == 2

    def test_a_month(self, slots: Slots) -> None:
        month = month_of(slots.park.next_book().slot_start + SLOT_SECONDS)
        before = slots.imbalance.month_of(1, 0, month)
        slots.play({"plant": Metered(1_234, 0, 1_000, 0), "shop": Metered(700, 1_000, 0, 1_000)})
        after = slots.imbalance.month_of(1, 0, month)
        assert [new - old for new, old in zip(after, before, strict=True)] == [1_934, 1_000, 0, 0]

    def test_what_is_estimated_is_left_out(self, slots: Slots) -> None:
        """Even over several periods; what is measured after it counts again."""
        slots.have(["plant"])
        slots.begin(TERMS)
        plant = slots.parties["plant"].plant
        slots.park.blocks.mine([], slots.slot + 3 * SLOT_SECONDS + 1)
        given = [(0, 0, Quality.MEASURED), (2, 500, Quality.ESTIMATED), (3, 800, Quality.MEASURED)]
        for sequence, (after, register, quality) in enumerate(given, 1):
            leaf = Leaf(plant, register, sequence, quality, 0, bytes(32), bytes(32))
            root, tree, _ = slots.meterings.post(slots.slot + after * SLOT_SECONDS, [leaf])
            slots.meterings.wait_until_final()
            slots.meterings.meter(root, tree, [leaf])
        production = slots.market.production
        counted = [production.counted_in(plant, slots.slot + place * SLOT_SECONDS) for place in range(4)]
        assert counted == [0, 0, 300, 0]
        assert production.recorded_until(plant) == slots.slot + 3 * SLOT_SECONDS

    def test_feeders_are_the_zones(self, slots: Slots) -> None:
        """What they count is neither a member's nor clean."""
        slots.have(["gate", "plant"])
        gate = slots.parties["gate"]
        month = month_of(slots.park.next_book().slot_start + SLOT_SECONDS)
        before = slots.imbalance.month_of(1, 0, month)
        slots.begin(TERMS, feeders=(gate.plant, gate.meter))
        slots.deliver({"gate": Metered(800, 300, 0, 0), "plant": Metered(50, 0, 0, 0)})
        balance = slots.imbalance.balance_of(1, 0, slots.slot)
        assert (balance.injected, balance.withdrawn, balance.imported, balance.exported) == (50, 0, 800, 300)
        assert balance.clean == 50
        assert slots.market.production.total_of(gate.plant) == 0
        delivery = slots.imbalance.delivery_of(1, 0, slots.slot, gate.account)
        assert (delivery.injected, delivery.withdrawn, delivery.devices) == (0, 0, 2)
        after = slots.imbalance.month_of(1, 0, month)
        assert [new - old for new, old in zip(after, before, strict=True)] == [50, 0, 800, 300]


class TestWheeling:
    @pytest.mark.parametrize("wheeling", [1, 85, 404, 405, 65_535])
    def test_takes_the_place_of_the_share(self, slots: Slots, wheeling: int) -> None:
        """Of 450 mPT a kWh platform and fund get a tenth; the network gets no more than the rest."""
        slots.have(["plant", "shop"])
        before = slots.money("plant", "shop")
        parties = {"plant": Metered(10_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.play(parties, shares=(1_800, 100, 900), wheeling=wheeling)
        told = slots.settle_all(*parties)["plant"].statement
        due = 9_700 * 450
        platform, fund = due // 100, due * 9 // 100
        network = min(9_700 * wheeling, due - platform - fund)
        assert (told.network, told.platform, told.fund) == (network, platform, fund)
        assert slots.gained(before) == {
            name: gain
            for name, gain in {
                "plant": due - network - platform - fund,
                "shop": -due,
                "COMMON_FUND": fund,
                "PLATFORM": platform,
                "NETWORK": network,
            }.items()
            if gain
        }
