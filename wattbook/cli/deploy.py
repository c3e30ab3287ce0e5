import click

from wattbook.cli.output import as_json, network_option, show
from wattbook.deployment import deployer, networks
from wattbook.deployment.record import deployment_path


@click.command()
@network_option
@as_json
def deploy(network: str, as_json: bool) -> None:
    """Deploy the market, or finish a deployment that was interrupted. What stands is left alone."""
    target = networks.network(network)
    chain = target.connect()
    path = deployment_path(chain.chain_id)
    settings, account = target.market_settings(chain), target.deployer(chain)
    steps: list[str] = []
    report = steps.append if as_json else click.echo
    deployment = deployer.deploy(chain, account, settings, path, report)
    addresses = {name: item.address for name, item in deployment.contracts.items()}
    value = {"chainId": chain.chain_id, "file": str(path), "contracts": addresses, "steps": steps}
    show(
        as_json,
        value,
        lambda: [f"the market stands on chain {chain.chain_id}; addresses in {path}"],
    )
