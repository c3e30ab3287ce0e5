"""The contract that tells a network its validators: whatever is asked of it, it answers with 4 to 21."""

from random import Random

import pytest
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.governance.seats import LEAST, MOST, NOBODY, Node, Seats, somebody
from wattbook import abi
from wattbook.chain import named
from wattbook.contracts import reverts
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.deployment.bytecode import creation_code, runtime_code, storage_slot
from wattbook.errors import DeploymentError
from wattbook.governance.genesis import SELECTOR
from wattbook.governance.validators import FOUNDED, SEATS, storage
from wattbook.trial.blocks import Message, message

FOUNDER, STRANGER = somebody(90), somebody(91)
PEOPLE = [somebody(number) for number in range(1, 28)]
FEEDER = somebody(80)
STEPS = 1_200


def call(contract: ValidatorSet, function: str, sender: str, *arguments: str) -> Message:
    return message(contract, function, sender, *arguments)


@pytest.fixture(scope="module")
def feeder(node: Node) -> str:
    return node.hold(FEEDER)


@pytest.fixture
def seven(node: Node) -> ValidatorSet:
    """Of seven, to whom nobody feeds others yet."""
    return node.create(PEOPLE[:7], FOUNDER)


@pytest.fixture
def fed(node: Node, seven: ValidatorSet, feeder: str) -> ValidatorSet:
    assert node.block(call(seven, "setFeeder", FOUNDER, feeder))[1] == [None]
    return seven


def sizes(count: int, node: Node, feeder: str) -> ValidatorSet:
    """A set of so many that is fed."""
    contract = node.create(PEOPLE[:count], FOUNDER)
    node.block(call(contract, "setFeeder", FOUNDER, feeder))
    return contract


def test_it_is_the_one_that_besu_asks() -> None:
    entry = next(entry for entry in abi.interface("ValidatorSet").abi if entry.get("name") == "getValidators")
    assert keccak(text=abi.signature(entry))[:4] == SELECTOR
    assert [part["type"] for part in entry["outputs"]] == ["address[]"]
    assert entry["stateMutability"] == "view"


class TestFromItsConstructor:
    @pytest.mark.parametrize("count", [LEAST, 7, MOST])
    def test_what_it_says(self, node: Node, count: int) -> None:
        contract = node.create(PEOPLE[:count], FOUNDER)
        assert node.validators(contract.address) == contract.get_validators() == PEOPLE[:count]
        assert (contract.founder(), contract.feeder(), contract.changed_in()) == (FOUNDER, NOBODY, 0)
        assert (contract.least(), contract.most()) == (LEAST, MOST)

    def test_its_events_rebuild_it(self, node: Node) -> None:
        contract = node.create(PEOPLE[:5], FOUNDER)
        events = contract.raw.events.SeatChanged().get_logs(from_block=0)
        seated = [(event["args"]["leaving"], event["args"]["coming"], event["args"]["count"]) for event in events]
        assert seated == [(NOBODY, who, place) for place, who in enumerate(PEOPLE[:5], 1)]

    @pytest.mark.parametrize(
        ("validators", "founder", "error", "arguments"),
        [
            (PEOPLE[:3], FOUNDER, reverts.TooFew, {"count": 3}),
            ([], FOUNDER, reverts.TooFew, {"count": 0}),
            (PEOPLE[:22], FOUNDER, reverts.TooMany, {"count": 22}),
            ([*PEOPLE[:4], PEOPLE[1]], FOUNDER, reverts.AlreadySeated, {"account": PEOPLE[1]}),
            ([*PEOPLE[:4], NOBODY], FOUNDER, reverts.ZeroAddress, {}),
            (PEOPLE[:4], NOBODY, reverts.ZeroAddress, {}),
        ],
    )
    def test_what_it_refuses(self, node: Node, validators, founder, error, arguments) -> None:
        kind = node.chain.web3.eth.contract(
            abi=abi.interface("ValidatorSet").abi, bytecode=creation_code("ValidatorSet")
        )
        with refused(error, **arguments):
            named(kind.constructor(validators, founder).estimate_gas)


