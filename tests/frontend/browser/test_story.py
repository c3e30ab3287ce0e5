"""One story through a real market: somebody signs in, registers a device, seals a bid, reveals it, sees what it came
to, his bill, and retires a certificate."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.frontend.browser.stand import Person, Stand, person
from wattbook.market.orders import Order, Side
from wattbook.market.words import Quote, seal
from wattbook.trader.keeper import revealed_words
from wattbook.trader.records import Entry
from wattbook.trial.books import Given, Run, Running
from wattbook.trial.clearing import given_by


@pytest.fixture
def hero(browser: Browser, stand: Stand) -> Iterator[Person]:
    with person(browser, stand, stand.fair.key_of(stand.fair.buyer)) as somebody:
        yield somebody
        assert somebody.errors == []
        assert somebody.elsewhere == []


@pytest.fixture
def running(stand: Stand) -> Running:
    """A book that takes orders, in which two members sell already."""
    fair = stand.fair
    orders = [{"id": 0, "side": "S", "qty": 3_000, "price": 410}, {"id": 1, "side": "S", "qty": 2_000, "price": 450}]
    given = given_by(fair.park, {"rule": "uniform", "orders": orders, "kBps": 5_000})
    sellers = [Order(0, Side.SELL, 3_000, 410), Order(1, Side.SELL, 2_000, 450)]
    stand.by_hand()
    found = Running(fair.park, Given(sellers, given.terms, given.propose), Run(fair.park.next_book()))
    found.prepare()
    found.commit()
    stand.by_itself()
    stand.caught_up()
    return found


def test_from_the_sign_in_to_the_certificate(hero: Person, stand: Stand, running: Running, tmp_path: Path) -> None:
    page = hero.page
    _register_a_device(hero, stand, tmp_path)
    order = _seal_and_send(hero, running, tmp_path)
    assert order["seal"] == _sealed_by_python(stand, running, order)

    # The order is revealed by an open page, without a click.
    _begin_revealing(stand, running)
    page.wait_for_selector("#kept >> text=revealed", timeout=40_000)
    assert len(stand.get(f"/books/0x{running.key.hex()}/orders")["items"]) == 3
    _clear(stand, running)

    hero.go("/")
    page.wait_for_selector("#price")
    assert page.inner_text("#price").startswith("0.4")
    page.wait_for_selector("#depth canvas")
    assert page.evaluate(_DRAWN, "#depth canvas") > 500
    assert "met at 0.4" in (page.get_attribute("#depth", "aria-label") or "")
    page.click("#depth-with summary")
    assert "0.410" in page.inner_text("#depth-table")
    page.wait_for_selector("#history canvas")
    hero.photograph("story-cleared")

    hero.go("/trade")
    page.wait_for_selector("#orders >> text=traded")
    _see_the_bill(hero, stand)
    _retire_a_certificate(hero, stand)


def test_a_reveal_that_is_missed_is_said(browser: Browser, stand: Stand, running: Running) -> None:
    """The relay is gone, the wallet refuses: the page warns in title and banner, and says in the end what it cost."""
    with person(browser, stand, stand.fair.key_of(stand.fair.seller)) as somebody:
        page = somebody.page
        somebody.go("/trade")
        somebody.sign_in()
        _fill(page, running, "1", "0.30")
        page.click("#seal")
        page.click("#send-order")
        page.wait_for_selector("#said-order.good, #said-order .good", timeout=30_000)
        page.route("**/api/v1/relay", lambda route: route.abort())
        _begin_revealing(stand, running)
        page.wait_for_selector("#urgent .due", timeout=30_000)
        expect(page).to_have_title(re.compile(r"^\d+:\d\d to reveal"))
        assert "0.25" in page.inner_text("#urgent .due")
        somebody.photograph("warning")
        _clear(stand, running)
        page.wait_for_selector("#urgent .lost", timeout=30_000)
        assert "was not revealed" in page.inner_text("#urgent .lost")
        somebody.photograph("missed")
        page.click("#urgent .lost button")
        page.wait_for_selector("#urgent .lost", state="detached")


def test_a_bid_by_keyboard_alone(browser: Browser, stand: Stand, running: Running) -> None:
    with person(browser, stand, stand.fair.key_of(stand.fair.buyer)) as somebody:
        page = somebody.page
        somebody.go("/trade")
        somebody.sign_in()
        somebody.go("/trade")
        page.wait_for_selector("#order:not([hidden])")
        page.wait_for_selector(f"#book option[value='0x{running.key.hex()}']", state="attached")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        _tab_to(page, "book")
        page.keyboard.press("End")
        _tab_to(page, "wh")
        page.keyboard.type("1,000")
        _tab_to(page, "price")
        page.keyboard.type("0.5")
        page.keyboard.press("Enter")
        page.wait_for_selector("#wh[aria-invalid]")
        assert "thousand" in page.inner_text("#wh-wrong")
        assert page.evaluate("document.activeElement.id") == "wh"
        page.keyboard.press("Control+A")
        page.keyboard.type("1.5")
        page.keyboard.press("Enter")
        page.wait_for_selector("#send-order:focus")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        page.wait_for_selector("#said-order .good", timeout=30_000)
        assert somebody.errors == []


def test_what_the_wallet_does_to_a_session(browser: Browser, stand: Stand) -> None:
    with person(browser, stand, stand.fair.key_of(stand.fair.buyer)) as somebody:
        page = somebody.page
        somebody.go("/")
        somebody.refuses = True
        page.click("#sign-in")
        page.wait_for_selector("#who >> text=refused")
        somebody.refuses, somebody.chain_id = False, 1
        page.click("#sign-in")
        page.wait_for_selector("#who >> text=The wallet is on chain 1")
        somebody.chain_id = None
        somebody.sign_in()
        page.evaluate("walletEmits('chainChanged', '0x1')")
        page.wait_for_selector("#who >> text=The wallet is on chain 1")
        page.evaluate(f"walletEmits('chainChanged', '{hex(stand.fair.chain.chain_id)}')")
        page.wait_for_selector("#who >> text=The wallet", state="detached")
        # A reload keeps the session; another account ends it.
        page.reload()
        page.wait_for_selector("#sign-out")
        page.wait_for_timeout(500)
        page.evaluate(f"walletEmits('accountsChanged', ['{stand.fair.seller}'])")
        page.wait_for_selector("#sign-in")
        assert "Another account" in page.inner_text("#who")
        assert somebody.errors == []


# ----------------------------------------------------------------------------------------------------------- the steps

_DRAWN = """selector => {
  const canvas = document.querySelector(selector);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let place = 3; place < data.length; place += 4) if (data[place]) count += 1;
  return count;
}"""


def _register_a_device(hero: Person, stand: Stand, folder: Path) -> None:
    page = hero.page
    hero.go("/device")
    hero.sign_in()
    page.wait_for_selector("#device:not([hidden])")
    page.select_option("#technology", "solar")
    page.fill("#rated", "5.2")
    page.fill("#site", "Mill Lane 4")
    hero.photograph("device-filled")
    with page.expect_download() as downloading:
        page.click("#register")
    key = json.loads(Path(downloading.value.path()).read_text())
    assert re.fullmatch("0x[0-9a-f]{64}", key["secret"])
    page.wait_for_selector("#registering .good", timeout=40_000)
    stand.caught_up()
    mine = stand.get(f"/devices?owner={stand.fair.buyer}")["items"]
    assert (mine[-1]["rated_w"], mine[-1]["status"]) == (5_200, "registered")


def _fill(page: Page, running: Running, kwh: str, price: str) -> None:
    page.wait_for_selector(f"#book option[value='0x{running.key.hex()}']", state="attached")
    page.select_option("#book", f"0x{running.key.hex()}")
    page.fill("#wh", kwh)
    page.fill("#price", price)


def _seal_and_send(hero: Person, running: Running, folder: Path) -> dict[str, Any]:
    page = hero.page
    hero.go("/trade")
    _fill(page, running, "4.5", "0.52")
    page.wait_for_selector("#cost .ledger")
    said = page.inner_text("#cost").replace("\u202f", " ")
    # 0.2 PT of bond and 0.05 for the keeper now; 4,500 Wh at 520, and 60 bp of it, when it is revealed.
    assert "0.25 PT" in said and "2.35404 PT" in said
    page.click("#seal")
    page.wait_for_selector("#send-order")
    with page.expect_download() as downloading:
        page.click("#save-order")
    kept = json.loads(Path(downloading.value.path()).read_text())
    hero.photograph("trade-sealed")
    page.click("#send-order")
    page.wait_for_selector("#said-order .good", timeout=40_000)
    [order] = kept["orders"]
    return cast(dict[str, Any], order)


def _sealed_by_python(stand: Stand, running: Running, order: dict[str, Any]) -> str:
    market, quote = stand.fair.market, Quote(stand.fair.buyer, False, 4_500, 520, number=order["number"])
    salt = bytes.fromhex(order["salt"][2:])
    return "0x" + seal(market.chain.chain_id, market.auction.address, running.book, quote, salt).hex()


def _begin_revealing(stand: Stand, running: Running) -> None:
    stand.by_hand()
    running.reveal(2)
    stand.by_itself()


def _clear(stand: Stand, running: Running) -> None:
    """All that was revealed, by this and by others."""
    stand.by_hand()
    entry = cast(Entry, SimpleNamespace(book=running.book, block=0))
    running.run.words = revealed_words(stand.fair.market, entry)
    running.clear()
    running.settle()
    stand.by_itself()
    stand.caught_up()


def _see_the_bill(hero: Person, stand: Stand) -> None:
    page = hero.page
    hero.go("/me")
    page.wait_for_selector("#statement .ledger")
    assert "Energy bought" in page.inner_text("#statement")
    page.click("#bills button")
    page.wait_for_selector("#bill .ledger")
    assert "attested" in page.inner_text("#bill")
    page.click("#devices button")
    page.wait_for_selector("#readings h3")
    page.wait_for_timeout(700)
    hero.photograph("story-place")


def _retire_a_certificate(hero: Person, stand: Stand) -> None:
    fair, page = stand.fair, hero.page
    held = fair.certificates["held"]
    stand.by_hand()
    fair.does(fair.certifier, fair.market.green_certificates, "transferFrom", fair.certifier, fair.buyer, held)
    stand.by_itself()
    stand.caught_up()
    hero.go(f"/certificates?id={held}")
    page.wait_for_selector("#retiring")
    assert "1\u202f000\u202fkWh" in page.inner_text("#certificate")
    assert "device" in page.inner_text("#origin")
    page.fill("#purpose", "Baking <b>bread</b>")
    page.click("#retire-now")
    page.wait_for_selector("#retire-said .good, #certificate >> text=retired", timeout=40_000)
    page.wait_for_selector("#certificate >> text=retired", timeout=40_000)
    assert "Baking <b>bread</b>" in page.inner_text("#certificate")
    hero.photograph("story-retired")


def _tab_to(page: Page, name: str) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"the keyboard does not come to {name}")
