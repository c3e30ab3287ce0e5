"""What a bridge serves, and to whom."""

import json
import secrets
from dataclasses import replace

import httpx
import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from starlette.testclient import TestClient

from tests.bridge.attesting.bridges import PATIENCE
from tests.bridge.attesting.test_agreement import everybody_hears, settle
from wattbook.bridge.attesting.peers import CHECK, SIGN
from wattbook.bridge.attesting.vouching import root_over
from wattbook.bridge.attesting.wire import SIGNATURE, Proposal, dump_proposal, load_answer, seal
from wattbook.bridge.http.access import Access, authorization
from wattbook.bridge.http.app import Pages
from wattbook.bridge.outbox.records import Call, OutboxError
from wattbook.deployment.local import known_account
from wattbook.metering.roots import sign_root
from wattbook.metering.tree import data_hash, is_covered, leaf_hash


@pytest.fixture
def served(bridges, park, devices, time):
    """A bridge with a time of readings on the chain, and its address."""
    everybody_hears(bridges, devices, time)
    settle(bridges, park)
    bridge = next(one for one in bridges if one.outbox.batches.find(1, time, 0))
    return bridge, f"http://127.0.0.1:{bridge.server.port}"


def get(url, **headers):
    return httpx.get(url, headers=headers, trust_env=False)


def post(url, body, **headers):
    return httpx.post(url, content=body, headers=headers, trust_env=False)


def asked(bridges, question, body, account=None):
    """The second bridge's answer to a question of the first's, or of another account's."""
    server, to = bridges[1].server, bridges[1].account.address
    signature = seal(question, to, body, account or bridges[0].account)
    return post(f"http://127.0.0.1:{server.port}{question}", body, **{SIGNATURE: signature})


def signed_by(bridge, proposal):
    """A proposal with its proposer's signature."""
    root = root_over(proposal.zone, proposal.time, proposal.version, proposal.leaves)
    signature = sign_root(bridge.park.market.readings, root, [], bridge.account)
    return replace(proposal, signatures={bridge.account.address: signature})


def two_of(bridges, proposal):
    """The same leaves under two roots, the lower one first, each with the first bridge's signature."""
    other = replace(proposal, leaves=tuple(replace(leaf, salt=keccak(b"other")) for leaf in proposal.leaves))
    both = sorted((proposal, other), key=lambda one: root_over(1, one.time, 0, one.leaves).root)
    return [signed_by(bridges[0], one) for one in both]


class TestLeaves:
    @pytest.mark.parametrize(
        "page",
        [
            "leaves/1/1/" + "9" * 30,
            "leaves/1/1/" + "9" * 5_000,
            "leaves/1/1/9223372036854775808",
            "leaves/1/1/-1",
            "leaves/1/1/%C2%B2",
            "readings/1/1/0/" + "9" * 30,
        ],
    )
    def test_of_numbers_that_nothing_has(self, served, page):
        assert get(f"{served[1]}/{page}").status_code == 404

    def test_hashes_are_everybodys(self, served, park, devices, time):
        bridge, url = served
        found = get(f"{url}/leaves/1/{time}/0").json()
        leaves = [(one["device"], bytes.fromhex(one["contentHash"][2:])) for one in found["leaves"]]
        assert [device for device, _ in leaves] == devices
        assert "0x" + data_hash(leaves).hex() == found["dataHash"]
        root = root_over(1, time, 0, bridge.outbox.batches.leaves(bridge.outbox.batches.find(1, time, 0).id))
        assert ("0x" + root.root.hex(), root.size) == (found["root"], found["size"])
        assert not any("register" in one for one in found["leaves"])

    def test_of_another_time(self, served, time):
        answer = get(f"{served[1]}/leaves/1/{time + 1}/0")
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": "this bridge has no readings of this zone, time and version"},
        )


