"""The bonus of who registers a device: a deposit, until something was metered and traded."""

from datetime import UTC, datetime
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from tests.assertions import FAR
from tests.points.earning import SENDER, Earning
from wattbook.contracts import reverts
from wattbook.contracts.structs import BonusClaim, DeviceStatus
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign_action
from wattbook.trial.blocks import message

DEPOSIT = 10_000_000


@pytest.fixture
def bonus(earning: Earning) -> Any:
    earning.have(["plant", "shop"])
    return earning.market.registration_bonus


def plant(earning: Earning, name: str = "plant") -> int:
    return earning.parties[name].plant


def claim(earning: Earning, name: str = "plant", device: int | None = None) -> Any:
    return earning.as_account(name, earning.market.registration_bonus, "claim", device or plant(earning, name))


def months(earning: Earning) -> list[int]:
    """This one of the chain's and two before."""
    at = datetime.fromtimestamp(earning.park.blocks.now, UTC)
    this = (at.year - 1970) * 12 + at.month - 1
    return [this - 2, this - 1, this]


def vest(earning: Earning, *devices: int) -> tuple[Any, ...]:
    sent = message(earning.market.registration_bonus, "vest", SENDER, list(devices), months(earning))
    [mined] = earning.park.blocks.mine([sent])
    return mined.logs


def trade(earning: Earning, wh: int = 10_000) -> None:
    earning.trade_and_meter({"plant": (wh, 0), "shop": (0, wh)}, [("plant", "shop", wh)])
    earning.reward(["plant", "shop"])


def refused_to(earning: Earning, name: str, function: str, error: type, *arguments: object) -> tuple:
    with pytest.raises(error) as caught:
        earning.call(earning.market.registration_bonus, function, *arguments, sender=earning.account(name))
    return caught.value.arguments


class TestClaim:
    def test_takes_a_deposit(self, earning: Earning, bonus: Any):
        free = earning.free("plant")
        mined = claim(earning)
        owner, account = earning.owner("plant"), earning.account("plant")
        assert earning.free("plant") == free - DEPOSIT
        [claimed] = [log for log in mined.logs if log.name == "BonusClaimed"]
        assert claimed.args == (plant(earning), account.lower(), owner)
        assert bonus.claim_of(plant(earning)) == BonusClaim(account, earning.member("plant"), owner, False)
        assert bonus.device_of(owner) == plant(earning)

    def test_signed(self, earning: Earning, bonus: Any):
        device, key = plant(earning), earning.park.keys[earning.account("plant")]
        earning.as_account(
            "shop",
            bonus,
            "claimSigned",
            device,
            sign_action(bonus, "ClaimBonus", key, {"device": device}, deadline=FAR),
        )
        assert bonus.claim_of(device).account == earning.account("plant")
        give_up = sign_action(bonus, "GiveUpBonus", key, {"device": device}, deadline=FAR)
        earning.as_account("shop", bonus, "giveUpSigned", device, give_up)
        assert bonus.claim_of(device).member == 0

    def test_for_anothers_device(self, earning: Earning, bonus: Any):
        device = plant(earning)
        assert refused_to(earning, "shop", "claim", reverts.NotDeviceOwner, device) == (device, earning.account("shop"))

    def test_for_a_device_that_is_not_certified(self, earning: Earning, bonus: Any):
        device = plant(earning)
        operator = known_account("operator").address
        earning.park.blocks.mine([message(earning.market.meters, "suspend", operator, device, "a broken seal")])
        refusal = refused_to(earning, "plant", "claim", reverts.UnexpectedDeviceStatus, device)
        assert refusal == (device, DeviceStatus.SUSPENDED)

    def test_twice_for_a_device(self, earning: Earning, bonus: Any):
        """Not even who got it from the one who claimed."""
        claim(earning)
        device = plant(earning)
        earning.as_account("plant", earning.market.meters, "offer", device, earning.account("shop"))
        earning.as_account("shop", earning.market.meters, "accept", device)
        assert refused_to(earning, "shop", "claim", reverts.DeviceClaimed, device) == (device,)

    def test_twice_by_a_member(self, earning: Earning, bonus: Any):
        claim(earning)
        second = earning.another_device("plant", 0)
        member = earning.member("plant")
        assert refused_to(earning, "plant", "claim", reverts.BonusTaken, second) == (member, plant(earning))

    def test_twice_by_an_owner_under_several_names(self, earning: Earning, bonus: Any):
        earning.have(["alias"])
        earning.one_owner("plant", "alias")
        claim(earning)
        refusal = refused_to(earning, "alias", "claim", reverts.BonusTaken, plant(earning, "alias"))
        assert refusal == (earning.owner("plant"), plant(earning))

    def test_without_the_deposit(self, earning: Earning, bonus: Any):
        free = earning.free("plant")
        earning.as_account("plant", earning.market.vault, "withdraw", free - DEPOSIT + 1)
        refusal = refused_to(earning, "plant", "claim", reverts.InsufficientFree, plant(earning))
        assert refusal == (earning.account("plant"), DEPOSIT - 1, DEPOSIT)


