"""Which mistakes are made, and that each is one that compiles and changes something."""

import pytest
from operators import mutants_of

from tests.assurance.conftest import NAME, source

BODY = """
    error TooMuch(uint256 amount, uint256 limit);
    event Paid(address indexed from, address indexed to);
    uint256 constant LIMIT = 100 days;
    uint256 total;
    mapping(address => uint256) held;
    modifier open() {
        delete total;
        _;
    }
    function pay(address from, address to, uint256 amount) external open returns (bool) {
        require(amount <= LIMIT && from != to, TooMuch(amount, LIMIT + 1));
        held[from] -= amount;
        held[to] += amount;
        total = amount / 2;
        if (to == address(0)) revert TooMuch(0, 1);
        emit Paid(from, to);
        return _left(from, to) < 7;
    }
    function _left(address one, address other) private view returns (uint256) {
        return held[one] - held[other];
    }"""


@pytest.fixture(scope="module")
def mutants(tree):
    text = source(BODY)
    return mutants_of(NAME, text, tree(text))


def of(mutants, operator):
    return [f"{mutant.before} -> {mutant.after}" for mutant in mutants if mutant.operator == operator]


def test_comparison(mutants):
    assert of(mutants, "comparison") == ["<= -> <", "!= -> ==", "== -> !=", "< -> <="]


def test_arithmetic(mutants):
    assert of(mutants, "arithmetic") == ["-= -> +=", "+= -> -=", "/ -> *", "- -> +"]


def test_logic(mutants):
    whole = "amount <= LIMIT && from != to"
    assert of(mutants, "logic") == ["&& -> ||", f"{whole} -> amount <= LIMIT", f"{whole} -> from != to"]


def test_constant(mutants):
    """What a refusal says is left alone."""
    assert of(mutants, "constant") == ["100 days -> 101 days", "2 -> 3", "0 -> 1", "7 -> 8"]


def test_condition(mutants):
    assert of(mutants, "condition") == ["to == address(0) -> !(to == address(0))"]


def test_omission(mutants):
    assert of(mutants, "omission") == [
        "delete total; -> {}",
        "open -> ",
        "require(amount <= LIMIT && from != to, TooMuch(amount, LIMIT + 1)); -> {}",
        "held[from] -= amount; -> {}",
        "held[to] += amount; -> {}",
        "total = amount / 2; -> {}",
        "revert TooMuch(0, 1); -> {}",
        "emit Paid(from, to); -> {}",
    ]


def test_value(mutants):
    assert of(mutants, "value") == [
        "amount / 2 -> 0",
        "_left(from, to) < 7 -> !(_left(from, to) < 7)",
        "held[one] - held[other] -> 0",
    ]


def test_order(mutants):
    assert of(mutants, "order") == ["from, to -> to, from", "from, to -> to, from"]


def test_each_changes_the_code(mutants, code):
    text = source(BODY)
    original = code(text)
    same = [mutant for mutant in mutants if code(mutant.apply(text)) == original]
    assert same == []


def test_keys_are_of_the_definition(mutants, tree):
    """Another definition that changes, or stands before, leaves a mutant's key as it is."""
    changed = source(
        BODY.replace("    uint256 total;", "    // Of all.\n    uint256 total;").replace("100 days", "200 days")
    )
    others = {mutant.key for mutant in mutants_of(NAME, changed, tree(changed))}
    assert len(mutants) == len({mutant.key for mutant in mutants})
    lost = [mutant.before for mutant in mutants if mutant.key not in others]
    assert lost == ["100 days"]


def test_places(mutants):
    lines = source(BODY).splitlines()
    assert all(
        mutant.before.split()[0] in lines[mutant.line - 1] for mutant in mutants if mutant.operator == "omission"
    )
