"""A valid book with one thing wrong, whatever it is: each is refused by name, and the book goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.assertions import refused
from tests.market_chain.floor import Floor, Life, changed
from wattbook.contracts import reverts
from wattbook.contracts.structs import BookState, Carrier, ModuleStatus, Refusal, SizeClass, Status
from wattbook.deployment.local import known_account
from wattbook.market import proposals, ranked, trade_reduction
from wattbook.market.words import Book, Quote, seal

OTHER_SALT = b"\7" * 32
DAY = 24 * 3600

Step = Callable[[Life], object]


@dataclass(frozen=True)
class Mutation:
    """One wrong step in a book that has come to `phase`, and what it must be refused with."""

    name: str
    phase: str
    step: Step
    error: type[reverts.ContractRevert]
    arguments: Callable[[Life], dict[str, Any]] = field(default=lambda life: {})
    rule: str = "Uniform"

    def __str__(self) -> str:
        return self.name


# ------------------------------------------------------------------------------------------------- what is refused


def not_taken(refusal: Refusal, number: int = 0, name: str = "erin") -> dict[str, Any]:
    def arguments(life: Life) -> dict[str, Any]:
        return {"trader": life.floor.accounts[name].address, "number": number, "refusal": refusal}

    return {"error": reverts.OrderNotTaken, "arguments": arguments}


def nothing(refusal: Refusal) -> dict[str, Any]:
    return {"error": reverts.NothingTaken, "arguments": lambda life: {"refusal": refusal}}


def wrong_words(group: int = 0) -> dict[str, Any]:
    return {"error": reverts.WrongWords, "arguments": lambda life: {"book": life.key, "group": group}}


def wrong_state(state: BookState) -> dict[str, Any]:
    return {"error": reverts.WrongState, "arguments": lambda life: {"book": life.key, "state": state}}


def outside(start: str, end: str | None = None, rest: int = 0) -> dict[str, Any]:
    def arguments(life: Life) -> dict[str, Any]:
        until = getattr(life, end) if end else 2**40 - 1
        return {"book": life.key, "from_": getattr(life, start) + rest, "until": until}

    return {"error": reverts.OutsidePhase, "arguments": arguments}


def of_book(error: type[reverts.ContractRevert], **more: Any) -> dict[str, Any]:
    return {"error": error, "arguments": lambda life: {"book": life.key, **more}}


def not_withheld(name: str, number: int = 0) -> dict[str, Any]:
    def arguments(life: Life) -> dict[str, Any]:
        return {"trader": life.floor.accounts[name].address, "number": number}

    return {"error": reverts.NotWithheld, "arguments": arguments}


def wrong_proposal() -> dict[str, Any]:
    return {"error": reverts.WrongProposal}


# ------------------------------------------------------------------------------------------------------ wrong steps


def erin_commits(number: int = 0) -> Step:
    return lambda life: life.commit(life.floor.buy("erin", 1000, 500, number))


def after(before: Callable[[Life], object], step: Step) -> Step:
    """What happens first, and then the step that is refused for it."""

    def both(life: Life) -> object:
        before(life)
        return step(life)

    return both


def choose_nothing(life: Life) -> None:
    life.floor.market.vault.choose_modules(0, sender=life.floor.erin)


def stranger_commits(life: Life) -> object:
    return life.auction.commit(life.key, SizeClass.SMALL, 0, OTHER_SALT, sender=life.floor.stranger)


def reveals(name: str, **changes: Any) -> Step:
    """Reveals another order than was sealed."""

    def step(life: Life) -> object:
        [sealed] = [q for q in life.quotes if q.trader == life.floor.accounts[name].address]
        return life.reveal_openings((changed(sealed, **changes).word(), life.salt(sealed)))

    return step


def reveals_with_another_salt(life: Life) -> object:
    return life.reveal_openings((life.quotes[0].word(), OTHER_SALT))


def reveals_a_copy(life: Life) -> object:
    """Erin committed to alice's seal, as everybody can who sees it, and opens it as alice does."""
    alices = life.quotes[0]
    copy = changed(alices, trader=life.floor.erin.address)
    return life.reveal_openings((copy.word(), life.salt(alices)))


