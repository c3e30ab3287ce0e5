"""All that the contracts of a market ever said."""

from typing import Any

from web3.contract import Contract as Web3Contract

from wattbook import Market, abi
from wattbook.deployment.plan import CONTRACTS


def contract_of(market: Market, name: str) -> Web3Contract:
    return market.chain.web3.eth.contract(market.deployment.address(name), abi=abi.interface(name).abi)


class History:
    """The arguments of all events of a market's contracts, by name, until they are taken."""

    def __init__(self, market: Market) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {}
        eth, first = market.chain.web3.eth, market.deployment.contracts["Authority"].block
        for contract in (contract_of(market, planned.name) for planned in CONTRACTS):
            kinds = [entry["name"] for entry in contract.abi if entry["type"] == "event"]
            decoded = [log for kind in kinds for log in contract.events[kind]().get_logs(from_block=first)]
            logs = eth.get_logs({"address": contract.address, "fromBlock": first})
            assert len(decoded) == len(logs), "an event that its ABI does not have"
            for log in sorted(decoded, key=lambda log: (log["blockNumber"], log["logIndex"])):
                self.events.setdefault(log["event"], []).append(dict(log["args"]))

    def take(self, name: str) -> list[dict[str, Any]]:
        return self.events.pop(name, [])


def standing_roles(said: History) -> set[tuple[bytes, str]]:
    granted = {(event["role"], event["account"]) for event in said.take("RoleGranted")}
    revoked = {(event["role"], event["account"]) for event in said.take("RoleRevoked")}
    return granted - revoked
