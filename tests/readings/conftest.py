"""The stand, and a device on it."""

import pytest

from tests.readings.stand import Stand
from tests.readings.standing import stand as stand
from tests.readings.standing import standing as standing


@pytest.fixture
def device(stand: Stand) -> int:
    """A certified device of 12 kW, whose register starts anew at 100 kWh: 1100 Wh in five minutes are the most."""
    return stand.device()
