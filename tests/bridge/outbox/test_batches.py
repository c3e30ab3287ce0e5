"""Batches, their leaves, and what attesters said to them."""

import pytest

from tests.bridge.outbox.made import NOON, leaf
from wattbook.bridge.outbox.records import BatchState, Call, Disagreement, OutboxError, State
from wattbook.deployment.local import known_account
from wattbook.errors import UnitError

ROOT, OTHER, DATA = b"\1" * 32, b"\2" * 32, b"\3" * 32
LEAVES = [leaf(device, device * 1_000) for device in (3, 1, 2)]
CALL = Call("0x" + "11" * 20, b"post", 80_000)


@pytest.fixture
def batch(outbox):
    return outbox.batches.add(1, NOON, 1, ROOT, DATA, LEAVES, NOON + 60)


def test_a_batch_and_its_leaves(outbox, batch):
    assert (batch.zone, batch.time, batch.version, batch.count) == (1, NOON, 1, 3)
    assert (batch.state, batch.created_at) == (BatchState.SIGNING, NOON + 60)
    assert outbox.batches.leaves(batch.id) == sorted(LEAVES, key=lambda one: one.device)
    assert outbox.batches.leaf(batch.id, 2) == LEAVES[2]
    assert outbox.batches.leaf(batch.id, 4) is None
    assert outbox.batches.find(1, NOON, 1) == batch
    assert outbox.batches.find(1, NOON, 2) is None
    assert outbox.batches.in_state(BatchState.SIGNING) == [batch]


def test_the_latest_of_a_zone(outbox, batch):
    later = outbox.batches.add(1, NOON + 900, 1, ROOT, DATA, LEAVES, 0)
    outbox.batches.add(1, NOON, 2, OTHER, DATA, LEAVES, 0)
    outbox.batches.add(2, NOON + 1_800, 1, OTHER, DATA, LEAVES, 0)
    assert outbox.batches.latest(1) == later
    corrected = outbox.batches.add(1, NOON + 900, 2, OTHER, DATA, LEAVES, 0)
    assert outbox.batches.latest(1) == corrected
    assert outbox.batches.latest(3) is None


def test_made_again(outbox, batch):
    assert outbox.batches.add(1, NOON, 1, ROOT, DATA, LEAVES, NOON + 99) == batch
    assert len(outbox.batches.leaves(batch.id)) == 3


def test_made_again_otherwise(outbox, batch):
    with pytest.raises(
        OutboxError, match=r"zone 1 at 1800000000, version 1, are batched already, with the root 0x0101"
    ):
        outbox.batches.add(1, NOON, 1, OTHER, DATA, [leaf(9)], 0)
    assert len(outbox.batches.leaves(batch.id)) == 3


def test_an_empty_batch(outbox):
    """A zone in which nothing was read."""
    batch = outbox.batches.add(1, NOON, 1, bytes(32), DATA, [], 0)
    assert (batch.count, outbox.batches.leaves(batch.id)) == (0, [])


@pytest.mark.parametrize("field", ["raw_hash", "salt"])
def test_a_leaf_that_the_chain_would_not_have(field):
    with pytest.raises(UnitError, match=f"{field} is 33 bytes long"):
        leaf(**{field: bytes(33)})
    with pytest.raises(UnitError, match="register is"):
        leaf(register=2**63)


def test_signatures_by_ascending_address(outbox, batch):
    attesters = [known_account(f"attester{number}").address for number in (1, 2, 3)]
    for attester in attesters:
        outbox.batches.sign(batch, attester.lower(), attester.encode())
    outbox.batches.sign(batch, attesters[0], b"another one")
    found = outbox.batches.signatures(batch.id)
    assert list(found) == sorted(attesters, key=lambda address: int(address, 16))
    assert found == {attester: attester.encode() for attester in attesters}


def test_an_attester_who_disagrees(outbox, batch):
    liar = known_account("attester2").address
    for place in range(3):
        outbox.batches.disagree(batch.id, liar, f"device 2 showed {place} Wh\0", NOON + place)
    [word] = outbox.batches.disagreements()
    assert word == Disagreement(batch.id, liar, "device 2 showed 2 Wh\\0", 3, NOON + 2)
    assert outbox.batches.disagreements(batch.id) == [word]
    assert outbox.batches.disagreements(batch.id + 1) == []


def test_nothing_of_a_batch_that_there_is_not(outbox):
    with pytest.raises(OutboxError, match="cannot be written"):
        outbox.batches.disagree(99, known_account("attester1").address, "", NOON)


