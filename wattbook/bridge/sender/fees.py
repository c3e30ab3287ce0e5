"""What a transaction offers for each unit of gas, in wei: a tip, and a cap on tip and base fee together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fees:
    """A transaction's fees."""

    tip: int
    cap: int

    @classmethod
    def now(cls, base: int, tip: int) -> "Fees":
        """With room for the base fee to double."""
        return cls(tip, tip + 2 * base)

    def raised(self) -> "Fees":
        """Enough to replace a transaction with these: nodes ask for a tenth more on both, and for more than before."""
        return Fees(_raised(self.tip), _raised(self.cap))

    def at_least(self, other: "Fees") -> "Fees":
        """The higher of both, each by itself."""
        return Fees(max(self.tip, other.tip), max(self.cap, other.cap))

    def at_most(self, cap: int) -> "Fees":
        """The same below a ceiling."""
        return Fees(min(self.tip, cap), min(self.cap, cap))


def _raised(fee: int) -> int:
    """An eighth more, rounded up."""
    return max(-(-fee * 9 // 8), fee + 1)
