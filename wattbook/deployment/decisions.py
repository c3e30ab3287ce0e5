"""What the authority decides after the constitution: proposed, seen by everybody for its delay, then carried out."""

from eth_account.signers.local import LocalAccount

from wattbook.chain import Receipt
from wattbook.connection import Market
from wattbook.deployment.deployer import encode_call
from wattbook.deployment.plan import Call

_NO_PREDECESSOR = bytes(32)


def propose(market: Market, call: Call, *, sender: LocalAccount, salt: bytes = bytes(32)) -> bytes:
    """Proposes a call and returns its operation id. The same call twice needs another salt."""
    target, payload = market.deployment.address(call.contract), encode_call(market.chain, call)
    delay = market.authority.get_min_delay()
    market.authority.schedule(target, 0, payload, _NO_PREDECESSOR, salt, delay, sender=sender)
    return market.authority.hash_operation(target, 0, payload, _NO_PREDECESSOR, salt)


def carry_out(market: Market, call: Call, *, sender: LocalAccount, salt: bytes = bytes(32)) -> Receipt:
    """Carries out a call whose delay is over; anyone may."""
    target, payload = market.deployment.address(call.contract), encode_call(market.chain, call)
    return market.authority.execute(target, 0, payload, _NO_PREDECESSOR, salt, sender=sender)
