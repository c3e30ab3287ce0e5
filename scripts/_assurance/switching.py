"""A pytest plugin that switches mutants on, one at a time, and runs the tests that reach them until one fails.

Each run of a test is a process of its own, which begins as all others do: with the fixtures that tests share put up,
and their chains as they were then. No such fixture is put up while a mutant is on. First each test runs without a
mutant and tells which it reaches; it has to pass. A test that fails with a mutant has to pass without it right
afterwards, or what it says of the mutant counts for nothing.

The task is a file, named by MUTANTS_TASK: which mutants there are, where it says what became of each.
"""

import json
import os
import re
import select
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import FrameType, SimpleNamespace
from typing import IO, Any
from weakref import WeakSet

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from switches import ADDRESS, TOLD, making, telling
from tested import ANEW
from web3.types import RPCEndpoint

from wattbook.deployment import anvil
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.direct import Direct
from wattbook.trial import blocks

_OFF = "0x"
_TOLD = re.compile(rb"2\d{30}\n")
# Of what is told, a sign that all before it has been read.
_SIGN = 10**9
_REVERT = "evm_revert"
# What one that never ends may burn of a call; tests give theirs more than they need.
_MOST_GAS = 10**9
# Who is stopped for taking too long must have taken so many times as long as without a mutant right afterwards.
_FAR_LONGER = 5

# Before the tests' own profile, which takes over what it does not say itself: a failure is enough, small or not.
settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), database=None)
settings.load_profile("mutants")


class TooLong(BaseException):
    """A test took many times as long as without a mutant. No `except Exception` keeps it."""


