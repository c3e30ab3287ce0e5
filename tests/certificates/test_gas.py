"""What certificates cost: bounds of a producer and of a buyer who have had one before."""

import pytest

from tests.certificates.register import MWH, Register


@pytest.mark.parametrize("slots", [1, 10, 400])
def test_a_certificate_from_the_counter_costs_the_same_whatever_its_slots(register: Register, slots: int):
    register.fresh_whole()
    device = register.plant()
    # With other slots, and words of the ledger, before and between.
    register.made(device, MWH)
    register.certificates.issue(device, *register.slots(0), sender=register.alice)
    each = -(-MWH // slots)
    register.made(device, *[each] * slots, place=20)
    first, last = 20, 20 + (MWH - 1) // each
    receipt = register.certificates.issue(device, *register.slots(first, last), sender=register.alice)
    assert receipt.gas_used <= 120_000, receipt.gas_used


@pytest.mark.parametrize("slices", [1, 2, 10, 40])
def test_wrapping(register: Register, slices: int):
    """Slices of several slots of a few plants, sold to a buyer; some are used up and some in part."""
    register.certificates.transfer_from(
        register.alice.address, register.bob.address, register.fresh_whole().id, sender=register.alice
    )
    device = register.plant()
    each = -(-MWH // slices)
    register.made(device, *[each] * (slices + 1))
    ids = [register.issue(device, place, None, each) for place in range(slices)]
    for id in ids:
        register.give(register.alice, register.bob, id, each)
    # The sum of the last slice is not used up.
    receipt = register.certificates.wrap(ids, [each] * slices, sender=register.bob)
    assert receipt.gas_used <= 70_000 + 12_000 * slices, receipt.gas_used
