"""A mutant behind a switch does what the mutant does, and no mutant what the contract does."""

import pytest
from gathered import gathered
from operators import mutants_of
from solidity import standard_json
from switches import ADDRESS, making
from web3 import Web3
from web3.exceptions import ContractLogicError

from tests.assurance.conftest import NAME, source
from tests.depth import depth
from wattbook.deployment.anvil import Anvil

BODY = """
    error Refused(uint256 amount);
    event Took(uint256 one, uint256 other);
    uint256 total;
    int256 balance;
    uint256[5] held;
    modifier open(uint256 amount) {
        if (total > 10 ** 3 - amount) total = 7;
        _;
    }
    function take(uint256 one, uint256 other) external open(one) returns (uint256, bytes32) {
        require(one != 13 && other <= 50, Refused(one));
        if (one == 7) revert Refused(other);
        total += one * 3 + other;
        for (uint256 i = 0; i < 3; ++i) held[i] += (i + 2) << 2;
        if (total % 2 == 0) delete held;
        (uint256 more, uint8 few) = (1, 2);
        balance = -int256(other) / 2;
        held[3] = uint256(few) + more;
        emit Took(one, other);
        bytes32 kept = total > 50 ? bytes32(total) : bytes32(0);
        return (_less(one, other) ? 1 << one : _power(other) % 1000, kept);
    }
    function _power(uint256 by) private pure returns (uint256) {
        return uint256(2) ** by;
    }
    function _less(uint256 one, uint256 other) private view returns (bool) {
        try this.isEven(one) returns (bool even) {
            return even || one < other || (one == other && one > 40);
        } catch {
            return false;
        }
    }
    function isEven(uint256 number) external pure returns (bool) {
        return number & 1 == 0;
    }"""
INPUTS = [(3, 5), (5, 3), (13, 1), (7, 2), (1, 50), (1, 51), (41, 41), (9, 9), (8, 4), (200, 40)]
_SELECTOR = Web3.keccak(text="take(uint256,uint256)")[:4]


@pytest.fixture(scope="module")
def mutants(tree):
    text = source(BODY)
    return mutants_of(NAME, text, tree(text))


@pytest.fixture(scope="module")
def held(mutants, compiler):
    [found] = gathered("Till", {NAME: source(BODY)}, mutants, compiler)
    return found


@pytest.fixture(scope="module")
def compiled(compiler):
    """The creation code of each of several sources."""

    def run(texts):
        found = []
        for text in texts:
            asked = standard_json({NAME: text}, {NAME: {"Till": ["evm.bytecode.object"]}})
            # It is the same to whoever calls, and there much sooner.
            asked["settings"] |= {"optimizer": {"enabled": False}, "viaIR": False}
            found.append("0x" + compiler.compile(asked)["contracts"][NAME]["Till"]["evm"]["bytecode"]["object"])
        return found

    return run


@pytest.fixture(scope="module")
def done():
    """All that a contract does, called with this and that, one after the other."""
    with Anvil() as chain:
        eth, ask = chain.web3.eth, chain.web3.provider.make_request
        sender = eth.accounts[0]

        def answer(call):
            try:
                return eth.call(call).hex()
            except ContractLogicError as error:
                return str(error.data)

        def run(creation, switched=None):
            before = ask("evm_snapshot", [])["result"]
            deployed = eth.send_transaction({"from": sender, "data": creation, "gas": 20_000_000})
            address = eth.wait_for_transaction_receipt(deployed)["contractAddress"]
            if switched:
                ask("anvil_setCode", [ADDRESS, making(switched)])
            seen = []
            for arguments in INPUTS:
                data = _SELECTOR + b"".join(argument.to_bytes(32) for argument in arguments)
                call = {"from": sender, "to": address, "data": data, "gas": 10_000_000}
                seen.append(answer(call))
                receipt = eth.wait_for_transaction_receipt(eth.send_transaction(call))
                seen += [log["data"].hex() for log in receipt["logs"]]
                seen += [eth.get_storage_at(address, slot).hex() for slot in range(7)]
            assert ask("evm_revert", [before])["result"]
            return seen

        yield run


def test_each_does_what_the_mutant_does(mutants, held, compiled, done):
    """All of them where `make deep` relies on it."""
    some = dict(list(held.mutants.items())[:: depth(8, 1)])
    texts = [mutant.apply(source(BODY)) for mutant in some.values()]
    for (number, mutant), alone in zip(some.items(), compiled(texts), strict=True):
        assert done(held.artifact["bytecode"], number) == done(alone), mutant


def test_without_one_it_is_the_contract(held, compiled, done):
    [original] = compiled([source(BODY)])
    assert done(held.artifact["bytecode"]) == done(original)
    assert done(held.artifact["bytecode"], 9_999) == done(original)


def test_what_has_no_switch(mutants, held):
    """A modifier that is forgotten; the others would not compile alone either."""
    without = [(mutant.operator, mutant.before) for mutant in mutants if mutant not in held.mutants.values()]
    assert without == [("omission", "open(one)"), ("omission", "++i"), ("constant", "0")]


def test_all_kinds(held):
    kinds = {mutant.operator for mutant in held.mutants.values()}
    assert kinds == {"comparison", "arithmetic", "logic", "constant", "condition", "omission", "value", "order"}
