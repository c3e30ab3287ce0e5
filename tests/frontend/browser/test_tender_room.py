"""A quote is boxed in the browser, read by the tender's owner alone, in Python and in his browser, awarded there."""

import json
from pathlib import Path

from playwright.sync_api import Browser

from tests.frontend.browser.stand import Stand, person
from wattbook.trial.tendering import Tendering


def test_a_quote_from_box_to_award(browser: Browser, stand: Stand, tmp_path: Path) -> None:
    fair = stand.fair
    stand.by_hand()
    tendering = Tendering(fair.settling)
    tendering.begin(["eve"])
    tender = tendering.publish(50_000, reserve=400)
    stand.by_itself()
    stand.caught_up()

    with person(browser, stand, fair.key_of(tendering.account("eve"))) as eve:
        eve.go(f"/tenders?tender={tender}")
        eve.sign_in()
        eve.page.fill("#quote-wh", "20")
        eve.page.fill("#quote-price", "0.39")
        eve.page.click("#make-quote")
        assert "less than the least" in eve.page.inner_text("#quote-price-wrong")
        eve.page.fill("#quote-price", "0.41")
        with eve.page.expect_download() as downloading:
            eve.page.click("#make-quote")
        kept = json.loads(Path(downloading.value.path()).read_text())
        eve.page.wait_for_selector("#quote-said .good", timeout=40_000)
        eve.page.wait_for_selector("#opening >> text=sealed")
        eve.photograph("tender-quoted")
        assert eve.errors == []
    [received] = tendering.opened()
    assert received.opened is not None
    assert (received.opened.wh, received.opened.price) == (20_000, 410)
    assert kept["salt"] == "0x" + received.opened.salt.hex()

    stand.by_hand()
    tendering.wait(tendering.terms.quote_end)
    stand.by_itself()
    stand.caught_up()
    with person(browser, stand, fair.key_of(tendering.account("owner"))) as owner:
        page = owner.page
        owner.go(f"/tenders?tender={tender}")
        owner.sign_in()
        page.wait_for_selector("#key-file")
        # The file that `wattbook tender` writes is taken too.
        keys = tmp_path / "tender.keys"
        keys.write_text(json.dumps({tendering.key.public.hex(): f"{tendering.key.secret:064x}"}))
        page.set_input_files("#key-file", keys)
        page.wait_for_selector("#take-0")
        assert "20\u202fkWh" in page.inner_text("#opening") and "0.410" in page.inner_text("#opening")
        page.fill("#take-0", "21")
        page.click("#award")
        page.wait_for_selector("#award-said .wrong")
        page.fill("#take-0", "20")
        owner.photograph("tender-deciding")
        page.click("#award")
        page.wait_for_selector("#terms >> text=awarded", timeout=40_000)
        assert owner.errors == []
    stand.caught_up()
    assert stand.get(f"/tenders/{tender}")["awarded_wh"] == 20_000
