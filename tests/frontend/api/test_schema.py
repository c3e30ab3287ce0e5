"""Whatever the API's own description allows, and much that it does not, is asked for by schemathesis: no answer is a
500, and none is other than described."""

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

_SEED, _EXAMPLES = 20_261_122, 6
# The same questions every time, and none that a database of earlier runs suggests.
_PHASES = (Phase.explicit, Phase.generate)
# A cursor or a message to sign in is a text, and most texts are none.
_FINE = ["2xx", "3xx", "400", "401", "403", "404", "409", "429", "503"]
# What is wrong can be too large as well.
_WRONG = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503"]
_CHECKS = {"positive_data_acceptance": _FINE, "negative_data_rejection": _WRONG}
_CONFIG = SchemathesisConfig.from_dict(
    {"checks": {name: {"expected-statuses": statuses} for name, statuses in _CHECKS.items()}}
)
# Where fields depend on each other in a way that a description cannot say; and signing out, which is no secret.
_BOUND, _OPEN = ("list_events", "sign_in"), ("sign_out",)


@pytest.fixture(scope="package")
def described(app: FastAPI):
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=_CONFIG)


# A stream does not end.
schema = schemathesis.pytest.from_fixture("described").exclude(operation_id="stream")


@schema.parametrize()
@seed(_SEED)
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    phases=_PHASES,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: schemathesis.Case):
    name = case.operation.definition.raw["operationId"]
    excluded = [positive_data_acceptance] if name in _BOUND else [ignored_auth] if name in _OPEN else []
    case.call_and_validate(excluded_checks=excluded)
