"""Every page as people see it, kept as pictures in .build/screenshots; none complains, none asks elsewhere."""

import pytest
from playwright.sync_api import Browser

from tests.frontend.browser.stand import Person, Stand, person
from wattbook.deployment.local import known_account

PAGES = ("/", "/trade", "/tenders", "/certificates", "/me", "/device", "/supervision", "/operation")


def _name(path: str) -> str:
    return path.strip("/").split("?")[0] or "market"


def _calm(somebody: Person) -> None:
    assert somebody.errors == []
    assert somebody.elsewhere == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_of_somebody_who_is_not_signed_in(browser: Browser, stand: Stand, language: str) -> None:
    with person(browser, stand, language=language) as somebody:
        for path in PAGES:
            somebody.go(path)
            somebody.page.wait_for_selector("#moment:not(:empty)")
            somebody.page.wait_for_timeout(400)
            somebody.photograph(f"{_name(path)}-{language}")
        _calm(somebody)


def test_pages_of_a_member(browser: Browser, stand: Stand) -> None:
    with person(browser, stand, stand.fair.key_of(stand.fair.buyer)) as somebody:
        somebody.go("/me")
        somebody.sign_in()
        for path in ("/me", "/trade", "/certificates", "/tenders?tender=1", "/device"):
            somebody.go(path)
            somebody.page.wait_for_selector("#sign-out")
            somebody.page.wait_for_timeout(1_500)
            somebody.photograph(f"{_name(path)}-member")
        _calm(somebody)


@pytest.mark.parametrize("office", ["regulator", "operator"])
def test_pages_of_offices(browser: Browser, stand: Stand, office: str) -> None:
    with person(browser, stand, known_account(office)) as somebody:
        somebody.go("/supervision")
        somebody.sign_in()
        for path in ("/supervision", "/operation"):
            somebody.go(path)
            somebody.page.wait_for_selector("#sign-out")
            somebody.page.wait_for_timeout(1_500)
            somebody.photograph(f"{_name(path)}-{office}")
        _calm(somebody)


def test_pages_in_the_dark(browser: Browser, stand: Stand) -> None:
    with person(browser, stand, dark=True) as somebody:
        for path in ("/", f"/certificates?id={stand.fair.certificates['retired']}"):
            somebody.go(path)
            somebody.page.wait_for_selector("#moment:not(:empty)")
            somebody.page.wait_for_timeout(800)
            somebody.photograph(f"{_name(path)}-dark")
        _calm(somebody)
