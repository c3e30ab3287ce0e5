"""Scenarios through the contracts: reckoned by hand where all is listed, and held together where much goes wrong."""

import json
import time
from dataclasses import replace

import pytest

from tests.scenario.small import FRAME, at, during, fault, member, run
from wattbook.chain import Chain
from wattbook.scenario import replay as whole
from wattbook.scenario.result import as_text, broken
from wattbook.trial import park

HOUSE, ROOF = 'kind = "household"; day_wh = 30_000', 'kind = "pv"; peak_w = 12_000'
STORE = 'kind = "storage"; capacity_wh = 10_000; rated_w = 4_000; efficiency_bps = 9_000'
PILES = 'kind = "charging"; day_wh = 12_000; rated_w = 6_000; from_hour = 6; until_hour = 12'
MUCH = (
    FRAME.format(slots=12, loss=300, penalty=500)
    + member("house", HOUSE, ROOF)
    + member("street", HOUSE, count=3, spread_bps=5_000)
    + member("wind", 'kind = "wind"; rated_w = 15_000')
    + member("engine", 'kind = "plant"; rated_w = 9_000; price = 280')
    + member("store", STORE)
    + member("garage", PILES)
    + member("poor", HOUSE)
    + member("rest", HOUSE, habit='"pool"')
    + fault("silent", 'device = "street 1/household"', during(9, 12))
    + fault("silent", 'device = "street 2/household"', during(16, 18))
    + fault("bridge_down", during(13, 15))
    + fault("replaced", 'device = "house/pv"', at(11))
    + fault("lie", 'device = "wind/wind"', "wh = 4_000", at(10))
    + fault("unrevealed", 'member = "street 3"', at(8))
    + fault("suspended", 'member = "engine"', during(9, 11))
    + fault("broke", 'member = "poor"', "leaves_pt = 0", at(12))
    + '[[subsidies]]\ncarrier = "electricity"\nfor = "using"\nrate = 60\npot_pt = 1\n'
)


@pytest.fixture(scope="module")
def much(tmp_path_factory):
    return run(tmp_path_factory.mktemp("much"), MUCH)


def of(result, name):
    return next(one for one in result["members"] if one["name"] == name)


class TestListed:
    def test_it_adds_up(self, listed):
        assert broken(listed) == []

    def test_the_books(self, listed):
        [carrier] = listed["carriers"]
        found = [
            [one[name] for name in ("price", "volumeWh", "welfare", "poolBoughtWh", "poolSoldWh")]
            for one in carrier["slotValues"]
        ]
        # In the middle between ask and bid twice; then 3,000 Wh are asked at 100, of which 1,000 are wanted.
        assert found[:2] == [[250, 2_000, 200_000, 0, 0], [300, 2_000, 200_000, 0, 0]]
        assert found[2] == [100, 1_000, 300_000, 2_000, 0]
        assert carrier["meanPrice"] == (250 * 2_000 + 300 * 2_000 + 100 * 1_000) // 5_000
        assert carrier["poolShareBps"] == 2_000 * 10_000 // 7_000

    def test_the_shop(self, listed):
        """It bought just what it drew."""
        shop = of(listed, "shop")
        assert (shop["usedWh"], shop["boughtWh"], shop["imbalance"]) == (5_000, 5_000, 0)
        assert shop["bought"] == -(250 * 2_000 + 300 * 2_000 + 100 * 1_000)
        assert (shop["market"], shop["withoutMarket"]) == (shop["bought"], -420 * 5_000)
        assert shop["better"] == 2_100_000 - 1_200_000

    def test_the_plant(self, listed):
        """It is paid 82 % of its price, and pays for 500 Wh that it did not deliver, of which 200 are in its band."""
        plant = of(listed, "plant")
        due = 250 * 2_000 + 300 * 2_000 + 100 * 3_000
        assert (plant["sold"], plant["network"], plant["platform"], plant["fund"]) == (
            due,
            -due * 15 // 100,
            -due // 100,
            -due * 2 // 100,
        )
        assert plant["imbalance"] == -(200 * 400 + 300 * 440)
        assert plant["market"] == due * 82 // 100 - 212_000
        assert plant["withoutMarket"] == 90 * 6_500

    def test_who_leaves_all_to_the_pool(self, listed):
        """He has no band, as he has no position."""
        assert of(listed, "idle")["imbalance"] == -500 * 440

    def test_the_bills(self, listed):
        [month] = listed["bills"]
        assert month["month"] == "2026-10"
        assert sorted((one["member"], one["amount"]) for one in month["bills"]) == [
            ("idle", 220_000),
            ("plant", 212_000),
            ("shop", 1_200_000),
        ]


