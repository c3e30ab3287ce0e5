"""Statements of accounts, rebuilt from events: each amount with what it was for, together what the Vault has."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.settlement.slots import MARGIN, PRICE, PURSES, SHARES, TERMS, Slots, any_parties, with_rest
from tests.settlement.test_settling import shares_of
from wattbook.billing.entries import Kind
from wattbook.billing.periods import StatementError, parse_period
from wattbook.billing.shown import as_value, by_slot, energy_sums
from wattbook.billing.statement import Records, Statement
from wattbook.contracts.structs import Purse
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.errors import ChainError
from wattbook.market import clearing
from wattbook.settlement.imbalance import Metered, imbalance, settle
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.books import run
from wattbook.trial.clearing import given_by
from wattbook.trial.park import MONEY, SLOT_SECONDS, Park

ALWAYS = "2027-01..2099-12"


def statements(slots: Slots, *accounts: str, period: str = ALWAYS, zone: str = "UTC") -> list[Statement]:
    return Records(slots.market, parse_period(period, zone)).statements(accounts)


def statement(slots: Slots, name: str, period: str = ALWAYS) -> Statement:
    [found] = statements(slots, slots.account(name), period=period)
    assert found.opening + sum(found.sums.values()) == found.closing == slots.free(name)
    return found


def sums(found: Statement) -> dict[Kind, int]:
    return {kind: amount for kind, amount in found.sums.items() if kind is not Kind.DEPOSITED}


def pay_in(slots: Slots, name: str, amount: int) -> None:
    token, vault, account = slots.market.power_token, slots.market.vault, slots.account(name)
    issuer = known_account("issuer").address
    slots.park.blocks.mine([message(token, "mint", issuer, account, amount, keccak(text=f"more for {account}"))])
    slots.as_account(name, token, "approve", vault.address, amount)
    slots.as_account(name, vault, "deposit", amount)
    slots.brought += amount


@pytest.fixture(scope="module")
def park() -> Iterator[Park]:
    """With members who owe nothing and were never replaced."""
    with Anvil(*OPTIONS) as chain:
        yield Park(chain)


class TestOneSlot:
    def test_energy_bought_and_sold_with_its_shares(self, slots: Slots):
        parties = {"plant": Metered(10_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.play(parties)
        pending = statement(slots, "plant")
        assert sums(pending) == {Kind.HELD: -9_700 * MARGIN}
        assert pending.closing_held == 9_700 * MARGIN
        slots.settle_all(*parties)
        plant, parts = statement(slots, "plant"), shares_of(9_700 * PRICE)
        assert sums(plant) == {
            Kind.HELD: 0,
            Kind.SOLD: 9_700 * PRICE,
            Kind.NETWORK: -parts["network"],
            Kind.PLATFORM: -parts["platform"],
            Kind.FUND: -parts["fund"],
        }
        assert plant.closing_held == 0
        assert sums(statement(slots, "shop")) == {Kind.BOUGHT: -9_700 * PRICE}

    def test_energy_is_that_of_the_meters(self, slots: Slots):
        parties = {"plant": Metered(2_000, 100, 1_000, 0), "shop": Metered(0, 1_500, 0, 1_000)}
        slots.play(parties)
        slots.settle_all(*parties)
        for name, metered in parties.items():
            found = statement(slots, name)
            [slot] = by_slot(found)
            assert (slot.start, slot.zone, slot.name) == (slots.slot, 1, "trial")
            assert energy_sums(found.energy) == {
                "bought": metered.bought,
                "sold": metered.sold,
                "injected": metered.injected,
                "withdrawn": metered.withdrawn,
                "imbalance": imbalance(metered, TERMS).imbalance,
            }
            assert found.sums[Kind.IMBALANCE] == imbalance(metered, TERMS).cash

    @pytest.mark.parametrize("wheeling", [0, 70, 500])
    def test_who_gets_what_of_the_energy_bought(self, slots: Slots, wheeling: int):
        """What the buyer's statement says of it is what the seller's statement says was taken."""
        parties = {"plant": Metered(10_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.play(parties, wheeling=wheeling)
        slots.settle_all(*parties)
        split, sold = statement(slots, "shop").split, statement(slots, "plant").sums
        taken = {kind: sold.get(kind, 0) for kind in (Kind.NETWORK, Kind.PLATFORM, Kind.FUND)}
        assert tuple(taken.values()) == (-split.network, -split.platform, -split.fund)
        assert sold[Kind.SOLD] + sum(taken.values()) == split.producer
        if wheeling:
            assert split.network == min(9_700 * wheeling, 9_700 * PRICE - split.platform - split.fund)

    def test_one_that_was_metered_only(self, slots: Slots):
        """No trade names its slot, which is found all the same."""
        slots.play({"shop": Metered(0, 500, 0, 0)})
        slots.settle_all("shop")
        found = statement(slots, "shop")
        [slot] = by_slot(found)
        assert slot.start == slots.slot
        assert sums(found) == {Kind.IMBALANCE: imbalance(Metered(0, 500, 0, 0), TERMS).cash}

    def test_revenue_that_is_named_to_another(self, slots: Slots):
        parties = {"plant": Metered(10_320, 0, 10_000, 0), "shop": Metered(0, 10_000, 0, 10_000)}
        slots.have([*parties, "bank"])
        slots.as_account("plant", slots.market.meters, "setPayee", slots.parties["plant"].plant, slots.account("bank"))
        slots.play(parties)
        slots.settle_all(*parties)
        own = shares_of(10_000 * PRICE)["seller"]
        assert statement(slots, "plant").sums[Kind.NAMED] == -own
        assert sums(statement(slots, "bank")) == {Kind.RECEIVED: own}

    def test_settled_again_counts_what_is_new(self, slots: Slots):
        """The shop's reading comes after it was settled without."""
        slots.have(["plant", "shop"])
        slots.begin(TERMS, SHARES)
        slots.sell("plant", "shop", 1_000)
        blocks, end, shop = slots.park.blocks, slots.slot + SLOT_SECONDS, slots.parties["shop"]
        blocks.mine([], end + 1)
        roots = [slots.read(slots.slot, {shop.plant: 0, shop.meter: 0}), slots.read(end, {shop.plant: 0})]
        slots.meterings.wait_until_final()
        for one in roots:
            slots.meterings.meter(*one)
        blocks.mine([], end + slots.imbalance.patience())
        slots.settle_all("shop")
        told = slots.read(end + SLOT_SECONDS, {shop.plant: 0, shop.meter: 1_200})
        slots.meterings.wait_until_final()
        slots.meterings.meter(*told)
        slots.settle_all("shop")
        found = statement(slots, "shop")
        assert [(one.withdrawn, one.bought, one.imbalance) for one in found.energy] == [
            (1_000, 1_000, 0),
            (-400, 0, 400),
        ]
        assert found.sums[Kind.IMBALANCE] == 30 * 300 + 370 * 270


