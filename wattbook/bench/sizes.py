"""How large each contract's code is; a chain accepts at most 24,576 bytes."""

from wattbook import abi

LIMIT = 24_576


def measure() -> dict[str, int]:
    """Bytes of runtime code by contract."""
    return {name: abi.interface(name).code_size for name in abi.contract_names()}
