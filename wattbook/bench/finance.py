"""What a pool of plants costs those who buy into it, have it pay, and vote, in gas."""

from wattbook.contracts.structs import TrancheKind
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS, Mined
from wattbook.trial.park import Park
from wattbook.trial.pooling import Pooling
from wattbook.units import pt

HOLDERS = 4


def measure() -> dict[str, int]:
    """Each as a transaction of its own. The periods are those of a pool of one plant; how many hold its senior and
    mezzanine tranches, four here, matters to distributing only."""
    with Anvil(*OPTIONS) as chain:
        pooling = Pooling(Park(chain))
        pool = pooling.opened()
        terms = pooling.offers.terms_of(pool)
        bought: list[Mined] = []
        for kind, units in ((TrancheKind.SENIOR, terms.senior), (TrancheKind.MEZZ, terms.mezz)):
            for investor in pooling.investors[:HOLDERS]:
                arguments = (pool, kind, units // HOLDERS)
                bought.append(pooling.do(investor, pooling.pools, "subscribe", *arguments))
        decided = pooling.do(pooling.anyone, pooling.pools, "decide", pool)
        first = pooling.closed(pool, 0, pt(300_000))
        one = pooling.do(pooling.anyone, pooling.pools, "distribute", pool, 0, TrancheKind.SENIOR, 1)
        others = pooling.do(pooling.anyone, pooling.pools, "distribute", pool, 0, TrancheKind.SENIOR, HOLDERS)
        second = pooling.closed(pool, 1)
        pooling.closed(pool, 2)
        votes = [
            pooling.do(investor, pooling.servicers, "voteServicer", pool, investor, pooling.spare)
            for investor in pooling.investors[: HOLDERS // 2 + 1]
        ]
        return {
            "units bought": bought[1].gas,
            "pool decided": decided.gas,
            "period closed": first.gas,
            "period closed, nothing collected": second.gas,
            "distributed to a holder": one.gas,
            "each holder beside": (others.gas - one.gas) // (HOLDERS - 2),
            "vote for a servicer": votes[0].gas,
            "vote that replaces it": votes[-1].gas,
        }
