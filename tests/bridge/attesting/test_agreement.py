"""Two of three attesters are enough, and whoever says something else is named."""

from itertools import permutations

import pytest

from tests.bridge.attesting.bridges import GRACE, TAKEOVER
from tests.devices import QUARTER
from wattbook.bridge.attesting.posting import Patience
from wattbook.bridge.attesting.vouching import on_chain, root_over, tree_over
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.records import BatchState, State
from wattbook.deployment.local import known_account
from wattbook.eip712 import short_form
from wattbook.metering.roots import signer_of

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def settle(bridges, park):
    """Lets every turn come."""
    for wait in (0, GRACE, TAKEOVER, TAKEOVER, TAKEOVER):
        if wait:
            park.go_to(park.now + wait + 1)
        for one in bridges:
            one.step()


def everybody_hears(bridges, devices, time, wh=1_000):
    for one in bridges:
        for device in devices:
            one.hear(device, time, wh + device)


def posted(park, time):
    return park.market.readings.posted_at(1, time, 0)


def signers(park, time):
    """Who signed the root that is on the chain."""
    posts = park.market.readings.raw.events.RootPosted()
    [log] = posts.get_logs(from_block=0, argument_filters={"time": time})
    return log["args"]["signers"]


def leaves_of(bridges, time):
    """The leaves that are on the chain, as the first bridge that has them knows them."""
    for one in bridges:
        batch = one.outbox.batches.find(1, time, 0)
        if batch and batch.state is BatchState.POSTED:
            return one.outbox.batches.leaves(batch.id)
    return []


def test_all_agree(bridges, park, devices, time):
    everybody_hears(bridges, devices, time)
    settle(bridges, park)
    assert posted(park, time)
    leaves = leaves_of(bridges, time)
    assert [(leaf.device, leaf.register, leaf.trust) for leaf in leaves] == [
        (device, 1_000 + device, Trust.A) for device in devices
    ]
    tree, root = tree_over(leaves), root_over(1, time, 0, leaves)
    for place, leaf in enumerate(leaves):
        hashed = on_chain(leaf).content_hash
        assert park.market.readings.covers(root, leaf.device, hashed, place, tree.proof(place))
    assert not any(one.outbox.batches.disagreements() for one in bridges)


def test_once_only(bridges, park, devices, time):
    everybody_hears(bridges, devices, time)
    settle(bridges, park)
    sent = [one.outbox.transactions.counts() for one in bridges]
    settle(bridges, park)
    assert [one.outbox.transactions.counts() for one in bridges] == sent


@pytest.mark.parametrize("dead", range(3))
def test_one_is_killed(bridges, park, devices, time, dead):
    everybody_hears(bridges, devices, time)
    bridges[dead].stop()
    alive = [one for place, one in enumerate(bridges) if place != dead]
    settle(alive, park)
    assert posted(park, time)


def test_two_are_killed(bridges, park, devices, time):
    everybody_hears(bridges, devices, time)
    for one in bridges[1:]:
        one.stop()
    settle(bridges[:1], park)
    assert not posted(park, time)
    assert bridges[0].posting.unreachable.keys() == {"attester2", "attester3"}


@pytest.mark.parametrize("liar", range(3))
def test_one_lies(bridges, park, devices, time, liar):
    """It says that a plant made more; the others' word stands, and the lie is written down with its teller."""
    lied = devices[1]
    for place, one in enumerate(bridges):
        for device in devices:
            one.hear(device, time, 9_999 if (place, device) == (liar, lied) else 1_000 + device)
    settle(bridges, park)
    assert posted(park, time)
    honest = [one for place, one in enumerate(bridges) if place != liar]
    registers = {leaf.device: leaf.register for leaf in leaves_of(honest, time)}
    assert registers.get(lied, 1_000 + lied) == 1_000 + lied
    assert registers.keys() >= set(devices) - {lied}
    said = [(one.attester, one.said) for bridge in honest for one in bridge.outbox.batches.disagreements()]
    refused = [(one.source, one.meter, one.detail) for bridge in honest for one in bridge.outbox.refusals.kept()]
    address = bridges[liar].account.address
    assert (address, f"device {lied}: it was 9999") in said or any(
        source == f"attester {address}" and meter == str(lied) and "9999" in detail for source, meter, detail in refused
    )


def test_one_knows_less(bridges, park, devices, time):
    """Who has not heard of a device cannot vouch for it; two others can."""
    everybody_hears(bridges[:2], devices, time)
    everybody_hears(bridges[2:], devices[:2], time)
    settle(bridges, park)
    assert posted(park, time)


