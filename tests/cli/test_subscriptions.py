"""`wattbook package buy`, `pay`, `status`, `draw`, `cancel` and `close`, on a chain."""

import json
from functools import partial

import pytest

from tests.cli.sending import Sending
from wattbook.contracts.structs import Carrier
from wattbook.deployment.anvil import Anvil
from wattbook.months import MONTHS_A_YEAR, start_of
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park
from wattbook.trial.subscribing import COLD, Subscribing

PT = 1_000_000


@pytest.fixture(scope="module")
def standing():
    with Anvil(*OPTIONS) as chain:
        yield Subscribing(Park(chain))


@pytest.fixture
def stand(standing):
    standing.provider = standing.person()
    return standing


@pytest.fixture
def sending(stand, command, working_folder, monkeypatch):
    monkeypatch.setenv("WATTBOOK_PASSWORD", "open")
    return Sending(stand.park, command, working_folder)


@pytest.fixture
def package(sending):
    return partial(sending, "package")


@pytest.fixture
def lines(sending):
    return partial(sending.lines, "package")


def name(month: int) -> str:
    return f"{1970 + month // MONTHS_A_YEAR}-{month % MONTHS_A_YEAR + 1:02d}"


@pytest.fixture
def customer(stand):
    account = stand.person()
    return account, stand.meter(account), stand.publish()


class TestBuying:
    def test_lots_from_the_next_month(self, stand, lines, customer):
        account, meter, version = customer
        before = stand.free(account)
        [said] = lines("buy", f"lots:{version}:{meter}:100.5", by=account)
        number = stand.packages.subscription_count()
        assert said == f"subscription {number}: 100.50 PT paid"
        assert stand.subscription(number).first == stand.month(1)
        assert stand.lots_of(number) == [(100_500_000, 880)]
        assert before - stand.free(account) == 100_500_000

    def test_a_bundle_from_a_month_on_for_a_term(self, stand, package, customer):
        """Cold of an area and electricity by flow, both for a quarter."""
        account, meter, version = customer
        cold = stand.publish(Carrier.COOLING, weights=list(COLD))
        first = stand.month(4)
        while not sum(COLD[(first + place) % MONTHS_A_YEAR] for place in range(3)):
            first += 1
        wanted = (f"area:{cold}:120.5", f"flow:{version}:{meter}:7")
        result = package("buy", *wanted, "--from", name(first), "--term", "quarter", by=account)
        assert (result.status, result.err) == (0, "")
        number = stand.packages.subscription_count()
        assert (stand.area_of(number - 1).area, stand.area_of(number - 1).term) == (12_050, 3)
        assert (stand.metered(number).term, stand.subscription(number).first) == (3, first)
        assert [stand.subscription(one).size for one in (number - 1, number)] == [2, 2]

    def test_a_refusal_of_the_contract(self, stand, package, customer):
        account, meter, version = customer
        result = package("buy", f"lots:{version}:{meter}:0.0001", by=account)
        assert (result.status, result.out) == (1, "")
        assert result.err.startswith("wattbook: PaymentTooSmall(")

    @pytest.mark.parametrize(
        "wanted",
        [
            "lots:1:2",
            "lots:1:2:x",
            "lots:-1:2:3",
            "flow:1:4294967296:3",
            "area:1",
            "area:1:2:3:4",
            "gas:1:2:3",
            "lots",
            "",
        ],
    )
    def test_what_is_no_purchase(self, package, customer, wanted):
        result = package("buy", wanted, by=customer[0])
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith(f"wattbook: {wanted} is none of lots:TARIFF:DEVICE:PT, ".replace("  ", " "))

    @pytest.mark.parametrize("month", ["2027-13", "2027", "27-01", "2027-1"])
    def test_what_is_no_month(self, package, customer, month):
        result = package("buy", "area:1:2", "--from", month, by=customer[0])
        assert result.status == 2
        assert f"{month} is not a month like 2027-01" in result.err


