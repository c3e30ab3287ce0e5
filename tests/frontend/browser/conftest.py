"""One market and one browser for all tests here."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.frontend.browser.stand import OPTIONS, Stand, chromium, standing
from tests.frontend.market import Fair
from tests.frontend.market import fair as fair


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after each file, as its event loop would be in the way of others."""
    path = chromium()
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield found
        found.close()


@pytest.fixture(scope="module")
def stand(fair: Fair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with fair.undone(), standing(fair, tmp_path_factory.mktemp("front")) as found:
        found.by_itself()
        yield found
