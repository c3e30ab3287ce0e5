"""What a root covers, and what it shows not to be there: the contract and the tree of the package agree."""

import random

import pytest
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.readings.stand import Posted, content, leaf
from wattbook.contracts import reverts
from wattbook.contracts.structs import Neighbour, Quality, Trust
from wattbook.metering.roots import root_of
from wattbook.metering.told import ReadingRefusal
from wattbook.metering.tree import Tree, data_hash, leaf_hash

SIZES = range(1, 41)


def bare(stand, size: int, place: int, first: int = 1, step: int = 1) -> tuple[Posted, Tree]:
    """A posted root over devices of which nothing but a hash is known."""
    leaves = [(first + step * i, keccak(i.to_bytes(4))) for i in range(size)]
    tree = Tree(leaves)
    root = root_of(1, stand.time(place), 0, tree)
    stand.readings.post(root, [], stand.vouched(root), sender=stand.stranger)
    return root, tree


class TestCovers:
    def test_every_leaf_of_every_size(self, stand):
        """And nothing at another place, under another device, or with another hash."""
        for size in SIZES:
            root, tree = bare(stand, size, size)
            for place in range(size):
                proof, known = tree.proof(place), keccak(place.to_bytes(4))
                assert stand.readings.covers(root, place + 1, known, place, proof), (size, place)
                wrong = [
                    (place + 2, known, place, proof),
                    (place + 1, keccak(b"other"), place, proof),
                    (place + 1, known, (place + 1) % size if size > 1 else 1, proof),
                    (place + 1, known, place + (1 << len(proof)), proof),
                ]
                if place in (0, size - 1):
                    assert [arguments for arguments in wrong if stand.readings.covers(root, *arguments)] == []

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 9, 33])
    def test_no_proof_of_another_length(self, stand, size):
        root, tree = bare(stand, size, 0)
        proof = tree.proof(0)
        wrong = [[*proof, bytes(32)], [bytes(32), *proof], [bytes(32)] * 33, [bytes(32)] * 300]
        if proof:
            wrong += [proof[:-1], proof[1:], [], proof[::-1]] if len(proof) > 1 else [[]]
        for other in wrong:
            assert not stand.readings.covers(root, 1, keccak(bytes(4)), 0, other)

    def test_ten_thousand_leaves(self, stand):
        root, tree = bare(stand, 10_000, 0)
        for place in (0, 1, 4_095, 4_096, 8_191, 8_192, 9_998, 9_999):
            proof = tree.proof(place)
            assert len(proof) == 14
            assert stand.readings.covers(root, place + 1, keccak(place.to_bytes(4)), place, proof)
            assert not stand.readings.covers(root, place + 1, keccak(place.to_bytes(4)), place ^ 1, proof)

    @pytest.mark.parametrize("size", [2, 4, 9])
    def test_no_tree_of_another_size_than_was_signed(self, stand, size):
        """Attesters who get the count wrong have vouched for nothing."""
        tree = Tree([(place + 1, keccak(place.to_bytes(4))) for place in range(8)])
        root = root_of(1, stand.time(0), 0, tree)._replace(size=size)
        stand.readings.post(root, [], stand.vouched(root), sender=stand.stranger)
        assert not stand.readings.covers(root, 1, keccak(bytes(4)), 0, tree.proof(0))

    def test_no_place_beyond_the_last(self, stand):
        """Where the tree is filled up, zeros stand, that are no leaves."""
        root, tree = bare(stand, 5, 0)
        for place in (5, 6, 7, 8, 2**32 - 1):
            assert not stand.readings.covers(root, 5, bytes(32), place, tree.proof(4))

    def test_no_node_in_place_of_a_leaf(self, stand):
        """Two leaves hashed together are the start of a shorter way to the root."""
        leaves = [leaf_hash(place + 1, keccak(place.to_bytes(4))) for place in range(4)]
        root, tree = bare(stand, 4, 0)
        node = keccak(leaves[0] + leaves[1])
        assert keccak(node + tree.proof(0)[1]) == tree.root
        assert not stand.readings.covers(root, int.from_bytes(leaves[0][:4]), leaves[1], 0, tree.proof(0)[1:])
        # Not even where the shorter way is that of a smaller tree, which was not posted.
        with refused(reverts.UnknownRoot, zone=1, time=root.time, version=0):
            stand.readings.covers(root._replace(size=2), 1, leaves[1], 0, tree.proof(0)[1:])

    @pytest.mark.parametrize(
        "changed",
        [{"zone": 2}, {"time": 0}, {"version": 1}, {"root": bytes(32)}, {"size": 4}, {"data_hash": bytes(32)}],
        ids=lambda changed: next(iter(changed)),
    )
    def test_no_root_that_was_not_posted(self, stand, changed):
        root, tree = bare(stand, 3, 0)
        other = root._replace(**changed)
        about = {"zone": other.zone, "time": other.time, "version": other.version}
        with refused(reverts.UnknownRoot, **about):
            stand.readings.covers(other, 1, keccak(bytes(4)), 0, tree.proof(0))

    def test_content_is_hashed_alike(self, stand):
        luck = random.Random(7)
        for quality in Quality:
            for trust in Trust:
                known = leaf(1, luck.getrandbits(64), luck.getrandbits(32), quality, trust)
                assert stand.readings.content_hash(content(known)) == known.content_hash

    def test_the_hash_of_the_data_is_that_of_what_is_served(self, stand):
        root, _ = bare(stand, 3, 0)
        served = b"".join((place + 1).to_bytes(4) + keccak(place.to_bytes(4)) for place in range(3))
        assert root.data_hash == keccak(served) == data_hash([(i + 1, keccak(i.to_bytes(4))) for i in range(3)])

    def test_a_reading_has_one_name(self, stand):
        names = {
            stand.readings.reading_id(device, time, version)
            for device in (1, 2)
            for time in (stand.time(0), stand.time(1))
            for version in (0, 1, 255)
        }
        assert len(names) == 12


