"""What a consumer owes and does not have comes out of his deposits, and nobody else bears it."""

import random

import pytest
from eth_utils.address import to_checksum_address

from tests.assertions import refused
from tests.settlement.slots import MARGIN, PRICE, TERMS, Slots
from tests.settlement.test_statements import pay_in, statement, sums
from wattbook.billing.bills import bill_of
from wattbook.billing.entries import Kind
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Direction, Purse
from wattbook.contracts.structs import Security as SecurityOnChain
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.settlement.deposits import Security
from wattbook.settlement.imbalance import Metered, imbalance
from wattbook.trial.blocks import Log, message
from wattbook.trial.park import SLOT_SECONDS

ZONE = 1
DAY = 86_400
WAIT = SLOT_SECONDS + 11 * DAY
# The shop takes 3,000 Wh and bought 1,000; 30 of the rest are within its band.
PARTIES = {"plant": Metered(3_000, 0, 1_000, 0), "shop": Metered(0, 3_000, 0, 1_000)}
CHARGE = 30 * 600 + 1_970 * 660
LEFT = 1_000
SHORT = CHARGE - LEFT
# The plant's due and margin, which the sale held until it was settled.
TRADED = 1_000 * (PRICE + MARGIN)


def asked(slots: Slots, amount: int) -> None:
    slots.decide(slots.market.deposits, "setDeposit", ZONE, Carrier.ELECTRICITY, amount)


def secure(slots: Slots, name: str, *amounts: int) -> list[int]:
    """Places a deposit for a member's meter and for more of his; nothing is asked of others."""
    slots.have([name])
    first, account = slots.parties[name].meter, slots.account(name)
    rest = [slots.park.new_device(owner=account, direction=Direction.WITHDRAWAL, rated_w=1) for _ in amounts[1:]]
    for device, amount in zip([first, *rest], amounts, strict=True):
        asked(slots, amount)
        slots.as_account(name, slots.market.deposits, "place", device)
    asked(slots, 0)
    for device in rest:
        slots.as_account(name, slots.market.meters, "retire", device)
    return [first, *rest]


def spend(slots: Slots, name: str, left: int = LEFT) -> int:
    """Leaves him only this."""
    withdrawn = slots.free(name) - left
    slots.as_account(name, slots.market.vault, "withdraw", withdrawn)
    slots.brought -= withdrawn
    return withdrawn


def security(slots: Slots, name: str) -> SecurityOnChain:
    return slots.market.deposits.security_of(slots.account(name))


def locked(slots: Slots) -> int:
    return int(slots.market.vault.module_of(slots.market.deposits.address).locked)


def debt(slots: Slots, name: str) -> int:
    return int(slots.market.vault.debt_to(slots.account(name), purse_account(Purse.COMMON_FUND)))