def another_s(life: Life) -> bytes:
    return life.sealed(life.quotes[0])


def of_another_book(life: Life) -> bytes:
    order = life.floor.buy("erin", 1000, 500)
    book = life.book
    another = Book(book.carrier, book.zone, book.zone_number, book.slot_start + 900)
    return seal(life.floor.chain.chain_id, life.auction.address, another, order, life.salt(order))


def of_another_carrier(life: Life) -> bytes:
    order = life.floor.buy("erin", 1000, 500)
    another = Book(Carrier.GAS, life.book.zone, life.book.zone_number, life.book.slot_start)
    return seal(life.floor.chain.chain_id, life.auction.address, another, order, life.salt(order))


def of_another_auction(life: Life) -> bytes:
    order = life.floor.buy("erin", 1000, 500)
    return seal(life.floor.chain.chain_id, life.floor.stranger.address, life.book, order, life.salt(order))


def of_another_chain(life: Life) -> bytes:
    order = life.floor.buy("erin", 1000, 500)
    return seal(life.floor.chain.chain_id + 1, life.auction.address, life.book, order, life.salt(order))


def erin_sealed(make: Callable[[Life], bytes]) -> Step:
    """Erin commits to this seal while she can, and opens it as her own order."""

    def step(life: Life) -> object:
        life.commit_seal(life.floor.buy("erin", 1000, 500), make(life))
        order = life.quotes[-1]
        if make is another_s:
            life.floor.not_before(life.reveals_at)
            return reveals_a_copy(life)
        return life.reveal(order)

    return step


def erin_orders(wh: int, *, sell: bool = False, size: SizeClass = SizeClass.SMALL, device: int = 0) -> Step:
    """Erin commits to an order that should not be, sealed rightly, and reveals it."""

    def step(life: Life) -> object:
        order = life.floor.sell("erin", wh, 300) if sell else life.floor.buy("erin", wh, 500)
        order = changed(order, device=device or order.device)
        life.commit_seal(order, life.auction.seal_of(life.key, order.word(), life.salt(order)), size)
        return life.reveal(order)

    return step


def erin_is_poor(life: Life) -> object:
    """She can pay the bond, and not what she bids."""
    life.commit(life.floor.buy("erin", 1000, 500))
    life.floor.leave("erin", 0)
    return life.reveal(life.quotes[-1])


def reveals_again(life: Life) -> object:
    life.reveal(life.quotes[0])
    return life.reveal(life.quotes[0])


def clears_with(words: Callable[[list[int]], list[int]]) -> Step:
    return lambda life: life.clear([450, 450], words(life.words))


def settles_with(words: Callable[[list[int]], list[int]]) -> Step:
    return lambda life: life.settle(words(life.words))


def edited(words: list[int]) -> list[int]:
    return [words[0] + (1 << 200), *words[1:]]


def added(words: list[int]) -> list[int]:
    return [*words, words[0] + (4 << 217)]


def reordered(words: list[int]) -> list[int]:
    return [words[1], words[0], *words[2:]]


def doubled(words: list[int]) -> list[int]:
    return [words[0], *words]


def dropped(words: list[int]) -> list[int]:
    return [words[0], *words[2:]]


def of_a_next_group(words: list[int]) -> list[int]:
    return [*words, words[0] + (32 << 217)]


def proposes_reduced(place: int, by: int) -> Step:
    """One of L, U, bm, am, bn, an off by something."""

    def step(life: Life) -> object:
        right = proposals.for_trade_reduction(trade_reduction.clear(life.orders))
        right[place] += by
        return life.clear(right)

    return step


def ranks(change: Callable[[list[int]], list[int]]) -> Step:
    def step(life: Life) -> object:
        return life.clear(change(proposals.for_ranked(_ranked(life))))

    return step


def settles_ranked(change: Callable[[list[int]], list[int]]) -> Step:
    def step(life: Life) -> object:
        outcome = _ranked(life)
        life.clear(proposals.for_ranked(outcome))
        return life.settle(evidence=change(proposals.ranked_trades(outcome)))

    return step


def _ranked(life: Life) -> ranked.Outcome:
    return ranked.clear(life.orders, ranked.Rank.VALUE, False, 5000, ranked.Fee(20, 0, 60), None, [])


