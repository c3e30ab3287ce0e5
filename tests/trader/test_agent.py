"""What becomes of orders when things are not as they should be, round by round."""

import pytest

from tests.trader.park import SELLER, Desk
from wattbook import pt
from wattbook.contracts.structs import BookState, SizeClass
from wattbook.deployment.local import known_account
from wattbook.trader.journal import JournalError
from wattbook.trader.orders import sign_for_relayer, signed_commit
from wattbook.trader.records import Fate, Purpose, State

BOND = pt("0.25")


@pytest.fixture
def trader(desk):
    return desk.agent()


@pytest.fixture
def free(park):
    return park.money_of(park.buyer).free


def test_a_book_that_nobody_opened(park, trader):
    """It is opened by who wants to trade in it, an hour ahead of its commitments."""
    book, phases = park.next_book()
    trader.place(book, 1_000, 400)
    assert trader.rounds() == ["opening"]
    assert park.market.auction.book_of(book.key).state is BookState.OPEN
    park.go_to(phases.opens_at)
    assert trader.rounds() == ["committing", "committed"]


def test_several_orders_and_a_decoy(park, trader, free):
    """Each has a number of its own; the decoy costs its fee."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    for wh, price in ((1_000, 400), (2_000, 300), (0, 0)):
        trader.place(book, wh, price)
    trader.rounds()
    assert [entry.number for entry in trader.journal.entries()] == [0, 1, 2]
    assert park.money_of(park.buyer).free == free - 3 * BOND
    park.go_to(phases.reveals_at)
    trader.rounds()
    assert trader.states() == [State.REVEALED, State.REVEALED, State.SETTLED]
    park.go_to(phases.slot_start)
    patient = Desk(park, trader.journal.path.parent).agent(keeps=True)
    patient.rounds(6)
    assert patient.states() == [State.VOID, State.VOID, State.SETTLED]
    assert park.money_of(park.buyer).free == free - pt("0.05")


def test_a_bond_that_cannot_be_locked(park, trader, free):
    """The order waits for money; one that needs less goes first, and no number is left out."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    park.market.vault.withdraw(free - pt("10"), sender=park.buyer)
    trader.place(book, 1_000, 400, size=SizeClass.LARGE)
    trader.place(book, 1_000, 400)
    trader.rounds()
    assert trader.states() == [State.SEALED, State.COMMITTED]
    refusals = [said.text for said in trader.said if said.what == "refused"]
    assert all("InsufficientFree" in text and "asked=20050000" in text for text in refusals)
    assert Fate.FAILED not in trader.rounds(), "what would fail is not sent"
    park.top_up(park.buyer, free - pt("10"))
    trader.rounds()
    assert [(entry.state, entry.number) for entry in trader.journal.entries()] == [
        (State.COMMITTED, 1),
        (State.COMMITTED, 0),
    ]
    park.go_to(phases.reveals_at)
    trader.rounds()
    assert trader.states() == [State.REVEALED] * 2


def test_money_that_comes_at_the_last_moment(park, trader, free):
    """Short of money it is warned of, refused, and revealed as soon as there is enough."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    trader.place(book, 10_000, 450)
    trader.rounds()
    park.market.vault.withdraw(free - pt("1"), sender=park.buyer)
    assert trader.rounds() == ["warning"]
    assert "will need 4.277 PT, 0.75 PT are free" in trader.said[-1].text
    park.go_to(phases.reveals_at)
    assert trader.rounds() == ["refused"]
    assert "MONEY_SHORT" in trader.said[-1].text
    park.go_to(phases.clears_at - 60)
    assert trader.rounds() == ["warning"]
    park.top_up(park.buyer, free - pt("1"))
    assert trader.rounds() == ["revealing", "revealed"]


def test_energy_that_is_sold_elsewhere(park, tmp_path):
    """A seller is told when his device has less left than he offers."""
    seller = Desk(park, tmp_path, SELLER).agent()
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    seller.place(book, 2_000, 300, sell=True, device=park.device)
    seller.rounds()
    park.market.energy_units.issue(park.device, book.slot_start, park.buyer.address, 1_000, sender=park.seller)
    assert seller.rounds() == ["warning"]
    assert f"device {park.device} has 1500 Wh left" in seller.said[-1].text
    park.go_to(phases.reveals_at)
    assert seller.rounds() == ["refused"]
    assert "UNITS_SHORT" in seller.said[-1].text


def missed(park, trader):
    """An order that was committed and not revealed."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    trader.place(book, 1_000, 400)
    trader.rounds()
    park.go_to(phases.clears_at)
    assert trader.rounds() == ["missed"]
    return book, phases


def test_missed_and_slashed(park, trader, free):
    book, phases = missed(park, trader)
    slashed_at = phases.clears_at + 24 * 3600
    assert trader.said[-1].text == (
        f"was not revealed before {phases.clears_at} and takes no part; its bond of 0.25 PT can be slashed from"
        f" {slashed_at} on, unless its book is excused or void"
    )
    park.market.clearing.clear(book.key, [0, 0], [], sender=park.seller)
    park.go_to(slashed_at)
    park.market.auction.slash(book.key, [(park.buyer.address, 0)], sender=park.seller)
    assert trader.rounds() == ["slashed"]
    assert trader.states() == [State.SLASHED]
    assert park.money_of(park.buyer).free == free - BOND