class TestDrawn:
    def test_nobody_else_bears_what_is_secured(self, slots: Slots):
        """All get what they get when the shop pays by itself."""
        assert -imbalance(PARTIES["shop"], TERMS).cash == CHARGE
        slots.play(PARTIES)
        before = slots.money(*PARTIES)
        slots.settle_all(*PARTIES)
        usual = slots.gained(before)
        assert usual.pop("shop") == -CHARGE

        slots.parties.clear()
        secure(slots, "shop", 5_000_000)
        slots.play(PARTIES)
        spend(slots, "shop")
        before, held = slots.money(*PARTIES), locked(slots)
        told = slots.settle_all(*PARTIES)
        assert (told["shop"].statement.cash, told["shop"].statement.unpaid) == (-CHARGE, 0)
        gained = slots.gained(before)
        assert gained.pop("shop") == -LEFT
        assert gained == usual
        assert held - locked(slots) == SHORT
        assert sum(gained.values()) - LEFT == TRADED + SHORT
        assert security(slots, "shop") == (5_000_000, 5_000_000 - SHORT)
        assert debt(slots, "shop") == 0
        assert not slots.market.vault.account_of(slots.account("shop")).in_default

    def test_is_told(self, slots: Slots):
        secure(slots, "shop", 5_000_000)
        slots.play(PARTIES)
        spend(slots, "shop")
        account = slots.account("shop")
        settling = (ZONE, Carrier.ELECTRICITY, slots.slot, [account])
        [mined] = slots.park.blocks.mine([message(slots.imbalance, "settle", known_account("grid").address, *settling)])
        drawn, passed, *_ = [log for log in mined.logs if log.name in ("DepositDrawn", "PassedOn", "DebtRecorded")]
        assert drawn == Log("DepositDrawn", (account.lower(), SHORT))
        module, to = (address.lower() for address in (slots.market.deposits.address, slots.imbalance.address))
        assert passed == Log("PassedOn", (module, to, SHORT))

    def test_what_it_does_not_cover_is_a_debt(self, slots: Slots):
        secure(slots, "shop", 300_000)
        slots.play(PARTIES)
        spend(slots, "shop")
        before = slots.money(*PARTIES)
        told = slots.settle_all(*PARTIES)
        assert told["shop"].statement.unpaid == SHORT - 300_000 == debt(slots, "shop")
        assert security(slots, "shop") == (300_000, 0)
        assert sum(slots.gained(before).values()) == TRADED + 300_000

    def test_of_all_devices_together(self, slots: Slots):
        secure(slots, "shop", 700_000, 500_000, 400_000)
        slots.play(PARTIES)
        spend(slots, "shop")
        slots.settle_all(*PARTIES)
        assert security(slots, "shop") == (1_600_000, 1_600_000 - SHORT)
        assert debt(slots, "shop") == 0

    def test_slot_after_slot(self, slots: Slots):
        secure(slots, "shop", 2_000_000)
        slots.begin(TERMS)
        shop, blocks = slots.parties["shop"], slots.park.blocks
        blocks.mine([], slots.slot + 2 * SLOT_SECONDS + 1)
        told = [slots.read(slots.slot, dict.fromkeys(shop.registers, 0))]
        for place in (1, 2):
            told.append(slots.read(slots.slot + place * SLOT_SECONDS, {shop.plant: 0, shop.meter: 1_000}))
        slots.meterings.wait_until_final()
        for one in told:
            slots.meterings.meter(*one)
        spend(slots, "shop", left=200_000)
        for drawn in (660_000 - 200_000, 2 * 660_000 - 200_000):
            [said] = slots.settle_all("shop").values()
            assert (said.statement.cash, said.statement.unpaid) == (-660_000, 0)
            assert security(slots, "shop") == (2_000_000, 2_000_000 - drawn)
            slots.slot += SLOT_SECONDS

    def test_of_who_does_not_let_settlement_take_his_money(self, slots: Slots):
        secure(slots, "shop", 5_000_000)
        slots.play(PARTIES)
        slots.as_account("shop", slots.market.vault, "chooseModules", 0)
        before = slots.money("shop")
        told = slots.settle_all(*PARTIES)
        assert told["shop"].statement.unpaid == 0
        assert slots.gained(before).get("shop", 0) == 0
        assert security(slots, "shop") == (5_000_000, 5_000_000 - CHARGE)

    def test_under_a_new_key(self, slots: Slots):
        """Placed under the old name, owed under the new one, which has chosen no modules."""
        secure(slots, "shop", 5_000_000)
        slots.play(PARTIES)
        old = slots.account("shop")
        new = to_checksum_address("0x" + f"{0xDE905170 + len(slots.park.traders):040x}")
        slots.decide(slots.market.membership, "decideRecovery", old, new)
        [told] = slots.settle_together([new])
        assert (told.statement.cash, told.statement.unpaid) == (-CHARGE, 0)
        deposits = slots.market.deposits
        assert deposits.security_of(new) == (5_000_000, 5_000_000 - CHARGE)
        assert deposits.security_of(old) == (0, 0)
        assert deposits.placed_for(slots.parties["shop"].meter, new) == 5_000_000