def slashes(name: str, *, early: int = 0) -> Step:
    def step(life: Life) -> object:
        life.floor.at(life.clears_at + DAY - early)
        return life.slash(life.floor.buy(name, 1, 1))

    return step


def refunds(name: str) -> Step:
    return lambda life: life.refund(life.floor.buy(name, 1, 1))


def pause_market(life: Life) -> None:
    life.floor.market.vault.pause_module(life.auction.address, sender=known_account("operator"))


def settle_all(life: Life) -> object:
    return life.settle()


MUTATIONS = (
    # Committing.
    Mutation("a number twice", "commit", after(erin_commits(), erin_commits()), **not_taken(Refusal.NUMBER_TAKEN)),
    Mutation("a number skipped", "commit", erin_commits(1), **not_taken(Refusal.NUMBER_SKIPPED, 1)),
    Mutation(
        "a seventeenth order",
        "commit",
        lambda life: life.commit_seal(_unnumbered(life, 16), OTHER_SALT),
        **not_taken(Refusal.NUMBER_SKIPPED, 16),
    ),
    Mutation("a full book", "commit", after(Life.fill_up, erin_commits()), **not_taken(Refusal.BOOK_FULL)),
    Mutation(
        "a bond that is short",
        "commit",
        after(lambda life: life.floor.leave("erin", 249_999), erin_commits()),
        reverts.InsufficientFree,
        lambda life: {"account": life.floor.erin.address, "free": 249_999, "asked": 250_000},
    ),
    Mutation(
        "by no member",
        "commit",
        stranger_commits,
        reverts.NotMember,
        lambda life: {"account": life.floor.stranger.address},
    ),
    Mutation(
        "by a suspended member",
        "commit",
        after(lambda life: life.floor.suspend("erin"), erin_commits()),
        reverts.NotActive,
        lambda life: {"account": life.floor.erin.address, "status": Status.SUSPENDED},
    ),
    Mutation(
        "without having chosen the auction",
        "commit",
        after(choose_nothing, erin_commits()),
        reverts.ModuleNotChosen,
        lambda life: {"account": life.floor.erin.address, "module": life.auction.address},
    ),
    Mutation(
        "while the market is paused",
        "commit",
        after(pause_market, erin_commits()),
        reverts.ModuleNotAllowed,
        lambda life: {"module": life.auction.address, "status": ModuleStatus.PAUSED},
    ),
    # Seals.
    Mutation("another trader's seal", "commit", erin_sealed(another_s), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("a seal for another slot", "commit", erin_sealed(of_another_book), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("a seal for another carrier", "commit", erin_sealed(of_another_carrier), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("a seal for another auction", "commit", erin_sealed(of_another_auction), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("a seal for another chain", "commit", erin_sealed(of_another_chain), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("another salt", "reveal", reveals_with_another_salt, **nothing(Refusal.SEAL_BROKEN)),
    Mutation("another price", "reveal", reveals("alice", price=499), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("another quantity", "reveal", reveals("alice", wh=5999), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("nothing instead", "reveal", reveals("alice", wh=0), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("the other side", "reveal", reveals("carol", sell=False, device=0), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("another device", "reveal", reveals("carol", device=1), **nothing(Refusal.SEAL_BROKEN)),
    Mutation("another number", "reveal", reveals("alice", number=1), **nothing(Refusal.NOT_SEALED)),
    # Orders that should not be.
    Mutation("above its class", "commit", erin_orders(10_001), **nothing(Refusal.OVER_CLASS)),
    Mutation(
        "above the next class",
        "commit",
        erin_orders(100_001, size=SizeClass.MEDIUM),
        **nothing(Refusal.OVER_CLASS),
    ),
    Mutation("below the least", "commit", erin_orders(99), **nothing(Refusal.BELOW_MINIMUM)),
    Mutation("a bid with a device", "commit", erin_orders(1000, device=3), **nothing(Refusal.BUY_WITH_DEVICE)),
    Mutation(
        "more than the device delivers",
        "commit",
        erin_orders(10_001, sell=True, size=SizeClass.MEDIUM),
        **nothing(Refusal.UNITS_SHORT),
    ),
    Mutation(
        "another's device",
        "commit",
        erin_orders(1000, sell=True, device=1),
        **nothing(Refusal.UNITS_SHORT),
    ),
    Mutation("money that is short", "commit", erin_is_poor, **nothing(Refusal.MONEY_SHORT)),
    Mutation("revealed twice", "reveal", reveals_again, **nothing(Refusal.ALREADY_REVEALED)),
    Mutation("no opening at all", "reveal", lambda life: life.reveal(), **nothing(Refusal.NONE)),
    # Clearing.
    Mutation("an order dropped", "clear", clears_with(dropped), **wrong_words()),
    Mutation("an order added", "clear", clears_with(added), **wrong_words()),
    Mutation("an order edited", "clear", clears_with(edited), **wrong_words()),
    Mutation("orders swapped", "clear", clears_with(reordered), **wrong_words()),
    Mutation("an order twice", "clear", clears_with(doubled), **wrong_words()),
    Mutation("a group behind the last", "clear", clears_with(of_a_next_group), **of_book(reverts.WrongExtent, group=1)),
    Mutation("L too low", "clear", lambda life: life.clear([449, 450]), **wrong_proposal()),
    Mutation("L and U too high", "clear", lambda life: life.clear([451, 451]), **wrong_proposal()),
    Mutation("U too high", "clear", lambda life: life.clear([450, 451]), **wrong_proposal()),
    Mutation("L above U", "clear", lambda life: life.clear([450, 449]), **wrong_proposal()),
    Mutation("U beyond all prices", "clear", lambda life: life.clear([450, 65_536]), **wrong_proposal()),
    Mutation("one number short", "clear", lambda life: life.clear([450]), **wrong_proposal()),
    Mutation("one number more", "clear", lambda life: life.clear([450, 450, 0]), **wrong_proposal()),
    Mutation("bm too high", "clear", proposes_reduced(2, 1), **wrong_proposal(), rule="TradeReduction"),
    Mutation("bm too low", "clear", proposes_reduced(2, -1), **wrong_proposal(), rule="TradeReduction"),
    Mutation("am too high", "clear", proposes_reduced(3, 1), **wrong_proposal(), rule="TradeReduction"),
    Mutation("am too low", "clear", proposes_reduced(3, -1), **wrong_proposal(), rule="TradeReduction"),
    Mutation("buyers swapped", "clear", ranks(lambda p: [p[0], p[2], p[1], *p[3:]]), **wrong_proposal(), rule="Ranked"),
    Mutation("sellers swapped", "clear", ranks(lambda p: [*p[:3], p[4], p[3]]), **wrong_proposal(), rule="Ranked"),
    Mutation("a buyer twice", "clear", ranks(lambda p: [p[0], p[1], p[1], *p[3:]]), **wrong_proposal(), rule="Ranked"),
    Mutation("a ranking too short", "clear", ranks(lambda p: p[:-1]), **wrong_proposal(), rule="Ranked"),
    Mutation("a seller among buyers", "clear", ranks(lambda p: [3, *p[1:]]), **wrong_proposal(), rule="Ranked"),
    Mutation("a place that is none", "clear", ranks(lambda p: [*p[:-1], 4]), **wrong_proposal(), rule="Ranked"),
    Mutation("cleared twice", "settle", lambda life: life.clear([450, 450]), **of_book(reverts.WrongStage, stage=2)),
    Mutation(
        "the pool of a book without one",
        "settle",
        lambda life: life.clear_pool([0]),
        **of_book(reverts.WrongStage, stage=2),
    ),
    Mutation(
        "the pool before the book", "clear", lambda life: life.clear_pool([0]), **of_book(reverts.WrongStage, stage=0)
    ),
    Mutation(
        "cleared when delivery has begun",
        "clear",
        after(lambda life: life.floor.at(life.slot_start), lambda life: life.clear([450, 450])),
        **outside("clears_at", "slot_start"),
    ),
    Mutation(
        "void before delivery",
        "clear",
        lambda life: life.auction.void_book(life.key, sender=life.floor.erin),
        **outside("slot_start"),
    ),
    Mutation("a cleared book void", "settle", lambda life: life.void(), **wrong_state(BookState.CLEARED)),
    # Settling.
    Mutation("settled before it is cleared", "clear", settle_all, **wrong_state(BookState.OPEN)),
    Mutation("settled twice", "settle", after(settle_all, settle_all), **wrong_state(BookState.SETTLED)),
    Mutation("settled with an order dropped", "settle", settles_with(dropped), **wrong_words()),
    Mutation("settled with an order edited", "settle", settles_with(edited), **wrong_words()),
    Mutation("settled with orders swapped", "settle", settles_with(reordered), **wrong_words()),
    Mutation("settled with an order twice", "settle", settles_with(doubled), **wrong_words()),
    Mutation("settled with an order added", "settle", settles_with(added), **wrong_words()),
    Mutation("trades dropped", "clear", settles_ranked(lambda e: e[1:]), **wrong_proposal(), rule="Ranked"),
    Mutation("trades swapped", "clear", settles_ranked(lambda e: e[::-1]), **wrong_proposal(), rule="Ranked"),
    Mutation(
        "trades edited",
        "clear",
        settles_ranked(lambda e: [e[0] + (1 << 72), *e[1:]]),
        **wrong_proposal(),
        rule="Ranked",
    ),
    Mutation("trades not shown", "clear", settles_ranked(lambda e: []), **wrong_proposal(), rule="Ranked"),
    # Bonds.
    Mutation("a revealed order slashed", "settle", slashes("alice"), **not_withheld("alice")),
    Mutation("an order slashed that is not there", "settle", slashes("erin"), **not_withheld("erin")),
    Mutation("slashed a second early", "settle", slashes("bob", early=1), **outside("clears_at", rest=DAY)),
    Mutation(
        "slashed in an excused book",
        "settle",
        after(lambda life: life.excuse(), slashes("bob")),
        **of_book(reverts.BondNotDue),
    ),
    Mutation("slashed in a book that nobody cleared", "clear", slashes("bob"), **of_book(reverts.BondNotDue)),
    Mutation("refunded for no reason", "settle", refunds("bob"), **of_book(reverts.BondNotDue)),
    Mutation(
        "a revealed order refunded",
        "settle",
        after(lambda life: life.excuse(), refunds("alice")),
        **not_withheld("alice"),
    ),
    Mutation(
        "excused twice",
        "settle",
        after(lambda life: life.excuse(), lambda life: life.excuse()),
        **of_book(reverts.BookAlreadyExcused),
    ),
    Mutation(
        "excused without a reason",
        "settle",
        lambda life: life.auction.excuse(life.key, "", sender=known_account("operator")),
        reverts.ReasonMissing,
    ),
    Mutation(
        "an outcome of somebody else's",
        "clear",
        lambda life: life.auction.close(life.key, 0, sender=life.floor.erin),
        reverts.NotClearing,
        lambda life: {"caller": life.floor.erin.address},
    ),
    Mutation(
        "an end of somebody else's",
        "settle",
        lambda life: life.clearing.finish(life.key, b"", 0, 0, sender=life.floor.erin),
        reverts.NotAuction,
        lambda life: {"caller": life.floor.erin.address},
    ),
    Mutation(
        "a pool closed by somebody else",
        "settle",
        lambda life: life.floor.market.pool.close(life.key, [], [], 0, sender=life.floor.erin),
        reverts.NotClearing,
        lambda life: {"caller": life.floor.erin.address},
    ),
)


def _unnumbered(life: Life, number: int) -> Quote:
    return changed(life.floor.buy("erin", 1000, 500), number=number)


def valid(floor: Floor, mutation: Mutation, quotes: list[Quote]) -> Life:
    """A valid book, at the phase in which it goes wrong."""
    life = floor.open(mutation.rule)
    life.commit(*quotes)
    if mutation.phase == "commit":
        return life
    if mutation.phase == "reveal":
        floor.at(life.reveals_at)
        floor.mine()
        return life
    life.reveal(*quotes)
    floor.at(life.clears_at)
    floor.mine()
    if mutation.phase == "settle":
        life.clear([450, 450])
    return life


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_one_wrong_step(floor, quotes, mutation):
    life = valid(floor, mutation, quotes)
    with refused(mutation.error, **mutation.arguments(life)):
        mutation.step(life)


def test_there_are_enough():
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 25
