"""Named people, a market, and factories with defaults."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from hypothesis import settings

from tests.assertions import FAR, pass_time
from tests.devices import QUARTER, SLOT, Devices, facts
from tests.node import ask, shared
from wattbook import Application, Market, Role
from wattbook.abi import interface
from wattbook.chain import Chain
from wattbook.contracts.structs import Carrier
from wattbook.deployment.decisions import carry_out, propose
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import Call
from wattbook.deployment.settings import local_settings

LONGEST = Path(__file__).with_name("longest.txt")

# `--hypothesis-profile deep` for a long night.
settings.register_profile("default", max_examples=12, stateful_step_count=30, deadline=None)
settings.register_profile("deep", max_examples=300, stateful_step_count=80, deadline=None)
settings.load_profile("default")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are processors: tests wait for nodes, programs and browsers."""
    return (os.cpu_count() or 2) * 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that no worker is alone with one in the end."""
    places = {file: place for place, file in enumerate(LONGEST.read_text().split())}
    items.sort(key=lambda item: places.get(item.nodeid.split("::")[0], len(places)))


CONSUMER_PRODUCER = Role.CONSUMER | Role.PRODUCER


@dataclass
class People:
    """Accounts of the test mnemonic, each used for one purpose in a test."""

    administrator: LocalAccount = field(default_factory=lambda: known_account("administrator"))
    registrar: LocalAccount = field(default_factory=lambda: known_account("registrar"))
    regulator: LocalAccount = field(default_factory=lambda: known_account("regulator"))
    issuer: LocalAccount = field(default_factory=lambda: known_account("issuer"))
    operator: LocalAccount = field(default_factory=lambda: known_account("operator"))
    attester: LocalAccount = field(default_factory=lambda: known_account("attester1"))
    grid: LocalAccount = field(default_factory=lambda: known_account("grid"))
    alice: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT))
    bob: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT + 1))
    carol: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT + 2))
    relayer: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT + 3))
    stranger: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT + 4))
    module: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT + 5))
    other_module: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT + 6))
    spare: LocalAccount = field(default_factory=lambda: known_account(FIRST_FREE_ACCOUNT + 7))


@pytest.fixture(scope="session")
def people() -> People:
    return People()


@pytest.fixture(scope="session")
def chain() -> Iterator[Chain]:
    """The chain that the tests of a process share."""
    with shared() as chain:
        yield chain


@pytest.fixture(scope="session")
def founded(chain: Chain) -> Market:
    """A market as the deployment leaves it."""
    return Market(chain, deploy(chain, known_account("administrator"), local_settings(), None, lambda line: None))


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside to the chain that tests share is undone at the end, whatever the tests' order."""
    before = ask("evm_snapshot")
    try:
        yield
    finally:
        assert ask("evm_revert", before)


@pytest.fixture
def market(founded: Market) -> Iterator[Market]:
    """The market, as it was founded."""
    with undone():
        yield founded


Decide = Callable[..., None]
Admit = Callable[..., int]


def decider(market: Market, proposer: LocalAccount, wait: Callable[[int], None]) -> Decide:
    """Has the authority make a call, its delay over: `decide("Vault", "enterModule", address)`."""
    salts = count(1)

    def run(contract: str, function: str, *arguments: object) -> None:
        call, salt = Call(contract, function, arguments), next(salts).to_bytes(32)
        propose(market, call, sender=proposer, salt=salt)
        wait(market.authority.get_min_delay())
        carry_out(market, call, sender=proposer, salt=salt)

    return run


@pytest.fixture
def decide(market: Market, people: People) -> Decide:
    return decider(market, people.administrator, pass_time)


@pytest.fixture
def as_authority(market: Market) -> Callable[..., None]:
    """Calls as the authority would, to see what it would be told: `as_authority("Vault", "resume")`."""

    def run(contract: str, function: str, *arguments: object) -> None:
        raw = market.chain.web3.eth.contract(market.deployment.address(contract), abi=interface(contract).abi)
        market.chain.call(raw.functions[function](*arguments), market.authority.address)

    return run


@pytest.fixture
def application() -> Callable[..., Application]:
    """An application of an account, complete and unlike any other account's; each field can be given."""

    def make(account: LocalAccount, /, **fields: object) -> Application:
        usual = Application(
            account=account.address,
            roles=CONSUMER_PRODUCER,
            owner=0,
            certified_until=FAR,
            credential=keccak(text=f"papers of {account.address}"),
            nullifier=keccak(text=f"identity of {account.address}"),
        )
        return usual._replace(**fields)

    return make


@pytest.fixture
def admit(market: Market, people: People, application: Callable[..., Application]) -> Admit:
    """Admits an account and returns its member id."""

    def run(account: LocalAccount, /, **fields: object) -> int:
        receipt = market.membership.admit(application(account, **fields), sender=people.registrar)
        return receipt.event("MemberAdmitted").args["member"]

    return run


@pytest.fixture
def mint(market: Market, people: People) -> Callable[[LocalAccount, int], None]:
    """Mints against a receipt of its own."""
    receipts = count(1)

    def run(account: LocalAccount, amount: int) -> None:
        market.power_token.mint(account.address, amount, next(receipts).to_bytes(32), sender=people.issuer)

    return run


@pytest.fixture
def deposit(market: Market, mint: Callable[[LocalAccount, int], None]) -> Callable[[LocalAccount, int], None]:
    """Mints an amount and deposits it."""

    def run(account: LocalAccount, amount: int) -> None:
        mint(account, amount)
        market.power_token.approve(market.vault.address, amount, sender=account)
        market.vault.deposit(amount, sender=account)

    return run


@pytest.fixture
def alice(people: People, admit: Admit) -> LocalAccount:
    """A member: consumer and producer."""
    admit(people.alice)
    return people.alice


@pytest.fixture
def bob(people: People, admit: Admit) -> LocalAccount:
    """Another member: consumer and producer."""
    admit(people.bob)
    return people.bob


@pytest.fixture
def module(market: Market, people: People, decide: Decide) -> LocalAccount:
    """An account that the authority has entered as a module of the Vault."""
    decide("Vault", "enterModule", people.module.address)
    return people.module


@pytest.fixture
def zone(market: Market, people: People, decide: Decide) -> int:
    """The number of a zone in which electricity is traded in quarters of an hour."""
    decide("Zones", "addZone", b"park".ljust(32, b"\0"))
    number = market.zones.zone_count()
    decide("Zones", "openCarrier", number, int(Carrier.ELECTRICITY), SLOT, QUARTER, facts(people.grid.address))
    return number


@pytest.fixture
def devices(market: Market, people: People, zone: int) -> Devices:
    """Brings devices into the zone."""
    return Devices(market, people.operator, zone)