class TestTheLifeOfOne:
    def test_paid_read_drawn_cancelled_and_closed(self, stand, lines, customer):
        account, meter, version = customer
        lines("buy", f"lots:{version}:{meter}:1000", by=account)
        number, first = stand.packages.subscription_count(), stand.month(1)
        added = f"LotAdded subscription={number} place=1 paid=100000000 price=880"
        assert added in lines("pay", f"{number}", "100", by=account)
        assert lines("status", f"{number}") == [
            f"{number}  active  electricity by lots  from {name(first)}  1,100.00 PT left"
        ]
        stand.pass_month(first, {meter: 10_000})
        drawn = f"Drawn subscription={number} month={first} charged=8600000 dust=0 bonus=0 arrears=0 unpaid=0"
        assert drawn in lines("draw", f"{number}", by=account)
        assert f"Cancelled subscription={number} until={first + 2} refund=0" in lines("cancel", f"{number}", by=account)
        assert lines("status", f"{number}") == [
            f"{number}  ending  electricity by lots  from {name(first)} to {name(first + 1)}  1,091.40 PT left"
        ]
        stand.begin(first + 2)
        stand.read(start_of(first + 2), {meter: 0})
        before = stand.free(account)
        # 10,000 units cost 20 uPT more each when no more is bought; two percent of the rest are kept.
        kept = 10_000 * 20 + (1_091_400_000 - 200_000) * 2 // 100
        closed = f"Closed subscription={number} refunded={1_091_400_000 - kept} kept={kept}"
        assert closed in lines("close", f"{number}", by=account)
        assert stand.free(account) - before == 1_091_400_000 - kept
        assert lines("status", f"{number}")[0].endswith("0.00 PT left")


class TestStatus:
    def test_of_a_member(self, stand, lines, package, customer):
        account, meter, version = customer
        assert lines("status", "--of", account) == ["no subscriptions"]
        cold = stand.publish(Carrier.COOLING)
        lines("buy", f"lots:{version}:{meter}:10", f"area:{cold}:100", "--term", "year", by=account)
        number, first = stand.packages.subscription_count(), name(stand.month(1))
        fee = stand.area_of(number).fee
        assert [line.split("  ")[0] for line in lines("status", "--of", account)] == [str(number - 1), str(number)]
        result = package("status", "--of", account, "--json")
        assert (result.status, result.err) == (0, "")
        lots, area = json.loads(result.out)
        assert lots == {
            "subscription": number - 1,
            "customer": account,
            "state": "active",
            "kind": "lots",
            "tariff": version,
            "provider": stand.provider,
            "carrier": "electricity",
            "first": first,
            "until": None,
            "device": meter,
            "areaCentiM2": None,
            "left": 10 * PT,
            "lots": [{"paid": 10 * PT, "left": 10 * PT, "price": 880}],
            "bonus": {"left": 100_000, "price": 880},
            "drawn": first,
            "suspended": False,
            "owed": 0,
        }
        assert (area["kind"], area["areaCentiM2"], area["device"], area["left"]) == ("area", 10_000, None, fee)
        assert (area["first"], area["until"]) == (first, name(stand.month(13)))

    def test_what_is_owed(self, stand, lines, customer):
        account, meter, version = customer
        stand.leave(account, PT)
        lines("buy", f"lots:{version}:{meter}:1", by=account)
        number, first = stand.packages.subscription_count(), stand.month(1)
        stand.pass_month(first, {meter: 2_000})
        stand.draw(number)
        owed = (2_000 - 1_136) * 968 - 320
        assert lines("status", f"{number}") == [
            f"{number}  active  electricity by lots  from {name(first)}  0.00 PT left  0.{owed} PT owed"
        ]
        stand.pass_until(stand.blocks.now + stand.packages.grace())
        stand.does("updateSupply", number)
        assert lines("status", f"{number}")[0].startswith(f"{number}  active, suspended  ")

    def test_of_none(self, stand, package):
        unknown = stand.packages.subscription_count() + 1
        result = package("status", f"{unknown}")
        assert (result.status, result.out, result.err) == (1, "", f"wattbook: there is no subscription {unknown}\n")
        assert package("status").status == 2
        assert package("status", "1", "--of", stand.provider).status == 2
