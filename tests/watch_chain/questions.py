"""Many questions to a contract at once."""

from collections.abc import Sequence
from typing import Any

from web3.types import RPCEndpoint

from wattbook.contracts.base import Contract
from wattbook.contracts.revert import ContractRevert, revert_from_data
from wattbook.trial.blocks import message

_AT_ONCE = 250
NOBODY = "0x" + "00" * 20


def answers(contract: Contract, function: str, questions: Sequence[tuple[Any, ...]]) -> list[bytes | ContractRevert]:
    """What a function returns for each of them, encoded, or how it refuses."""
    calls = [message(contract, function, NOBODY, *one) for one in questions]
    found: list[bytes | ContractRevert] = []
    for start in range(0, len(calls), _AT_ONCE):
        batch = [
            (RPCEndpoint("eth_call"), [{"to": one.to, "data": one.data}, "latest"])
            for one in calls[start : start + _AT_ONCE]
        ]
        for answer in contract.chain.web3.provider.make_batch_request(batch):  # type: ignore[attr-defined]
            if "error" in answer:
                found.append(revert_from_data(answer["error"].get("data"), answer["error"].get("message")))
            else:
                found.append(bytes.fromhex(answer["result"][2:]))
    return found