def test_a_reading_that_one_alone_has_waits(bridges, park, devices, time):
    everybody_hears(bridges, devices[:3], time)
    bridges[0].hear(devices[3], time, 5)
    settle(bridges, park)
    assert [leaf.device for leaf in leaves_of(bridges, time)] == devices[:3]


@pytest.mark.parametrize("blind", range(3))
def test_one_leaves_a_device_out(bridges, park, devices, time, blind):
    """It believes that it has all, and proposes at once; who knows of one more waits for a turn of its own."""
    bridges[blind].meters = [one for one in bridges[blind].meters if one.device != devices[1]]
    everybody_hears(bridges, devices, time)
    settle(bridges, park)
    assert [leaf.device for leaf in leaves_of(bridges, time)] == devices


def queued(bridges, park, devices, time):
    """One bridge, and the batch that it has queued and not sent, whoever's turn was first."""
    everybody_hears(bridges, devices, time)
    park.go_to(park.now + GRACE + 2 * TAKEOVER + 1)
    for one in bridges:
        one.posting.step([1])
        for batch, transaction in one.outbox.batches.unsent():
            return one, batch, transaction
    raise AssertionError("nobody has queued the root")


def test_a_signer_who_counts_no_more_before_it_is_sent(bridges, park, devices, time):
    """The batch is signed anew by those who do count."""
    bridge, batch, transaction = queued(bridges, park, devices, time)
    signed = bridge.outbox.batches.signatures(batch.id)
    other = next(
        one
        for one in bridges
        if one is not bridge and b"".join(short_form(signed[one.account.address])) in transaction.call.data
    )
    membership, regulator = park.market.membership, known_account("regulator")
    member = membership.standing_of(other.account.address).member
    membership.suspend(member, "audit", sender=regulator)
    try:
        settle(bridges, park)
        assert posted(park, time)
        assert other.account.address not in signers(park, time)
    finally:
        membership.reinstate(member, "audited", sender=regulator)
    assert bridge.outbox.transactions.find(f"{transaction.key} #{transaction.id}").state is State.FAILED


def test_a_transaction_that_failed(bridges, park, devices, time):
    bridge, _, transaction = queued(bridges, park, devices, time)
    bridge.outbox.transactions.end(transaction, State.FAILED, "reverted")
    settle(bridges, park)
    assert posted(park, time)
    assert bridge.outbox.transactions.find(f"{transaction.key} #{transaction.id}").note == "reverted"


def test_registers_between_two_readings(bridges, park, devices, time):
    """Telegrams come at times of their own, and not to everybody the same."""
    device = devices[0]
    for lag, one in zip((10, 20, 30), bridges, strict=True):
        one.hear(device, time - lag, 1_000 - lag, Trust.C)
        one.hear(device, time + lag, 1_000 + lag, Trust.B)
    settle(bridges, park)
    [leaf] = leaves_of(bridges, time)
    assert (leaf.register, leaf.trust) == (1_000, Trust.C)


