"""Local chains and the accounts that everybody knows on them."""

from functools import cache

from eth_account import Account
from eth_account.signers.local import LocalAccount

LOCAL_CHAIN_IDS = (1337, 31337)
TEST_MNEMONIC = "test test test test test test test test test test test junk"

# The accounts of local.toml, by their place in the mnemonic.
OFFICE_ACCOUNTS = {
    "administrator": 0,
    "registrar": 1,
    "regulator": 2,
    "issuer": 3,
    "operator": 4,
    "attester1": 5,
    "attester2": 6,
    "attester3": 7,
    "grid": 8,
}
FIRST_FREE_ACCOUNT = 9


@cache
def known_account(place: int | str) -> LocalAccount:
    """An account of the published test mnemonic, by its number or by the name of its office."""
    Account.enable_unaudited_hdwallet_features()
    index = OFFICE_ACCOUNTS[place] if isinstance(place, str) else place
    account: LocalAccount = Account.from_mnemonic(TEST_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account
