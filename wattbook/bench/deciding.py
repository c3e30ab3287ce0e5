"""What it costs to decide with others, in gas: on what the market works by, and on a delegate."""

import rlp  # type: ignore[import-untyped]
from coincurve import PrivateKey

from wattbook.contracts.structs import SealedHeader
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.deployer import encode_call
from wattbook.deployment.plan import Call
from wattbook.governance.council import VOTE_SECONDS
from wattbook.governance.headers import ExtraData, header
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.park import Park
from wattbook.trial.watching import Watching

_VOTERS, _DELEGATES = 10, 7
_REASON = "measured again in spring"


def proposals() -> dict[str, int]:
    """A rule and a fee for all books of a zone, with a reason of four words. Of the votes the last one is told."""
    with Anvil(*OPTIONS) as chain:
        park = Park(chain)
        park.have_traders(_VOTERS)
        market, blocks, council = park.market, park.blocks, park.market.council
        voters, anybody = park.traders[:_VOTERS], park.traders[-1]
        call = Call("Pool", "setLimits", (1, 0, (1_000, 1_000)))
        batch = [market.deployment.address("Pool")], [encode_call(chain, call)]
        [made] = blocks.mine([message(council, "propose", anybody, *batch, _REASON)])
        votes = blocks.mine([message(council, "vote", one, 1, True) for one in voters])
        [queued] = blocks.mine([message(council, "queue", anybody, 1, *batch)], blocks.now + VOTE_SECONDS)
        due = blocks.now + market.authority.get_min_delay()
        [done] = blocks.mine([message(council, "execute", anybody, 1, *batch)], due)
        return {
            "proposal made": made.gas,
            "vote on a proposal": votes[-1].gas,
            "proposal queued": queued.gas,
            "proposal executed": done.gas,
        }


def verdicts() -> dict[str, int]:
    """Of seven delegates; the last vote is the one that condemns."""
    with Anvil(*OPTIONS) as chain:
        watching = Watching(Park(chain), _DELEGATES)
        accused, another, *voters = watching.validators
        suspected = watching.attest(accused, b"\1" * 32)
        votes = [watching.vote(voter, accused) for voter in [another, *voters][: watching.needed(accused)]]
        proof = [_sealed(PrivateKey(bytes(watching.keys[another].key)), state) for state in (b"\1", b"\2")]
        proved = watching.prove(*proof)
        return {
            "delegate suspected": suspected.gas,
            "vote on the suspected": votes[1].gas,
            "vote that condemns": votes[-1].gas,
            "equivocation proved": proved.gas,
        }


def _sealed(key: PrivateKey, state: bytes) -> SealedHeader:
    """A header as of Cancun, of 616 bytes."""
    of = header(
        rlp.encode(
            [
                *(b"\x11" * 32, b"\x1d" * 32, b"\xc0" * 20, state * 32, b"\x56" * 32, b"\x56" * 32, b"\xff" * 256),
                *(b"\x01", (12_345_678).to_bytes(3), (30_000_000).to_bytes(4), (5_000_000).to_bytes(3)),
                *((1_800_000_000).to_bytes(4), ExtraData().encode(), b"\x63" * 32, bytes(8)),
                *(b"", b"\x56" * 32, b"", b"", bytes(32)),
            ]
        )
    )
    return SealedHeader(of.encode(), key.sign_recoverable(of.sealed_hash, hasher=None))
