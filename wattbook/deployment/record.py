"""The deployment file: what was deployed where, written step by step so that an interrupted deployment can go on."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from web3 import Web3

from wattbook.chain import Chain
from wattbook.deployment.settings import MarketSettings
from wattbook.errors import DeploymentError


@dataclass(frozen=True)
class Deployed:
    """One contract on the chain."""

    address: str
    block: int
    transaction: str
    arguments: list[Any]
    code_hash: str


@dataclass(frozen=True)
class Pending:
    """A contract whose creation was signed, and may or may not have reached the chain.

    `raw` is the whole transaction: sending it again cannot create a second contract.
    """

    contract: str
    address: str
    transaction: str
    nonce: int
    raw: str


@dataclass
class Deployment:
    """The deployment on one chain. `settings` are what the market was founded with."""

    chain_id: int
    genesis: str
    deployer: str
    settings: dict[str, Any]
    contracts: dict[str, Deployed] = field(default_factory=dict)
    pending: Pending | None = None
    path: Path | None = None

    @classmethod
    def begin(cls, chain: Chain, deployer: str, settings: dict[str, Any], path: Path | None) -> "Deployment":
        return cls(chain.chain_id, chain.genesis, deployer, settings, path=path)

    @classmethod
    def read(cls, path: Path) -> "Deployment":
        try:
            data = json.loads(path.read_text())
            MarketSettings.from_json(data["settings"])
            for name, item in data["contracts"].items():
                if not Web3.is_checksum_address(item["address"]):
                    raise ValueError(f"{item['address']!r}, where {name} should be, is not an address")
            return cls(
                chain_id=data["chainId"],
                genesis=data["genesis"],
                deployer=data["deployer"],
                settings=data["settings"],
                contracts={name: Deployed(**item) for name, item in data["contracts"].items()},
                pending=Pending(**data["pending"]) if data["pending"] else None,
                path=path,
            )
        except OSError as error:
            raise DeploymentError(f"{path} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeploymentError(
                f"{path} is not a deployment file ({type(error).__name__}: {error}); restore it, or move it away and"
                " deploy anew"
            ) from None

    def write(self) -> None:
        """Replaces the file in one step: after a crash there is the old one or the new one."""
        if self.path is None:
            return
        data = {
            "chainId": self.chain_id,
            "genesis": self.genesis,
            "deployer": self.deployer,
            "settings": self.settings,
            "contracts": {name: vars(item) for name, item in self.contracts.items()},
            "pending": vars(self.pending) if self.pending else None,
        }
        draft = self.path.with_suffix(".tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w") as file:
                file.write(json.dumps(data, indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            raise DeploymentError(f"{self.path} cannot be written: {error.strerror}") from None

    def address(self, name: str) -> str:
        """Where a contract stands."""
        if name not in self.contracts:
            raise DeploymentError(f"{self.path or 'the deployment'} has no {name}; run `wattbook deploy` to finish it")
        return self.contracts[name].address

    def require_chain(self, chain: Chain) -> None:
        """Refuses a chain that this deployment is not on."""
        if self.chain_id != chain.chain_id:
            raise DeploymentError(
                f"{self.path or 'the deployment'} is for chain {self.chain_id}, the node serves {chain.chain_id}"
            )
        if self.genesis != chain.genesis:
            raise DeploymentError(
                f"{self.path or 'the deployment'} is for another chain {self.chain_id}: its first block is"
                f" {self.genesis}, the node's {chain.genesis}"
            )


def deployment_path(chain_id: int) -> Path:
    """Where the deployment file of a chain is looked for and written."""
    return Path(os.environ.get("WATTBOOK_DEPLOYMENTS", "deployments")) / f"{chain_id}.json"


def find_deployment(chain: Chain, path: str | Path | None = None) -> Deployment:
    """Reads the deployment of a chain, from `path` or from where it is kept."""
    path = Path(path) if path else deployment_path(chain.chain_id)
    if not path.exists():
        raise DeploymentError(
            f"no deployment file {path}; deploy first, or say where it is (WATTBOOK_DEPLOYMENTS names its folder)"
        )
    return Deployment.read(path)
