"""How likely an attacker overtakes a longest-chain system (Nakamoto 2008, section 11).

An attacker with a share q of the computing power starts z blocks behind. Nakamoto's estimate takes
the attacker's progress for a Poisson process with its expected rate; the exact probability, with the progress
distributed as a negative binomial, is larger: at q = 0.3, z = 50 by a factor of fifty. Both are given. A chain with
immediate finality, such as QBFT, is not attacked this way at all.
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from wattbook.errors import UnitError

MAX_Z = 100_000
_DIGITS = 40


@dataclass(frozen=True)
class AttackProbability:
    """The probability in both columns, as decimals with all digits that a reader could want."""

    q: Decimal
    z: int
    poisson: Decimal
    exact: Decimal


def attack_probability(q: Decimal | str, z: int) -> AttackProbability:
    """Both probabilities for an attacker's share `q` (0 to 1) and a lead of `z` blocks (0 to 100,000)."""
    share = _share(q)
    if type(z) is not int or not 0 <= z <= MAX_Z:
        raise UnitError(f"z is a number of blocks from 0 to {MAX_Z}, not {z}")
    if z == 0 or share >= Decimal("0.5"):
        return AttackProbability(share, z, Decimal(1), Decimal(1))
    with localcontext() as context:
        context.prec = _DIGITS
        poisson, exact = _poisson(share, z), _exact(share, z)
        context.prec = 17
        return AttackProbability(share, z, +poisson, +exact)


def smallest_z_below(q: Decimal | str, bound: Decimal | str) -> int:
    """The smallest lead with which Nakamoto's estimate is below `bound`."""
    for z in range(MAX_Z + 1):
        if attack_probability(q, z).poisson < Decimal(bound):
            return z
    raise UnitError(f"no lead up to {MAX_Z} blocks is enough against a share of {q}")


# Both sums are written so that every term is positive: nothing cancels, and small results keep all their digits.


def _poisson(q: Decimal, z: int) -> Decimal:
    # While the honest find z blocks the attacker finds k: either k >= z, or he catches up the z - k that are left.
    ratio = q / (1 - q)
    rate = z * ratio
    total, term, k = Decimal(0), (-rate).exp(), 0
    while k < z or term > total.scaleb(-_DIGITS):
        total += term * ratio ** max(0, z - k)
        k += 1
        term = term * rate / k
    return total


def _exact(q: Decimal, z: int) -> Decimal:
    # The same with k distributed as a negative binomial. In a race to z blocks somebody wins, so the attacker's chance
    # to be there first equals his chance to catch up after losing, and each is the sum of C(k+z-1, k) q^z p^k, k < z.
    p = 1 - q
    total, term = Decimal(0), q**z
    for k in range(z):
        total += term
        term = term * p * (k + z) / (k + 1)
    return 2 * total


def _share(q: Decimal | str) -> Decimal:
    try:
        share = Decimal(q)
    except (ArithmeticError, TypeError, ValueError):
        raise UnitError(f"q is a share between 0 and 1, not {q}") from None
    if not (share.is_finite() and 0 <= share <= 1):
        raise UnitError(f"q is a share between 0 and 1, not {q}")
    return share