def test_missed_and_excused(park, trader, free):
    """The bond is called back as soon as that is possible."""
    book, _ = missed(park, trader)
    park.market.auction.excuse(book.key, "a storm", sender=known_account("operator"))
    assert trader.rounds() == ["refunding", "refunded"]
    assert trader.states() == [State.REFUNDED]
    assert park.money_of(park.buyer).free == free


def test_missed_in_a_book_that_comes_to_nothing(park, desk, trader, free):
    _, phases = missed(park, trader)
    park.go_to(phases.slot_start)
    assert trader.rounds() == []
    assert desk.agent(keeps=True).rounds(5) == ["keeping", "refunding", "refunded"]
    assert park.money_of(park.buyer).free == free


def test_too_late_to_commit(park, trader, free):
    book, phases = park.next_book()
    park.open(book)
    trader.place(book, 1_000, 400)
    park.go_to(phases.reveals_at)
    assert trader.rounds() == ["expired"]
    assert trader.states() == [State.EXPIRED]
    assert park.money_of(park.buyer).free == free


def test_relayed(park, trader, free):
    """The signature goes by other ways; the trader sees the order on the chain and reveals it."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    entry = trader.place(book, 1_000, 400)
    signed = sign_for_relayer(park.market, trader.journal, entry, park.buyer)
    commit = signed_commit(signed, park.buyer.address)
    assert trader.rounds() == ["waiting"]
    assert park.committed(book, park.buyer) == []
    park.market.auction.commit_for(book.key, [commit], sender=park.seller)
    assert trader.rounds() == ["committed"]
    park.go_to(phases.reveals_at)
    assert trader.rounds() == ["revealing", "revealed"]
    # An own order finds the next number.
    assert len(park.committed(book, park.buyer)) == 1


def test_a_nonce_that_went_to_another_transaction(park, trader):
    """A commitment that can never be mined is signed anew, under the same number."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    park.automine(False)
    entry = trader.place(book, 1_000, 400)
    trader.rounds(1)
    [sent] = trader.wallet.under_way()
    price = 100 * park.chain.web3.eth.gas_price
    other = {"to": park.buyer.address, "value": 0, "gas": 21_000, "gasPrice": price, "nonce": sent.nonce}
    signed = park.buyer.sign_transaction({**other, "chainId": park.chain.chain_id})
    park.chain.web3.eth.send_raw_transaction(signed.raw_transaction)
    park.mine()
    park.automine(True)
    assert trader.rounds() == ["dead", "committing", "committed"]
    fates = [fate for _, fate in trader.journal.transactions_of(entry, Purpose.COMMIT)]
    assert fates == [Fate.DEAD, Fate.MINED]
    assert len(park.committed(book, park.buyer)) == 1


def test_a_lower_nonce_that_was_lost(park, trader):
    """What waits behind a transaction that the node forgot is signed anew."""
    book, phases = park.next_book()
    park.open(book)
    park.go_to(phases.opens_at)
    park.automine(False)
    other = {"to": park.buyer.address, "value": 0, "gas": 21_000, "gasPrice": park.chain.web3.eth.gas_price}
    nonce = park.chain.nonce_of(park.buyer)
    signed = park.buyer.sign_transaction({**other, "nonce": nonce, "chainId": park.chain.chain_id})
    lost = park.chain.web3.eth.send_raw_transaction(signed.raw_transaction)
    trader.place(book, 1_000, 400)
    trader.rounds(1)
    assert [sent.nonce for sent in trader.wallet.under_way()] == [nonce + 1]
    park.ask("anvil_dropTransaction", lost.to_0x_hex())
    park.automine(True)
    trader.rounds()
    park.mine()
    trader.rounds()
    assert trader.states() == [State.COMMITTED]
    assert len(park.committed(book, park.buyer)) == 1


def test_two_copies_of_a_journal(park, desk, tmp_path):
    """A restored copy beside the original finds the order on the chain by its seal."""
    trader = desk.agent()
    book, phases = park.next_book()
    park.open(book)
    trader.place(book, 1_000, 400)
    (tmp_path / "copy").mkdir()
    copied = Desk(park, tmp_path / "copy")
    copied.journal_path.write_bytes(desk.journal_path.read_bytes())
    copied.journal_path.chmod(0o600)
    park.go_to(phases.opens_at)
    assert trader.rounds() == ["committing", "committed"]
    assert copied.agent().rounds() == ["committed"]
    assert len(park.committed(book, park.buyer)) == 1


def test_a_journal_of_another_account(park, desk, trader, tmp_path):
    trader.place(park.next_book()[0], 1_000, 400)
    other = Desk(park, tmp_path, SELLER)
    with pytest.raises(JournalError, match=f"is of {park.buyer.address} on chain 31337"):
        other.agent()
