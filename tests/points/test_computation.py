"""Points for attesters: one for every root that they signed and that was posted."""

import pytest
from eth_account import Account

from tests.points.earning import DAY, SENDER, Earning
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Quality, Root, ShortSignature
from wattbook.deployment.local import known_account
from wattbook.metering.roots import in_order, root_of, sign_root
from wattbook.metering.tree import Leaf, Tree
from wattbook.trial.blocks import message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import SLOT_SECONDS

KEYS = [known_account(name) for name in ATTESTERS]


@pytest.fixture
def posted(earning: Earning) -> Root:
    """A root that two of three attesters signed."""
    earning.have(["plant"])
    time = (earning.park.blocks.now // SLOT_SECONDS + 1) * SLOT_SECONDS
    earning.park.blocks.mine([], time + 1)
    return post(earning, time)


def post(earning: Earning, time: int) -> Root:
    device = earning.parties["plant"].plant
    root, _, _ = earning.meterings.post(
        time, [Leaf(device, 0, 1, Quality.MEASURED, 0, bytes(32), bytes(32))], ATTESTERS[:2]
    )
    return root


def signed(earning: Earning, root: Root, *keys: object) -> list[ShortSignature]:
    readings = earning.market.readings
    return in_order((key.address, sign_root(readings, root, [], key)) for key in keys)


def reward(earning: Earning, root: Root, *keys: object) -> list[str]:
    """Who earns, in a transaction of its own."""
    arguments = (root, Carrier.ELECTRICITY, signed(earning, root, *keys))
    [mined] = earning.park.blocks.mine([message(earning.market.computation, "reward", SENDER, *arguments)])
    asking = {log.args[1] for log in mined.logs if log.name == "PointsAsked"}
    [(zone, time, attesters)] = [log.args for log in mined.logs if log.name == "RootVouched"]
    assert (zone, time, set(attesters)) == (root.zone, root.time, asking)
    assert all(log.args[2] == 1 for log in mined.logs if log.name == "PointsAsked")
    return [key.address for key in KEYS if key.address.lower() in asking]


def refused_to(
    earning: Earning, error: type, root: Root, *keys: object, carrier: Carrier = Carrier.ELECTRICITY
) -> tuple:
    with pytest.raises(error) as caught:
        signatures = signed(earning, root, *keys)
        earning.call(earning.market.computation, "reward", root, int(carrier), signatures)
    return caught.value.arguments


def test_each_whose_signature_it_was_posted_with(earning: Earning, posted: Root):
    assert reward(earning, posted, *KEYS[:2]) == [key.address for key in KEYS[:2]]
    computation = earning.market.computation
    owners = [earning.rewarding.owner_of(key.address) for key in KEYS]
    assert [computation.has_earned(1, posted.time, owner) for owner in owners] == [True, True, False]


def test_who_checks_it_afterwards_too(earning: Earning, posted: Root):
    assert reward(earning, posted, *KEYS[:2]) == [key.address for key in KEYS[:2]]
    assert reward(earning, posted, *KEYS) == [KEYS[2].address]


def test_once(earning: Earning, posted: Root):
    reward(earning, posted, KEYS[0])
    assert refused_to(earning, reverts.NobodyEarns, posted, KEYS[0], KEYS[0]) == (1, posted.time)


def test_points_are_granted_with_those_of_the_epoch(earning: Earning, posted: Root):
    points, computation = earning.points, earning.market.computation
    before = points.balance_of(KEYS[0].address)
    epoch = points.current_epoch()
    place = computation.asks_of(epoch).accounts
    reward(earning, posted, KEYS[0])
    assert computation.asks_of(epoch).accounts in (place, place + 1)
    asked = dict(computation.ask_at(epoch, place) for place in range(computation.asks_of(epoch).accounts))
    earning.next_epoch()
    earning.as_account("plant", computation, "grant", epoch, 100)
    assert points.balance_of(KEYS[0].address) - before == asked[KEYS[0].address] >= 1


def test_not_who_is_no_attester(earning: Earning, posted: Root):
    stranger = Account.create()
    assert refused_to(earning, reverts.NobodyEarns, posted, stranger, known_account("operator")) == (1, posted.time)


def test_not_who_signed_another_root(earning: Earning, posted: Root):
    signatures = signed(earning, posted._replace(data_hash=b"\1" * 32), *KEYS)
    with pytest.raises(reverts.NobodyEarns):
        earning.call(earning.market.computation, "reward", posted, 0, signatures)


def test_not_under_two_accounts_of_one_owner(earning: Earning, posted: Root):
    membership = earning.market.membership
    first, second = (int(membership.standing_of(key.address).member) for key in KEYS[:2])
    earning.decide(membership, "changeOwner", second, first)
    try:
        assert len(reward(earning, posted, *KEYS[:2])) == 1
        assert refused_to(earning, reverts.NobodyEarns, posted, *KEYS[:2]) == (1, posted.time)
    finally:
        earning.decide(membership, "changeOwner", second, second)


def test_not_for_a_root_that_was_not_posted(earning: Earning, posted: Root):
    other = posted._replace(root=b"\1" * 32)
    assert refused_to(earning, reverts.UnknownRoot, other, *KEYS) == (1, posted.time, 0)
    later = posted._replace(time=posted.time - 10 * SLOT_SECONDS)
    assert refused_to(earning, reverts.UnknownRoot, later, *KEYS) == (1, later.time, 0)


def test_not_for_a_correction(earning: Earning, posted: Root):
    correction = root_of(1, posted.time, 1, Tree([(1, b"\1" * 32)]))
    assert refused_to(earning, reverts.IsCorrection, correction, *KEYS) == (1, posted.time, 1)


def test_not_for_a_time_at_which_nothing_is_read(earning: Earning, posted: Root):
    between = post(earning, posted.time - 7)
    assert refused_to(earning, reverts.NeverRead, between, *KEYS) == (1, between.time)


def test_not_for_a_root_of_long_ago(earning: Earning, posted: Root):
    since = earning.market.readings.posted_at(1, posted.time, 0)
    earning.park.blocks.mine([], since + 7 * DAY)
    assert refused_to(earning, reverts.ShownTooLate, posted, *KEYS) == (1, posted.time, since)
