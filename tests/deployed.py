"""Which contracts a deployment has."""

from wattbook import abi

DEPLOYED = tuple(abi.contract_names())
