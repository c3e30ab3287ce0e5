"""The chains that a person works with, by name.

`local` is a chain on this machine at port 8545. Others stand in `networks.toml` in the working folder, or in the file
that WATTBOOK_NETWORKS names:

    [park]
    rpc = "http://127.0.0.1:9545"
    chain_id = 20260
    settings = "park.toml"       # what the market is founded with; needed to deploy
    keystore = "deployer.json"   # the deployer's key; its password comes from WATTBOOK_PASSWORD or is asked for
"""

import getpass
import json
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from wattbook.chain import Chain
from wattbook.deployment.local import LOCAL_CHAIN_IDS, known_account
from wattbook.deployment.settings import MarketSettings, local_settings, read_settings
from wattbook.errors import ChainError, SettingsError

LOCAL_RPC = "http://127.0.0.1:8545"
_KEYS: dict[str, type] = {"rpc": str, "chain_id": int, "settings": str, "keystore": str}
_WORDS = {str: "a string", int: "a whole number"}


@dataclass(frozen=True)
class Network:
    """A chain and, for those who deploy to it, the settings and the key to deploy with."""

    name: str
    rpc: str
    chain_id: int | None = None
    settings: Path | None = None
    keystore: Path | None = None

    def connect(self) -> Chain:
        """A connection to the chain, refused when the node serves another one."""
        chain = Chain.at(self.rpc)
        if self.chain_id is not None and chain.chain_id != self.chain_id:
            raise ChainError(
                f"network {self.name} is chain {self.chain_id}, but the node at {self.rpc} serves {chain.chain_id}"
            )
        return chain

    def market_settings(self, chain: Chain) -> MarketSettings:
        """What a market on this network is founded with."""
        if self.settings:
            return read_settings(self.settings)
        if chain.chain_id in LOCAL_CHAIN_IDS:
            return local_settings()
        raise SettingsError(f"network {self.name} has no settings; name a file in networks.toml")

    def deployer(self, chain: Chain) -> LocalAccount:
        """The account that deploys on this network."""
        if self.keystore:
            return unlock(self.keystore)
        if chain.chain_id in LOCAL_CHAIN_IDS:
            return known_account("administrator")
        raise SettingsError(f"network {self.name} has no keystore; name a file in networks.toml")


def network(name: str) -> Network:
    """The network called `name`; the address of a node is a network too."""
    if "://" in name:
        return Network(name, name)
    known = {"local": Network("local", LOCAL_RPC), **_known()}
    if name not in known:
        raise SettingsError(
            f"network {name} is unknown; there are {', '.join(sorted(known))}."
            f" Add it to {_file()}, or give a node's address"
        )
    return known[name]


def network_of_chain(chain_id: int) -> Network:
    """The network with this chain id, for those who are connected already."""
    found = [item for item in _known().values() if item.chain_id == chain_id]
    if len(found) > 1:
        names = ", ".join(item.name for item in found)
        raise SettingsError(f"networks {names} all have chain id {chain_id}; leave one of them in {_file()}")
    return found[0] if found else Network(f"of chain {chain_id}", "")


def _file() -> Path:
    return Path(os.environ.get("WATTBOOK_NETWORKS", "networks.toml"))


def _known() -> dict[str, Network]:
    file = _file()
    if not file.exists():
        return {}
    try:
        data = tomllib.loads(file.read_text())
        return {name: _parse(name, item, file.parent) for name, item in data.items()}
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{file} cannot be used: {error}") from None


def _parse(name: str, item: Any, folder: Path) -> Network:
    if not isinstance(item, dict):
        raise ValueError(f"{name} is not a network but a single value")
    for key, value in item.items():
        if key not in _KEYS:
            raise ValueError(f"network {name} has an unknown key {key}")
        if type(value) is not _KEYS[key]:
            raise ValueError(f"{key} of network {name} is not {_WORDS[_KEYS[key]]}")
    if "rpc" not in item:
        raise ValueError(f"network {name} has no rpc")
    return Network(
        name=name,
        rpc=item["rpc"],
        chain_id=item.get("chain_id"),
        settings=folder / item["settings"] if "settings" in item else None,
        keystore=folder / item["keystore"] if "keystore" in item else None,
    )


def unlock(keystore: Path) -> LocalAccount:
    password = os.environ.get("WATTBOOK_PASSWORD")
    if password is None:
        if not sys.stdin.isatty():
            raise SettingsError(f"the password of {keystore} is not given; set WATTBOOK_PASSWORD")
        password = getpass.getpass(f"Password of {keystore}: ")
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(json.loads(keystore.read_text()), password))
        return account
    except OSError as error:
        raise SettingsError(f"{keystore} cannot be read: {error.strerror}") from None
    # The last is how the library says that it does not know the way in which the keystore was encrypted.
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError):
        raise SettingsError(f"{keystore} is not a keystore, or its password is wrong") from None
