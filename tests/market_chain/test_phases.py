"""Every step at the last second before its phase, in its first and last second, and in the first one after."""

import pytest

from tests.assertions import refused
from wattbook.contracts import reverts
from wattbook.contracts.structs import BookState
from wattbook.deployment.local import known_account

HOUR, DAY = 3600, 24 * 3600
FOR_EVER = 2**40 - 1


def outside(life, start, end):
    return refused(reverts.OutsidePhase, book=life.key, **{"from": start}, until=end)


class TestOpenBook:
    @pytest.mark.parametrize("place", ["from", "until"])
    def test_from_an_hour_before_commitments_until_they_end(self, floor, place):
        life = floor.plan()
        first, end = life.opens_at - HOUR, life.reveals_at
        book = life.book
        arguments = (book.carrier, book.zone, book.slot_start)
        beyond, inside = {"from": (first - 1, first), "until": (end, end - 1)}[place]
        before = floor.snapshot()
        # Books are planned for later than that.
        floor.market.chain.web3.provider.make_request("anvil_setBlockTimestampInterval", [1])
        floor.at(beyond)
        with refused(reverts.NotOpening, **{"from": first}, until=end):
            life.auction.open_book(*arguments, sender=floor.alice)
        floor.restore(before)
        floor.at(inside)
        life.auction.open_book(*arguments, sender=floor.alice)
        assert life.facts.state == BookState.OPEN
