"""People, things, tenders, certificates and events, as they are on the chain."""

from pathlib import Path

from frontend_api.database.database import Database
from frontend_api.index.following import Follower
from tests.frontend.api.asking import PREFIX, Asking
from tests.frontend.market import MARKUP, Fair
from wattbook.certificates.provenance import provenance
from wattbook.contracts.structs import DeviceStatus


def test_members_are_as_the_chain_has_them(ask: Asking, fair: Fair):
    members = ask.everything("list_members", "/members?limit=7")
    assert [one["member"] for one in members] == sorted(one["member"] for one in members)
    for one in members:
        member = fair.market.membership.member_of(one["member"])
        assert one["accounts"] == member.accounts
        assert one["certified_until"] == member.certified_until
        assert ask.get("member", f"/members/{one['member']}") == one
    assert "credential" not in str(members)


def test_members_by_role_and_status(ask: Asking, fair: Fair):
    for name in ("suspended", "expelled"):
        [one] = ask.get("list_members", f"/members?status={name}")["items"]
        assert one["accounts"] == [getattr(fair, name)]
    operators = ask.get("list_members", "/members?role=operator")["items"]
    assert operators and all("operator" in one["roles"] for one in operators)
    assert all(one["status"] == "active" for one in ask.everything("list_members", "/members?status=active"))


def test_an_account_that_was_replaced_gives_way(ask: Asking, fair: Fair):
    member = fair.market.membership.standing_of(fair.replacement).member
    assert ask.get("member", f"/members/{member}")["accounts"] == [fair.replacement]


def test_devices_are_as_the_chain_has_them(ask: Asking, fair: Fair):
    devices = ask.everything("list_devices", "/devices?limit=5")
    for one in devices:
        device = fair.market.meters.device_of(one["device"])
        assert one["owner"] == device.owner
        assert one["status"] == DeviceStatus(device.status).name.lower()
        assert one["rated_w"] == device.description.rated_w
    assert {one["status"] for one in devices} >= {"certified", "suspended", "retired"}


def test_devices_by_what_they_are(ask: Asking, fair: Fair):
    moved, names = fair.devices["moved"], [one["name"] for one in _device(ask, fair, "moved")["history"]]
    assert names[0] == "DeviceRegistered" and "DeviceMoved" in names
    owned = ask.everything("list_devices", f"/devices?owner={fair.buyer}")
    assert moved in [one["device"] for one in owned]
    retired = ask.everything("list_devices", "/devices?status=retired")
    assert [one["device"] for one in retired] == [fair.devices["retired"]]
    every = ask.everything("list_devices", "/devices")
    in_zones = [ask.everything("list_devices", f"/devices?zone={zone}&limit=3") for zone in ("trial", "packages")]
    assert sorted(in_zones[0] + in_zones[1], key=lambda one: one["device"]) == every
    assert ask.get("list_devices", "/devices?carrier=gas")["items"] == []
    code = every[0]["technology"]
    assert all(one["technology"] == code for one in ask.everything("list_devices", f"/devices?technology={code}"))


def _device(ask: Asking, fair: Fair, name: str):
    return ask.get("device", f"/devices/{fair.devices[name]}")


def test_roots_come_newest_first(ask: Asking):
    roots = ask.everything("list_roots", "/roots?limit=2")
    assert roots and [one["time"] for one in roots] == sorted((one["time"] for one in roots), reverse=True)
    in_zone = [one for one in roots if one["zone"] == "trial"]
    assert ask.everything("list_roots", "/roots?zone=trial&limit=3") == in_zone
    assert ask.get("list_roots", "/roots?zone=nowhere")["items"] == []
    one, time = in_zone[0], roots[-1]["time"]
    assert ask.get("root", f"/roots/trial/{one['time']}/{one['version']}") == one
    after, before = ask.everything("list_roots", f"/roots?from={time + 1}"), f"/roots?to={time + 1}"
    assert after + ask.everything("list_roots", before) == roots


def test_tenders_with_their_quotes_and_supplies(ask: Asking, fair: Fair):
    for name, state in (("awarded", "awarded"), ("declined", "declined")):
        number = fair.tenders[name]
        one = ask.get("tender", f"/tenders/{number}")
        supplies = one.pop("supplies")
        assert supplies == [ask.get("supply", f"/supplies/{its['supply']}") for its in supplies]
        assert len(supplies) == (len(fair.supplies) if state == "awarded" else 0)
        assert one["state"] == state
        assert one in ask.everything("list_tenders", f"/tenders?state={state}&limit=1")
        assert one in ask.everything("list_tenders", f"/tenders?owner={one['owner']}&zone=trial")
    quotes = ask.everything("list_quotes", f"/tenders/{fair.tenders['awarded']}/quotes?limit=2")
    assert [one["state"] for one in quotes] == ["awarded", "awarded", "withdrawn"]
    assert sum(one["wh"] for one in quotes if one["wh"]) == 100_000
    executed, other = (ask.get("supply", f"/supplies/{one}") for one in fair.supplies)
    assert executed["state"] == "executed" and executed["outcome"]["billed"]
    assert other["state"] in ("active", "funded")


def test_tariffs(ask: Asking, fair: Fair):
    tariffs = {one["version"]: one for one in ask.everything("list_tariffs", "/tariffs?limit=1")}
    assert [tariffs[version]["withdrawn"] for version in fair.tariffs] == [False, True]
    assert ask.get("tariff", f"/tariffs/{fair.tariffs[0]}")["provider"] == fair.provider


