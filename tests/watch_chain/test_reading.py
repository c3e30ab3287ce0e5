"""Headers and proofs are read on chain as the engine reads them, byte by byte, whatever they are."""

from random import Random

import pytest
import rlp
from coincurve import PrivateKey
from eth_abi.abi import decode
from eth_utils.address import to_checksum_address

from tests.assertions import refused
from tests.governance.blocks import KEYS, address, block, fields, seal
from tests.watch_chain.encodings import any_header, any_pair, encode, expected, good
from tests.watch_chain.questions import answers
from wattbook.contracts import reverts
from wattbook.contracts.revert import ContractRevert
from wattbook.contracts.structs import HeaderFlaw, NoProof, RlpFlaw, SealedHeader
from wattbook.contracts.watch import Watch
from wattbook.governance.equivocation import Sealed, as_sent, proved
from wattbook.governance.headers import ExtraData, header
from wattbook.governance.refusals import GovernanceError

HEADERS, PAIRS = 4_000, 2_000
READ = ["(uint64,uint64,bytes32,bytes32)"]
PROOF = {
    "not of one height": NoProof.HEIGHT,
    "not of one round": NoProof.ROUND,
    "not of one parent": NoProof.PARENT,
    "nobody seals a genesis": NoProof.GENESIS,
    "of the same block": NoProof.SAME_BLOCK,
    "are sealed by": NoProof.SIGNERS,
}


