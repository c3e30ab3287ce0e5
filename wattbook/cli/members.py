"""Whom a command is about."""

from web3 import Web3

from wattbook.chain import address_of
from wattbook.connection import Market
from wattbook.contracts.structs import Status
from wattbook.deployment.local import LOCAL_CHAIN_IDS, OFFICE_ACCOUNTS, known_account
from wattbook.errors import SettingsError


def account_of(market: Market, member: str) -> str:
    """The account at an address or, on a local chain, of an office or number of the test mnemonic; it must have been
    admitted."""
    account = _address(market, member)
    if market.membership.standing_of(account).status is Status.NONE:
        raise SettingsError(f"{account} was never admitted to this market")
    return account


def _address(market: Market, member: str) -> str:
    if Web3.is_address(member):
        return address_of(member)
    if market.chain.chain_id in LOCAL_CHAIN_IDS and (member in OFFICE_ACCOUNTS or member.isdecimal()):
        return known_account(int(member) if member.isdecimal() else member).address
    raise SettingsError(
        f"{member} is no member: give an address or, on a local chain, an office or a number of the test mnemonic"
    )