class TestTheFeeder:
    def test_it_is_named_once(self, node: Node, seven: ValidatorSet, feeder: str) -> None:
        other = node.hold(somebody(81))
        assert node.block(
            call(seven, "setFeeder", STRANGER, feeder),
            call(seven, "setFeeder", FOUNDER, STRANGER),
            call(seven, "setFeeder", FOUNDER, NOBODY),
            call(seven, "setFeeder", FOUNDER, feeder),
            call(seven, "setFeeder", FOUNDER, other),
        )[1] == [
            (reverts.NotFounder, STRANGER),
            (reverts.NoContract, STRANGER),
            (reverts.NoContract, NOBODY),
            None,
            (reverts.FeederAlreadySet, feeder),
        ]
        assert seven.feeder() == feeder
        [event] = seven.raw.events.FeederSet().get_logs(from_block=0)
        assert event["args"] == {"feeder": feeder}

    @pytest.mark.parametrize("sender", [FOUNDER, STRANGER, PEOPLE[0], NOBODY])
    def test_nobody_else_changes_seats(self, node: Node, fed: ValidatorSet, sender: str) -> None:
        changes = (("replace", PEOPLE[0], PEOPLE[9]), ("add", PEOPLE[9]), ("remove", PEOPLE[0]))
        if sender == NOBODY:
            # Who could send as nobody would be the feeder of a set that has none.
            fed = node.create(PEOPLE[:7], FOUNDER)
            sender = FEEDER
        found = node.block(*(call(fed, function, sender, *arguments) for function, *arguments in changes))[1]
        assert found == [(reverts.NotFeeder, sender)] * 3
        assert node.validators(fed.address) == PEOPLE[:7]


class TestSeats:
    def test_each_change(self, node: Node, fed: ValidatorSet, feeder: str) -> None:
        new, newer = PEOPLE[10:12]
        first, refusals = node.block(call(fed, "replace", feeder, PEOPLE[2], new))
        assert refusals == [None]
        assert node.validators(fed.address) == [*PEOPLE[:2], new, *PEOPLE[3:7]]
        _, refusals = node.block(call(fed, "add", feeder, newer))
        assert refusals == [None]
        assert node.validators(fed.address) == [*PEOPLE[:2], new, *PEOPLE[3:7], newer]
        third, refusals = node.block(call(fed, "remove", feeder, PEOPLE[1]))
        assert refusals == [None]
        assert node.validators(fed.address) == [PEOPLE[0], new, *PEOPLE[3:7], newer]
        assert fed.changed_in() == third
        events = fed.raw.events.SeatChanged().get_logs(from_block=first)
        assert [dict(event["args"]) for event in events] == [
            {"leaving": PEOPLE[2], "coming": new, "count": 7},
            {"leaving": NOBODY, "coming": newer, "count": 8},
            {"leaving": PEOPLE[1], "coming": NOBODY, "count": 7},
        ]

    def test_one_a_block(self, node: Node, fed: ValidatorSet, feeder: str) -> None:
        """What is refused in between uses nothing up."""
        number, refusals = node.block(
            call(fed, "remove", feeder, STRANGER),
            call(fed, "add", feeder, PEOPLE[9]),
            call(fed, "replace", feeder, PEOPLE[0], PEOPLE[10]),
            call(fed, "add", feeder, PEOPLE[10]),
            call(fed, "remove", feeder, PEOPLE[0]),
        )
        assert refusals == [(reverts.NotSeated, STRANGER), None, *[(reverts.OneABlock, number)] * 3]
        assert node.validators(fed.address) == [*PEOPLE[:7], PEOPLE[9]]
        assert node.block(call(fed, "remove", feeder, PEOPLE[0]))[1] == [None]

    @pytest.mark.parametrize(
        ("count", "function", "arguments", "refusal"),
        [
            (7, "replace", (STRANGER, PEOPLE[9]), (reverts.NotSeated, STRANGER)),
            (7, "replace", (NOBODY, PEOPLE[9]), (reverts.NotSeated, NOBODY)),
            (7, "replace", (PEOPLE[0], NOBODY), (reverts.ZeroAddress,)),
            (7, "replace", (PEOPLE[0], PEOPLE[6]), (reverts.AlreadySeated, PEOPLE[6])),
            (7, "replace", (PEOPLE[0], PEOPLE[0]), (reverts.AlreadySeated, PEOPLE[0])),
            (7, "add", (NOBODY,), (reverts.ZeroAddress,)),
            (7, "add", (PEOPLE[6],), (reverts.AlreadySeated, PEOPLE[6])),
            (7, "remove", (STRANGER,), (reverts.NotSeated, STRANGER)),
            (7, "remove", (NOBODY,), (reverts.NotSeated, NOBODY)),
            (LEAST, "remove", (PEOPLE[0],), (reverts.TooFew, LEAST - 1)),
            (MOST, "add", (PEOPLE[MOST],), (reverts.TooMany, MOST + 1)),
            (MOST, "remove", (NOBODY,), (reverts.NotSeated, NOBODY)),
        ],
    )
    def test_what_is_refused(self, node: Node, feeder: str, count, function, arguments, refusal) -> None:
        contract = sizes(count, node, feeder)
        assert node.block(call(contract, function, feeder, *arguments))[1] == [refusal]
        assert node.validators(contract.address) == PEOPLE[:count]
        assert contract.changed_in() == 0

    def test_who_left_can_come_back(self, node: Node, feeder: str) -> None:
        contract = sizes(5, node, feeder)
        node.block(call(contract, "remove", feeder, PEOPLE[4]))
        assert node.block(call(contract, "remove", feeder, PEOPLE[4]))[1] == [(reverts.NotSeated, PEOPLE[4])]
        assert node.block(call(contract, "add", feeder, PEOPLE[4]))[1] == [None]
        assert node.validators(contract.address) == PEOPLE[:5]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens(node: Node, seed: int) -> None:
    """Calls of all kinds by all kinds of people, one or more a block. After each block the nodes are answered, cheaply,
    with what the rules in Python say; each refusal is the right one."""
    chance = Random(seed)
    feeder, other = node.hold(somebody(82)), node.hold(somebody(83))
    start = PEOPLE[: chance.randint(LEAST, MOST)]
    contract = node.create(start, FOUNDER)
    model = Seats(list(start), FOUNDER, frozenset({feeder, other, contract.address}))
    steps = 0
    while steps < STEPS:
        # Now more come, now more go, so that both ends are reached.
        growing = steps // 150 % 2 == 0
        wanted = [_any(chance, model, feeder, growing) for _ in range(chance.choice((1, 1, 2, 3)))]
        number, refusals = node.block(*(call(contract, function, *rest) for function, *rest in wanted))
        for (function, sender, *arguments), refusal in zip(wanted, refusals, strict=True):
            assert refusal == model.told(number, sender, function, *arguments), (
                seed,
                steps,
                function,
                sender,
                arguments,
            )
            steps += 1
        seats = node.validators(contract.address)
        assert seats == model.seats
        assert LEAST <= len(seats) == len(set(seats)) <= MOST and NOBODY not in seats
    assert (contract.feeder(), contract.changed_in()) == (feeder, model.changed_in)
    assert model.sizes >= {LEAST, MOST}
    errors = {entry["name"] for entry in abi.interface("ValidatorSet").abi if entry["type"] == "error"}
    assert {kind.__name__ for kind in model.met} == errors
    assert node.stored(contract.address) == {
        FOUNDED: storage(seats, FOUNDER)[FOUNDED] | model.changed_in << 8,
        1: int(feeder, 16),
        **{SEATS + place: int(one, 16) for place, one in enumerate(seats)},
    }