class TestAfterwards:
    @pytest.fixture
    def drawn(self, slots: Slots) -> list[int]:
        """The shop's devices; of 1,600,000 uPT SHORT are drawn."""
        devices = secure(slots, "shop", 700_000, 500_000, 400_000)
        slots.play(PARTIES)
        spend(slots, "shop")
        slots.settle_all(*PARTIES)
        return devices

    def test_no_device_is_secured_until_it_is_made_good(self, slots: Slots, drawn: list[int]):
        deposits, account = slots.market.deposits, slots.account("shop")
        pay_in(slots, "shop", 2 * CHARGE)
        asked(slots, 700_000)
        operator = known_account("operator").address
        certifying = slots.market.meters.function("certify", drawn[0], 10_000, 0)
        assert not deposits.is_secured(drawn[0], account)
        with refused(reverts.DepositMissing, device=drawn[0], account=account):
            slots.market.chain.call(certifying, operator)
        with refused(reverts.MoreThanDrawn, account=account, drawn=SHORT, asked=SHORT + 1):
            slots.market.chain.call(deposits.function("topUp", SHORT + 1), account)
        slots.as_account("shop", deposits, "topUp", SHORT - 1)
        assert not deposits.is_secured(drawn[0], account)
        mined = slots.as_account("shop", deposits, "topUp", 1)
        assert [log for log in mined.logs if log.name == "DepositToppedUp"] == [
            Log("DepositToppedUp", (account.lower(), 1))
        ]
        assert deposits.is_secured(drawn[0], account)
        assert security(slots, "shop") == (1_600_000, 1_600_000)
        slots.market.chain.call(certifying, operator)
        asked(slots, 0)

    def test_who_owes_pays_that_first(self, slots: Slots):
        secure(slots, "shop", 300_000)
        slots.play(PARTIES)
        spend(slots, "shop")
        slots.settle_all(*PARTIES)
        pay_in(slots, "shop", 2 * CHARGE)
        account, owed = slots.account("shop"), SHORT - 300_000
        with refused(reverts.InDefault, account=account, debt=owed):
            slots.market.chain.call(slots.market.deposits.function("topUp", 1), account)
        fund = purse_account(Purse.COMMON_FUND)
        slots.as_account("shop", slots.market.vault, "payDebt", account, fund, owed)
        slots.as_account("shop", slots.market.deposits, "topUp", 300_000)
        assert security(slots, "shop") == (300_000, 300_000)

    def test_what_others_need_stays(self, slots: Slots, drawn: list[int]):
        """1,600,000 - SHORT = 282,800 are held. The first device left needs 900,000 of others: nothing comes back."""
        blocks = slots.park.blocks
        blocks.mine([], blocks.now + WAIT)
        before = slots.money("shop")
        slots.as_account("shop", slots.market.deposits, "takeBack", drawn[1])
        assert slots.gained(before) == {}
        assert security(slots, "shop") == (1_100_000, 1_600_000 - SHORT)
        slots.as_account("shop", slots.market.deposits, "takeBack", drawn[2])
        assert security(slots, "shop") == (700_000, 1_600_000 - SHORT)

    def test_what_they_do_not_need_comes_back(self, slots: Slots):
        devices = secure(slots, "shop", 400_000, 1_300_000)
        slots.play(PARTIES)
        spend(slots, "shop", left=CHARGE - 100_000)
        slots.settle_all(*PARTIES)
        assert security(slots, "shop") == (1_700_000, 1_600_000)
        blocks = slots.park.blocks
        blocks.mine([], blocks.now + WAIT)
        before = slots.money("shop")
        mined = slots.as_account("shop", slots.market.deposits, "takeBack", devices[1])
        [log] = [log for log in mined.logs if log.name == "DepositTakenBack"]
        assert log.args == (devices[1], slots.account("shop").lower(), 1_200_000)
        assert slots.gained(before) == {"shop": 1_200_000}
        assert security(slots, "shop") == (400_000, 400_000)

    def test_nothing_when_all_was_drawn(self, slots: Slots):
        [device] = secure(slots, "shop", 300_000)
        slots.play(PARTIES)
        spend(slots, "shop")
        slots.settle_all(*PARTIES)
        slots.as_account("shop", slots.market.meters, "retire", device)
        blocks = slots.park.blocks
        blocks.mine([], blocks.now + WAIT)
        before = slots.money("shop")
        mined = slots.as_account("shop", slots.market.deposits, "takeBack", device)
        assert [log.name for log in mined.logs] == ["DepositTakenBack"]
        assert slots.gained(before) == {}
        assert security(slots, "shop") == (0, 0)