class TestVest:
    def test_after_metering_and_trading(self, earning: Earning, bonus: Any):
        free = earning.free("plant")
        claim(earning)
        trade(earning)
        after = earning.free("plant")
        logs = vest(earning, plant(earning))
        account = earning.account("plant").lower()
        assert [log.args for log in logs if log.name == "BonusVested"] == [(plant(earning), account)]
        epoch = earning.points.current_epoch()
        assert [log.args for log in logs if log.name == "PointsAsked"] == [(epoch, account, 50)]
        assert earning.free("plant") == after + DEPOSIT > free
        earning.next_epoch()
        earning.as_account("shop", bonus, "grant", epoch, 100)
        assert earning.balance("plant") == 50

    def test_not_before_ten_kwh(self, earning: Earning, bonus: Any):
        claim(earning)
        trade(earning, 9_999)
        logs = vest(earning, plant(earning))
        assert [(log.name, log.args) for log in logs] == [("BonusWaits", (plant(earning), 9_999, True))]

    def test_not_before_a_trade_with_somebody_else(self, earning: Earning, bonus: Any):
        """Neither one with oneself nor none at all."""
        earning.have(["alias"])
        earning.one_owner("plant", "alias")
        claim(earning)
        earning.trade_and_meter({"plant": (10_000, 0), "alias": (0, 10_000)}, [("plant", "alias", 10_000)])
        earning.reward(["plant", "alias"])
        logs = vest(earning, plant(earning))
        assert [(log.name, log.args) for log in logs] == [("BonusWaits", (plant(earning), 10_000, False))]

    def test_once(self, earning: Earning, bonus: Any):
        claim(earning)
        trade(earning)
        vest(earning, plant(earning))
        assert vest(earning, plant(earning)) == ()
        refusal = refused_to(earning, "plant", "giveUp", reverts.BonusNotClaimed, plant(earning))
        assert refusal == (plant(earning),)
        second = earning.another_device("plant", 0)
        assert refused_to(earning, "plant", "claim", reverts.BonusTaken, second) == (
            earning.member("plant"),
            plant(earning),
        )

    def test_one_that_waits_does_not_stop_the_others(self, earning: Earning, bonus: Any):
        for name in ("plant", "shop"):
            claim(earning, name)
        trade(earning)
        logs = vest(earning, plant(earning, "shop"), 4_000_000, plant(earning))
        assert [log.name for log in logs if log.name.startswith("Bonus")] == ["BonusWaits", "BonusVested"]

    def test_not_for_a_device_that_is_anothers_by_now(self, earning: Earning, bonus: Any):
        claim(earning)
        trade(earning)
        earning.as_account("plant", earning.market.meters, "offer", plant(earning), earning.account("shop"))
        earning.as_account("shop", earning.market.meters, "accept", plant(earning))
        assert vest(earning, plant(earning)) == ()

    def test_not_for_who_was_found_to_be_another(self, earning: Earning, bonus: Any):
        """Two who claimed turn out to be one person: none of them gets it as the other."""
        for name in ("plant", "shop"):
            claim(earning, name)
        trade(earning)
        earning.one_owner("shop", "plant")
        logs = vest(earning, plant(earning))
        assert [log.args for log in logs if log.name == "BonusWaits"] == [(plant(earning), 10_000, False)]

    def test_months_twice(self, earning: Earning, bonus: Any):
        refusal = refused_to(earning, "plant", "vest", reverts.MonthsOutOfOrder, [], [600, 601, 601])
        assert refusal == (601,)


class TestGiveUp:
    def test_by_who_claimed(self, earning: Earning, bonus: Any):
        free = earning.free("plant")
        claim(earning)
        mined = earning.as_account("plant", bonus, "giveUp", plant(earning))
        account = earning.account("plant").lower()
        assert [log.args for log in mined.logs if log.name == "BonusGivenUp"] == [(plant(earning), account)]
        assert earning.free("plant") == free
        claim(earning)

    def test_by_somebody_else(self, earning: Earning, bonus: Any):
        claim(earning)
        device = plant(earning)
        refusal = refused_to(earning, "shop", "giveUp", reverts.NotClaimant, device)
        assert refusal == (device, earning.account("shop"))

    def test_of_a_device_that_is_retired(self, earning: Earning, bonus: Any):
        free = earning.free("plant")
        claim(earning)
        earning.as_account("plant", earning.market.meters, "retire", plant(earning))
        earning.as_account("shop", bonus, "giveUp", plant(earning))
        assert earning.free("plant") == free

    def test_of_none(self, earning: Earning, bonus: Any):
        device = plant(earning)
        assert refused_to(earning, "plant", "giveUp", reverts.BonusNotClaimed, device) == (device,)

    def test_under_a_key_that_took_the_place_of_a_lost_one(self, earning: Earning, bonus: Any):
        claim(earning)
        old, new = earning.account("plant"), to_checksum_address(f"0x{0xBADE0000 + plant(earning):040x}")
        earning.decide(earning.market.membership, "decideRecovery", old, new)
        free = earning.market.vault.account_of(new).free
        earning.park.blocks.mine([message(bonus, "giveUp", new, plant(earning))])
        assert earning.market.vault.account_of(new).free == free + DEPOSIT
