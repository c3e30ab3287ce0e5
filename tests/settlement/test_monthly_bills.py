"""Bills of a month: made of what the chain told, posted by attesters, paid in part with points."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.assertions import FAR, refused
from tests.settlement.slots import PRICE, TERMS, Slots
from tests.settlement.test_settling import shares_of
from wattbook.billing.bills import Bill, Bills, bill_of, bills_of, redeeming, sign_bills, statement_hash
from wattbook.billing.entries import Kind
from wattbook.billing.periods import StatementError, month_period, parse_period
from wattbook.billing.statement import Records
from wattbook.contracts import reverts
from wattbook.contracts.structs import ModuleStatus, Purse, Signed
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.metering.tree import is_covered, leaf_hash
from wattbook.settlement.imbalance import Metered, imbalance
from wattbook.trial.blocks import OPTIONS, Blocks, Mined, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import Park

DAY = 86_400
REASON = 9


class Month(Slots):
    """A month that has passed, with its bills, and members with points."""

    def __init__(self, park: Park) -> None:
        super().__init__(park)
        self.bills_contract = self.market.bills
        self.parties_of_month = {"plant": Metered(2_000, 0, 10_000, 0), "shop": Metered(0, 10_400, 0, 10_000)}
        self.play(self.parties_of_month)
        self.settle_all("plant", "shop")
        self.month = parse_period("2027-01").month
        self.park.blocks.mine([], month_period(self.month).end)
        self.bills = bills_of(self.market, month_period(self.month))
        self.fill_fund()
        self.give_points()

    def fill_fund(self) -> None:
        token, vault, payer = self.market.power_token, self.market.vault, self.account("plant")
        amount, issuer = 10**9, known_account("issuer").address
        self.park.blocks.mine(
            [
                message(token, "mint", issuer, payer, amount, keccak(text="for the fund")),
                message(token, "approve", payer, vault.address, amount),
                message(vault, "fundPurse", payer, Purse.COMMON_FUND, amount),
            ]
        )

    def give_points(self) -> None:
        points, issuer = self.market.power_points, self.account("plant")
        self.decide(points, "setPort", REASON, issuer)
        self.decide(points, "setBudget", REASON, points.current_epoch(), 10**12)
        accounts = [self.account(name) for name in ("plant", "shop")]
        arguments = (REASON, keccak(text="points"), points.current_epoch(), accounts, [10**6] * 2)
        self.as_account("plant", points, "issue", *arguments)
        for name in ("plant", "shop"):
            self.as_account(name, points, "approve", self.market.bills.address, 10**6)

    def points(self, name: str) -> int:
        return int(self.market.power_points.balance_of(self.account(name)))

    def bill(self, name: str) -> Bill:
        return self.bills.of(self.account(name))

    def signatures(self, bills: Bills, *names: str):
        keys = [known_account(name) for name in names]
        return in_order((key.address, sign_bills(self.market, bills, key)) for key in keys)

    def post(self, bills: Bills | None = None, *, names: tuple[str, ...] = ATTESTERS) -> Mined:
        bills = bills or self.bills
        arguments = (bills.month, bills.tree.root, bills.tree.size, self.signatures(bills, *names))
        return self.by("grid", "post", *arguments)

    def by(self, office: str, function: str, *arguments: object) -> Mined:
        sender = known_account(office).address
        [mined] = self.park.blocks.mine([message(self.market.bills, function, sender, *arguments)])
        return mined

    def rest(self) -> None:
        self.park.blocks.mine([], self.park.blocks.now + self.market.bills.rest())

    def redeem(self, name: str, points: int, bill: Bill | None = None) -> Mined:
        call = redeeming(self.bills, bill or self.bill(name))
        return self.as_account(name, self.market.bills, "redeem", *call, points)

    def refuses(self, error: type, caller_: str, function: str, *arguments: object, **args: object) -> None:
        call = self.market.bills.function(function, *arguments)
        with refused(error, **args):
            self.market.chain.call(call, caller_)

    def refuses_redeeming(self, error: type, name: str, given: int, **args: object) -> None:
        call = redeeming(self.bills, self.bill(name))
        self.refuses(error, self.account(name), "redeem", *call, given, **args)


@pytest.fixture(scope="module")
def standing_month() -> Iterator[Month]:
    with Anvil(*OPTIONS) as chain:
        yield Month(Park(chain))


@pytest.fixture
def month(standing_month: Month) -> Iterator[Month]:
    """As it was before each test."""
    park, parties = standing_month.park, deepcopy(standing_month.parties)
    provider = park.market.chain.web3.provider
    made = provider.make_request("evm_snapshot", [])["result"]
    yield standing_month
    assert provider.make_request("evm_revert", [made])["result"]
    park.blocks = Blocks(park.market.chain)
    standing_month.parties = parties


class TestMaking:
    def test_what_was_paid_for_energy(self, month: Month):
        shop, plant = month.bill("shop"), month.bill("plant")
        charges = {name: -imbalance(one, TERMS).cash for name, one in month.parties_of_month.items()}
        assert (shop.bought, shop.imbalance) == (10_000 * PRICE, charges["shop"])
        assert (plant.bought, plant.imbalance) == (0, charges["plant"])
        assert shop.amount == 10_000 * PRICE + charges["shop"]
        parts = shares_of(10_000 * PRICE)
        split = shop.split
        assert (split.producer, split.network, split.platform, split.fund) == tuple(parts.values())
        assert [bill.number for bill in month.bills.bills] == sorted({shop.number, plant.number})

    def test_anybody_makes_the_same(self, month: Month):
        again = bills_of(month.market, month_period(month.month))
        assert (again.bills, again.tree.root) == (month.bills.bills, month.bills.tree.root)
        records = Records(month.market, month_period(month.month))
        statement = records.statement(month.account("shop"))
        assert statement_hash(statement) == month.bill("shop").statement
        assert bill_of(statement) == month.bill("shop")

    def test_what_came_later_changes_nothing(self, month: Month):
        """Not even a lost key: a bill keeps the name that its account had."""
        old, bill = month.account("shop"), month.bill("shop")
        new = to_checksum_address("0x" + "ab" * 20)
        month.decide(month.market.membership, "decideRecovery", old, new)
        month.play({"plant": Metered(0, 5, 0, 0)})
        month.settle_all("plant")
        again = bills_of(month.market, month_period(month.month))
        assert again.tree.root == month.bills.tree.root
        assert again.of(old) == bill

    def test_each_has_a_proof(self, month: Month):
        for bill in month.bills.bills:
            place, proof = month.bills.proof(bill)
            leaf = leaf_hash(int(bill.number), bill.content_hash)
            assert is_covered(month.bills.tree.root, month.bills.tree.size, place, leaf, proof)
            assert month.market.bills.leaf_of(bill.on_chain) == leaf

    def test_what_is_owed_was_not_paid(self, month: Month):
        """Nor is what was taken back in the same month."""
        statement = Records(month.market, month_period(month.month)).statement(month.account("shop"))
        [charge] = [entry for entry in statement.entries if entry.kind is Kind.IMBALANCE]
        owed = replace(charge, kind=Kind.OWED, amount=500)
        back = replace(charge, amount=-charge.amount)
        assert bill_of(replace(statement, entries=(*statement.entries, owed))).imbalance == -charge.amount - 500
        assert bill_of(replace(statement, entries=(*statement.entries, back))).imbalance == 0

    def test_of_who_has_none(self, month: Month):
        account = known_account("registrar").address
        with pytest.raises(StatementError, match=f"{account} paid for no energy in this month and has no bill"):
            month.bills.of(account)
        statement = Records(month.market, month_period(month.month)).statement(purse_account(Purse.GRID))
        with pytest.raises(StatementError, match="is no member's account and has no bills"):
            bill_of(statement)

    @pytest.mark.parametrize(
        ("period", "zone", "why"),
        [
            ("2027-01-15", "UTC", "2027-01-15 in UTC is no month of UTC"),
            ("2027-01", "Europe/Madrid", "2027-01 in Europe/Madrid is no month of UTC"),
            ("2027-01..2027-02", "UTC", "is no month of UTC"),
        ],
    )
    def test_of_what_is_no_month(self, month: Month, period: str, zone: str, why: str):
        with pytest.raises(StatementError, match=why):
            bills_of(month.market, parse_period(period, zone))

    def test_of_a_month_that_is_not_over(self, month: Month):
        running = parse_period("2027-01").month + 1
        with pytest.raises(StatementError, match="2027-02 is not over; its bills can be made from 2027-03-01 00:00:00"):
            bills_of(month.market, month_period(running))

    def test_of_a_month_in_which_nobody_paid(self, month: Month):
        quiet = month_period(month.month + 1)
        month.park.blocks.mine([], quiet.end)
        with pytest.raises(StatementError, match="nobody paid for energy in 2027-02: it has no bills"):
            bills_of(month.market, quiet)


class TestPosting:
    def test_stands(self, month: Month):
        [log] = month.post().logs
        tree = month.bills.tree
        assert (log.name, log.args[:4]) == ("BillsPosted", (month.month, 0, tree.root, tree.size))
        signers = sorted((known_account(name).address.lower() for name in ATTESTERS), key=lambda one: int(one, 16))
        assert [one.lower() for one in log.args[4]] == signers
        assert month.market.bills.bills_of(month.month) == (tree.root, tree.size, month.park.blocks.now, 0)

    def test_once(self, month: Month):
        month.post()
        tree, month_ = month.bills.tree, month.month
        given = (month_, tree.root, tree.size, month.signatures(month.bills, *ATTESTERS))
        grid = known_account("grid").address
        month.refuses(reverts.BillsStand, grid, "post", *given, month=month_, root=tree.root)

    def test_not_before_the_month_is_over(self, month: Month):
        grid, running = known_account("grid").address, month.month + 1
        bills = Bills(running, month.bills.bills)
        given = (running, bills.tree.root, bills.tree.size, month.signatures(bills, *ATTESTERS))
        month.refuses(reverts.MonthNotOver, grid, "post", *given, month=running)
        month.park.blocks.mine([], month_period(running).end - 1)
        month.refuses(reverts.MonthNotOver, grid, "post", *given, month=running)
        month.park.blocks.mine([], month_period(running).end)
        month.post(bills)

    def test_by_too_few(self, month: Month):
        needed = month.market.readings.threshold()
        grid, tree = known_account("grid").address, month.bills.tree
        few = month.signatures(month.bills, *ATTESTERS[: needed - 1])
        given = (month.month, tree.root, tree.size, few)
        month.refuses(reverts.TooFewSigners, grid, "post", *given, signers=needed - 1, threshold=needed)

    def test_withdrawn_and_posted_anew(self, month: Month):
        """What was signed of the first root posts it no more."""
        wrong = Bills(month.month, [replace(bill, bought=10**15) for bill in month.bills.bills])
        signed = month.signatures(wrong, *ATTESTERS)
        month.post(wrong)
        [log] = month.by("regulator", "withdraw", month.month, "much too much").logs
        assert (log.name, log.args[0], log.args[1], log.args[3]) == ("BillsWithdrawn", month.month, 0, "much too much")
        assert month.market.bills.bills_of(month.month) == (bytes(32), 0, 0, 1)
        given = (month.month, wrong.tree.root, wrong.tree.size, signed)
        grid = known_account("grid").address
        call = message(month.market.bills, "post", grid, *given)
        with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
            month.park.blocks.mine([call])
        month.post()
        month.rest()
        month.redeem("shop", 1)

    def test_withdrawing_needs_a_reason_and_bills(self, month: Month):
        operator = known_account("operator").address
        month.refuses(reverts.NoBills, operator, "withdraw", month.month, "a doubt", month=month.month)
        month.post()
        month.refuses(reverts.ReasonMissing, operator, "withdraw", month.month, "")


class TestRedeeming:
    @pytest.fixture(autouse=True)
    def posted(self, month: Month) -> None:
        month.post()
        month.rest()

    def test_pays_from_the_common_fund(self, month: Month):
        bill = month.bill("shop")
        most = bill.amount // 5 // 10_000
        fund, free, points = month.purse(Purse.COMMON_FUND), month.free("shop"), month.points("shop")
        mined = month.redeem("shop", 30)
        [told] = [log for log in mined.logs if log.name == "Redeemed"]
        assert told.args[:2] == (month.month, int(bill.number))
        assert (to_checksum_address(told.args[2]), *told.args[3:]) == (month.account("shop"), 30, 300_000)
        assert month.free("shop") - free == fund - month.purse(Purse.COMMON_FUND) == 300_000
        assert points - month.points("shop") == 30
        assert month.market.bills.redeemed_with(month.month, int(bill.number)) == 30
        month.redeem("shop", most - 30)
        assert month.free("shop") - free == most * 10_000 <= bill.amount // 5
        month.refuses_redeeming(reverts.TooManyPoints, "shop", 1, number=int(bill.number), left=0, points=1)

    def test_no_more_than_a_fifth(self, month: Month):
        bill = month.bill("shop")
        most = bill.amount // 5 // 10_000
        given = {"number": int(bill.number), "left": most, "points": most + 1}
        month.refuses_redeeming(reverts.TooManyPoints, "shop", most + 1, **given)
        month.redeem("shop", most)

    def test_what_was_redeemed_counts_when_the_root_is_another(self, month: Month):
        most = month.bill("shop").amount // 5 // 10_000
        month.redeem("shop", most)
        month.by("operator", "withdraw", month.month, "one bill was forgotten")
        month.post()
        month.rest()
        number = int(month.bill("shop").number)
        month.refuses_redeeming(reverts.TooManyPoints, "shop", 1, number=number, left=0, points=1)

    def test_is_in_the_statement(self, month: Month):
        month.redeem("shop", 30)
        found = Records(month.market, parse_period("2027-02")).statement(month.account("shop"))
        [entry] = [entry for entry in found.entries if entry.by == "Bills"]
        assert (entry.kind, entry.amount) == (Kind.RECEIVED, 300_000)

    def test_signed(self, month: Month):
        shop, bill = month.account("shop"), month.bill("shop")
        values = {"signer": shop, "month": month.month, "number": int(bill.number), "points": 5}
        signature = sign(
            month.market.bills, "RedeemPoints", month.park.keys[shop], values | {"nonce": 1, "deadline": FAR}
        )
        call = (*redeeming(month.bills, bill), 5, Signed(shop, 1, FAR, signature))
        free = month.free("shop")
        month.by("grid", "redeemSigned", *call)
        assert month.free("shop") - free == 50_000
        grid = known_account("grid").address
        month.refuses(reverts.NonceAlreadyUsed, grid, "redeemSigned", *call, signer=shop, nonce=1)
        other = (*call[:4], 6, Signed(shop, 2, FAR, signature))
        month.refuses(reverts.InvalidSignature, grid, "redeemSigned", *other, signer=shop)

    def test_under_a_new_name(self, month: Month):
        """The account that took the place of the bill's redeems with it; it was not redeemed with yet."""
        old, bill = month.account("shop"), month.bill("shop")
        new = to_checksum_address("0x" + "cd" * 20)
        month.decide(month.market.membership, "decideRecovery", old, new)
        call = (*redeeming(month.bills, bill), 7)
        month.refuses(reverts.NotYourBill, old, "redeem", *call, account=old, caller=old)
        points = month.market.power_points
        recover = message(points, "recoverBalance", known_account("grid").address, old)
        approve = message(points, "approve", new, month.market.bills.address, 100)
        month.park.blocks.mine([recover, approve, message(month.market.bills, "redeem", new, *call)])
        assert month.market.bills.redeemed_with(month.month, int(bill.number)) == 7

    def test_with_somebody_elses(self, month: Month):
        shop, plant = month.account("shop"), month.account("plant")
        call = (*redeeming(month.bills, month.bill("shop")), 1)
        month.refuses(reverts.NotYourBill, plant, "redeem", *call, account=shop, caller=plant)

    @pytest.mark.parametrize("change", ["amount", "statement", "account", "number", "place", "month"])
    def test_with_what_is_no_bill(self, month: Month, change: str):
        shop = month.account("shop")
        number, bill, place, proof = redeeming(month.bills, month.bill("shop"))
        if change == "amount":
            bill = bill._replace(amount=bill.amount + 1)
        elif change == "statement":
            bill = bill._replace(statement=bytes(32))
        elif change == "account":
            bill = bill._replace(account=month.account("plant"))
        elif change == "number":
            bill = bill._replace(number=bill.number + 1)
        elif change == "place":
            place ^= 1
        else:
            month.refuses(reverts.NoBills, shop, "redeem", number - 1, bill, place, proof, 1, month=number - 1)
            return
        given = {"month": number, "number": bill.number}
        month.refuses(reverts.NotAmongBills, shop, "redeem", number, bill, place, proof, 1, **given)

    def test_not_for_a_day(self, month: Month):
        month.by("operator", "withdraw", month.month, "to be looked at")
        month.post()
        until = month.park.blocks.now + DAY
        month.refuses_redeeming(reverts.StillOpenToObjection, "shop", 1, month=month.month, until=until)
        month.park.blocks.mine([], until)
        month.redeem("shop", 1)

    def test_nothing(self, month: Month):
        month.refuses_redeeming(reverts.ZeroAmount, "shop", 0)

    def test_without_points_or_leave(self, month: Month):
        points, bills = month.market.power_points, month.market.bills.address
        month.as_account("shop", points, "approve", bills, 3)
        given = {"spender": bills, "allowance": 3, "needed": 4}
        month.refuses_redeeming(reverts.ERC20InsufficientAllowance, "shop", 4, **given)
        month.as_account("shop", points, "approve", bills, 10**6)
        month.as_account("shop", points, "use", month.account("shop"), month.points("shop") - 2, b"\1" * 32)
        month.refuses_redeeming(
            reverts.ERC20InsufficientBalance, "shop", 4, sender=month.account("shop"), balance=2, needed=4
        )

    def test_from_a_fund_that_has_too_little(self, month: Month):
        """All or nothing: the points stay where they are."""
        fund, free = purse_account(Purse.COMMON_FUND), month.purse(Purse.COMMON_FUND)
        vault, authority = month.market.vault, month.market.authority.address
        month.decide(vault, "setPurse", int(Purse.COMMON_FUND), authority, vault.account_of(fund).modules)
        month.decide(vault, "spend", int(Purse.COMMON_FUND), month.account("plant"), free - 9_999, b"\1" * 32)
        month.refuses_redeeming(reverts.InsufficientFree, "shop", 1, account=fund, free=9_999, asked=10_000)

    def test_while_it_is_paused(self, month: Month):
        bills = month.market.bills.address
        operator = known_account("operator").address
        month.park.blocks.mine([message(month.market.vault, "pauseModule", operator, bills)])
        month.refuses_redeeming(reverts.ModuleNotAllowed, "shop", 1, module=bills, status=ModuleStatus.PAUSED)
