"""With the server, the database or the node gone the pages keep what they show, say what is stale since when, and
recover by themselves."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from frontend_api.database.database import DatabaseError
from tests.frontend.browser.stand import Person, Stand, person

_SINCE = re.compile(r"since \d\d:\d\d:\d\d|since \d+ \w+, \d\d:\d\d")


@pytest.fixture
def reader(browser: Browser, stand: Stand) -> Iterator[Person]:
    with person(browser, stand) as somebody:
        somebody.go("/")
        somebody.page.wait_for_selector("#books tbody tr")
        yield somebody
        # Failed requests are noted by the browser; nothing else went wrong.
        assert [one for one in somebody.errors if "Failed to load resource" not in one] == []


def _says(somebody: Person, what: str) -> None:
    banner = somebody.page.wait_for_selector(f"#notices [data-gone={what}]", timeout=60_000)
    assert banner and _SINCE.search(banner.inner_text()), banner and banner.inner_text()
    assert somebody.page.locator("#books tbody tr").count() == 5


def _recovers(somebody: Person) -> None:
    somebody.page.wait_for_selector("#notices .banner", state="detached", timeout=60_000)


def test_the_server_is_gone(reader: Person) -> None:
    page = reader.page
    page.route("**/api/**", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new CustomEvent('choice'))")
    _says(reader, "server")
    reader.photograph("gone-server")
    page.unroute("**/api/**")
    _recovers(reader)


def test_the_database_is_gone(reader: Person, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise DatabaseError("the disk is gone")

    monkeypatch.setattr(stand.service.database, "reading", nothing)
    assert httpx.get(f"{stand.address}/api/v1/books").status_code == 503
    _says(reader, "database")
    reader.photograph("gone-database")
    # A page that is opened now has what was last seen in this browser.
    reader.page.reload()
    _says(reader, "database")
    for path in ("/", "/trade", "/tenders", "/certificates", "/me", "/device", "/supervision", "/operation"):
        assert httpx.get(stand.address + path).status_code == 200
    monkeypatch.undo()
    _recovers(reader)


def test_the_node_is_gone(reader: Person, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process stands still: connections are taken, and nothing comes."""
    monkeypatch.setattr("frontend_api.api.health._SILENCE", 8)
    pids = [path.name for path in Path("/proc").glob("[0-9]*") if _is_our_node(path)]
    assert pids
    subprocess.run(["kill", "-STOP", *pids], check=True)
    try:
        assert httpx.get(f"{stand.address}/api/v1/books").status_code == 200
        _says(reader, "node")
        assert "as of block" in reader.page.inner_text("#notices")
        reader.photograph("gone-node")
        reader.page.reload()
        reader.page.wait_for_selector("#depth canvas")
    finally:
        subprocess.run(["kill", "-CONT", *pids], check=True)
    _recovers(reader)


def _is_our_node(process: Path) -> bool:
    """Whether it is a child of this process that runs a chain; others' are left alone."""
    try:
        parent = (process / "stat").read_text().rsplit(")", 1)[1].split()[1]
        return int(parent) == os.getpid() and b"anvil" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def test_the_packages_are_not_installed(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontend_api.pages.served.PACKAGES", tmp_path / "none")
    found = httpx.get(f"{stand.address}/", headers={"accept-language": "zh"})
    assert found.status_code == 503
    assert "make setup" in found.text and "页面尚未安装好" in found.text
    assert httpx.get(f"{stand.address}/api/v1/market").status_code == 200
    assert httpx.get(f"{stand.address}/vendor/uplot/uplot.js").status_code == 404


def test_what_is_served_and_how(stand: Stand) -> None:
    with httpx.Client(base_url=stand.address) as client:
        found = client.get("/?lang=zh")
        policy = found.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy
        assert 'lang="zh-CN"' in found.text and "wattbook_language=zh" in found.headers["set-cookie"]
        assert 'lang="zh-CN"' in client.get("/trade").text
        assert 'lang="en"' in client.get("/trade?lang=en").text
        assert client.get("/?lang=<script>").text.count("<script>") == 0
        for path in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/vendor/solc/index.js", "/texts/de.js"):
            assert client.get(path).status_code == 404
        style = client.get("/static/style/base.css")
        again = client.get("/static/style/base.css", headers={"if-none-match": style.headers["etag"]})
        assert (style.status_code, again.status_code) == (200, 304)
        nowhere = client.get("/nowhere", headers={"accept": "text/html"})
        assert nowhere.status_code == 404 and "<h1>" in nowhere.text
        assert client.get("/nowhere").headers["content-type"].startswith("application/problem+json")
