"""A market with its front end in this process, and people with browsers and wallets before it."""

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route

from frontend_api.service import Service
from frontend_api.settings import KeyPlace, Settings
from tests.frontend.market import Fair
from tests.services import missing
from wattbook.errors import ChainError
from wattbook.trial.blocks import Blocks

ROOT = Path(__file__).parents[3]
SCREENSHOTS = ROOT / ".build" / "screenshots"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_RELAY = Account.from_key(keccak(text="relay of the browser tests"))
_WALLET = (Path(__file__).parent / "wallet.js").read_text()


def eventually(condition: Callable[[], bool], seconds: int) -> None:
    """Waits for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def chromium() -> str:
    """Where the browser is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        missing("there is no Chromium for the pages")
    return found


@dataclass
class Stand:
    """The front end of a market: `address` in the browser. `fair` is the market, `service` what serves."""

    fair: Fair
    service: Service
    address: str

    def __post_init__(self) -> None:
        self.fair.ask("anvil_setBalance", _RELAY.address, hex(10**24))

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.address}/api/v1{path}").raise_for_status().json()

    def by_itself(self) -> None:
        """The chain seals each transaction at once."""
        self.fair.ask("evm_setAutomine", True)

    def by_hand(self) -> None:
        """It seals blocks when it is told to; transactions of others in between are known."""
        self.fair.ask("evm_setAutomine", False)
        self.fair.blocks = self.fair.park.blocks = Blocks(self.fair.chain)

    def caught_up(self) -> None:
        """Waits until all that the chain told is in the index."""
        head = int(self.fair.ask("eth_blockNumber"), 16)
        eventually(lambda: (self.get("/health")["index"]["block"] or 0) >= head, seconds=60)


@contextmanager
def standing(fair: Fair, folder: Path) -> Iterator[Stand]:
    settings = Settings(
        database=str(folder / "index.db"),
        rpc=fair.rpc,
        deployment=fair.deployment,
        secret_file=folder / "api.secret",
        port=0,
        relay=KeyPlace(None, "RELAY_KEY"),
    )
    settings = _at_free_port(settings)
    os.environ["RELAY_KEY"] = _RELAY.key.hex()
    service = Service(settings, os.environ)
    stop = Event()
    thread = Thread(target=service.run, args=(stop,), name="service")
    thread.start()
    try:
        stand = Stand(fair, service, settings.origin)
        eventually(lambda: _answers(settings.origin), seconds=30)
        stand.caught_up()
        yield stand
    finally:
        stop.set()
        thread.join(30)
        del os.environ["RELAY_KEY"]


@dataclass
class Person:
    """Somebody with a browser, a wallet in it, and a language. `errors` are what the browser complained of."""

    stand: Stand
    page: Page
    key: LocalAccount | None
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    refuses: bool = False
    chain_id: int | None = None

    def go(self, path: str) -> None:
        self.page.goto(self.stand.address + path)

    def sign_in(self) -> None:
        self.page.click("#sign-in")
        self.page.wait_for_selector("#sign-out")

    def photograph(self, name: str) -> None:
        """The whole page at the width of a desktop and of a phone; none may be wider than its window."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for kind, size in (("phone", PHONE), ("desktop", DESKTOP)):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self.page.wait_for_timeout(250)
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{kind}.png", full_page=True)
            width = self.page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["width"], f"{name} is {width} wide on a {kind}"

    # -------------------------------------------------------------------------------------------------- the wallet

    def wallet(self, text: str) -> str:
        """What the wallet answers."""
        asked = json.loads(text)
        try:
            return json.dumps({"result": self._answer(asked["method"], asked["params"])})
        except _Refusal as refusal:
            return json.dumps({"error": {"code": refusal.code, "message": str(refusal)}})

    def _answer(self, method: str, params: list[Any]) -> Any:
        assert self.key is not None
        if method in ("eth_requestAccounts", "eth_accounts"):
            return [self.key.address.lower()]
        if method == "eth_chainId":
            return hex(self.chain_id or self.stand.fair.chain.chain_id)
        if self.refuses:
            raise _Refusal(4001, "User rejected the request.")
        if method == "personal_sign":
            return "0x" + self.key.sign_message(encode_defunct(hexstr=params[0])).signature.hex()
        if method == "eth_signTypedData_v4":
            signable = encode_typed_data(full_message=_numbers(json.loads(params[1])))
            return "0x" + self.key.sign_message(signable).signature.hex()
        if method == "eth_sendTransaction":
            return self.stand.fair.ask("eth_sendTransaction", {**params[0], "gas": hex(6_000_000)})
        if method in ("eth_getTransactionReceipt", "eth_getBlockByNumber"):
            return self.stand.fair.ask(method, *params)
        raise _Refusal(4902 if method == "wallet_switchEthereumChain" else 4200, f"{method} is not supported")


class _Refusal(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def person(
    browser: Browser, stand: Stand, key: LocalAccount | None = None, *, language: str = "en", dark: bool = False
) -> Iterator[Person]:
    """A browser of its own; what it asks of other places is refused and noted."""
    context = browser.new_context(
        locale={"en": "en-GB", "zh": "zh-CN"}[language],
        viewport=DESKTOP,  # type: ignore[arg-type]
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    somebody = Person(stand, page, key)

    def guard(route: Route, request: Request) -> None:
        if request.url.startswith((stand.address, "data:", "blob:")):
            return route.continue_()
        somebody.elsewhere.append(request.url)
        return route.abort()

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            somebody.errors.append(f"{message.text} {message.location.get('url', '')}")

    context.route("**/*", guard)
    page.on("console", heard)
    page.on("pageerror", lambda error: somebody.errors.append(str(error)))
    if key is not None:
        page.expose_function("walletRequest", somebody.wallet)
        page.add_init_script(_WALLET)
    try:
        yield somebody
    finally:
        context.close()


def _numbers(document: dict[str, Any]) -> dict[str, Any]:
    """Numbers beyond 53 bits come as text."""
    kinds = {one["name"]: one["type"] for one in document["types"][document["primaryType"]]}
    message = {
        name: int(value) if kinds[name].startswith("uint") and not isinstance(value, list) else value
        for name, value in document["message"].items()
    }
    return {**document, "message": message}


def _at_free_port(settings: Settings) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return replace(settings, port=port, origin=f"http://127.0.0.1:{port}")


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/api/v1/market").status_code == 200
    except (httpx.HTTPError, ChainError):
        return False
