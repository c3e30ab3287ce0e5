"""Every case of the vectors of packages, bought, metered and ended by the contracts."""

from pathlib import Path

import pytest

from tests.packages_chain.stand import Stand
from wattbook.trial.packages import Packaging
from wattbook.vectors.check import Check, read
from wattbook.vectors.packages import LISTS, checks_of

FILE = Path(__file__).parents[1] / "vectors" / "energy_package.json"
CASES = {"purchase": 12, "drawdown": 7, "areaFee": 8, "cancel": 8, "flow": 4, "capacity": 4}


@pytest.mark.parametrize("name", LISTS)
def test_the_contracts_agree(standing: Stand, name: str):
    file = read(FILE)
    packaging = Packaging(standing, file.data["tariff"])
    found = list(checks_of(file, {name: packaging.runs[name]}))
    assert len(found) == len(file.data[name]) == CASES[name]
    assert [check for check in found if not isinstance(check, Check) or not check.agrees] == []