class TestUse:
    def test_only_what_the_root_covers(self, stand, device):
        posted = stand.post(0, leaf(device, 100, 1), leaf(device + 1, 100, 1))
        stand.wait()
        given = posted.proven(device)
        other = posted.proven(device + 1)
        for wrong in (
            given._replace(content=given.content._replace(register=101)),
            given._replace(content=given.content._replace(sequence=2)),
            given._replace(content=given.content._replace(quality=Quality.ESTIMATED)),
            given._replace(content=given.content._replace(trust=Trust.DEVICE_SIGNED)),
            given._replace(content=given.content._replace(salt=bytes(32))),
            given._replace(device=device + 1),
            given._replace(place=1),
            given._replace(proof=other.proof),
            given._replace(proof=[]),
        ):
            with refused(reverts.NotInRoot, device=wrong.device, place=wrong.place):
                stand.use_these(posted.root, [given, wrong])
        with refused(reverts.UnknownRoot, zone=2, time=posted.root.time, version=0):
            stand.use_these(posted.root._replace(zone=2), [given])

    def test_only_by_who_settles(self, stand, device):
        posted = stand.post(0, leaf(device, 100, 1))
        stand.wait()
        for other in (stand.alice, stand.stranger):
            with refused(reverts.NotSettlement, caller=other.address):
                stand.readings.use(posted.root, [posted.proven(device)], sender=other)


