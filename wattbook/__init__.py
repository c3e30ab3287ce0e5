"""Wattbook: an energy market on an EVM chain, run from Python."""

from wattbook.connection import Market, connect
from wattbook.contracts.revert import ContractRevert
from wattbook.contracts.structs import Application, Signed
from wattbook.errors import WattbookError
from wattbook.roles import Role
from wattbook.units import format_pt, kwh, price, pt

__version__ = "0.1.0"

__all__ = [
    "Application",
    "ContractRevert",
    "Market",
    "Role",
    "Signed",
    "WattbookError",
    "connect",
    "format_pt",
    "kwh",
    "price",
    "pt",
]
