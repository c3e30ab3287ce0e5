"""What an ape user runs: `ape run demo` and `ape run deploy`."""

import os
import subprocess
import sys
from pathlib import Path

from tests.deployed import DEPLOYED
from wattbook import abi
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.record import Deployment

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent


def run(*command, **variables):
    done = subprocess.run(
        [PROGRAMS / command[0], *command[1:]],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_demo_on_the_in_process_chain():
    said = run("ape", "run", "demo")
    assert "A market on chain 1337\n" in said
    for name in ("Sunny Field", "Mill Lane 4", "The Bakery", "Battery Barn"):
        assert f"{name} is member " in said
    assert "supply 2,490.50 PT = reserves 2,490.50 PT\n" in said
    for name in DEPLOYED:
        assert f"\n  {name} " in said


def test_deploy_to_a_chain_that_runs(tmp_path):
    with Anvil() as chain:
        rpc = chain.web3.provider.endpoint_uri
        # ape-foundry starts a chain of its own unless this variable names one.
        variables = {"APE_FOUNDRY_HOST": rpc, "WATTBOOK_DEPLOYMENTS": str(tmp_path)}
        file = tmp_path / "31337.json"
        said = run("ape", "run", "deploy", "--network", "ethereum:local:foundry", **variables)
        assert f"the market stands on chain 31337; addresses in {file}\n" in said

        status = run("wattbook", "status", "--network", rpc, **variables)
        deployment = Deployment.read(file)
        assert set(deployment.contracts) == set(DEPLOYED)
        lines = [line.split() for line in status.splitlines()]
        for name, item in deployment.contracts.items():
            interface = abi.interface(name)
            assert ["ok", name, item.address, "code", interface.code_hash] in lines
        assert "WRONG" not in status

        before, block = file.read_bytes(), chain.web3.eth.block_number
        run("wattbook", "deploy", "--network", rpc, **variables)
        assert (file.read_bytes(), chain.web3.eth.block_number) == (before, block)
