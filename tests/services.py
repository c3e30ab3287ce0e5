"""Programs that tests need and not every machine has."""

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skips the test, saying why; where services are required, as in CI, it fails."""
    if os.environ.get("SERVICES") == "required":
        pytest.fail(reason)
    pytest.skip(reason)