def test_nothing_of_a_root_that_stands_no_more(outbox, batch):
    """Neither a signature of it, nor a transaction, nor another in its place."""
    outbox.batches.overrule(batch, OTHER, DATA, LEAVES[:2])
    outbox.batches.sign(batch, known_account("attester1").address, b"of the first")
    assert outbox.batches.signatures(batch.id) == {}
    for change in (
        lambda: outbox.batches.post(batch, CALL, NOON),
        lambda: outbox.batches.overrule(batch, ROOT, DATA, LEAVES),
    ):
        with pytest.raises(OutboxError, match=f"batch {batch.id} with this root is not signing any more"):
            change()
    assert outbox.transactions.queued() == []
    assert len(outbox.batches.leaves(batch.id)) == 2


def test_posted(outbox, batch):
    outbox.batches.post(batch, CALL, NOON)
    [queued] = outbox.transactions.queued()
    assert (queued.key, queued.call, queued.state) == (f"readings 1/{NOON}/1", CALL, State.QUEUED)
    [again] = outbox.batches.in_state(BatchState.QUEUED)
    assert outbox.batches.ended() == []
    with pytest.raises(OutboxError, match=f"batch {batch.id} with this root is not signing any more"):
        outbox.batches.post(batch, CALL, NOON)
    outbox.transactions.end(queued, State.CONFIRMED, "done by somebody else")
    [(found, transaction)] = outbox.batches.ended()
    assert (found, transaction.state) == (again, State.CONFIRMED)
    outbox.batches.close(found, BatchState.POSTED)
    assert outbox.batches.ended() == []
    assert [one.id for one in outbox.batches.in_state(BatchState.POSTED)] == [batch.id]


@pytest.mark.parametrize("state", [State.QUEUED, State.FAILED])
def test_reopened(outbox, batch, state):
    """It can be posted anew, and what was tried is still known."""
    outbox.batches.post(batch, CALL, NOON)
    [(found, transaction)] = outbox.batches.unsent()
    if state is State.FAILED:
        outbox.transactions.end(transaction, State.FAILED, "reverted")
        [(found, transaction)] = outbox.batches.ended()
    outbox.batches.reopen(found, transaction, "in vain")
    assert outbox.batches.find(1, NOON, 1) == batch
    tried = outbox.transactions.find(f"readings 1/{NOON}/1 #{transaction.id}")
    assert (tried.state, tried.note, tried.call) == (State.FAILED, "in vain", CALL)
    other = Call(CALL.to, b"other", 80_000)
    outbox.batches.post(batch, other, NOON + 1)
    assert outbox.transactions.find(f"readings 1/{NOON}/1").call == other
    with pytest.raises(OutboxError, match="another process changed it"):
        outbox.batches.reopen(found, transaction, "again")


def test_not_reopened_once_it_is_closed(outbox, batch):
    outbox.batches.post(batch, CALL, NOON)
    [(found, transaction)] = outbox.batches.unsent()
    outbox.batches.close(found, BatchState.OVERRULED)
    with pytest.raises(OutboxError, match=f"batch {batch.id} is not queued any more"):
        outbox.batches.reopen(found, transaction, "late")
    assert outbox.transactions.find(transaction.key) == transaction


def test_sequences_of_more_devices_than_one_statement_names(outbox, batch):
    assert outbox.batches.sequences(range(40_000), NOON + 1) == {one.device: one.sequence for one in LEAVES}


def test_queued_twice(outbox):
    outbox.transactions.queue("it", CALL, NOON)
    outbox.transactions.queue("it", CALL, NOON + 1)
    assert len(outbox.transactions.queued()) == 1
    with pytest.raises(OutboxError, match="it is queued already, with another content"):
        outbox.transactions.queue("it", Call(CALL.to, b"other"), NOON)


def test_what_was_set_aside_is_not_queued_again(outbox, batch):
    outbox.batches.post(batch, CALL, NOON)
    [(found, transaction)] = outbox.batches.unsent()
    outbox.batches.reopen(found, transaction, "in vain")
    with pytest.raises(OutboxError, match=f"{transaction.key} #{transaction.id} was set aside"):
        outbox.transactions.again(f"{transaction.key} #{transaction.id}")


def test_only_what_has_failed_is_queued_again(outbox):
    outbox.transactions.queue("it", CALL, NOON)
    for key in ("it", "nothing"):
        with pytest.raises(OutboxError, match=f"no transaction {key} has failed"):
            outbox.transactions.again(key)
