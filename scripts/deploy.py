"""`ape run deploy --network ...`: deploys the market to the chain that ape is connected to, or finishes doing so."""

import ape

from wattbook.chain import Chain
from wattbook.deployment.deployer import deploy
from wattbook.deployment.networks import network_of_chain
from wattbook.deployment.record import deployment_path


def main() -> None:
    chain = Chain(ape.chain.provider.web3)
    network = network_of_chain(chain.chain_id)
    path = deployment_path(chain.chain_id)
    deploy(chain, network.deployer(chain), network.market_settings(chain), path)
    print(f"the market stands on chain {chain.chain_id}; addresses in {path}")