class TestMuch:
    def test_it_adds_up(self, much):
        assert broken(much) == []

    def test_it_is_the_same_again(self, much, tmp_path):
        assert as_text(run(tmp_path, MUCH)) == as_text(much)
        assert json.loads(as_text(much)) == much

    def test_everybody_did_something(self, much):
        assert of(much, "store")["madeWh"] > 0
        assert of(much, "garage")["usedWh"] == 12_000
        assert of(much, "engine")["fuel"] == -280 * of(much, "engine")["madeWh"]
        assert all(of(much, name)["soldWh"] for name in ("house", "wind", "engine", "store"))
        assert all(of(much, name)["boughtWh"] for name in ("house", "street 1", "poor", "store", "garage"))
        assert of(much, "rest")["boughtWh"] == 0 < of(much, "rest")["usedWh"]

    def test_what_was_silent_waited_or_was_estimated(self, much):
        """Three readings of one house, the last three of another, which never come, and two of all registers."""
        registers = much["scenario"]["meters"] + 2
        assert much["events"]["unheard"] == 3 + 3 + 2 * registers
        assert much["events"]["waited"] == 3

    def test_the_lie_was_corrected(self, much):
        assert much["events"]["corrected"] == 1

    def test_the_order_that_was_not_revealed_cost_its_bond(self, much):
        assert much["events"]["withheldOrders"] == 2
        assert of(much, "street 3")["forfeited"] == -2 * (200_000 + 50_000)
        assert of(much, "street 1")["forfeited"] == 0

    def test_who_was_suspended_did_not_trade(self, much):
        slots = much["carriers"][0]["slotValues"]
        assert [slots[place]["askedWh"] > 9_000 * 97 // 100 for place in range(6)] == [True] * 3 + [False] * 2 + [True]

    def test_who_was_broke_owes(self, much):
        poor = of(much, "poor")
        assert poor["debt"] == poor["owed"] > 0
        assert all(one["debt"] == 0 for one in much["members"] if one["name"] != "poor")

    def test_who_used_what_was_clean_is_subsidised(self, much):
        [programme] = much["subsidies"]
        claimed = sum(one["wh"] for one in programme["claims"])
        assert claimed == sum(one["retiredWh"] for one in much["certificates"])
        assert sum(one["paid"] for one in programme["claims"]) + programme["returned"] == 1_000_000
        assert sum(one["subsidy"] for one in much["members"]) == sum(one["paid"] for one in programme["claims"])

    def test_every_step_is_in_the_gas(self, much):
        calls = {step["call"] for step in much["gas"]["steps"]}
        assert {
            "Auction.commitFor",
            "Auction.reveal",
            "Auction.settle",
            "Clearing.clear",
            "Clearing.clearPool",
        } <= calls
        assert {"Readings.post", "Readings.exchange", "Imbalance.meter", "Imbalance.settle", "Bills.post"} <= calls
        assert much["gas"]["total"] == sum(step["gas"] for step in much["gas"]["steps"])


def test_each_block_is_the_same_however_long_it_takes(tmp_path, monkeypatch):
    """Times are in what is signed and hashed, and so in the gas of it."""
    blocks, begin = [], park.deploy

    class Noted(whole.Anvil):
        def stop(self):
            web3 = Chain.at(self.rpc).web3
            found = [web3.eth.get_block(number) for number in range(web3.eth.block_number + 1)]
            blocks.append([(one["timestamp"], one["transactionsRoot"], one["receiptsRoot"]) for one in found])
            super().stop()

    def slowly(*arguments):
        time.sleep(1.5)
        return begin(*arguments)

    monkeypatch.setattr(whole, "Anvil", Noted)
    text = FRAME.format(slots=2, loss=300, penalty=0) + member("roof", ROOF) + member("house", HOUSE)
    result = run(tmp_path, text)
    assert result["bills"]
    monkeypatch.setattr(park, "deploy", slowly)
    assert run(tmp_path, text) == result
    assert blocks[0] == blocks[1] and len(blocks) == 2


def test_a_month_whose_plants_are_subsidised(tmp_path):
    """A whole month, as programmes for what is made pay for those only; in slots as long as can be."""
    text = FRAME.format(slots=28 * 6, loss=0, penalty=0).replace("2026-10-01T06", "2027-02-01T00")
    text = text.replace("3_600", "14_400") + member("roof", ROOF) + member("house", HOUSE)
    result = run(tmp_path, text + '[[subsidies]]\ncarrier = "electricity"\nfor = "making"\nrate = 50\npot_pt = 9\n')
    assert broken(result) == []
    [programme] = result["subsidies"]
    [claim] = programme["claims"]
    assert (programme["held"], programme["refused"], claim["wh"]) == (False, 0, of(result, "roof")["madeWh"])
    assert claim["paid"] == min(9_000_000, 50 * claim["wh"])
    assert [month["month"] for month in result["bills"]] == ["2027-02", "2027-03"]


def test_what_the_first_slot_of_a_month_costs_is_on_the_bill_of_the_month_before(tmp_path):
    """It is paid when its book is settled."""
    text = FRAME.format(slots=3, loss=0, penalty=0).replace("2026-10-01T06", "2027-02-01T00")
    text += member("wind", 'kind = "wind"; rated_w = 15_000') + member("house", HOUSE)
    result = run(tmp_path, text)
    assert broken(result) == []
    assert [month["month"] for month in result["bills"]] == ["2027-01", "2027-02"]
    bought = [sum(bill["bought"] for bill in month["bills"]) for month in result["bills"]]
    assert all(bought) and sum(bought) == -of(result, "house")["bought"]


def test_a_book_that_nobody_reveals(tmp_path):
    """It is cleared without orders; and who was suspended until the end can have his certificates all the same."""
    text = FRAME.format(slots=2, loss=0, penalty=0) + member("roof", ROOF) + member("house", HOUSE)
    text += fault("unrevealed", 'member = "house"', at(6)) + fault("unrevealed", 'member = "roof"', at(6))
    result = run(tmp_path, text + fault("suspended", 'member = "roof"', during(7, 8)))
    assert broken(result) == []
    assert [slot["volumeWh"] for slot in result["carriers"][0]["slotValues"]] == [0, 0]
    assert of(result, "house")["forfeited"] < 0
    assert result["certificates"] == [{"device": "roof/pv", "issuedWh": of(result, "roof")["madeWh"], "retiredWh": 0}]


def test_what_does_not_add_up_is_said(tmp_path, monkeypatch):
    """A Wh that is lost and not told is found, one that no register counted, and who was never asked to pay."""

    class Careless(whole.Runner):
        def run(self, *arguments):
            happened = super().run(*arguments)
            first, flow = next(iter(happened.flows.items()))
            happened.flows[first] = replace(flow, withdrawn=flow.withdrawn + 1)
            return replace(happened, lost=happened.lost + type(happened.lost)(dict.fromkeys(happened.lost, 1)))

    class Forgetful(whole.Village):
        def parties(self, carrier):
            return [account for account in super().parties(carrier) if account != self.accounts["idle"]]

    monkeypatch.setattr(whole, "Runner", Careless)
    monkeypatch.setattr(whole, "Village", Forgetful)
    text = FRAME.format(slots=2, loss=300, penalty=0) + member("roof", ROOF) + member("house", HOUSE)
    assert broken(run(tmp_path, text + member("idle", HOUSE, habit='"pool"'))) == [
        "positions settled = those to be settled",
        "electricity: Wh injected and imported = withdrawn, exported, lost and not read",
        "electricity: Wh used = what the registers counted",
    ]
