"""What the deployment grants to system accounts."""

from typing import Any

from eth_utils.crypto import keccak

from wattbook import Market
from wattbook.contracts.structs import Purse, Status
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import CONTRACTS, purse_account
from wattbook.roles import MARKET_ROLES, OFFICES

REFERENCE = keccak(text="a reference")


def register_system_account(grants: Any, account: str) -> None:
    """It is known and can do nothing to others; of the contracts only the Vault can take tokens and give them back."""
    membership = grants.market.membership
    if account == "AssetPools":
        # Plants are pledged to it, which to an address that nobody knows they cannot be.
        _has_no_role(grants.market, grants.market.asset_pools.address)
        return
    if account != "Vault":
        assert account in map(purse_account, Purse)
        _has_no_role(grants.market, account)
        assert grants.market.vault.account_of(account).status == Status.SYSTEM
        return
    _has_no_role(grants.market, grants.market.vault.address)
    token, vault, issuer = grants.market.power_token, grants.market.vault, known_account("issuer")
    token.mint(issuer.address, 1, REFERENCE, sender=issuer)
    token.approve(vault.address, 1, sender=issuer)
    vault.deposit(1, sender=issuer)
    vault.withdraw(1, sender=issuer)
    for planned_contract in CONTRACTS:
        address = grants.market.deployment.address(planned_contract.name)
        status = membership.standing_of(address).status
        assert (status == Status.SYSTEM) == (planned_contract.name in (account, "AssetPools"))


def _has_no_role(market: Market, account: str) -> None:
    membership = market.membership
    assert membership.standing_of(account).status == Status.SYSTEM
    assert membership.is_active(account, 0)
    assert not membership.is_active(account, int(MARKET_ROLES | OFFICES))
