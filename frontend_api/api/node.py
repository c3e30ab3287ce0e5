"""The node and what stands on its chain: asked only where the index does not do, and missed nowhere else."""

from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

import anyio.to_thread
from fastapi import Request

from frontend_api.api.moment import Moment
from frontend_api.api.problems import Problem
from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.deployment.record import Deployment, deployment_path, find_deployment
from wattbook.errors import DeploymentError

T = TypeVar("T")


class Node:
    """Connects when it is first needed, and again when it could not be reached before."""

    def __init__(self, rpc: str, deployment: Path | None = None) -> None:
        self.rpc = rpc
        self._path = deployment
        self._market: Market | None = None
        self._deployment: Deployment | None = None
        self._lock = Lock()

    @classmethod
    def of(cls, market: Market) -> "Node":
        """A node that is connected already."""
        node = cls("")
        node._market = market
        node._deployment = market.deployment
        return node

    def market(self) -> Market:
        """The market's contracts; a ChainError when the node does not answer."""
        with self._lock:
            if self._market is None:
                chain = Chain.at(self.rpc)
                self._deployment = find_deployment(chain, self._path)
                self._market = Market(chain, self._deployment)
            return self._market

    def contracts(self, chain_id: int) -> dict[str, str]:
        """Where each contract stands; known without the node too, from the deployment file."""
        if self._deployment is None:
            try:
                self._deployment = Deployment.read(self._path or deployment_path(chain_id))
            except DeploymentError:
                return {}
        return {name: one.address for name, one in self._deployment.contracts.items()}


def contracts_of(moment: Moment) -> dict[str, str]:
    """Where each contract stands, as far as it is known here."""
    node: Node | None = moment.request.app.state.node
    return node.contracts(moment.chain_id) if node else {}


def node_of(request: Request) -> Node:
    found = request.app.state.node
    if not isinstance(found, Node):
        raise Problem("node-down", "this process works without a node")
    return found


async def slowly(request: Request, work: "partial[T]") -> T:
    """Does what waits for a node, or another machine, in a thread that no quick question needs."""
    return await anyio.to_thread.run_sync(work, limiter=request.app.state.slow)
