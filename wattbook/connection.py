"""A deployed market, with a typed client for each of its contracts."""

from functools import cached_property
from pathlib import Path

from wattbook.chain import Chain
from wattbook.contracts.authority import Authority
from wattbook.contracts.membership import Membership
from wattbook.contracts.power_points import PowerPoints
from wattbook.contracts.power_token import PowerToken
from wattbook.contracts.vault import Vault
from wattbook.deployment.record import Deployment, find_deployment


class Market:
    """The contracts of one deployment on one chain."""

    def __init__(self, chain: Chain, deployment: Deployment) -> None:
        deployment.require_chain(chain)
        self.chain = chain
        self.deployment = deployment

    def __repr__(self) -> str:
        return f"<Market on chain {self.chain.chain_id}>"

    @cached_property
    def authority(self) -> Authority:
        return Authority(self.chain, self.deployment.address("Authority"))

    @cached_property
    def membership(self) -> Membership:
        return Membership(self.chain, self.deployment.address("Membership"))

    @cached_property
    def power_token(self) -> PowerToken:
        return PowerToken(self.chain, self.deployment.address("PowerToken"))

    @cached_property
    def power_points(self) -> PowerPoints:
        return PowerPoints(self.chain, self.deployment.address("PowerPoints"))

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.chain, self.deployment.address("Vault"))


def connect(rpc_url: str, deployment: str | Path | Deployment | None = None) -> Market:
    """Connects to the market on the chain behind `rpc_url`.

    `deployment` is a deployment file. Without one it is `deployments/<chain id>.json` in the folder that the variable
    WATTBOOK_DEPLOYMENTS names, else in the working folder.
    """
    chain = Chain.at(rpc_url)
    if not isinstance(deployment, Deployment):
        deployment = find_deployment(chain, deployment)
    return Market(chain, deployment)
