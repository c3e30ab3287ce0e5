"""Traders clear and settle a book themselves when nobody else does, by every rule, with and without the pool."""

import pytest

from tests.trader.park import SELLER, Desk
from wattbook import pt
from wattbook.contracts.structs import BookState, Purse, Stage
from wattbook.deployment.local import known_account
from wattbook.trader import keeper
from wattbook.trader.records import State

THIRD = SELLER + 1


@pytest.fixture(scope="module")
def pool(park):
    """What the pool takes in, and money for it."""
    market, payer, money = park.market, park.seller, pt("100")
    market.power_token.mint(payer.address, money, b"\7" * 32, sender=known_account("issuer"))
    market.power_token.approve(market.vault.address, money, sender=payer)
    market.vault.fund_purse(Purse.POOL, money, sender=payer)
    park.decide("Pool", "setLimits", 1, 0, (5_000, 0))


@pytest.fixture
def traders(park, desk, tmp_path):
    """The buyer, who keeps the book, and the seller."""
    return desk.agent(keeps=True), _desk(park, tmp_path, SELLER).agent()


def _desk(park, folder, account):
    folder = folder / str(account)
    folder.mkdir()
    return Desk(park, folder, account)


@pytest.mark.parametrize("with_pool", [False, True], ids=["alone", "pool"])
@pytest.mark.parametrize("rule", ["Uniform", "TradeReduction", "Muda", "Ranked"])
def test_every_rule(park, pool, traders, rule, with_pool):
    book, phases = park.next_book()
    park.terms(book, rule, pool=with_pool)
    park.open(book)
    park.go_to(phases.opens_at)
    buyer, seller = traders
    free = park.money_of(park.buyer).free
    for wh, price in ((1_000, 500), (700, 480), (400, 460), (300, 120)):
        buyer.place(book, wh, price)
    for wh, price in ((600, 280), (500, 290), (700, 295), (600, 550)):
        seller.place(book, wh, price, sell=True, device=park.device)
    for time in (phases.opens_at + 60, phases.reveals_at):
        park.go_to(time)
        buyer.rounds()
        seller.rounds()
    park.go_to(phases.clears_at + 60)
    assert buyer.rounds() == [], "others have a share of the time"
    park.go_to((3 * phases.clears_at + phases.slot_start) // 4)
    for _ in range(6):
        buyer.rounds(2)
        park.mine()
    seller.rounds()
    auction = park.market.auction
    assert auction.book_of(book.key).state is BookState.SETTLED
    assert park.market.clearing.stage_of(book.key) is Stage.FINAL
    assert buyer.states() == seller.states() == [State.SETTLED] * 4
    bought = buyer.journal.entries()
    positions = auction.positions_of(book.key, park.buyer.address)
    assert [entry.filled_wh for entry in bought] == [position.wh for position in positions]
    assert rule == "Muda" or sum(entry.filled_wh for entry in bought) > 0
    # What came back is all but what was bought and the commission on it, as the journal has it.
    assert park.money_of(park.buyer).free == free - sum(entry.amount + entry.fee for entry in bought)
    told = [said.text for said in buyer.said if said.what == "keeping"]
    assert ("its book is due: clear its pool" in told) is (with_pool and rule != "Ranked")


def test_a_book_in_parts(park, desk, tmp_path, monkeypatch):
    """Each part is a transaction; what others or an earlier life have done is not done again."""
    monkeypatch.setattr(keeper, "CLEARED_AT_ONCE", 32)
    monkeypatch.setattr(keeper, "SETTLED_AT_ONCE", 32)
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    park.join(known_account(THIRD))
    people = [desk.agent(), *(_desk(park, tmp_path, account).agent() for account in (SELLER, THIRD))]
    for place in range(16):
        people[0].place(book, 100, 400 + place)
        people[1].place(book, 100, 300 + place, sell=True, device=park.device)
        people[2].place(book, 100, 390 + place)
    for time in (phases.opens_at + 60, phases.reveals_at):
        park.go_to(time)
        for person in people:
            person.rounds(2)
    park.go_to((3 * phases.clears_at + phases.slot_start) // 4)
    said = []
    while not said or said[-1] == "keeping":
        # Each time by a trader who begins anew. He has the last orders; those before them are settled with his.
        said += Desk(park, tmp_path / str(THIRD), THIRD).agent(keeps=True).rounds(1)[:1]
    assert said[:-1] == ["keeping"] * 4
    assert park.market.auction.book_of(book.key).state is BookState.SETTLED
    for person in people:
        person.rounds(1)
        assert person.states() == [State.SETTLED] * 16
    bought = [entry.filled_wh for person in (people[0], people[2]) for entry in person.journal.entries()]
    assert sum(bought) == sum(entry.filled_wh for entry in people[1].journal.entries()) == 1_600
