"""A validator that sealed two blocks of one height and round on one parent (docs/governance.md).

An honest validator seals one block a round, so both seals together convict it. Two seals of different rounds do not:
who could not agree in one round seals another block in the next. Nor do two of different parents, which are blocks of
two chains, as after a recovery. Blocks of height one have the same parent on any chain with the same genesis, as that
of a rehearsal is: they prove nothing either.
"""

from dataclasses import dataclass

from wattbook.governance.headers import Header, header, signer
from wattbook.governance.refusals import GovernanceError


@dataclass(frozen=True)
class Sealed:
    """A header, with seals or without, and one validator's seal of it."""

    header: bytes
    seal: bytes


@dataclass(frozen=True)
class Equivocation:
    """Who sealed two blocks, and which."""

    validator: str
    number: int
    round: int
    parent: bytes
    hashes: tuple[bytes, bytes]


def proved(one: Sealed, other: Sealed) -> Equivocation:
    """What two sealed headers prove; refused if they prove nothing."""
    first, second = header(one.header), header(other.header)
    for what, said in (
        ("height", (first.number, second.number)),
        ("round", (first.extra.round, second.extra.round)),
        ("parent", (first.parent.hex(), second.parent.hex())),
    ):
        if said[0] != said[1]:
            raise GovernanceError("NoEquivocation", f"the headers are not of one {what}: {said[0]} and {said[1]}")
    if first.number <= 1:
        what = "nobody seals a genesis block, and the next has one parent on all chains that begin with it"
        raise GovernanceError("NoEquivocation", what)
    hashes = first.sealed_hash, second.sealed_hash
    if hashes[0] == hashes[1]:
        raise GovernanceError("NoEquivocation", "both headers are of the same block")
    signers = signer(hashes[0], one.seal), signer(hashes[1], other.seal)
    if signers[0] != signers[1]:
        raise GovernanceError("NoEquivocation", f"the headers are sealed by {signers[0]} and {signers[1]}")
    return Equivocation(signers[0], first.number, first.extra.round, first.parent, hashes)


def as_sent(sealed: Sealed) -> Sealed:
    """As a contract takes it: the header without seals, whose hash is what was signed."""
    found: Header = header(sealed.header)
    return Sealed(found.sealed, sealed.seal)