class Chains:
    """The chains of this process, those that its parent started included, and the code that answers switches there."""

    def __init__(self) -> None:
        self.code = _OFF
        self.told: set[int] = set()
        self.shared: list[Anvil] = []
        self.own: list[Anvil] = []
        self._signs = 0
        self._connections: WeakSet[Direct] = WeakSet()

    def patch(self) -> None:
        """Has all nodes that are started from now on be known here, and their code outlast what is undone."""
        enter, stop, begin, request = Anvil.__enter__, Anvil.stop, Direct.__init__, Direct.make_request

        def entered(node: Anvil) -> Any:
            chain = enter(node)
            self.own.append(node)
            self._put(node)
            return chain

        def stopped(node: Anvil) -> None:
            if node in self.own:
                self.read(node)
                self.own.remove(node)
            stop(node)

        def begun(connection: Direct, url: str) -> None:
            begin(connection, url)
            self._connections.add(connection)

        def requested(connection: Direct, method: RPCEndpoint, params: Any) -> Any:
            if method == "eth_call" and "gas" not in params[0]:
                params = [params[0] | {"gas": hex(_MOST_GAS)}, *params[1:]]
            answer = request(connection, method, params)
            if method == _REVERT:
                request(connection, RPCEndpoint("anvil_setCode"), [ADDRESS, self.code])
            return answer

        for where, name, patched in (
            (Anvil, "__enter__", entered),
            (Anvil, "stop", stopped),
            (Direct, "__init__", begun),
            (Direct, "make_request", requested),
            (anvil, "_listen", self._listen),
            (blocks, "_GAS", _MOST_GAS),
        ):
            setattr(where, name, patched)

    def leave_to_child(self) -> None:
        """In a new process: the nodes are the parent's, and so are the connections to them."""
        self.shared, self.own = self.shared + self.own, []
        for connection in list(self._connections):
            connection._connection.close()

    def switch(self, code: str) -> None:
        self.code = code
        for node in self.shared + self.own:
            self._put(node)

    def read(self, *nodes: Anvil) -> None:
        """Waits until all that nodes have printed so far is in `told`."""
        if self.code != telling():
            return
        for node in nodes or self.own:
            self._signs += 1
            sign = _SIGN + self._signs
            call = {"to": ADDRESS, "data": f"0x{sign:064x}"}
            ask(node, "eth_call", call, "latest")
            deadline = time.monotonic() + 30
            while sign not in self.told and time.monotonic() < deadline:
                time.sleep(0.001)
            self.told.remove(sign)

    @contextmanager
    def apart(self) -> Iterator[set[int]]:
        """No mutant is on inside; what is told inside is told apart."""
        told: set[int] = set()
        before, code = set(), self.code
        if code == telling():
            self.read()
            before = self.told.copy()
            self.told.clear()
            for node in self.shared:
                ask(node, "anvil_setCode", ADDRESS, _OFF)
        else:
            self.switch(_OFF)
        try:
            yield told
        finally:
            self.read()
            told |= self.told
            self.told.clear()
            self.told |= before
            self.switch(code)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done to chains inside, by whatever process, is undone at the end."""
        nodes = list(self.own)
        states = [(ask(node, "evm_snapshot"), ask(node, "anvil_getAutomine")) for node in nodes]
        yield
        self.read()
        for node, (state, seals) in zip(nodes, states, strict=True):
            ask(node, "anvil_dropAllTransactions")
            assert ask(node, _REVERT, state)
            ask(node, "evm_setAutomine", seals)

    def _put(self, node: Anvil) -> None:
        ask(node, "anvil_setCode", ADDRESS, self.code)

    def _listen(self, output: IO[bytes], said: SimpleQueue[str]) -> None:
        with output:
            for line in output:
                if _TOLD.fullmatch(line):
                    self.told.add(int(line) - TOLD)
                elif found := re.match(rb"Listening on (\S+)", line):
                    said.put(found[1].decode())


def ask(node: Anvil, method: str, *parameters: object) -> Any:
    answer = Direct(node.rpc).make_request(RPCEndpoint(method), list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


@dataclass
class Ran:
    """How a test ended, how long it took, which mutants it reached, and which ones fixtures that are shared did."""

    passed: bool
    seconds: float
    told: list[int]
    shared: list[int]
    said: str = ""


class Unsure(Exception):
    """What was found cannot be trusted: all is to begin anew."""


class Switching:
    """The loop over tests and mutants, in place of pytest's own."""

    def __init__(self, task: Path) -> None:
        self.task = json.loads(task.read_text())
        self.chains = Chains()
        self.chains.patch()
        self.in_shared: set[int] = set()
        self.recorded: dict[str, Ran] = {}
        self.kills: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        with self.chains.apart() as told:
            result = yield
        self.in_shared |= told
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed or not session.items:
            raise session.Interrupted("tests could not be collected")
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        self._put_up()
        self._record()
        for number, key in self.task["mutants"]:
            Path(self.task["begun"]).write_text(key)
            started = time.monotonic()
            try:
                line = self._try(number)
            except Exception:
                # Nodes that do not answer, too.
                traceback.print_exc()
                pytest.exit("begin anew", returncode=ANEW)
            with Path(self.task["results"]).open("a") as file:
                file.write(json.dumps({"key": key, **line}) + "\n")
            print(f"{key} {line.get('by', line['result'])} {time.monotonic() - started:.1f} s", flush=True)
        return True

    def _put_up(self) -> None:
        """Runs the first test of each file, and of each fixture that is shared: what they leave is where all begin."""
        self.chains.switch(telling())
        seen: set[str] = set()
        for item in self.items.values():
            needed = (
                {str(item.path)}
                | {
                    f"{name} {fixture.baseid}"
                    for name, fixtures in item._fixtureinfo.name2fixturedefs.items()  # type: ignore[attr-defined]
                    for fixture in fixtures[-1:]
                    if fixture.scope == "session"
                }
            )
            if not needed <= seen:
                seen |= needed
                self._must_pass(item.nodeid, self._run(item))
        self.chains.switch(_OFF)

    def _record(self) -> None:
        file = Path(self.task["recorded"])
        if file.exists():
            kept = json.loads(file.read_text())
            self.recorded = {test: Ran(**ran) for test, ran in kept["tests"].items()}
            self.in_shared |= set(kept["shared"])
            return
        for test in self.items:
            ran = self._run_apart(test, telling(), 600)
            self._must_pass(test, ran)
            self.recorded[test] = ran
            self.in_shared |= set(ran.shared)
        kept = {"tests": {test: vars(ran) for test, ran in self.recorded.items()}, "shared": sorted(self.in_shared)}
        file.write_text(json.dumps(kept))
        print(f"{len(self.items)} tests, {sum(ran.seconds for ran in self.recorded.values()):.0f} s", flush=True)

    def _must_pass(self, test: str, ran: Ran) -> None:
        if not ran.passed:
            pytest.exit(f"{test} fails without a mutant\n{ran.said}", returncode=1)

    def _try(self, number: int) -> dict[str, str]:
        reaching = [test for test, ran in self.recorded.items() if number in ran.told]
        # Those first that take little time for what they find.
        for test in sorted(reaching, key=lambda test: self.recorded[test].seconds / (1 + self.kills[test])):
            patience = 60 + 10 * self.recorded[test].seconds
            found = self._run_apart(test, making(number), patience)
            if found.passed:
                continue
            again = self._run_apart(test, _OFF, patience)
            if not again.passed or again.seconds * _FAR_LONGER > found.seconds > patience:
                raise Unsure(f"{test} fails after a mutant too, or the machine is too busy to tell")
            self.kills[test] += 1
            return {"result": "killed", "by": test}
        seen = "shared" if number in self.in_shared else "tests" if reaching else "nowhere"
        return {"result": "survived", "restsOn": self.task["restsOn"], "seen": seen}

    def _run_apart(self, test: str, code: str, patience: float) -> Ran:
        """A test with a code of the switches, in a process of its own, from where all begin."""
        with self.chains.undone():
            self.chains.told.clear()
            self.chains.switch(code)
            ran = _in_child(lambda: self._child(test, patience), patience + 120)
            self.chains.read()
            ran.told = sorted(set(ran.told) | self.chains.told)
        self.chains.switch(_OFF)
        return ran

    def _child(self, test: str, patience: float) -> Ran:
        self.chains.leave_to_child()
        self.in_shared.clear()
        signal.signal(signal.SIGALRM, _too_long)
        signal.setitimer(signal.ITIMER_REAL, patience, 30)
        ran = self._run(self.items[test])
        self.chains.read()
        return Ran(ran.passed, ran.seconds, sorted(self.chains.told), sorted(self.in_shared), ran.said)

    def _run(self, item: pytest.Item) -> Ran:
        """A test, and the end of all fixtures but those of the session."""
        only_session = SimpleNamespace(listchain=lambda: [self.session])
        started = time.monotonic()
        reports = runtestprotocol(item, log=False, nextitem=only_session)  # type: ignore[arg-type]
        said = "\n".join(report.longreprtext for report in reports if report.failed)
        return Ran(not said and not any(report.failed for report in reports), time.monotonic() - started, [], [], said)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLong


def _in_child(run: Callable[[], Ran], patience: float) -> Ran:
    """What a function answers in a process of its own that ends with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            answer = json.dumps(vars(run()))
            with os.fdopen(writing, "w") as file:
                file.write(answer)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading) as file:
            ready, _, _ = select.select([file], [], [], patience)
            answer = file.read() if ready else ""
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not answer:
        raise Unsure("a test could not be stopped")
    return Ran(**json.loads(answer))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Switching(Path(os.environ["MUTANTS_TASK"])))