class TestValues:
    @pytest.mark.parametrize("who", ["owner", "operator", "regulator"])
    def test_to_whom_they_concern(self, served, park, devices, time, who):
        bridge, url = served
        account = park.seller if who == "owner" else known_account(who)
        header = authorization(park.market, account, bridge.clock() + 60)
        found = get(f"{url}/readings/1/{time}/0/{devices[2]}", Authorization=header).json()
        assert (found["device"], found["register"], found["trust"]) == (devices[2], 1_000 + devices[2], "A")
        leaf = leaf_hash(devices[2], bytes.fromhex(found["contentHash"][2:]))
        proof = [bytes.fromhex(one[2:]) for one in found["proof"]]
        assert is_covered(bytes.fromhex(found["root"][2:]), found["size"], found["place"], leaf, proof)

    def test_not_to_others(self, served, park, devices, time):
        bridge, url = served
        header = authorization(park.market, park.buyer, bridge.clock() + 60)
        answer = get(f"{url}/readings/1/{time}/0/{devices[0]}", Authorization=header)
        assert answer.status_code == 403
        expected = f"{park.buyer.address} did not own device {devices[0]} then, has no office and disputes nothing"
        assert answer.json() == {"error": expected}

    def test_to_whose_it_was_then(self, served, park, devices, time):
        """Not to whom the device belongs by now."""
        bridge, url = served
        meters, path = park.market.meters, f"{url}/readings/1/{time}/0/{devices[3]}"

        def status(account):
            return get(path, Authorization=authorization(park.market, account, bridge.clock() + 60)).status_code

        meters.offer(devices[3], park.buyer.address, sender=park.seller)
        meters.accept(devices[3], sender=park.buyer)
        try:
            assert (status(park.seller), status(park.buyer)) == (200, 403)
        finally:
            meters.offer(devices[3], park.seller.address, sender=park.buyer)
            meters.accept(devices[3], sender=park.seller)

    @pytest.mark.parametrize("header", ["", "Bearer x", "Wattbook 0x12 5 0x12", "Wattbook a b c"])
    def test_not_to_who_does_not_say_who_he_is(self, served, devices, time, header):
        answer = get(f"{served[1]}/readings/1/{time}/0/{devices[0]}", Authorization=header)
        assert answer.status_code == 403

    @pytest.mark.parametrize("ahead", [-1, 86_460])
    def test_not_for_ever(self, served, park, devices, time, ahead):
        bridge, url = served
        header = authorization(park.market, park.seller, bridge.clock() + ahead)
        assert get(f"{url}/readings/1/{time}/0/{devices[0]}", Authorization=header).status_code == 403

    def test_not_on_anothers_word(self, served, park, devices, time):
        bridge, url = served
        until = bridge.clock() + 60
        mine, stolen = (authorization(park.market, one, until).split() for one in (park.buyer, park.seller))
        header = " ".join([mine[0], stolen[1], mine[2], mine[3]])
        assert get(f"{url}/readings/1/{time}/0/{devices[0]}", Authorization=header).status_code == 403

    def test_of_a_device_that_is_not_in_it(self, served, park, time):
        header = authorization(park.market, park.seller, served[0].clock() + 60)
        assert get(f"{served[1]}/readings/1/{time}/0/999", Authorization=header).status_code == 404


