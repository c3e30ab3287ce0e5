"""Sets of modules, as members choose them."""

from eth_account.signers.local import LocalAccount

from wattbook.chain import address_of
from wattbook.contracts.vault import Vault


def set_of(vault: Vault, *modules: str | LocalAccount) -> int:
    """The set of these modules and no others."""
    entered = vault.modules()
    return sum(1 << entered.index(address_of(module)) for module in modules)


def next_bit(vault: Vault) -> int:
    """The bit of the module that enters next."""
    return len(vault.modules())
