"""A market on an anvil of its own, with a buyer, a seller and his device, and a clock that the test moves."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from tests.assertions import FAR
from tests.conftest import CONSUMER_PRODUCER, decider
from tests.devices import QUARTER, SLOT, Devices, facts
from tests.program import Result, run_here
from wattbook import Application, Market, pt
from wattbook.contracts.structs import Account, Carrier, SizeClass, Terms
from wattbook.deployment.anvil import pass_time
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import MODULES
from wattbook.deployment.settings import local_settings
from wattbook.market.words import Book, Quote, new_salt, seal
from wattbook.trader.agent import Agent, Said, owner_of
from wattbook.trader.journal import Journal
from wattbook.trader.orders import Wish, place
from wattbook.trader.records import Entry, State
from wattbook.trader.wallet import Wallet

PROGRAM = Path(sys.executable).parent / "wattbook"
ZONE = b"park".ljust(32, b"\0")
BUYER, SELLER = FIRST_FREE_ACCOUNT, FIRST_FREE_ACCOUNT + 1
FEE_BPS = 20


@dataclass(frozen=True)
class Phases:
    opens_at: int
    reveals_at: int
    clears_at: int
    slot_start: int


class Park:
    """The market and its people."""

    def __init__(self, chain, folder: Path) -> None:
        self.chain, self.folder = chain, folder
        self.rpc = str(chain.web3.provider.endpoint_uri)
        administrator = known_account("administrator")
        self.deployment = folder / "deployment.json"
        deployed = deploy(chain, administrator, local_settings(), self.deployment, lambda line: None)
        self.market = market = Market(chain, deployed)
        self.buyer, self.seller = known_account(BUYER), known_account(SELLER)
        self.decide = decide = decider(market, administrator, lambda seconds: pass_time(chain, seconds))
        decide("Zones", "addZone", ZONE)
        grid = known_account("grid").address
        decide("Zones", "openCarrier", 1, int(Carrier.ELECTRICITY), SLOT, QUARTER, facts(grid))
        terms = Terms(deployed.address("Uniform"), 5_000, FEE_BPS, 0, 0, False, False, False)
        decide("Rulebook", "setTerms", int(Carrier.ELECTRICITY), ZONE, 0, tuple(terms))
        for member in (self.buyer, self.seller):
            self.join(member)
        self.device = Devices(market, known_account("operator"), 1).certified(self.seller)
        self._last_slot = 0

    # ---------------------------------------------------------------------------------------------------- the clock

    @property
    def now(self) -> int:
        return self.chain.time_of("pending")

    def go_to(self, time: int) -> None:
        """Moves the clock forward to a time, which is then also the newest block's."""
        assert time > self.now, "time does not run backwards"
        pass_time(self.chain, time - self.now)

    def next_book(self) -> tuple[Book, Phases]:
        """A book that nobody can commit to yet, and its phases."""
        schedule = self.market.rulebook.schedule()
        ahead = schedule.commit_seconds + schedule.reveal_seconds + schedule.clear_seconds
        slot = max(self._last_slot, (self.now + ahead) // SLOT * SLOT + 2 * SLOT)
        self._last_slot = slot + SLOT
        clears_at = slot - schedule.clear_seconds
        reveals_at = clears_at - schedule.reveal_seconds
        phases = Phases(reveals_at - schedule.commit_seconds, reveals_at, clears_at, slot)
        return Book(Carrier.ELECTRICITY, ZONE, 1, slot), phases

    def automine(self, on: bool) -> None:
        self.ask("evm_setAutomine", on)

    def rest(self) -> None:
        """Until all is in blocks that the node would put there by itself, which takes it a moment."""
        deadline = time.monotonic() + 60
        while self.ask("anvil_getAutomine") and int(self.ask("txpool_status")["pending"], 16):
            assert time.monotonic() < deadline, "what was sent came into no block"
            time.sleep(0.01)

    def mine(self) -> None:
        self.ask("evm_mine")

    def ask(self, method: str, *parameters):
        answer = self.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    # --------------------------------------------------------------------------------------------------- the people

    def money_of(self, account: LocalAccount) -> Account:
        return self.market.vault.account_of(account.address)

    def open(self, book: Book) -> None:
        self.market.auction.open_book(book.carrier, book.zone, book.slot_start, sender=self.seller)

    def offer(self, book: Book, wh: int, price: int) -> tuple[Quote, bytes]:
        """The seller commits to an order, by hand; returns what opens it."""
        quote, salt = Quote(self.seller.address, True, wh, price, self.device), new_salt()
        auction = self.market.auction
        sealed = seal(self.chain.chain_id, auction.address, book, quote, salt)
        auction.commit(book.key, SizeClass.SMALL, 0, sealed, sender=self.seller)
        return quote, salt

    def show(self, book: Book, opening: tuple[Quote, bytes]) -> None:
        """The seller reveals."""
        self.market.auction.reveal(book.key, [(opening[0].word(), opening[1])], sender=self.seller)

    def committed(self, book: Book, account: LocalAccount) -> list[int]:
        """The words of all commitments of an account to a book."""
        event = self.market.auction.raw.events.Committed()
        logs = event.get_logs(from_block=0, argument_filters={"book": book.key})
        words = [log["args"]["order"] for log in logs]
        return [word for word in words if word & (2**160 - 1) == int(account.address, 16)]

    def terms(self, book: Book, rule: str, *, pool: bool = False) -> None:
        """Has the authority decide how a book will be cleared."""
        terms = Terms(self.deployment_of(rule), 5_000, FEE_BPS, 5, 60, False, False, pool)
        self.decide("Rulebook", "setTerms", int(book.carrier), book.zone, book.slot_start, tuple(terms))

    def deployment_of(self, contract: str) -> str:
        return self.market.deployment.address(contract)

    def top_up(self, account: LocalAccount, amount: int) -> None:
        self.market.power_token.approve(self.market.vault.address, amount, sender=account)
        self.market.vault.deposit(amount, sender=account)

    def join(self, member: LocalAccount) -> None:
        market, money = self.market, pt("1000")
        papers = keccak(text=f"papers of {member.address}")
        application = Application(
            member.address, CONSUMER_PRODUCER, 0, FAR, papers, keccak(text=f"identity of {member.address}")
        )
        market.membership.admit(application, sender=known_account("registrar"))
        market.power_token.mint(member.address, money, papers, sender=known_account("issuer"))
        market.power_token.approve(market.vault.address, money, sender=member)
        market.vault.deposit(money, sender=member)
        market.vault.choose_modules((1 << len(MODULES)) - 1, sender=member)


class Desk:
    """A trader's working folder, and the programs that run in it."""

    def __init__(self, park: Park, folder: Path, account: int = BUYER) -> None:
        self.park, self.folder, self.account = park, folder, account
        self.key: tuple[str, str] = ("--account", str(account))
        self.journal_path = folder / "trader.journal"
        self._running: list[Daemon] = []

    def options(self, rpc: str | None = None) -> list[str]:
        return [
            *("--rpc", rpc or self.park.rpc),
            *("--deployment", str(self.park.deployment)),
            *("--journal", str(self.journal_path)),
            *self.key,
        ]

    def orders(self, book: Book, wh: int, price: int, name: str = "one") -> Path:
        """A file with one order to buy."""
        file = self.folder / f"{name}.toml"
        file.write_text(
            f'[[orders]]\nname = "{name}"\nzone = "park"\nslot = {book.slot_start}\nside = "buy"\nwh = {wh}\n'
            f"price = {price}\n"
        )
        return file

    def run(self, *arguments: str, rpc: str | None = None, environment: dict[str, str] | None = None) -> "Daemon":
        """Starts the daemon."""
        command = [str(PROGRAM), "trader", "run", "--json", "--every", "1", *self.options(rpc), *arguments]
        daemon = Daemon(command, self.folder, environment or {})
        self._running.append(daemon)
        return daemon

    def command(self, name: str, *arguments: str, rpc: str | None = None) -> Result:
        return run_here("trader", name, *self.options(rpc), *arguments, folder=self.folder)

    def journal(self) -> Journal:
        return Journal(self.journal_path, create=True)

    def agent(self, *, keeps: bool = False) -> "HandledAgent":
        """The trader in this process."""
        return HandledAgent(self.park, self.journal(), known_account(self.account), keeps)

    def clear_up(self) -> None:
        for daemon in self._running:
            daemon.kill()


class HandledAgent:
    """An agent whose rounds the test calls."""

    def __init__(self, park: Park, journal: Journal, account: LocalAccount, keeps: bool) -> None:
        self.park, self.market, self.journal, self.account = park, park.market, journal, account
        journal.belong(owner_of(park.market, account.address))
        self.said: list[Said] = []
        self.wallet = Wallet(park.chain, account, journal)
        self.agent = Agent(park.market, self.wallet, journal, self.said.append, keeps=keeps)

    def place(self, book: Book, wh: int, price: int, **more) -> Entry:
        more = {"sell": False, "slot_start": book.slot_start, "zone": "park", **more}
        wish = Wish(wh=wh, price=price, **more)
        return place(self.market, self.journal, wish, self.account.address, self.market.chain.web3.eth.block_number)

    def rounds(self, number: int = 3) -> list[str]:
        """Rounds until nothing more can happen at this time; returns what was said, in short."""
        before = len(self.said)
        for _ in range(number):
            self.agent.round()
            self.park.rest()
        return [said.what for said in self.said[before:]]

    def states(self) -> list[State]:
        return [entry.state for entry in self.journal.entries()]


class Daemon:
    """`wattbook trader run` as a process."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._log = folder / f"daemon-{time.monotonic_ns()}.log"
        with self._log.open("w") as out:
            self.process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **environment}
            )

    @property
    def said(self) -> list[dict[str, object]]:
        """What it said, line by line, without one that is being written."""
        whole = [line for line in self.output.splitlines(True) if line.startswith("{") and line.endswith("\n")]
        return [json.loads(line) for line in whole]

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_for(self, what: str, seconds: int = 120) -> dict[str, object]:
        """Waits until it says this, or fails with all that it said."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.said:
                if line["what"] == what:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"it never said {what!r}, but:\n{self.output}")

    def whats(self) -> list[str]:
        return [str(line["what"]) for line in self.said]

    def kill(self) -> None:
        """As a power cut does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self) -> int:
        """The status with which it ends."""
        return self.process.wait(120)
