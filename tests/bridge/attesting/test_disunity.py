"""Bridges that hold different roots for the same time, and what becomes of them."""

import secrets
from dataclasses import replace

import pytest

from tests.bridge.attesting.bridges import PATIENCE, TAKEOVER
from tests.bridge.attesting.test_agreement import everybody_hears, leaves_of, posted, queued
from tests.devices import QUARTER
from wattbook.bridge.attesting.vouching import root_over
from wattbook.bridge.attesting.wire import Answer
from wattbook.bridge.outbox.records import BatchState, State
from wattbook.metering import tree

ROUND = 16


def rounds(bridges, park, count):
    for _ in range(count):
        park.go_to(park.now + ROUND)
        for one in bridges:
            one.step()


def is_posted_in_time(bridges, park, time):
    """Ten minutes at most."""
    for _ in range(600 // ROUND):
        if posted(park, time):
            break
        rounds(bridges, park, 1)
    # Until it stands for sure, and batches are closed.
    rounds(bridges, park, 4)
    return posted(park, time) != 0


def lies(monkeypatch, liar, answer):
    """Whatever it is asked."""
    monkeypatch.setattr(liar.vouching, "check", answer)
    monkeypatch.setattr(liar.vouching, "sign", lambda proposal, _: answer(proposal))


def lower_than(proposal):
    """The same leaves under a lower root, which nobody has signed."""
    root = root_over(1, proposal.time, 0, proposal.leaves).root
    while True:
        leaves = tuple(replace(leaf, salt=secrets.token_bytes(32)) for leaf in proposal.leaves)
        if root_over(1, proposal.time, 0, leaves).root < root:
            return replace(proposal, leaves=leaves, signatures={})


@pytest.mark.parametrize("liar", range(3))
def test_one_knows_less_and_one_lies(bridges, park, devices, time, liar, monkeypatch):
    """The liar has nothing against anything and signs nothing. Of the others each has a root that it began with; that
    with more devices gives way, as too few know of them."""
    lies(monkeypatch, bridges[liar], lambda proposal: Answer({}, {leaf.device: 0 for leaf in proposal.leaves}))
    less, more = (one for place, one in enumerate(bridges) if place != liar)
    everybody_hears([less], devices[:3], time)
    everybody_hears([more], devices, time)
    assert is_posted_in_time([less, more], park, time)
    assert [leaf.device for leaf in leaves_of([less, more], time)] == devices[:3]


@pytest.mark.parametrize("liar", range(3))
def test_each_knows_of_a_device_that_the_other_does_not(bridges, park, devices, time, liar, monkeypatch):
    lies(monkeypatch, bridges[liar], lambda proposal: Answer({}, {leaf.device: 0 for leaf in proposal.leaves}))
    one, other = (one for place, one in enumerate(bridges) if place != liar)
    everybody_hears([one], [devices[0], devices[1]], time)
    everybody_hears([other], [devices[0], devices[2]], time)
    assert is_posted_in_time([one, other], park, time)
    assert [leaf.device for leaf in leaves_of([one, other], time)] == devices[:1]


def test_a_liar_does_not_take_one_device_after_another(bridges, park, devices, time, monkeypatch):
    """It has always one thing to say, as little as the honest one who does not know of a device."""
    liar, less, more = bridges

    def objects(proposal):
        first = proposal.leaves[0].device
        return Answer({first: "no"}, {leaf.device: 0 for leaf in proposal.leaves})

    lies(monkeypatch, liar, objects)
    everybody_hears([less], devices[:3], time)
    everybody_hears([more], devices, time)
    more.vouching.keep(more.vouching.proposal(1, time, more.vouching.leaves(1, time), {}))
    park.go_to(time + PATIENCE.turns(2))
    rounds([more], park, 4)
    assert posted(park, time)
    assert {leaf.device for leaf in leaves_of([more], time)} >= {devices[1], devices[2]}


def test_one_shows_ever_lower_roots(bridges, park, devices, time, monkeypatch):
    """And has signed none of them."""
    liar, *honest = bridges
    shown = []

    def lie(proposal):
        shown.append(lower_than(proposal))
        return Answer({}, {}, None, shown[-1])

    lies(monkeypatch, liar, lie)
    everybody_hears(honest, devices, time)
    assert is_posted_in_time(honest, park, time)
    assert shown


def test_another_root_comes_in_while_signatures_are_gathered(bridges, park, devices, time, monkeypatch):
    """A signature of the first is none of the second."""
    liar, bridge, other = bridges
    everybody_hears(bridges, devices, time)
    park.go_to(time + PATIENCE.turns(2))
    lies(monkeypatch, liar, lambda proposal: Answer({}, {}))
    sign, overruled = other.vouching.sign, []

    def signs(proposal, sender):
        answer = sign(proposal, sender)
        if not overruled:
            lower = lower_than(proposal)
            batch = liar.vouching.keep(lower)
            signed = replace(lower, signatures=liar.outbox.batches.signatures(batch.id))
            overruled.append(bridge.vouching.agree(signed, liar.account.address))
        return answer

    monkeypatch.setattr(other.vouching, "sign", signs)
    bridge.posting.step([1])
    assert overruled[0]
    batch = bridge.outbox.batches.find(1, time, 0)
    assert batch.root == overruled[0].root
    assert bridge.outbox.batches.signatures(batch.id).keys() == {one.account.address for one in (liar, bridge)}
    rounds([bridge], park, 2)
    assert posted(park, time)


def test_what_stands_under_a_batch_and_is_of_something_else_does_not_count(bridges, park, devices, time):
    """As an older bridge may have stored it."""
    for one in bridges[1:]:
        one.stop()
    bridge = bridges[0]
    everybody_hears(bridges, devices, time)
    batch = bridge.vouching.keep(bridge.vouching.proposal(1, time, bridge.vouching.leaves(1, time), {}))
    elsewhere = bridges[1].vouching.keep(bridges[1].vouching.proposal(1, time, bridges[1].vouching.leaves(1, time), {}))
    [(who, signed)] = bridges[1].outbox.batches.signatures(elsewhere.id).items()
    bridge.outbox.batches.sign(batch, who, signed)
    park.go_to(time + PATIENCE.turns(2))
    bridge.posting.step([1])
    assert bridge.outbox.batches.find(1, time, 0).state is BatchState.SIGNING


def test_taken_back_when_it_is_long_past(bridges, park, devices, time):
    bridge, _, transaction = queued(bridges, park, devices, time)
    bridge.outbox.transactions.end(transaction, State.FAILED, "reverted")
    park.go_to(time + 97 * QUARTER)
    rounds(bridges, park, 3)
    assert posted(park, time)
    rounds(bridges, park, 3)
    assert not any(one.outbox.batches.in_state(BatchState.SIGNING) for one in bridges)


def test_it_fails_again_and_again(bridges, park, devices, time):
    """Each try is paid for, so that there is some time between them."""
    bridge, _, transaction = queued(bridges, park, devices, time)
    tries = bridge.outbox.transactions
    for wait, reopened in ((0, 1), (590, 1), (20, 2)):
        if wait:
            park.go_to(park.now + wait)
        if (waiting := tries.find(transaction.key)) and waiting.state is State.QUEUED:
            tries.end(waiting, State.FAILED, "reverted")
        bridge.posting.step([1])
        assert len([one for one in tries.failed() if " #" in one.key]) == reopened


def test_failed_while_anothers_root_is_not_final(bridges, park, devices, time):
    """The chain may take it back; until it stands for sure the batch is not closed."""
    bridge, batch, transaction = queued(bridges, park, devices, time)
    park.go_to(time + PATIENCE.turns(2))
    for one in bridges:
        if one is not bridge:
            one.step()
    assert posted(park, time)
    bridge.outbox.transactions.end(transaction, State.FAILED, "reverted")
    bridge.posting.step([1])
    assert bridge.outbox.batches.find(1, time, 0) == batch
    park.go_to(park.now + TAKEOVER)
    bridge.posting.step([1])
    assert bridge.outbox.batches.find(1, time, 0).state is BatchState.POSTED


def test_what_waits_is_not_worked_out_in_each_round(bridges, park, devices, time, monkeypatch):
    """Nor taken back for one more signature, whichever would come first."""
    late = min(bridges, key=lambda one: int(one.account.address, 16))
    late.stop()
    everybody_hears([late], devices, time)
    bridge, batch, transaction = queued([one for one in bridges if one is not late], park, devices, time)
    answer = late.vouching.sign(bridge.vouching.stored(batch), bridge.account.address)
    bridge.outbox.batches.sign(batch, late.account.address, answer.signature)
    built = []
    monkeypatch.setattr(tree, "Tree", built.append)
    bridge.posting.step([1])
    assert bridge.outbox.transactions.find(transaction.key) == transaction
    assert not built


def test_taken_back_when_more_have_to_sign(bridges, park, devices, time, monkeypatch):
    bridge, _, transaction = queued(bridges, park, devices, time)
    monkeypatch.setattr(park.market.readings, "threshold", lambda: 3)
    bridge.posting.step([1])
    [(_, again)] = bridge.outbox.batches.unsent()
    assert again.key == transaction.key
    _, given = park.market.readings.raw.decode_function_input(again.call.data)
    assert len(given["signatures"]) == 3