class TestDebt:
    def test_is_owed_and_paid(self, slots: Slots):
        parties = {"plant": Metered(3_000, 0, 1_000, 0), "shop": Metered(0, 3_000, 0, 1_000)}
        slots.play(parties)
        withdrawn = slots.free("shop") - 1_000
        slots.as_account("shop", slots.market.vault, "withdraw", withdrawn)
        slots.brought -= withdrawn
        slots.settle_all(*parties)
        charge = -imbalance(parties["shop"], TERMS).cash
        owing = statement(slots, "shop")
        assert sums(owing) == {
            Kind.WITHDRAWN: -withdrawn,
            Kind.BOUGHT: -1_000 * PRICE,
            Kind.IMBALANCE: -charge,
            Kind.OWED: charge - 1_000,
        }
        assert (owing.closing, owing.closing_debt) == (0, charge - 1_000)
        pay_in(slots, "shop", charge)
        fund = purse_account(Purse.COMMON_FUND)
        [before] = statements(slots, fund)
        slots.as_account("shop", slots.market.vault, "payDebt", slots.account("shop"), fund, charge - 1_000)
        paid = statement(slots, "shop")
        assert paid.sums[Kind.DEBT] == -(charge - 1_000)
        assert paid.closing_debt == 0
        [after] = statements(slots, fund)
        assert after.closing - before.closing == charge - 1_000
        assert after.sums[Kind.REPAID] - before.sums.get(Kind.REPAID, 0) == charge - 1_000


