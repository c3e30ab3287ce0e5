"""Commands that send: which market, and whose key."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from eth_account.signers.local import LocalAccount

from wattbook.chain import Receipt
from wattbook.connection import Market
from wattbook.deployment.local import LOCAL_CHAIN_IDS, OFFICE_ACCOUNTS, known_account
from wattbook.deployment.networks import Network, network, unlock
from wattbook.deployment.record import find_deployment
from wattbook.errors import SettingsError

Command = Callable[..., None]


@dataclass(frozen=True)
class Signing:
    """The market and the account that a command works with."""

    network: Network
    deployment: str | None
    keystore: Path | None
    account: str | None

    @classmethod
    def chosen(cls, network_name: str, deployment: str | None, keystore: Path | None, account: str | None) -> "Signing":
        """What the options of `signing` say."""
        return cls(network(network_name), deployment, keystore, account)

    @classmethod
    def among(cls, options: dict[str, Any]) -> "Signing":
        """What they say among a command's other options."""
        return cls.chosen(*(options[name] for name in ("network_name", "deployment", "keystore", "account")))

    def connect(self) -> Market:
        chain = self.network.connect()
        return Market(chain, find_deployment(chain, self.deployment))

    def signer(self, market: Market) -> LocalAccount:
        if self.keystore:
            return unlock(self.keystore)
        if market.chain.chain_id not in LOCAL_CHAIN_IDS or self.account is None:
            raise SettingsError("who sends it? name a --keystore, or on a local chain a known --account")
        if self.account not in OFFICE_ACCOUNTS and not self.account.isdecimal():
            raise SettingsError(f"{self.account} is no account of the test mnemonic; give its number")
        return known_account(int(self.account) if self.account.isdecimal() else self.account)


def signing(command: Command) -> Command:
    """The options of a command that sends; they are what `Signing.chosen` takes."""
    options = (
        click.option(
            "--network",
            "--rpc",
            "network_name",
            default="local",
            show_default=True,
            help="A name from networks.toml, or the address of a node.",
        ),
        click.option("--deployment", help="The deployment file, if it is not where it is kept."),
        click.option("--keystore", type=click.Path(path_type=Path), help="The sender's key, encrypted."),
        click.option("--account", help="On a local chain: the sender's number in the test mnemonic."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def send(options: dict[str, Any], call: Callable[[Market, LocalAccount], Receipt]) -> None:
    """Sends what a command is for, and says what happened."""
    here = Signing.among(options)
    market = here.connect()
    receipt = call(market, here.signer(market))
    click.echo("\n".join(f"{event.name} {_said(event.args)}" for event in receipt.events))


def _said(args: dict[str, Any]) -> str:
    return " ".join(f"{name}={'0x' + one.hex() if isinstance(one, bytes) else one}" for name, one in args.items())