def test_sequences_go_on(bridges, park, devices, time):
    everybody_hears(bridges, devices, time)
    settle(bridges, park)
    first = {leaf.device: leaf.sequence for leaf in leaves_of(bridges, time)}
    park.go_to(time + QUARTER + 1)
    everybody_hears(bridges, devices, time + QUARTER, 2_000)
    settle(bridges, park)
    second = {leaf.device: leaf.sequence for leaf in leaves_of(bridges, time + QUARTER)}
    assert second == {device: sequence + 1 for device, sequence in first.items()}
    assert first == {device: time // QUARTER for device in devices}


def test_nothing_heard(bridges, park, time):
    settle(bridges, park)
    assert not posted(park, time)


@pytest.mark.parametrize("order", permutations(range(3)), ids=str)
def test_all_propose_at_once(bridges, park, devices, time, order):
    """Each has kept a root of its own before it asked anybody; they come together on the lowest, whosever it is."""
    everybody_hears(bridges, devices, time)
    proposals = [one.vouching.proposal(1, time, one.vouching.leaves(1, time), {}) for one in bridges]
    proposals.sort(key=lambda one: root_over(1, time, 0, one.leaves).root)
    kept = [bridge.vouching.keep(proposals[place]) for bridge, place in zip(bridges, order, strict=True)]
    settle(bridges, park)
    assert posted(park, time)
    assert root_over(1, time, 0, leaves_of(bridges, time)).root == min(one.root for one in kept)


def test_killed_before_it_signed_its_own_root(bridges, park, devices, time):
    everybody_hears(bridges, devices, time)
    for one in bridges:
        leaves = one.vouching.leaves(1, time)
        root = root_over(1, time, 0, leaves)
        one.outbox.batches.add(1, time, 0, root.root, root.data_hash, leaves, 0)
    settle(bridges, park)
    assert posted(park, time)


@pytest.mark.parametrize("liar", range(3))
def test_one_lies_about_sequences(bridges, park, devices, time, liar, monkeypatch):
    """Whatever number it names, none is taken that a device cannot have come to."""
    vouching = bridges[liar].vouching
    monkeypatch.setattr(vouching, "sequences", lambda zone, time: dict.fromkeys(devices, 2**32 - 1))
    everybody_hears(bridges, devices, time)
    settle(bridges, park)
    assert posted(park, time)
    honest = [one for place, one in enumerate(bridges) if place != liar]
    assert {leaf.sequence for leaf in leaves_of(honest, time)} == {time // QUARTER}


def test_one_missed_a_time(bridges, park, devices, time):
    """It is told the sequence, and nobody is named."""
    everybody_hears(bridges[:2], devices, time)
    settle(bridges[:2], park)
    park.go_to(time + QUARTER + 1)
    everybody_hears(bridges, devices, time + QUARTER, 2_000)
    settle(bridges, park)
    sequences = {leaf.sequence for leaf in leaves_of(bridges, time + QUARTER)}
    assert sequences == {time // QUARTER + 1}
    assert not any("sequence" in one.detail for bridge in bridges for one in bridge.outbox.refusals.kept())


def test_a_signature_that_the_contract_would_refuse(bridges, park, devices, time):
    """Of the two spellings of a signature one counts; so does only who is an attester now."""
    everybody_hears(bridges, devices, time)
    first, second = bridges[0], bridges[1]
    proposal = first.vouching.proposal(1, time, first.vouching.leaves(1, time), {})
    root = root_over(1, time, 0, proposal.leaves)
    good = second.vouching.sign(proposal, first.account.address).signature
    high = good[:32] + (ORDER - int.from_bytes(good[32:64])).to_bytes(32) + bytes([55 - good[64]])
    readings = park.market.readings
    assert signer_of(readings, root, [], good) == second.account.address
    for bad in (high, good[:64], good[:64] + bytes([good[64] - 27]), b""):
        assert signer_of(readings, root, [], bad) is None


def test_a_register_that_starts_anew_between_two_readings(bridges, park, devices, time):
    for one in bridges:
        one.hear(devices[0], time - 20, 10**9 - 10)
        one.hear(devices[0], time + 20, 10)
    settle(bridges, park)
    [leaf] = leaves_of(bridges, time)
    assert leaf.register == 0


@pytest.fixture
def patient(bridges):
    """Bridges that still wait for one another when the next time has come."""
    patience = Patience(QUARTER, QUARTER)
    for one in bridges:
        one.posting._patience = patience
        one.vouching._complete_for = patience.turns(2)
    return patience


def first_of(bridges, time):
    """Whose turn it is first."""
    [found] = [one for one in bridges if one.posting._turn(1, time) == 0]
    return found


def two_turns(bridges, park, time):
    """A time that is not the same bridge's to propose as the one after it, which has come too."""
    while first_of(bridges, time) is first_of(bridges, time + QUARTER):
        time += QUARTER
    park.go_to(time + QUARTER + 1)
    return time, first_of(bridges, time), first_of(bridges, time + QUARTER)


def test_no_time_is_proposed_before_the_one_before_it(bridges, park, devices, time, patient):
    time, one, other = two_turns(bridges, park, time)
    everybody_hears(bridges, devices, time)
    everybody_hears(bridges, devices, time + QUARTER, 2_000)
    other.step()
    assert other.outbox.batches.find(1, time + QUARTER, 0) is None
    one.step()
    other.step()
    assert posted(park, time) and posted(park, time + QUARTER)
    batches = other.outbox.batches
    before, after = (batches.leaves(batches.find(1, at, 0).id) for at in (time, time + QUARTER))
    assert [leaf.sequence for leaf in after] == [leaf.sequence + 1 for leaf in before] and len(after) == len(devices)


def test_a_time_of_which_too_few_know_holds_up_no_other_for_ever(bridges, park, devices, time, patient):
    time, _, other = two_turns(bridges, park, time)
    everybody_hears([other], devices, time)
    everybody_hears(bridges, devices, time + QUARTER, 2_000)
    other.step()
    assert not posted(park, time + QUARTER)
    park.go_to(time + patient.turns(2))
    other.step()
    assert posted(park, time + QUARTER) and not posted(park, time)
