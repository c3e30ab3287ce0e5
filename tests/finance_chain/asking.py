"""Asks a contract thousands of times in a few requests."""

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from wattbook import abi
from wattbook.contracts.base import Contract
from wattbook.contracts.convert import as_type, plain
from wattbook.contracts.revert import revert_from_data

_AT_ONCE = 250


def ask_each(contract: Contract, function: str, kind: Any, questions: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What a function answers to each list of arguments; where it reverts, the error."""
    entry = next(e for e in abi.interface(contract.NAME).abi if e.get("name") == function)
    selector = keccak(text=abi.signature(entry))[:4]
    inputs, outputs = ([abi.canonical_type(part) for part in entry[side]] for side in ("inputs", "outputs"))
    answers = []
    for start in range(0, len(questions), _AT_ONCE):
        calls = [
            {"to": contract.address, "data": "0x" + (selector + encode(inputs, plain(values))).hex()}
            for values in questions[start : start + _AT_ONCE]
        ]
        batch = [(RPCEndpoint("eth_call"), [call, "latest"]) for call in calls]
        for answer in contract.chain.web3.provider.make_batch_request(batch):
            if "error" in answer:
                answers.append(revert_from_data(answer["error"]["data"], None))
            else:
                answers.append(as_type(kind, decode(outputs, bytes.fromhex(answer["result"][2:]))[0]))
    return answers
