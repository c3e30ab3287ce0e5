"""The contract ValidatorSet as it stands in a first block: what is in which slot (docs/governance.md).

What its constructor would have refused is refused here, under the same names.
"""

from collections.abc import Sequence

from eth_utils.address import is_hex_address, to_checksum_address

from wattbook.governance.quorum import LEAST_VALIDATORS, MOST_VALIDATORS
from wattbook.governance.refusals import GovernanceError
from wattbook.market.bounds import shown

FOUNDED, SEATS = 0, 2
"""Slots: of how many validators there are, with the founder, and of the first of them. The feeder's is between."""
_FOUNDER_FROM_BIT = 72


def storage(validators: Sequence[str], founder: str) -> dict[int, int]:
    """By slot what the contract has stored when nobody has changed a seat, nor named the feeder."""
    seats = [address(one) for one in validators]
    if len(seats) < LEAST_VALIDATORS:
        raise GovernanceError(
            "TooFew", f"a chain has at least {LEAST_VALIDATORS} validators, not {len(seats)}: fewer bear no faulty one"
        )
    if len(seats) > MOST_VALIDATORS:
        raise GovernanceError("TooMany", f"a chain has at most {MOST_VALIDATORS} validators, not {len(seats)}")
    if double := next((one for one in seats if seats.count(one) > 1), None):
        raise GovernanceError("AlreadySeated", f"validator {double} is named twice")
    founded = int(address(founder), 16) << _FOUNDER_FROM_BIT | len(seats)
    return {FOUNDED: founded} | {SEATS + place: int(one, 16) for place, one in enumerate(seats)}


def address(value: str) -> str:
    """The value, if it is somebody's address with its checksum: as a first block is not mended."""
    if not is_hex_address(value) or not value.startswith("0x"):
        raise GovernanceError("BadAddress", f"{shown(value)} is no address")
    if int(value, 16) == 0:
        raise GovernanceError("ZeroAddress", f"{value} is nobody's address")
    checked = to_checksum_address(value)
    if value != checked:
        if value[2:] in (value[2:].lower(), value[2:].upper()):
            raise GovernanceError("BadAddress", f"{value} has no checksum; if it is right, it is written {checked}")
        raise GovernanceError("BadAddress", f"{value} has the checksum of another address; it is mistyped")
    return value
