import sys

import click

from wattbook.cli.output import as_json, network_option, show, table
from wattbook.deployment import networks
from wattbook.deployment.record import find_deployment
from wattbook.deployment.status import check


@click.command()
@network_option
@as_json
def status(network: str, as_json: bool) -> None:
    """What is deployed, and whether its code and its connections are what they should be."""
    chain = networks.network(network).connect()
    deployment = find_deployment(chain)
    findings = check(chain, deployment)
    good = all(finding.good for finding in findings)
    value = {
        "chainId": chain.chain_id,
        "good": good,
        "findings": [{"subject": f.subject, "good": f.good, "detail": f.detail} for f in findings],
    }
    rows = [("ok" if finding.good else "WRONG", finding.subject, finding.detail) for finding in findings]
    show(as_json, value, lambda: [f"chain {chain.chain_id}, {deployment.path}", *table(rows)])
    if not good:
        sys.exit(1)