def test_certificates_and_what_became_of_them(ask: Asking, fair: Fair):
    every = {one["id"]: one for one in ask.everything("list_certificates", "/certificates?limit=2")}
    for name in ("held", "retired", "exported", "unwrapped"):
        one = every[str(fair.certificates[name])]
        assert one["state"] == name
        assert one in ask.everything("list_certificates", f"/certificates?state={name}&limit=1")
    retired = every[str(fair.certificates["retired"])]
    assert (retired["holder"], retired["ended"]["purpose"]) == (fair.buyer, MARKUP)
    assert every[str(fair.certificates["exported"])]["ended"]["purpose"] == "AIB"
    held = ask.everything("list_certificates", f"/certificates?holder={fair.certifier}&state=held")
    assert {one["id"] for one in held} == {str(fair.certificates[name]) for name in ("held", "wrapped")}
    assert [one["id"] for one in ask.everything("list_certificates", f"/certificates?holder={fair.buyer}")] == [
        retired["id"]
    ]


def test_a_certificate_comes_from_meters_and_slots(ask: Asking, fair: Fair):
    for id in fair.certificates.values():
        found = ask.get("certificate", f"/certificates/{id}")
        real = provenance(fair.market, id)
        assert [(one["id"], one["wh"], one["device"]) for one in found["provenance"]] == [
            (str(one.id), one.wh, one.device) for one in real
        ]
        assert sum(one["wh"] for one in found["provenance"]) == 10**6
        assert all(one["zone"] == "trial" and one["start"] < one["end"] for one in found["provenance"])
        assert ask.get("certificate", f"/certificates/{found['number']}") == found


def test_what_a_battery_gave_shows_what_it_took(ask: Asking, fair: Fair):
    [event] = ask.get("list_events", "/events?contract=Batteries&name=BatteryDischarged")["items"]
    found = ask.get("slice", f"/slices/{event['args']['id']}")
    [real] = provenance(fair.market, int(event["args"]["id"]))
    assert [one["id"] for one in found["part"]["charged"]] == [str(one.id) for one in real.charged]
    assert found["part"]["charged"][0]["charged"] == []


def test_events_in_both_directions_and_by_all_that_they_have(ask: Asking, fair: Fair):
    every = ask.everything("list_events", "/events?limit=200")
    places = [(one["block"], one["log"]) for one in every]
    assert places == sorted(set(places))
    assert ask.everything("list_events", "/events?limit=200&order=desc") == every[::-1]
    auction = [one for one in every if one["contract"] == "Auction"]
    assert ask.everything("list_events", "/events?contract=Auction&limit=37") == auction
    transfers = [one for one in every if one["name"] == "Transfer"]
    assert ask.everything("list_events", "/events?name=Transfer&limit=100") == transfers
    assert len({one["contract"] for one in transfers}) > 1
    book = "0x" + fair.cleared.hex()
    about = ask.everything("list_events", f"/events?kind=book&subject={book}&limit=6")
    assert {one["name"] for one in about} >= {"BookOpened", "Committed", "OrdersRevealed", "Traded", "BookSettled"}
    cleared = ask.get("list_events", f"/events?kind=book&subject={book}&contract=Auction&name=BookCleared")["items"]
    assert cleared == [one for one in about if one["name"] == "BookCleared"]
    middle = every[len(every) // 2]["block"]
    later = ask.everything("list_events", f"/events?from_block={middle}&limit=200")
    assert later == [one for one in every if one["block"] >= middle]
    assert ask.everything("list_events", f"/events?from_block={middle}&limit=200&order=desc") == later[::-1]
    assert ask.get("list_events", "/events?contract=Nothing")["items"] == []


def test_an_event_has_addresses_as_people_copy_them(ask: Asking, fair: Fair):
    [one, *_] = ask.get("list_events", f"/events?kind=account&subject={fair.seller}")["items"]
    assert fair.seller in str(one["args"])
    assert one["id"].startswith(f"{one['block']}:{one['log']}:")


def test_nobody_is_told_what_an_account_took(ask: Asking, fair: Fair):
    """By no list, by no event alone, and by none about the account or the book."""
    settled = ask.everything("list_events", "/events?contract=Imbalance&name=AccountSettled")
    assert settled and all(set(one["args"]) == {"book", "account"} for one in settled)
    about = ask.everything("list_events", f"/events?kind=account&subject={settled[0]['args']['account']}&limit=200")
    assert not any("statement" in one["args"] for one in about)
    assert ask.get("event", f"/events/{settled[0]['block']}/{settled[0]['log']}") == settled[0]


def test_what_was_of_an_account_that_was_given_up_is_its_members(another, fair: Fair, tmp_path: Path):
    database = Database(str(tmp_path / "index.db"))
    with fair.undone():
        device = fair.park.new_device(owner=fair.second)
        fair.does(fair.family, fair.market.membership, "retireAccount", fair.second)
        Follower(fair.market, database).catch_up()
        assert fair.market.meters.owner_of(device) == fair.family
    client = another(database)
    assert client.get(f"{PREFIX}/devices/{device}").json()["owner"] == fair.family
    owned = client.get(f"{PREFIX}/devices?owner={fair.family}&limit=200").json()["items"]
    assert device in [one["device"] for one in owned]
    database.close()
