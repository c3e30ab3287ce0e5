"""The vectors of certificates, wraps, batteries and registered energy, through meters, readings and contracts."""

from pathlib import Path

import pytest

from wattbook.trial.capacity import Registering, registration_on_chain
from wattbook.trial.certificates import Certifying, certificates_on_chain, storage_on_chain, wrap_on_chain
from wattbook.vectors.check import Check, read
from wattbook.vectors.rewards import checks_of

FILE = Path(__file__).parents[1] / "vectors" / "points_certificates_subsidy.json"


@pytest.mark.parametrize("name", ["certificates", "wrap", "storageCertificates", "registration"])
def test_the_contracts_agree(certifying: Certifying, name: str):
    registering = Registering(certifying.park)
    runs = {
        "certificates": lambda case: certificates_on_chain(certifying, case),
        "wrap": lambda case: wrap_on_chain(certifying, case),
        "storageCertificates": lambda case: storage_on_chain(certifying, case),
        "registration": lambda case: registration_on_chain(registering, case),
    }
    file = read(FILE)
    found = list(checks_of(file, {name: runs[name]}))
    assert len(found) == len(file.data[name])
    assert [check for check in found if not isinstance(check, Check) or not check.agrees] == []
