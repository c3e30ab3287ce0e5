"""The bridge as one process: sources in threads of their own, and a round that posts and sends."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from threading import Event, Thread
from typing import Any

import structlog
from eth_account import Account
from eth_account.signers.local import LocalAccount

from wattbook.bridge.attesting.peers import Peers
from wattbook.bridge.attesting.posting import Patience, Posting
from wattbook.bridge.attesting.registers import Metered
from wattbook.bridge.attesting.vouching import Vouching
from wattbook.bridge.clock import CHAIN, ChainClock, Clock, machine_clock
from wattbook.bridge.config import AttesterSettings, BridgeConfig, secret
from wattbook.bridge.http.access import Access
from wattbook.bridge.http.app import Pages
from wattbook.bridge.http.server import Server
from wattbook.bridge.metrics import BridgeMetrics
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Call, NativeReading, OutboxError, Owner
from wattbook.bridge.sender.sender import Sender, Terms
from wattbook.bridge.sources.build import routes_of, sources_of
from wattbook.bridge.sources.source import Source, Take
from wattbook.bridge.verify import records
from wattbook.bridge.verify.directory import Directory, OnChain, keep_fresh
from wattbook.bridge.verify.intake import Intake
from wattbook.chain import Chain, named
from wattbook.connection import Market
from wattbook.contracts.revert import ContractRevert
from wattbook.deployment.networks import unlock
from wattbook.deployment.record import find_deployment
from wattbook.errors import ChainError, SettingsError

_GWEI = 10**9
# An attester does not wait less than this for those before it, so that two seldom post the same.
_LEAST_TAKEOVER = 30
# A post that waits while somebody suspends or renews an attester has to read again who signs, on which it had counted
# to be remembered: some 45,000.
_SPARE_GAS = 60_000
# Seconds until what failed is tried again, and between two rounds at most.
_AGAIN = 5
_ROUND, _ROUND_OF_SET_CLOCK = 2.0, 0.25

_log = structlog.get_logger(__name__)


class Bridge:
    """All parts of a bridge, made and connected; `run` keeps them going."""

    def __init__(self, config: BridgeConfig, environment: Mapping[str, str], stack: ExitStack) -> None:
        self.account = attester(config.attester, environment)
        chain = Chain.at(config.chain.rpc)
        self.market = Market(chain, find_deployment(chain, config.chain.deployment))
        self.outbox = Outbox(config.outbox.where(environment))
        stack.callback(self.outbox.close)
        self.outbox.belong(owner(self.market))
        self.directory = Directory()
        self._on_chain = OnChain(self.market, config.meters)
        self.directory.replace(self._on_chain.devices())
        peers = Peers(config.peers, self.account)
        stack.callback(peers.close)
        set_clock = ChainClock(chain) if config.chain.clock == CHAIN else None
        clock: Clock = set_clock or machine_clock
        self._round = _ROUND_OF_SET_CLOCK if set_clock else _ROUND
        grace = config.posting.grace_seconds
        patience = Patience(grace, max(grace, _LEAST_TAKEOVER))
        turns = patience.turns(len(config.peers))
        vouching = Vouching(self.market, self.outbox, self._metered, self.account, clock, turns)
        self.posting = Posting(vouching, self.outbox, self._metered, peers, patience, clock)
        market = records.Market(chain.chain_id, self.market.readings.address)
        self.intake = Intake(self.outbox, self.directory, market, self._heard)
        self._take: Take = set_clock.stamping(self.intake.take) if set_clock else self.intake.take
        self.sources = sources_of(config.sources, market.chain_id, market.contract, environment)
        routes = routes_of(config.sources, self._take, environment)
        self.sender: Sender | None = None
        self.trouble = ""
        self._terms = Terms(
            confirmations=config.posting.confirmations,
            max_fee=config.posting.max_fee_gwei * _GWEI,
            bump_after=config.posting.bump_seconds,
            spare_gas=_SPARE_GAS,
        )
        metrics = BridgeMetrics(self.intake.counts, self.outbox, self.sources, self.posting, lambda: self.sender)
        pages = Pages(
            vouching, self.outbox, config.peers, Access(self.market, machine_clock), self.health, metrics.text
        )
        self.server = Server(pages.app(routes), config.http.host, config.http.port)
        stack.callback(self.server.stop)

    def run(self, stop: Event) -> None:
        """Goes on until `stop` is set, whatever fails meanwhile."""
        threads = [Thread(target=self._listen, args=(source, stop), name=source.name) for source in self.sources]
        threads.append(Thread(target=keep_fresh, args=(self.directory, self._on_chain, stop), name="directory"))
        meters = len(self.directory.devices())
        try:
            for thread in threads:
                thread.start()
            _log.info("running", attester=self.account.address, port=self.server.port, meters=meters)
            while not stop.is_set():
                try:
                    self._hold_the_key(stop)
                except OutboxError as error:
                    self._trouble(str(error))
                    stop.wait(_AGAIN)
        finally:
            # Nothing is taken any more that nobody would post.
            stop.set()
            for thread in threads:
                thread.join()
        _log.info("stopped")

    def health(self) -> dict[str, Any]:
        """What an operator looks at first."""
        sources = {source.name: source.trouble or source.held_up for source in self.sources}
        alarms = {kind.value: said for kind, said in self.sender.alarms.items()} if self.sender else {}
        return {
            "healthy": not self.trouble and not any(sources.values()) and not alarms,
            "attester": self.account.address,
            "trouble": self.trouble,
            "sources": sources,
            "alarms": alarms,
        }

    def _listen(self, source: Source, stop: Event) -> None:
        """A source that stumbles is started again, and says so meanwhile."""
        while not stop.is_set():
            try:
                source.run(self._take, stop)
            except Exception as error:
                _log.exception("fault", source=source.name)
                source.trouble = f"{type(error).__name__}: {error}"
                stop.wait(_AGAIN)

    def _hold_the_key(self, stop: Event) -> None:
        with self.outbox.sole(self.account.address) as lock:
            done = is_posted(self.market)
            transactions = self.outbox.transactions
            self.sender = Sender(self.market.chain, self.account, transactions, lock, done, self._terms, machine_clock)
            while not stop.is_set():
                wait = self._round
                try:
                    self.posting.step(self._zones())
                    wait = min(self.sender.step(), self._round)
                    self._trouble("")
                except (ChainError, ContractRevert) as error:
                    self._trouble(str(error))
                    wait = _AGAIN
                stop.wait(wait)

    def _trouble(self, said: str) -> None:
        if said and said != self.trouble:
            _log.warning("trouble", said=said)
        self.trouble = said

    def _zones(self) -> list[int]:
        return sorted({one.zone for one in self.directory.devices() if one.period})

    def _metered(self, zone: int) -> Sequence[Metered]:
        devices = self.directory.devices()
        return [Metered(one.device, one.period, one.modulus) for one in devices if one.zone == zone and one.period]

    def _heard(self, readings: Sequence[NativeReading]) -> None:
        for reading in readings:
            if device := self.directory.device(reading.device):
                self.posting.heard(device.zone, reading.time)


def owner(market: Market) -> Owner:
    """Whose an outbox is that serves a market."""
    genesis = market.chain.web3.eth.get_block(0)["hash"]
    return Owner(market.chain.chain_id, "0x" + bytes(genesis).hex(), market.readings.address)


def attester(settings: AttesterSettings, environment: Mapping[str, str]) -> LocalAccount:
    """The key that signs and sends, from where the file says."""
    if settings.keystore:
        return unlock(settings.keystore)
    name = settings.environment or ""
    try:
        account: LocalAccount = Account.from_key(secret(environment, name))
    except ValueError:
        raise SettingsError(f"the environment variable {name} holds no private key") from None
    return account


def is_posted(market: Market) -> Callable[[Call, int], bool]:
    """Whether the root that a call posts stands on the chain, as of a block."""
    readings = market.readings

    def done(call: Call, block: int) -> bool:
        _, given = readings.raw.decode_function_input(call.data)
        root = given["root"]
        posted = readings.function("postedAt", root["zone"], root["time"], root["version"])
        return bool(named(lambda: posted.call(block_identifier=block)))

    return done
