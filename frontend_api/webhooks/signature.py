"""By what a receiver knows that an event is from this market, and new."""

import hmac


def signed(secret: str, time: int, body: bytes) -> str:
    """The header X-Wattbook-Signature: HMAC-SHA256 with the hook's secret, over time, a point, and the body."""
    return f"t={time},v1={hmac.digest(secret.encode(), f'{time}.'.encode() + body, 'sha256').hex()}"
