import click

from wattbook.certificates.holdings import holdings
from wattbook.certificates.slices import slice_of
from wattbook.cli.members import account_of
from wattbook.cli.output import as_json, network_option, show, table
from wattbook.connection import Market
from wattbook.deployment import networks
from wattbook.deployment.record import find_deployment


@click.command()
@click.argument("member")
@click.option("--deployment", help="The deployment file, if it is not where it is kept.")
@network_option
@as_json
def certificates(as_json: bool, network: str, deployment: str | None, member: str) -> None:
    """What clean energy a member holds: Wh on its devices' counters, slices, certificates of 1 MWh."""
    chain = networks.network(network).connect()
    market = Market(chain, find_deployment(chain, deployment))
    found = holdings(market, account_of(market, member))
    # As texts: other programs round whole numbers of this size.
    value = {
        "stock": [{"device": device, "wh": wh} for device, wh in found.stock.items()],
        "slices": [{"id": str(id), "held": wh, **slice_of(id)._asdict()} for id, wh in found.slices.items()],
        "certificates": [
            {"id": str(id), "expires": market.green_certificates.certificate_of(id).expires}
            for id in found.certificates
        ],
    }
    rows = [("stock", f"{wh} Wh", f"device {device}") for device, wh in found.stock.items()]
    rows += [("slice", f"{wh} Wh", f"device {slice_of(id).device} {id:#x}") for id, wh in found.slices.items()]
    rows += [("certificate", "1 MWh", f"{id:#x}") for id in found.certificates]
    show(as_json, value, lambda: table(rows) if rows else ["no stock, no slices, no certificates"])