def _any(chance: Random, model: Seats, feeder: str, growing: bool) -> tuple[str, ...]:
    """A call, with its sender first among what it takes."""
    sender = chance.choices((feeder, FOUNDER, STRANGER, chance.choice(model.seats)), (85, 5, 5, 5))[0]
    naming = 3 if model.feeder != NOBODY else 50
    weights = (25, 60, 12, naming) if growing else (25, 12, 60, naming)
    function = chance.choices(("replace", "add", "remove", "setFeeder"), weights)[0]
    if function == "setFeeder":
        sender = chance.choice((sender, FOUNDER))
        # Others come too late or are no contracts.
        return function, sender, feeder if model.feeder == NOBODY and chance.random() < 0.2 else chance.choice(PEOPLE)
    leaving = chance.choice((*model.seats, *model.seats, *PEOPLE[-3:], NOBODY))
    coming = chance.choice((*PEOPLE, chance.choice(model.seats), NOBODY, feeder))
    return function, sender, *{"replace": (leaving, coming), "add": (coming,), "remove": (leaving,)}[function]


class TestStorage:
    @pytest.mark.parametrize("count", [LEAST, 7, MOST])
    def test_it_is_where_the_first_block_puts_it(self, node: Node, count: int) -> None:
        contract = node.create(PEOPLE[:count], FOUNDER)
        assert node.stored(contract.address) == storage(PEOPLE[:count], FOUNDER)

    def test_it_is_where_the_compiler_says(self) -> None:
        places = {name: storage_slot("ValidatorSet", name) for name in ("_count", "founder", "feeder", "_seats")}
        assert places == {"_count": FOUNDED, "founder": FOUNDED, "feeder": 1, "_seats": SEATS}

    def test_its_code_is_all_in_what_runs(self, node: Node, seven: ValidatorSet) -> None:
        assert node.chain.code_at(seven.address) == runtime_code("ValidatorSet")
        assert not abi.interface("ValidatorSet").immutables

    def test_a_contract_that_cannot_stand_in_a_first_block(self) -> None:
        with pytest.raises(DeploymentError) as caught:
            runtime_code("Vault")
        assert str(caught.value) == ("Vault has values that only its deployment sets; it cannot stand in a first block")
