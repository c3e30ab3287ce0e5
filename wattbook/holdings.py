"""What accounts have in the Vault, all asked at once."""

from collections.abc import Iterable

from wattbook.contracts.convert import as_type
from wattbook.contracts.structs import Account
from wattbook.contracts.vault import Vault


def free_of(vault: Vault, accounts: Iterable[str]) -> dict[str, int]:
    """What each account can spend or withdraw, in uPT."""
    asked = list(accounts)
    answers = vault.chain.call_each([vault.function("accountOf", account) for account in asked])
    return {account: as_type(Account, answer).free for account, answer in zip(asked, answers, strict=True)}