class TestReplaced:
    def test_an_account_is_followed(self, slots: Slots):
        """Half of it happened under a name whose key was lost."""
        parties = {"plant": Metered(10_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.have(list(parties))
        slots.begin(TERMS, SHARES)
        slots.trade(parties)
        old = slots.account("plant")
        new = to_checksum_address("0x" + f"{0xFEDC00 + len(slots.park.traders):040x}")
        slots.decide(slots.market.membership, "decideRecovery", old, new)
        slots.deliver(parties)
        slots.settle_together([new])
        records = Records(slots.market, parse_period(ALWAYS))
        found = records.statement(old)
        assert (found.account, found.names) == (new, (new, old))
        assert found.closing == slots.market.vault.account_of(new).free
        assert found.closing == MONEY + shares_of(9_700 * PRICE)["seller"]
        assert (found.sums[Kind.HELD], found.closing_held) == (0, 0)
        assert energy_sums(found.energy)["injected"] == 10_000
        assert records.numbers.of(old) == records.numbers.of(new)

    def test_what_was_settled_before_is_not_counted_again(self, slots: Slots):
        parties = {"plant": Metered(9_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.play(parties)
        slots.settle_all("plant", "shop")
        before = statement(slots, "plant")
        new = to_checksum_address("0x" + f"{0xFEDCBA00 + len(slots.park.traders):040x}")
        slots.decide(slots.market.membership, "decideRecovery", slots.account("plant"), new)
        assert slots.settle_together([new]) == []
        [after] = statements(slots, new)
        assert (after.entries[-1].amount, after.closing) == (before.entries[-1].amount, before.closing)
        assert energy_sums(after.energy) == energy_sums(before.energy)


class TestPeriods:
    def test_one_begins_where_the_last_ended(self, slots: Slots):
        parties = {"plant": Metered(9_000, 0, 9_700, 0), "shop": Metered(0, 9_700, 0, 9_700)}
        slots.play(parties)
        slots.settle_all(*parties)
        period = parse_period(ALWAYS)
        traded_on = period.shown(slots.park.blocks.now - 7 * 86_400)[:10]
        settled_on = period.shown(slots.park.blocks.now)[:10]
        first = statements(slots, slots.account("plant"), period=f"2027-01-01..{traded_on}")[0]
        last = statements(slots, slots.account("plant"), period=f"{settled_on}..2099-12")[0]
        whole = statement(slots, "plant")
        assert first.closing + sum(last.sums.values()) <= last.closing == whole.closing
        assert last.opening + sum(last.sums.values()) == last.closing
        assert (first.complete, last.complete) == (True, False)
        assert Kind.SOLD not in first.sums
        assert last.sums[Kind.SOLD] == 9_700 * PRICE

    def test_of_a_node_that_forgets(self, slots: Slots):
        """The state of a block long ago is gone; what was told since leads to the present one."""
        slots.have(["plant"])
        period = slots.park.blocks.now
        slots.park.blocks.mine([], period + 3 * 86_400)
        for _ in range(600):
            slots.park.blocks.mine([])
        day = parse_period(ALWAYS).shown(period)[:10]
        [found] = statements(slots, slots.account("plant"), period=day)
        assert found.closing == MONEY

    def test_of_a_node_with_little_patience(self, slots: Slots, monkeypatch: pytest.MonkeyPatch):
        """It answers for seven blocks at once, and does not say when they were made."""
        slots.have(["plant"])
        expected = statement(slots, "plant")
        provider = slots.market.chain.web3.provider
        ask, longest = provider.make_request, 7

        def answer(method: str, parameters: list[Any]) -> Any:
            if method != "eth_getLogs":
                return ask(method, parameters)
            if int(parameters[0]["toBlock"], 16) - int(parameters[0]["fromBlock"], 16) >= longest:
                return {"error": {"code": -32005, "message": "range is too long"}}
            told = ask(method, parameters)["result"]
            return {"result": [{name: log[name] for name in log if name != "blockTimestamp"} for log in told]}

        monkeypatch.setattr(provider, "make_request", answer)
        assert statement(slots, "plant") == expected
        longest = 0
        with pytest.raises(ChainError, match="the node refused: range is too long"):
            statement(slots, "plant")

    def test_that_has_not_begun(self, slots: Slots):
        newest = parse_period(ALWAYS).shown(slots.park.blocks.now)[:10]
        with pytest.raises(StatementError, match=f"2098-01 has not begun: the newest block is of {newest}"):
            statements(slots, period="2098-01")

    def test_that_was_before_the_market(self, slots: Slots):
        with pytest.raises(StatementError, match="2026-11 was over when the market began, 2027-01-15"):
            statements(slots, period="2026-11")

    def test_in_which_nothing_happened(self, slots: Slots):
        slots.have(["plant"])
        day = slots.park.blocks.now + 5 * 86_400
        slots.park.blocks.mine([], day)
        shown = parse_period(ALWAYS).shown(day)[:10]
        found = statements(slots, slots.account("plant"), period=shown)[0]
        assert (found.opening, found.entries, found.energy, found.closing) == (MONEY, (), (), MONEY)

    def test_a_month_has_a_numbered_bill(self, slots: Slots):
        slots.have(["plant"])
        month = parse_period(ALWAYS).shown(slots.park.blocks.now)[:7]
        account = slots.account("plant")
        member = slots.market.membership.standing_of(account).member
        assert statements(slots, account, period=month)[0].bill_number == f"{month}-{member}-1"
        assert statements(slots, account, period=month, zone="Europe/Madrid")[0].bill_number is None
        assert statements(slots, purse_account(Purse.GRID), period=month)[0].bill_number is None


def test_a_difference_is_named(slots: Slots):
    slots.have(["plant"])
    view = Records(slots.market, parse_period(ALWAYS)).view
    account = slots.account("plant")
    with pytest.raises(StatementError) as caught:
        view.require_agreement({account: MONEY - 5})
    assert str(caught.value) == (
        f"what was told of {account} up to block {view.until} makes {MONEY - 5} uPT, but the Vault has {MONEY} uPT:"
        " a difference of 5 uPT"
    )


class TestHistories:
    """Whatever happened, statements make what the Vault has, and what they call locked is what modules hold."""

    @pytest.mark.parametrize("seed", range(3))
    def test_of_slots(self, slots: Slots, seed: int):
        luck = random.Random(seed)
        parties = any_parties(luck, 2, 8)
        names = list(parties)
        slots.have(names)
        slots.begin(TERMS, SHARES)
        slots.trade(parties)
        parties = with_rest(parties)
        for name in luck.sample(names, len(names) // 2):
            withdrawn = luck.randint(0, slots.free(name))
            slots.as_account(name, slots.market.vault, "withdraw", withdrawn)
            slots.brought -= withdrawn
        slots.deliver(parties)
        slots.settle_all(*parties)
        expected = settle(parties, TERMS)
        for name in parties:
            found = statement(slots, name)
            assert found.sums.get(Kind.IMBALANCE, 0) == expected.parties[name].cash
            assert found.closing_held == 0
            assert Kind.NAMED not in found.sums
            assert as_value(found)["sums"] == {kind.value: amount for kind, amount in found.sums.items()}

    @pytest.mark.parametrize("seed", range(4))
    def test_of_books(self, park: Park, seed: int):
        """A book of the auction, whose accounts are settled though nothing was delivered."""
        slots, luck = Slots(park), random.Random(seed)
        orders = [
            {"id": i, "side": "BS"[i % 2], "qty": luck.randint(100, 90_000), "price": luck.randint(0, 900)}
            for i in range(luck.randint(20, 30))
        ]
        rule = ("uniform", "trade_reduction", "paper", "uniform then pool")[seed]
        case = {"rule": rule, "orders": orders}
        if rule == "uniform then pool":
            case |= {"poolIn": {"price": 200, "qty": 10_000}, "poolOut": [[300, 5_000], [250, 700]]}
        if rule == "paper":
            fee = {"baseBps": 10, "stepBps": 3, "capBps": 60}
            case |= {"rank": "VALUE", "whole": False, "fee": fee, "poolPrice": None, "poolUnits": []}
        assert clearing.clear(case)
        made = run(park, given_by(park, case))
        traders = park.traders
        bought = statements(slots, *traders)
        for purse in PURSES:
            [found] = statements(slots, purse_account(purse))
            assert found.closing == slots.purse(purse)
        assert sum(-one.sums.get(Kind.BOUGHT, 0) for one in bought) >= made.settled[1] > 0
        slots.slot = made.book.slot_start
        park.blocks.mine([], slots.slot + slots.imbalance.patience() + SLOT_SECONDS)
        slots.settle_together(sorted({*traders, purse_account(Purse.POOL)}, key=lambda one: int(one, 16)))
        after = statements(slots, *traders)
        assert {one.closing_held for one in after} == {0}
        assert not any(Kind.NAMED in one.sums for one in after)
        sold = sum(one.sums.get(Kind.SOLD, 0) for one in after) - sum(one.sums.get(Kind.SOLD, 0) for one in bought)
        assert sold >= made.settled[2] - made.settled[5]
