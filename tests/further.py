"""Further accounts of members."""

from eth_account.signers.local import LocalAccount

from tests.assertions import FAR
from wattbook.connection import Market
from wattbook.eip712 import sign
from wattbook.roles import MARKET_ROLES


def joining(
    market: Market, first: str, further: LocalAccount, rights: int = MARKET_ROLES
) -> tuple[str, int, int, bytes]:
    """What a member's first account says in `addAccount`, with the further one's agreement."""
    member = market.membership.standing_of(first).member
    agreed = {"account": further.address, "member": member, "rights": int(rights), "deadline": FAR}
    return further.address, int(rights), FAR, sign(market.membership, "AcceptAccount", further, agreed)
