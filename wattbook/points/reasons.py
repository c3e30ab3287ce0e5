"""What points are issued for."""

from enum import IntEnum


class Reason(IntEnum):
    """As contracts/libraries/Reasons.sol numbers them."""

    REGISTRATION = 1
    CLEAN_TRADE = 2
    COMPUTATION = 3
    BOOKKEEPING = 4