class TestAbsence:
    """The device's second reading is lost; its third shows that the root between has none of it."""

    @pytest.fixture
    def device(self, stand):
        """The third of five devices."""
        return [stand.device() for _ in range(5)][2]

    @pytest.fixture
    def told(self, stand, device):
        """Uses the third reading with what is said to show that the second root has none of the device."""
        stand.told(0, device, 0, 1)

        def run(between, *skipped):
            posted = stand.post(2, leaf(device, 600, 3))
            stand.wait()
            [interval] = stand.use(posted, skipped=skipped)
            assert (interval.wh, interval.periods) == ((600, 2) if interval.refusal == ReadingRefusal.NONE else (0, 0))
            return interval.refusal

        return run

    @pytest.mark.parametrize(
        "around",
        [(-1,), (1,), (-1, 1), (-2, -1), (1, 2), (-2, -1, 1, 2), (-2, 1, 2), (-2, -1, 2)],
        ids=str,
    )
    def test_is_shown_by_who_stands_beside(self, stand, device, told, around):
        between = stand.post(1, *(leaf(device + off, 5, 1) for off in around))
        absence = between.absent(device)
        assert len(absence.neighbours) == (2 if min(around) < 0 < max(around) else 1)
        assert told(between, absence) == ReadingRefusal.NONE

    def test_is_not_shown_by_nothing(self, stand, device, told):
        between = stand.post(1, leaf(device + 1, 5, 1))
        assert told(between) == ReadingRefusal.SKIPPED

    def test_of_one_who_is_there(self, stand, device, told):
        """Neighbours that are not beside each other, or not at the end, show nothing."""
        between = stand.post(1, *(leaf(device + off, 5, 2) for off in (-2, -1, 0, 1, 2)))
        posted = stand.post(2, leaf(device, 600, 3))
        stand.wait()

        def beside(place, *offs):
            neighbours = []
            for off in offs:
                known = between.leaves[device + off]
                proof = between.tree.proof(between.tree.place(device + off))
                neighbours.append(Neighbour(known.device, known.content_hash, proof))
            return between.absent(99)._replace(place=place, neighbours=neighbours)

        for wrong in (
            beside(0),
            beside(1, -1, 1),
            beside(0, -2, -1),
            beside(3, 1, 2),
            beside(1, -1, 0),
            beside(2, 0, 1),
            beside(2, 0),
            beside(1, -1),
            beside(3, 1),
            beside(0, -2),
            beside(4, 2),
            beside(1, 1, -1),
            beside(0, -2, -1, 0, 1, 2),
            beside(0, -1),
            beside(2**32 - 1, 2),
        ):
            assert stand.use(posted, skipped=[wrong])[0].refusal == ReadingRefusal.SKIPPED, wrong
        # The one that was skipped comes next, and then this.
        assert [stand.use(between, device)[0].refusal, stand.use(posted)[0].refusal] == [0, 0]

    def test_by_another_root(self, stand, device, told):
        stand.post(1, leaf(device, 5, 2), leaf(device + 1, 5, 1))
        other = stand.post(3, leaf(device + 1, 5, 1))
        elsewhere = stand.post(1, leaf(device + 1, 5, 1), zone=2)
        later = stand.post(1, leaf(device + 1, 6, 1), version=1)
        unknown = stand.covering(1, leaf(device + 1, 7, 1))
        posted = stand.post(2, leaf(device, 600, 3))
        stand.wait()
        for wrong in (other, elsewhere, later, unknown):
            refusal = stand.use(posted, skipped=[wrong.absent(device)])[0].refusal
            assert refusal == ReadingRefusal.SKIPPED

    def test_of_each_time_of_which_there_is_a_root(self, stand, device):
        """In their sequence; there is none of the fourth time."""
        stand.told(0, device, 0, 1)
        absences = [stand.post(place, leaf(device - 1, 5, place)).absent(device) for place in (1, 2, 4)]
        posted = stand.post(5, leaf(device, 600, 6))
        stand.wait()
        one, two, four = absences
        for wrong in ([], [one], [one, two], [two, one, four], [one, four, two], [one, one, four]):
            assert stand.use(posted, skipped=wrong)[0].refusal == ReadingRefusal.SKIPPED
        [interval] = stand.use(posted, skipped=[one, two, four, four])
        assert (interval.wh, interval.periods, interval.quality) == (600, 5, Quality.SUBSTITUTED)

    def test_of_a_time_of_which_there_is_no_root(self, stand, device):
        stand.told(0, device, 0, 1)
        assert stand.told(3, device, 600, 4).periods == 3

    def test_is_not_asked_when_the_sequence_has_no_gap(self, stand, device):
        """The meter was off: it missed a time, not a number."""
        stand.told(0, device, 0, 1)
        stand.post(1, leaf(device + 1, 5, 1))
        assert stand.told(2, device, 600, 2).periods == 2

    def test_cannot_be_shown_of_one_who_came_late(self, stand, device):
        """A version that names the device counts as a reading, though the first has none of it."""
        stand.told(0, device, 0, 1)
        between = stand.post(1, leaf(device + 1, 5, 1))
        stand.post(1, leaf(device, 300, 2), version=1)
        posted = stand.post(2, leaf(device, 600, 3))
        stand.wait()
        assert stand.use(posted, skipped=[between.absent(device)])[0].refusal == ReadingRefusal.SKIPPED

    def test_cannot_be_shown_of_one_who_submitted(self, stand):
        key = stand.key()
        device = stand.device(key)
        stand.told(0, device, 0, 1)
        between = stand.post(1, leaf(device + 1, 5, 1))
        stand.submit(stand.reading(device, 1, 300, 2), key)
        posted = stand.post(2, leaf(device, 600, 3))
        stand.wait()
        assert stand.use(posted, skipped=[between.absent(device)])[0].refusal == ReadingRefusal.SKIPPED
