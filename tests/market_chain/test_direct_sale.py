"""Sales between two members who both signed."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.devices import next_slot
from tests.market_chain.floor import MONEY, PLAIN, POOLED, ZONES
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, DirectPosition, Sale, Status
from wattbook.eip712 import sign
from wattbook.market.words import Book


@pytest.fixture
def direct(floor):
    return floor.market.direct_sale


@pytest.fixture
def sale(floor):
    now = floor.chain.now
    return Sale(
        seller=floor.carol.address,
        buyer=floor.alice.address,
        carrier=Carrier.ELECTRICITY,
        zone=PLAIN,
        device=floor.devices["carol", PLAIN],
        slot_start=next_slot(now, 4),
        wh=2_000,
        price=450,
        salt=7,
        deadline=now + 1_000,
    )


def said(sale):
    return {{"slot_start": "slotStart"}.get(name, name): value for name, value in sale._asdict().items()}


@pytest.fixture
def sell(floor, direct):
    def run(sale, *, seller=None, buyer=None):
        values = {name: int(v) if isinstance(v, int) else v for name, v in said(sale).items()}
        signatures = [
            sign(direct, "Sale", signer, values)
            for signer in (seller or floor.account(sale.seller), buyer or floor.account(sale.buyer))
        ]
        return direct.sell(sale, *signatures, sender=floor.stranger)

    return run


def key_of(sale):
    return Book(sale.carrier, ZONES[sale.zone], sale.zone, sale.slot_start).key


def id_of(direct, sale):
    kinds = ["bytes32", "address", "address", *(["uint256"] * 8)]
    return keccak(encode(kinds, [direct.sale_typehash(), *sale]))


def test_locks_what_both_owe(floor, direct, sale, sell):
    receipt = sell(sale)
    event = receipt.event("Sold").args
    kinds = ["uint256", "address", "bytes32", "bytes32"]
    values = [floor.chain.chain_id, direct.address, key_of(sale), id_of(direct, sale)]
    assert event["tradeId"] == keccak(encode(kinds, values))
    assert (event["seller"], event["buyer"], event["margin"]) == (sale.seller, sale.buyer, 240_000)
    assert tuple(event["sale"].values()) == tuple(sale)
    assert (MONEY - floor.free("carol"), MONEY - floor.free("alice")) == (240_000, 900_000)
    assert floor.locked(direct) == 1_140_000
    assert floor.market.energy_units.drawn_of(sale.device, sale.slot_start) == 2_000
    assert direct.position_of(key_of(sale), sale.seller) == DirectPosition(0, 2_000, 0, 900_000)
    assert direct.position_of(key_of(sale), sale.buyer) == DirectPosition(2_000, 0, 900_000, 0)


def test_the_margin_covers_what_the_pool_would_ask(floor, sale, sell):
    sell(sale._replace(zone=POOLED, device=floor.devices["carol", POOLED]))
    assert MONEY - floor.free("carol") == 2_000 * (660 - 450)


def test_positions_add_up(direct, sale, sell):
    sell(sale)
    sell(sale._replace(wh=100, price=10))
    assert direct.position_of(key_of(sale), sale.seller) == DirectPosition(0, 2_100, 0, 901_000)


def test_once_only_unless_the_salt_is_another(direct, sale, sell):
    sell(sale)
    with refused(reverts.SaleKnown, id=id_of(direct, sale)):
        sell(sale)
    sell(sale._replace(salt=8))


@pytest.mark.parametrize("party", ["seller", "buyer"])
def test_signed_by_another(floor, direct, sale, sell, party):
    with pytest.raises(reverts.InvalidSignature):
        sell(sale, **{party: floor.bob})


@pytest.mark.parametrize("change", [{"price": 449}, {"wh": 2_001}, {"salt": 8}, {"buyer": "bob"}, {"device": 1}])
def test_something_else_than_was_signed(floor, direct, sale, change):
    values = said(sale)
    signatures = [sign(direct, "Sale", signer, values) for signer in (floor.carol, floor.alice)]
    change = {name: floor.bob.address if value == "bob" else value for name, value in change.items()}
    with pytest.raises(reverts.InvalidSignature):
        direct.sell(sale._replace(**change), *signatures, sender=floor.stranger)


@pytest.mark.parametrize(("late", "allowed"), [(0, True), (1, False)])
def test_until_its_deadline(floor, sale, sell, late, allowed):
    floor.at(sale.deadline + late)
    if allowed:
        sell(sale)
    else:
        with refused(reverts.SignatureExpired, deadline=sale.deadline):
            sell(sale)


def test_to_oneself(sale, sell):
    with refused(reverts.SellerIsBuyer, account=sale.seller):
        sell(sale._replace(buyer=sale.seller))


@pytest.mark.parametrize(("wh", "allowed"), [(99, False), (100, True)])
def test_the_least(sale, sell, wh, allowed):
    if allowed:
        sell(sale._replace(wh=wh))
    else:
        with refused(reverts.SaleTooSmall, wh=wh):
            sell(sale._replace(wh=wh))


def test_more_than_the_device_delivers(sale, sell):
    sell(sale._replace(wh=9_000))
    with refused(reverts.UnitsUnavailable, device=sale.device, wh=1_001):
        sell(sale._replace(wh=1_001))


def test_another_s_device(floor, sale, sell):
    device = floor.devices["bob", PLAIN]
    with refused(reverts.UnitsUnavailable, device=device, wh=2_000):
        sell(sale._replace(device=device))


def test_of_a_slot_that_has_begun(floor, sale, sell):
    late = sale._replace(deadline=2**40)
    floor.at(sale.slot_start)
    with refused(reverts.UnitsUnavailable, device=sale.device, wh=2_000):
        sell(late)


def test_money_that_is_short(floor, sale, sell):
    floor.leave("alice", 899_999)
    with refused(reverts.InsufficientFree, account=sale.buyer, free=899_999, asked=900_000):
        sell(sale)
    floor.leave("carol", 239_999)
    with refused(reverts.InsufficientFree, account=sale.seller, free=239_999, asked=240_000):
        sell(sale)


@pytest.mark.parametrize("name", ["carol", "alice"])
def test_of_a_suspended_member(floor, sale, sell, name):
    floor.suspend(name)
    with refused(reverts.NotActive, account=floor.accounts[name].address, status=Status.SUSPENDED):
        sell(sale)


def test_without_having_chosen_the_module(floor, direct, sale, sell):
    floor.market.vault.choose_modules(3, sender=floor.alice)
    with refused(reverts.ModuleNotChosen, account=sale.buyer, module=direct.address):
        sell(sale)


def test_a_thirty_third_in_a_slot(floor, direct, sale, sell):
    assert direct.max_sales() == 32
    for salt in range(32):
        sell(sale._replace(wh=100, salt=salt))
    with refused(reverts.TooManySales, book=key_of(sale), account=sale.seller):
        sell(sale._replace(wh=100, salt=32))
    assert direct.position_of(key_of(sale), sale.seller).sold == 3_200
