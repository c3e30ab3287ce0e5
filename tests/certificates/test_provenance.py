"""From a reading to a certificate and back: the deployed market, its real ledger, one call."""

import pytest

from wattbook.certificates.provenance import UnknownCertificateError, provenance
from wattbook.certificates.slices import NotMadeError, next_slots, slice_id, slice_of, stock
from wattbook.contracts.structs import Origin
from wattbook.trial.certificates import Certifying
from wattbook.trial.park import SLOT_SECONDS

MWH = 1_000_000


def test_through_a_battery_down_to_the_plant(certifying: Certifying):
    market, park = certifying.market, certifying.park
    plant, roof = (park.new_device(owner=certifying.owner) for _ in range(2))
    into, out = certifying.battery(8_000)
    certifying.make({plant: [0, 300, 200, 0], into: [500, 0, 0, 0], out: [0, 0, 400, 0], roof: [0, 0, MWH, 0]})
    assert (stock(market, plant), stock(market, roof)) == (500, MWH)
    since, until = next_slots(market, plant, 500)
    assert until - since == 2 * SLOT_SECONDS
    slice = certifying.issue(plant, 500)
    assert slice_id(slice_of(slice)) == slice
    assert slice_of(slice) == market.clean_energy.slice_of(slice)
    discharged, burned = certifying.discharge_most(out, slice, 500)
    assert (discharged, burned) == (400, 500)
    released = market.batteries.raw.events.BatteryDischarged().get_logs(from_block=0)[-1].args.id
    rest = certifying.issue(roof, MWH)
    made = certifying.wrap([released, rest], [400, MWH])
    assert made == [(released, 400), (rest, MWH - 400)]
    id = market.green_certificates.raw.events.CertificateMade().get_logs(from_block=0)[-1].args.id

    battery, other = provenance(market, id)
    assert (battery.device, battery.wh, battery.origins) == (out, 400, [Origin(out, since + SLOT_SECONDS, 400)])
    [charged] = battery.charged
    assert (charged.id, charged.wh, charged.device, charged.charged) == (slice, 500, plant, [])
    assert charged.origins == [Origin(plant, since, 300), Origin(plant, since + SLOT_SECONDS, 200)]
    assert (other.device, other.wh, other.origins) == (roof, MWH - 400, [Origin(roof, since + SLOT_SECONDS, MWH)])
    [single] = provenance(market, slice)
    assert single == charged


def test_what_there_is_not(certifying: Certifying):
    device = certifying.park.new_device(owner=certifying.owner)
    with pytest.raises(NotMadeError, match=f"device {device} has not made 1 Wh after the first 0"):
        next_slots(certifying.market, device, 1)
    with pytest.raises(UnknownCertificateError, match="no certificate and no slice has the id 5"):
        provenance(certifying.market, 5)
