"""What a zone lost beyond what it declares, and what that costs its network (docs/settlement/losses.md)."""

from dataclasses import dataclass

_WHOLE = 10_000
_ALARM_BPS = 200


@dataclass(frozen=True)
class Counted:
    """Wh that the meters of a zone counted in a slot or a month: its members', and the feeder's in both directions."""

    injected: int
    withdrawn: int
    imported: int
    exported: int

    def excess(self, loss_bps: int) -> int:
        """Wh lost beyond the declared loss of what was injected; negative when it is less."""
        arriving = self.injected * (_WHOLE - loss_bps) // _WHOLE
        return arriving + self.imported - self.withdrawn - self.exported

    def is_alarming(self, loss_bps: int) -> bool:
        """Whether somebody takes energy, or a meter is wrong."""
        return abs(self.excess(loss_bps)) * _WHOLE > self.injected * _ALARM_BPS

    def behind_feeder(self, loss_bps: int) -> int:
        """Wh that plants must have made for the feeder to see what it saw: what left the zone and what was used in it,
        less what came in, with what got lost on the way."""
        return max(0, self.exported - self.imported + self.withdrawn) * _WHOLE // (_WHOLE - loss_bps)


def cost(excess: int, pool_in: int, pool_out: int) -> int:
    """uPT that the network pays for it, at the prices at which the zone trades with the grid."""
    return excess * (pool_out if excess > 0 else pool_in)