class TestStatement:
    def test_tells_of_what_was_placed_and_drawn(self, slots: Slots):
        secure(slots, "shop", 5_000_000)
        slots.play(PARTIES)
        withdrawn = spend(slots, "shop")
        slots.settle_all(*PARTIES)
        found = statement(slots, "shop")
        assert sums(found) == {
            Kind.WITHDRAWN: -withdrawn,
            Kind.BOUGHT: -1_000 * PRICE,
            Kind.HELD: -5_000_000 + SHORT,
            Kind.IMBALANCE: -CHARGE,
        }
        assert found.closing_held == 5_000_000 - SHORT == security(slots, "shop").held
        held = [(one.amount, one.by) for one in found.entries if one.kind is Kind.HELD]
        assert held == [(-5_000_000, "Deposits"), (SHORT, "Deposits")]
        assert bill_of(found).imbalance == CHARGE

    def test_tells_of_a_part_and_of_the_debt(self, slots: Slots):
        secure(slots, "shop", 300_000)
        slots.play(PARTIES)
        withdrawn = spend(slots, "shop")
        slots.settle_all(*PARTIES)
        found = statement(slots, "shop")
        assert sums(found) == {
            Kind.WITHDRAWN: -withdrawn,
            Kind.BOUGHT: -1_000 * PRICE,
            Kind.HELD: 0,
            Kind.IMBALANCE: -CHARGE,
            Kind.OWED: SHORT - 300_000,
        }
        assert (found.closing_held, found.closing_debt) == (0, SHORT - 300_000)


class TestAtRandom:
    @pytest.mark.parametrize("seed", range(3))
    def test_as_the_engine_has_it(self, slots: Slots, seed: int):
        """The devices are another's, so that what was placed for them comes back at any time."""
        luck, engine = random.Random(seed), Security()
        slots.have(["shop", "other"])
        deposits, account, settlement = slots.market.deposits, slots.account("shop"), slots.imbalance.address
        other = slots.account("other")
        free = slots.free("shop")
        for _ in range(40):
            step = luck.choice(("place", "draw", "draw", "topUp", "takeBack"))
            if step == "place" and len(engine.placed) < 5:
                device = slots.park.new_device(owner=other, direction=Direction.WITHDRAWAL)
                amount = luck.randint(1, 1_000)
                asked(slots, amount)
                slots.as_account("shop", deposits, "place", device)
                asked(slots, 0)
                engine.place(device, amount)
                free -= amount
            elif step == "draw":
                amount = luck.randint(0, 600)
                taken = engine.draw(amount)
                [mined] = slots.park.blocks.mine([message(deposits, "draw", settlement, account, amount)])
                told = [log.args[1] for log in mined.logs if log.name == "DepositDrawn"]
                assert told == ([taken] if taken else [])
                slots.park.blocks.mine([message(slots.market.vault, "release", settlement, other, taken)])
            elif step == "topUp":
                amount = luck.randint(0, engine.drawn)
                engine.top_up(amount)
                slots.as_account("shop", deposits, "topUp", amount)
                free -= amount
            elif step == "takeBack" and engine.placed:
                device = luck.choice(list(engine.placed))
                free += engine.take_back(device)
                slots.as_account("shop", deposits, "takeBack", device)
            assert security(slots, "shop") == (engine.needed, engine.held)
            assert slots.free("shop") == free
            assert 0 <= engine.held <= engine.needed
            for device, amount in engine.placed.items():
                assert deposits.placed_for(device, account) == amount
        asked(slots, 1)
        assert all(deposits.is_secured(one, account) == engine.secures(one) for one in engine.placed)
        asked(slots, 0)