class TestAgainstTheEngine:
    @pytest.mark.parametrize("seed", range(2))
    def test_headers(self, reader: Watch, seed: int) -> None:
        chance = Random(seed)
        headers = [any_header(chance) for _ in range(HEADERS // 2)]
        met, good = set(), 0
        for encoded, found in zip(headers, answers(reader, "headerOf", [(one,) for one in headers]), strict=True):
            wanted = expected(encoded)
            if isinstance(found, ContractRevert):
                assert wanted is None, encoded.hex()
                assert isinstance(found, (reverts.NoRlp, reverts.NoHeader)), encoded.hex()
                met.add((type(found), found.flaw))
            else:
                [read] = decode(READ, found)
                assert read == wanted, encoded.hex()
                good += 1
        assert HEADERS // 8 < good < 3 * HEADERS // 8
        # All that can be amiss was, but for a header longer than any.
        flaws = {(reverts.NoRlp, one) for one in RlpFlaw} | {(reverts.NoHeader, one) for one in HeaderFlaw}
        assert met == flaws - {(reverts.NoHeader, HeaderFlaw.TOO_LONG)}

    def test_proofs(self, reader: Watch) -> None:
        chance = Random(3)
        keys = [PrivateKey.from_int(number) for number in range(1, 8)]
        pairs = [any_pair(chance, keys) for _ in range(PAIRS)]
        questions = [((one.header, one.seal), (other.header, other.seal)) for one, other in pairs]
        met: list[object] = []
        for (one, other), found in zip(pairs, answers(reader, "equivocatorOf", questions), strict=True):
            wanted = _proved(one, other)
            if isinstance(found, ContractRevert):
                given: object = (
                    "NoHeader" if isinstance(found, (reverts.NoRlp, reverts.NoHeader)) else type(found).__name__
                )
                given = found.reason if isinstance(found, reverts.NoEquivocation) else given
            else:
                given = to_checksum_address(decode(["address"], found)[0])
            assert given == wanted, (one, other)
            met.append(given)
        assert {*met} >= {*NoProof, "NoHeader", "NoSeal", *map(address, keys)}
        assert sum(str(one).startswith("0x") for one in met) > PAIRS // 5


def _proved(one: Sealed, other: Sealed) -> object:
    """Whom two seals convict, or why they convict nobody."""
    try:
        found = proved(one, other)
    except GovernanceError as error:
        if error.name != "NoEquivocation":
            return error.name
        return next(reason for text, reason in PROOF.items() if text in str(error))
    return found.validator if expected(one.header) and expected(other.header) else "NoHeader"


def shown(one: Sealed) -> SealedHeader:
    return SealedHeader(one.header, one.seal)


def sealed(key=KEYS[0], **of: object) -> SealedHeader:
    made = block(**of)
    return SealedHeader(made.encode(), seal(key, made))


ONE, OTHER = sealed(), sealed(state=b"\2" * 32)


class TestProofs:
    def test_two_blocks_of_one_place(self, reader: Watch) -> None:
        assert reader.equivocator_of(ONE, OTHER) == reader.equivocator_of(OTHER, ONE) == address(KEYS[0])

    def test_what_a_node_has_is_made_into_what_is_sent(self, reader: Watch) -> None:
        """Of blocks with all their seals."""
        blocks = [block(state=bytes([state] * 32)) for state in (1, 2)]
        whole = [one.with_seals([seal(key, one) for key in KEYS]) for one in blocks]
        one, other = (as_sent(Sealed(of.encode(), of.extra.seals[2])) for of in whole)
        assert reader.equivocator_of(shown(one), shown(other)) == address(KEYS[2])

    @pytest.mark.parametrize(
        ("second", "reason"),
        [
            (sealed(state=b"\2" * 32, number=8), NoProof.HEIGHT),
            (sealed(round=1), NoProof.ROUND),
            (sealed(state=b"\2" * 32, parent=b"\3" * 32), NoProof.PARENT),
            (ONE, NoProof.SAME_BLOCK),
            (sealed(KEYS[1], state=b"\2" * 32), NoProof.SIGNERS),
            (ONE._replace(header=OTHER.header), NoProof.SIGNERS),
        ],
    )
    def test_what_proves_nothing(self, reader: Watch, second: SealedHeader, reason: NoProof) -> None:
        with refused(reverts.NoEquivocation, reason=reason):
            reader.equivocator_of(ONE, second)

    def test_of_the_first_blocks(self, reader: Watch) -> None:
        """The second has one parent on all chains with the same genesis."""
        for number in (0, 1):
            with refused(reverts.NoEquivocation, reason=NoProof.GENESIS):
                reader.equivocator_of(sealed(number=number), sealed(number=number, state=b"\2" * 32))
        reader.equivocator_of(sealed(number=2), sealed(number=2, state=b"\2" * 32))

    @pytest.mark.parametrize(
        "bad", [b"", ONE.seal[:64], ONE.seal + b"\0", ONE.seal[:64] + b"\x1b", bytes(65), b"\xff" * 64 + b"\0"]
    )
    def test_what_is_no_seal(self, reader: Watch, bad: bytes) -> None:
        for pair in ((ONE._replace(seal=bad), OTHER), (OTHER, ONE._replace(seal=bad))):
            with refused(reverts.NoSeal, seal=bad):
                reader.equivocator_of(*pair)


class TestHeaders:
    def test_what_is_read(self, reader: Watch) -> None:
        made = block(3, number=70_000, parent=b"\7" * 32)
        found = reader.header_of(made.encode())
        assert tuple(found) == (70_000, 3, b"\7" * 32, made.sealed_hash)

    @pytest.mark.parametrize(
        ("encoded", "flaw"),
        [
            (b"", RlpFlaw.TRUNCATED),
            (b"\xc1", RlpFlaw.TRUNCATED),
            (b"\xf8", RlpFlaw.TRUNCATED),
            (b"\xff" + b"\xff" * 8, RlpFlaw.TRUNCATED),
            (rlp.encode(fields())[:-1], RlpFlaw.TRUNCATED),
            (rlp.encode(fields()) + b"\0", RlpFlaw.TRAILING),
            (b"\x80", RlpFlaw.NO_LIST),
            (b"\x05", RlpFlaw.NO_LIST),
            (b"\xf8\x01\x80", RlpFlaw.LONG_FORM),
            (b"\xf8\x37" + bytes(55), RlpFlaw.LONG_FORM),
            (b"\xf9\x00\x38" + bytes(56), RlpFlaw.LEADING_ZERO),
            (b"\xc2\x81\x05", RlpFlaw.LONG_FORM),
            (b"\xc1\xc0", RlpFlaw.NO_STRING),
            (b"\xc1\x81", RlpFlaw.TRUNCATED),
        ],
    )
    def test_what_is_no_rlp(self, reader: Watch, encoded: bytes, flaw: RlpFlaw) -> None:
        with refused(reverts.NoRlp, flaw=flaw):
            reader.header_of(encoded)
        assert expected(encoded) is None

    @pytest.mark.parametrize(
        ("encoded", "flaw", "place"),
        [
            (bytes(16_385), HeaderFlaw.TOO_LONG, 0),
            (b"\xc0", HeaderFlaw.FIELDS, 0),
            (rlp.encode(fields()[:14]), HeaderFlaw.FIELDS, 14),
            (rlp.encode(fields() + [b""] * 13), HeaderFlaw.FIELDS, 33),
            (rlp.encode(fields(parent=bytes(31))), HeaderFlaw.LENGTH, 0),
            (rlp.encode([*fields()[:6], bytes(255), *fields()[7:]]), HeaderFlaw.LENGTH, 6),
            (rlp.encode([*fields()[:13], bytes(31), *fields()[14:]]), HeaderFlaw.LENGTH, 13),
            (rlp.encode([*fields()[:14], bytes(9), *fields()[15:]]), HeaderFlaw.LENGTH, 14),
            (rlp.encode([*fields()[:8], b"\0\7", *fields()[9:]]), HeaderFlaw.NUMBER, 8),
            (rlp.encode([*fields()[:8], b"\1" * 9, *fields()[9:]]), HeaderFlaw.NUMBER, 8),
            (rlp.encode(fields(extra=rlp.encode([bytes(31), [], [], b"", []]))), HeaderFlaw.LENGTH, 12),
            (rlp.encode(fields(extra=rlp.encode([bytes(32), [b"x"], [], b"", []]))), HeaderFlaw.LENGTH, 12),
            (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [b"x", b""], b"", []]))), HeaderFlaw.LENGTH, 12),
            (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [b"x" * 20, b"\1"], b"", []]))), HeaderFlaw.PARTS, 12),
            (
                rlp.encode(fields(extra=rlp.encode([bytes(32), [], [b"x" * 20, b"", b""], b"", []]))),
                HeaderFlaw.PARTS,
                12,
            ),
            (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [], b"\0", []]))), HeaderFlaw.NUMBER, 12),
            (rlp.encode(fields(extra=rlp.encode([bytes(32), [], [], b"", [], b""]))), HeaderFlaw.PARTS, 12),
            (block(seals=[b"s" * 65]).encode(), HeaderFlaw.SEALS, 12),
        ],
    )
    def test_what_is_no_header(self, reader: Watch, encoded: bytes, flaw: HeaderFlaw, place: int) -> None:
        with refused(reverts.NoHeader, flaw=flaw, place=place):
            reader.header_of(encoded)
        assert expected(encoded) is None

    def test_the_longest(self, reader: Watch) -> None:
        """As long as one can be, and as many fields."""
        made = good(Random(1))[:15]
        made += [b""] * (32 - len(made))
        made[31] = bytes(16_384 - len(encode(made)) - 2)
        assert len(encode(made)) == 16_384
        assert tuple(reader.header_of(encode(made))) == expected(encode(made))
        made[31] += b"\0"
        with refused(reverts.NoHeader, flaw=HeaderFlaw.TOO_LONG, place=0):
            reader.header_of(encode(made))

    def test_validators_and_a_vote_may_be_there(self, reader: Watch) -> None:
        for vote in ((), (b"v" * 20, b""), (b"v" * 20, b"\xff")):
            extra = ExtraData(validators=(b"a" * 20, b"b" * 20), vote=vote, round=2**64 - 1)
            encoded = rlp.encode(fields(extra=extra))
            assert tuple(reader.header_of(encoded)) == expected(encoded)
            assert header(encoded).extra.round == 2**64 - 1