class TestAttest:
    @pytest.fixture
    def proposal(self, bridges, devices, time) -> Proposal:
        everybody_hears(bridges, devices, time)
        return bridges[0].vouching.proposal(1, time, bridges[0].vouching.leaves(1, time), {})

    @pytest.fixture
    def url(self, bridges):
        return f"http://127.0.0.1:{bridges[1].server.port}"

    def test_a_signature(self, bridges, proposal):
        body = dump_proposal(proposal)
        assert load_answer(asked(bridges, CHECK, body).content).objections == {}
        first = load_answer(asked(bridges, SIGN, body).content)
        assert first.signature and load_answer(asked(bridges, SIGN, body).content).signature == first.signature

    def test_of_two_roots_for_the_same_time_the_lower_one(self, bridges, proposal):
        """So bridges that proposed at once come together."""
        low, high = two_of(bridges, proposal)
        for one, signs in ((high, True), (low, True), (high, False), (low, True)):
            answer = load_answer(asked(bridges, SIGN, dump_proposal(one)).content)
            assert (answer.signature is not None) == signs
            assert (answer.signed.leaves if answer.signed else None) == (None if signs else low.leaves)

    @pytest.mark.parametrize("lower", [False, True])
    def test_of_two_roots_that_with_more_devices(self, bridges, park, proposal, lower):
        """Whether or not it is the lower one."""
        park.go_to(proposal.time + PATIENCE.turns(2))
        full = signed_by(bridges[0], proposal)
        root, some = root_over(1, full.time, 0, full.leaves).root, full
        while some is full or (root < root_over(1, some.time, 0, some.leaves).root) != lower:
            less = [replace(leaf, salt=secrets.token_bytes(32)) for leaf in proposal.leaves[:-1]]
            some = signed_by(bridges[0], replace(proposal, leaves=tuple(less)))
        for one, signs in ((some, True), (full, True), (some, False)):
            answer = load_answer(asked(bridges, SIGN, dump_proposal(one)).content)
            assert (answer.signature is not None) == signs

    def test_not_of_another_root_that_its_sender_does_not_sign(self, bridges, proposal):
        """Who shows ever other leaves and stands by none keeps nobody from coming together."""
        low, high = two_of(bridges, proposal)
        assert load_answer(asked(bridges, SIGN, dump_proposal(high)).content).signature
        of_another = signed_by(bridges[2], low).signatures
        for signatures in ({}, of_another, {bridges[0].account.address: high.signatures[bridges[0].account.address]}):
            body = dump_proposal(replace(low, signatures=signatures))
            assert load_answer(asked(bridges, SIGN, body).content).signature is None
        assert load_answer(asked(bridges, SIGN, dump_proposal(low)).content).signature

    def test_a_proposers_signature_is_kept(self, bridges, proposal):
        asked(bridges, SIGN, dump_proposal(signed_by(bridges[0], proposal)))
        batches = bridges[1].outbox.batches
        kept = batches.signatures(batches.find(1, proposal.time, 0).id)
        assert kept.keys() == {one.account.address for one in bridges[:2]}

    def test_not_of_another_root_than_the_one_on_its_way(self, bridges, proposal):
        low, high = two_of(bridges, proposal)
        assert load_answer(asked(bridges, SIGN, dump_proposal(high)).content).signature
        batches = bridges[1].outbox.batches
        batches.post(batches.find(1, high.time, 0), Call("0x" + "11" * 20, b"", 21_000), 0)
        answer = load_answer(asked(bridges, SIGN, dump_proposal(low)).content)
        assert (answer.signature, answer.signed.leaves) == (None, high.leaves)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"register": 999}, "it was {}"),
            ({"sequence": 5}, "its sequence is {}, not 5"),
            ({"sequence": 2**32 - 1}, "its sequence is {}, not 4294967295"),
            ({"quality": 1}, "its quality is 0, not 1"),
            ({"device": 77}, "no device of zone 1 is known by this number"),
        ],
    )
    def test_what_is_not_so(self, bridges, proposal, change, said):
        *rest, last = proposal.leaves
        body = dump_proposal(replace(proposal, leaves=(*rest, replace(last, **change))))
        answer = load_answer(asked(bridges, SIGN, body).content)
        assert answer.signature is None
        device = change.get("device", last.device)
        right = last.register if "register" in change else last.sequence
        left_out = {last.device: f"it is left out; it was {last.register}"} if "device" in change else {}
        assert answer.objections == {device: said.format(right), **left_out}
        kept = [one for one in bridges[1].outbox.refusals.kept() if one.reason == "disagrees"]
        assert {one.source for one in kept} == {f"attester {bridges[0].account.address}"}
        assert {one.meter for one in kept} == {str(device), *(["zone 1"] if left_out else [])}

    def test_not_while_a_device_is_left_out(self, bridges, park, proposal):
        """Until everybody has had a turn, and writes down who left it out; then it signs."""
        *rest, last = proposal.leaves
        body = dump_proposal(replace(proposal, leaves=tuple(rest)))
        said = f"it is left out; it was {last.register}"
        park.go_to(proposal.time + PATIENCE.turns(2) - 2)
        answer = load_answer(asked(bridges, SIGN, body).content)
        assert (answer.signature, answer.objections) == (None, {last.device: said})
        park.go_to(proposal.time + PATIENCE.turns(2))
        answer = load_answer(asked(bridges, SIGN, body).content)
        assert answer.signature and not answer.objections
        kept = [(one.meter, one.detail) for one in bridges[1].outbox.refusals.kept()]
        assert kept == [("zone 1", f"leaves out 1 devices at {proposal.time}: {last.device}")]

    def test_one_line_for_all_that_is_left_out(self, bridges, proposal):
        body = dump_proposal(replace(proposal, leaves=proposal.leaves[:1]))
        assert len(load_answer(asked(bridges, CHECK, body).content).objections) == 3
        [kept] = bridges[1].outbox.refusals.kept()
        missing = ", ".join(str(leaf.device) for leaf in proposal.leaves[1:])
        assert (kept.meter, kept.detail) == ("zone 1", f"leaves out 3 devices at {proposal.time}: {missing}")

    def test_a_sequence_that_is_too_low_is_mended_before_it_is_signed(self, bridges, proposal):
        """Who missed a time is told, and not named."""
        low = replace(proposal, leaves=tuple(replace(leaf, sequence=5) for leaf in proposal.leaves))
        answer = load_answer(asked(bridges, CHECK, dump_proposal(low)).content)
        assert answer.objections == {}
        assert answer.sequences == {leaf.device: leaf.sequence for leaf in proposal.leaves}

    def test_from_a_stranger(self, bridges, proposal):
        stranger = Account.from_key(keccak(b"stranger"))
        answer = asked(bridges, SIGN, dump_proposal(proposal), stranger)
        assert answer.status_code == 403
        assert answer.json() == {"error": f"{stranger.address} is no attester that this bridge works with"}

    def test_not_signed(self, url, proposal):
        answer = post(url + SIGN, dump_proposal(proposal))
        assert (answer.status_code, answer.json()) == (400, {"error": "the message is not signed"})

    @pytest.mark.parametrize("meant", [(CHECK, 1), (SIGN, 2)])
    def test_meant_for_another(self, bridges, url, proposal, meant):
        """Neither another question nor another bridge."""
        (question, place), body = meant, dump_proposal(proposal)
        signature = seal(question, bridges[place].account.address, body, bridges[0].account)
        assert post(url + SIGN, body, **{SIGNATURE: signature}).status_code == 403

    def test_of_another_market(self, bridges, proposal):
        answer = asked(bridges, SIGN, dump_proposal(replace(proposal, chain_id=1)))
        assert (answer.status_code, answer.json()) == (409, {"error": "this bridge is another market's"})

    @pytest.mark.parametrize("change", [{"zone": 10**30}, {"time": -1}, {"leaves": ()}, {"version": 256}])
    def test_what_cannot_be(self, bridges, proposal, change):
        assert asked(bridges, CHECK, dump_proposal(replace(proposal, **change))).status_code == 400

    def test_leaves_out_of_order(self, bridges, proposal):
        body = dump_proposal(replace(proposal, leaves=proposal.leaves[::-1]))
        assert asked(bridges, CHECK, body).status_code == 400

    @pytest.mark.parametrize(
        "body", [b"", b"{}", b"[1]", b'{"chainId": "1"}', b"\xff", json.dumps({"leaves": 3}).encode()]
    )
    def test_garbage(self, bridges, body):
        assert asked(bridges, CHECK, body).status_code == 400

    def test_too_much(self, url):
        assert post(url + CHECK, b"0" * (32 * 2**20 + 1)).status_code == 413


def test_metrics_while_the_database_is_away(bridges, park):
    def away():
        raise OutboxError("outbox.db cannot be read: disk I/O error")

    bridge = bridges[0]
    pages = Pages(bridge.vouching, bridge.outbox, [], Access(park.market, bridge.clock), dict, away)
    answer = TestClient(pages.app([])).get("/metrics")
    assert (answer.status_code, answer.text) == (503, "outbox.db cannot be read: disk I/O error\n")
