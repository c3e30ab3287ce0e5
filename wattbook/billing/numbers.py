"""The numbers of bills: month, member, and which of his accounts, so that a number says whose and is nobody else's."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from wattbook.billing.logs import Log, topic

ADMITTED, ADDED, RECOVERED = (
    topic("Membership", event) for event in ("MemberAdmitted", "AccountAdded", "RecoveryCompleted")
)
_ACCOUNTS_BITS = 16


@dataclass(frozen=True, order=True)
class Number:
    """A member's id, and the place of the account among all that he ever had, from 1."""

    member: int
    place: int

    def __str__(self) -> str:
        return f"{self.member}-{self.place}"

    def __int__(self) -> int:
        return self.member << _ACCOUNTS_BITS | self.place


class Numbers:
    """The number of every account of every member. An account that took a lost one's place has its number."""

    def __init__(self, logs: Iterable[Log]) -> None:
        self._numbers: dict[int, Number] = {}
        places: dict[int, int] = defaultdict(int)
        for log in logs:
            member, account = log.topics[1:3]
            if log.topics[0] == int(RECOVERED, 16):
                self._numbers[log.topics[3]] = self._numbers[account]
            else:
                places[member] += 1
                self._numbers[account] = Number(member, places[member])

    def of(self, account: str) -> Number | None:
        """None when it is no member's: the market's own have no bills."""
        return self._numbers.get(int(account, 16))

    def accounts(self) -> list[int]:
        return list(self._numbers)
