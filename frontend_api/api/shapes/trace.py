"""The way of a trade: from the order over the money to the energy (003 II.D (5))."""

from typing import Literal

from pydantic import BaseModel, Field

from frontend_api.api.shapes.base import Address, Time, Upt, Word
from frontend_api.api.shapes.trades import Trade

StepName = Literal["sealed", "revealed", "cleared", "traded", "settled", "sold", "paid"]


class Step(BaseModel):
    """Something that happened to a trade; the event is at /events/{block}/{log}."""

    step: StepName
    contract: str = Field(examples=["Auction"])
    event: str = Field(examples=["Committed"])
    block: int
    log: int
    time: Time
    transaction: Word


class Payment(BaseModel):
    """What the trade costs or brings, and the Vault's events about its parties in the same transaction."""

    amount_upt: Upt
    commission_upt: Upt | None
    events: list[Step]


class Settlement(BaseModel):
    """How a party was settled in the slot: all that he sold and bought of it, against what his meters counted."""

    account: Address
    injected_wh: int
    withdrawn_wh: int
    sold_wh: int
    bought_wh: int
    due_upt: Upt
    network_upt: Upt
    platform_upt: Upt
    fund_upt: Upt
    cash_upt: Upt = Field(description="For the imbalance: got, or paid when negative.")
    unpaid_upt: Upt


class RootOf(BaseModel):
    """A root over readings of the slot's zone; see /roots/{zone}/{time}/{version}."""

    time: Time
    version: int
    root: Word


class Delivery(BaseModel):
    """The kWh, for the parties, operators and regulators only. Values of readings are at /devices/{device}/readings."""

    settlements: list[Settlement]
    devices: list[int] = Field(description="The parties' meters of this carrier in this zone.")
    roots: list[RootOf]


class Trace(BaseModel):
    """All of it."""

    trade: Trade
    steps: list[Step]
    payment: Payment
    delivery: Delivery | None = Field(description="Null for everybody else.")
