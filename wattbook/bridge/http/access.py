"""Who may see a reading's values: whose the device was, operators, regulators, and whoever disputes it."""

from collections.abc import Callable

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from wattbook.chain import address_of
from wattbook.connection import Market
from wattbook.errors import WattbookError
from wattbook.roles import Role

SCHEME = "Wattbook"
_LONGEST = 86_400


class AccessDenied(WattbookError):
    """A request does not say who makes it, or he may not see what he asks for."""


def authorization(market: Market, account: LocalAccount, until: int) -> str:
    """The header by which an account shows itself until a time, at most a day ahead."""
    signature = bytes(account.sign_message(encode_defunct(text=_text(market, until))).signature)
    return f"{SCHEME} {account.address} {until} 0x{signature.hex()}"


class Access:
    """Asks the chain who may see what."""

    def __init__(self, market: Market, clock: Callable[[], int]) -> None:
        self._market = market
        self._clock = clock

    def require(self, header: str | None, device: int, time: int, version: int) -> None:
        """Lets through whom the readings of a device at a time concern."""
        account = self._account(header)
        # What a register shows when a device changes hands ends the one's account of it and begins the other's.
        if account in {self._market.meters.owner_at(device, at) for at in (time - 1, time)}:
            return
        if self._market.membership.is_active(account, Role.OPERATOR | Role.REGULATOR):
            return
        if self._market.readings.dispute_of(device, time, version).disputer == account:
            return
        raise AccessDenied(f"{account} did not own device {device} then, has no office and disputes nothing")

    def _account(self, header: str | None) -> str:
        try:
            scheme, account, until, signature = (header or "").split()
            known = scheme == SCHEME and 0 <= int(until) - self._clock() <= _LONGEST
            signed = encode_defunct(text=_text(self._market, int(until)))
            who = Account.recover_message(signed, signature=bytes.fromhex(signature.removeprefix("0x")))
        except Exception:
            raise AccessDenied(f"there is no header `Authorization: {SCHEME} ACCOUNT UNTIL SIGNATURE`") from None
        if not known or who != address_of(account):
            raise AccessDenied("the authorization is of another account, is over, or is for longer than a day")
        return str(who)


def _text(market: Market, until: int) -> str:
    chain_id, contract = market.chain.chain_id, market.readings.address
    return f"Show me readings of {contract} on chain {chain_id} until {until}."
