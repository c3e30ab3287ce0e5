"""Elections, the vote on an abnormal validator, rewards, and quorums."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wattbook.governance.bookkeeping import rewards
from wattbook.governance.election import Candidate, Vote, elect
from wattbook.governance.quorum import faulty_tolerated, quorum, removal
from wattbook.governance.refusals import GovernanceError
from wattbook.market.bounds import UnsupportedRule
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

Case = dict[str, Any]
Result = dict[str, Any]
# A case, as something makes it out; what it must be is the same for all of them.
Run = Callable[[Case], Result]

LISTS = ("elections", "removal", "rewards", "qbft")


def recognises(file: VectorFile) -> bool:
    return all(isinstance(file.data.get(name), list) for name in LISTS)


def checks(file: VectorFile) -> Iterator[Check | NotRun]:
    """Every case of every list, in Python."""
    return checks_of(file, RUNS)


def checks_of(file: VectorFile, runs: Mapping[str, Run]) -> Iterator[Check | NotRun]:
    """Every case of the lists that something runs, which raises UnsupportedRule for what it does not have."""
    for name, run in runs.items():
        for place, case in enumerate(file.data[name]):
            label, expected = f"{name}[{place}]", _EXPECTED.get(name, _expect)(case)
            try:
                yield compared(label, expected, run(case))
            except UnsupportedRule as error:
                yield NotRun(label, str(error))
            except GovernanceError as error:
                yield Check(label, expected, str(error), False)


def _election(case: Case) -> Result:
    votes = [Vote(*vote) for vote in case["votes"]]
    candidates = [Candidate(*candidate) for candidate in case["candidates"]]
    found = elect(votes, candidates, case["seats"], case["capBps"])
    return {
        "cap": found.cap,
        "score": found.score,
        "delegates": list(found.delegates),
        "standby": list(found.standby),
    }


def _removal(case: Case) -> Result:
    found = removal(case["validators"], case["yesVotes"], evidence=case["evidence"])
    return {"needed": found.needed, "removed": found.removed, "replaceFirst": found.replace_first}


def _rewards(case: Case) -> Result:
    return {"rewards": rewards(case["blocks"], case["perBlock"], case["budget"])}


def _qbft(case: Case) -> Result:
    return {"faultyTolerated": faulty_tolerated(case["n"]), "quorum": quorum(case["n"])}


RUNS: dict[str, Run] = {"elections": _election, "removal": _removal, "rewards": _rewards, "qbft": _qbft}


def _expect(case: Case) -> Result:
    return dict(case["expect"])


_EXPECTED: dict[str, Run] = {
    "rewards": lambda case: {"rewards": case["expect"]},
    "qbft": lambda case: {name: case[name] for name in ("faultyTolerated", "quorum")},
}
