"""Money and energy, exact.

Money is an int of uPT (1 PT = 1,000,000 uPT), energy an int of Wh, a unit price an int of mPT per kWh; so
`amount_uPT = Wh * price`, never rounded. The functions here go between these and what people write.
"""

from decimal import Decimal, InvalidOperation, localcontext

from wattbook.errors import UnitError

UPT_PER_PT = 1_000_000
WH_PER_KWH = 1_000
MPT_PER_PT = 1_000
LITRES_PER_M3 = 1_000
CENTI_PER_M2 = 100
# Beyond any amount that a contract can hold, and small enough to reckon with.
_LARGEST_EXPONENT = 100


def pt(text: str | int | Decimal) -> int:
    """uPT in an amount of PT, such as `"12.5"`; an amount finer than 1 uPT is refused."""
    return _scaled(text, UPT_PER_PT, "PT", "uPT")


def kwh(text: str | int | Decimal) -> int:
    """Wh in an amount of kWh; an amount finer than 1 Wh is refused."""
    return _scaled(text, WH_PER_KWH, "kWh", "Wh")


def price(text: str | int | Decimal) -> int:
    """mPT per kWh in a price in PT per kWh, such as `"0.43"`."""
    return _scaled(text, MPT_PER_PT, "PT/kWh", "mPT/kWh")


def litres(text: str | int | Decimal) -> int:
    """Litres in an amount of m3, such as `"0.5"`."""
    return _scaled(text, LITRES_PER_M3, "m3", "litre")


def centi_m2(text: str | int | Decimal) -> int:
    """Hundredths of m2, which are square decimetres, in an area of m2."""
    return _scaled(text, CENTI_PER_M2, "m2", "dm2")


def format_pt(upt: int) -> str:
    """An amount of uPT as people read it: `1234500000` is `1,234.50 PT`, with two to six decimals."""
    whole, fraction = divmod(abs(upt), UPT_PER_PT)
    digits = f"{fraction:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if upt < 0 else ''}{whole:,}.{digits} PT"


def format_kwh(wh: int) -> str:
    """An amount of Wh as people read it: `1234500` is `1,234.500 kWh`."""
    whole, fraction = divmod(abs(wh), WH_PER_KWH)
    return f"{'-' if wh < 0 else ''}{whole:,}.{fraction:03d} kWh"


def format_m3(litres: int) -> str:
    """An amount of litres as people read it: `1234500` is `1,234.500 m3`."""
    whole, fraction = divmod(litres, LITRES_PER_M3)
    return f"{whole:,}.{fraction:03d} m3"


def _scaled(value: str | int | Decimal, scale: int, unit: str, smallest: str) -> int:
    if isinstance(value, bool | float):
        raise UnitError(f"{value!r} is not an exact amount; write it as a string or an int")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise UnitError(f"{value!r} is not an amount of {unit}") from None
    if not number.is_finite() or number.adjusted() > _LARGEST_EXPONENT:
        raise UnitError(f"{value!r} is not an amount of {unit}")
    with localcontext() as context:
        context.prec = len(number.as_tuple().digits) + 20
        scaled = number * scale
        if scaled != scaled.to_integral_value():
            raise UnitError(f"{value} {unit} is finer than 1 {smallest}")
        return int(scaled)
