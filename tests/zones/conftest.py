"""What the authority does to zones, with what it says."""

import pytest

from tests.assertions import pass_time
from wattbook.deployment.decisions import carry_out, propose
from wattbook.deployment.plan import Call


@pytest.fixture
def carried_out(market, people):
    """Has the authority make a call on Zones and returns the receipt."""

    def run(function, *arguments):
        call, salt = Call("Zones", function, arguments), b"\7" * 32
        propose(market, call, sender=people.administrator, salt=salt)
        pass_time(market.authority.get_min_delay())
        return carry_out(market, call, sender=people.administrator, salt=salt)

    return run
