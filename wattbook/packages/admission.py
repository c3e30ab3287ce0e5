"""Who may buy: as long as the design load of all fits what the station can give."""

from wattbook.packages.fields import PackageError
from wattbook.units import CENTI_PER_M2


def area_load(centi_m2: int, w_per_m2: int) -> int:
    """W for which an area is designed."""
    return centi_m2 * w_per_m2 // CENTI_PER_M2


def hot_water_load(litres_per_hour: int, wh_per_litre: int) -> int:
    """W that heat so much water."""
    return litres_per_hour * wh_per_litre


def admits(load_w: int, reserved_w: int, capacity_w: int) -> bool:
    """Whether a load fits beside what is reserved."""
    return reserved_w + load_w <= capacity_w


def reserve(carrier: str, load_w: int, reserved_w: int, capacity_w: int) -> int:
    """What is reserved with one more load."""
    if not admits(load_w, reserved_w, capacity_w):
        raise PackageError(f"{carrier}: {load_w} W do not fit, {reserved_w} of {capacity_w} W are reserved")
    return reserved_w + load_w
