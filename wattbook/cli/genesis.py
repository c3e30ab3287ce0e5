import json
from pathlib import Path
from typing import Any

import click

from wattbook import abi
from wattbook.cli.output import as_json, show
from wattbook.deployment.bytecode import runtime_code
from wattbook.errors import SettingsError
from wattbook.governance.genesis import VALIDATOR_CONTRACT, Account, Network
from wattbook.governance.genesis import genesis as first_block
from wattbook.governance.validators import address, storage

_OF_A_NETWORK = Network(1)


@click.command()
@click.option(
    "--validators", required=True, help="Addresses of the first validators, 4 to 21, with commas between them."
)
@click.option(
    "--founder", required=True, help="Who names, once, the contract that changes validators: the market's deployer."
)
@click.option("--chain-id", required=True, type=int, help="The chain's number.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file to write, which must not be there."
)
@click.option("--block-seconds", type=int, default=_OF_A_NETWORK.block_seconds, show_default=True)
@click.option(
    "--timeout-seconds",
    type=int,
    default=_OF_A_NETWORK.request_timeout_seconds,
    show_default=True,
    help="After which a round without a block ends; longer than it takes to make one.",
)
@click.option("--gas-limit", type=int, default=_OF_A_NETWORK.gas_limit, show_default=True, help="Of a block.")
@click.option("--base-fee", is_flag=True, help="Blocks have a base fee; else gas costs nothing.")
@click.option(
    "--balance",
    "balances",
    type=(str, int),
    multiple=True,
    metavar="ADDRESS WEI",
    help="What somebody has; repeatable.",
)
@as_json
def genesis(
    as_json: bool,
    validators: str,
    founder: str,
    chain_id: int,
    out: Path,
    block_seconds: int,
    timeout_seconds: int,
    gas_limit: int,
    base_fee: bool,
    balances: tuple[tuple[str, int], ...],
) -> None:
    """Write the first block of a Besu QBFT network, with the contract in it that says who the validators are."""
    seats = validators.split(",")
    stored = storage(seats, founder)
    network = Network(
        chain_id=chain_id,
        block_seconds=block_seconds,
        request_timeout_seconds=timeout_seconds,
        gas_limit=gas_limit,
        base_fee=base_fee,
        balances={address(who): wei for who, wei in balances},
    )
    contract = Account(VALIDATOR_CONTRACT, runtime_code("ValidatorSet"), stored)
    _write(out, first_block(network, contract))
    code_hash = abi.interface("ValidatorSet").code_hash
    value = {
        "file": str(out),
        "chainId": chain_id,
        "contract": VALIDATOR_CONTRACT,
        "codeHash": code_hash,
        "founder": founder,
        "validators": seats,
    }
    show(
        as_json,
        value,
        lambda: [
            f"chain {chain_id} begins with {len(seats)} validators, in {out}",
            f"ValidatorSet stands at {VALIDATOR_CONTRACT}, its code hash {code_hash}; {founder} names its feeder",
        ],
    )


def _write(file: Path, made: dict[str, Any]) -> None:
    """Never over another: what a network began with cannot be made again."""
    try:
        with file.open("x") as opened:
            opened.write(json.dumps(made, indent=2) + "\n")
    except FileExistsError:
        raise SettingsError(f"{file} is there already; the first block of a network is not written over") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from None
