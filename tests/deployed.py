"""Which contracts a deployment has."""

from wattbook import abi

# What a network's nodes ask stands in its first block (tests/cli/test_genesis.py holds that against its packaged hash).
DEPLOYED = tuple(name for name in abi.contract_names() if name != "ValidatorSet")
