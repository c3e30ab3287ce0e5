"""What members signed comes onto the chain once, whatever happens, and nobody spends the relay's gas at will."""

import os
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from sqlalchemy import select
from starlette.testclient import TestClient

from frontend_api.api.app import build
from frontend_api.api.node import Node
from frontend_api.api.private.signed_in import sessions_of
from frontend_api.database.database import Database
from frontend_api.database.tables import relayed
from frontend_api.index.following import Follower
from frontend_api.relay.actions import ACTIONS
from frontend_api.relay.relay import Relay, RelayLimits
from frontend_api.settings import Limits, Settings
from tests.frontend.private.child import KEY, TERMS
from tests.frontend.private.people import Client, begun
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.contracts.structs import Curve, Key, OrderState
from wattbook.eip712 import MESSAGES, sign
from wattbook.market.words import Quote, seal

# What attesters, registrars and meters sign, and what goes along with another message.
NOT_SENT = {
    *("Availability", "BillsRoot", "Correction", "Exchange", "ForceMajeure", "Reading", "Root", "Supply"),
    *("UseCorrection", "Verdict", "Withdrawal", "AcceptAccount", "Countersignature", "DeviceKey", "DeviceRegistration"),
    "PlantStatement",
}


class Desk:
    """An application with a relay that the test steps, over a chain whose blocks the test seals."""

    def __init__(self, fair: Any, app: Any, http: Any, database: Database, outbox: Outbox, where: list[str]) -> None:
        self.fair, self.app, self._http, self.database, self.outbox, self.where = (
            fair,
            app,
            http,
            database,
            outbox,
            where,
        )
        self.now = int(time.time())
        self.limits = RelayLimits()
        self._clients: dict[str, Client] = {}
        self.restart()

    def restart(self) -> None:
        """A new relay that knows what is written down, and nothing else."""
        node = self.app.state.node
        self.relay = Relay(
            node, self.database, self.outbox, KEY, limits=self.limits, terms=TERMS, clock=lambda: self.now
        )
        self.app.state.relay = self.relay
        self.sender = self.relay.sender(_Held())

    def client(self, key: Any) -> Client:
        if key.address not in self._clients:
            request = type("Request", (), {"app": self.app})
            token = begun(sessions_of(request), key, self.fair.chain.chain_id)
            self._clients[key.address] = Client(self.app, self._http, token)
        return self._clients[key.address]

    def sign(self, key: Any, action: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
        prepared = self.client(key).post(f"/prepare/{action}", fields)
        signature = key.sign_message(encode_typed_data(full_message=prepared["typed_data"])).signature
        values = {**prepared["typed_data"]["message"], **more}
        return {
            "action": action,
            "contract": prepared["contract"],
            "values": values,
            "signature": "0x" + bytes(signature).hex(),
        }

    def ask(self, key: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        said = self.client(key).ask("POST", "/relay", body)
        return said.status_code, said.json()

    def give(self, key: Any, action: str, fields: dict[str, Any], **more: Any) -> int:
        status, said = self.ask(key, self.sign(key, action, fields, **more))
        assert status == 202, said
        return said["id"]

    def step(self, seconds: int = 2) -> None:
        self.now += seconds
        self.relay.step(self.sender)

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.fair.ask("evm_mine")

    def finish(self, key: Any, number: int) -> dict[str, Any]:
        """Until it is in a block."""
        for _ in range(20):
            self.step()
            self.mine()
            found = self.client(key).get(f"/relay/{number}")
            if found["state"] in ("done", "failed"):
                return found
        raise AssertionError(f"it never ended: {found}, {self.relay.health()}")

    def do(self, key: Any, action: str, fields: dict[str, Any], **more: Any) -> None:
        found = self.finish(key, self.give(key, action, fields, **more))
        assert found["state"] == "done", found


class _Held:
    def check(self) -> None:
        """It is held."""


@pytest.fixture(scope="module")
def desk(fair, tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with fair.undone():
        fair.ask("anvil_setBalance", KEY.address, hex(10**24))
        database, outbox = Database(str(folder / "index.db")), Outbox(str(folder / "relay.db"))
        Follower(fair.market, database).catch_up()
        usual = {"secret_file": folder / "secret", "deployment": Path(str(fair.deployment))}
        settings = Settings(limits=Limits(requests_per_second=0), **usual)
        app = build(settings, database, Node.of(fair.market))
        where = [str(folder / "index.db"), str(folder / "relay.db")]
        with TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as http:
            yield Desk(fair, app, http, database, outbox, where)
        outbox.close()
        database.close()


@pytest.fixture(autouse=True)
def fresh(desk):
    """Nothing waits, and nobody has used up what he may."""
    desk.limits = RelayLimits()
    desk.restart()
    yield
    desk.limits = RelayLimits()
    desk.restart()
    while desk.outbox.transactions.under_way(KEY.address) or desk.outbox.transactions.queued():
        desk.step(15)
        desk.mine(3)
    desk.now += 2 * 86_400


# ------------------------------------------------------------------------------------------------------ what is sent


def test_all_that_households_sign_can_be_sent():
    assert set(MESSAGES) - set(ACTIONS) == NOT_SENT
    assert set(ACTIONS) - set(MESSAGES) == {"Reveal"}


def test_a_withdrawal_for_somebody_without_gas(desk, keys):
    owner, market = keys["owner"], desk.fair.market
    before, gas = market.power_token.balance_of(owner.address), desk.fair.chain.web3.eth.get_balance(owner.address)
    desk.do(owner, "Withdraw", {"amount": 1_000})
    assert market.power_token.balance_of(owner.address) == before + 1_000
    assert desk.fair.chain.web3.eth.get_balance(owner.address) == gas


def test_permit_and_deposit(desk, keys):
    owner, vault = keys["owner"], desk.fair.market.vault
    desk.do(owner, "Permit", {"spender": vault.address, "value": "1000"})
    free = vault.account_of(owner.address).free
    desk.do(owner, "Deposit", {"amount": "900"})
    assert vault.account_of(owner.address).free == free + 900


def test_an_order_sealed_and_revealed(desk, fair):
    trader, book, auction = fair.park.keys[fair.park.traders[1]], fair.waiting, fair.market.auction
    quote, salt = Quote(trader.address, False, 1_200, 470), keccak(text="a salt")
    sealed = seal(fair.chain.chain_id, auction.address, book, quote, salt)
    fields = {"book": "0x" + book.key.hex(), "sizeClass": 0, "number": 0, "seal": "0x" + sealed.hex()}
    desk.do(trader, "Commit", fields)
    assert auction.order_of(book.key, trader.address, 0).state is OrderState.SEALED
    fair.wait(int(auction.book_of(book.key).reveals_at))
    opening = {"order": str(quote.word()), "salt": "0x" + salt.hex()}
    body = {"action": "Reveal", "values": {"book": "0x" + book.key.hex(), "openings": [opening]}}
    wrong = {**body, "values": {**body["values"], "openings": [{**opening, "salt": "0x" + "00" * 32}]}}
    assert desk.ask(trader, wrong)[0] == 409
    # Whoever holds the opening may send it.
    sender = fair.park.keys[fair.buyer]
    status, said = desk.ask(sender, body)
    assert status == 202 and desk.finish(sender, said["id"])["state"] == "done"
    transaction = HexBytes(desk.client(sender).get(f"/relay/{said['id']}")["transaction"])
    assert fair.chain.receipt_of(transaction).event("OrdersRevealed").args["book"] == book.key


def test_a_device_registered(desk, keys, fair):
    owner, meters = keys["owner"], fair.market.meters
    meter = Account.from_key(keccak(text="a meter"))
    key = Key(Curve.SECP256K1, bytes.fromhex(meter.address[2:]).rjust(32, b"\0"), bytes(32))
    x = bytes(12) + bytes.fromhex(meter.address[2:])
    described = {
        **{"zone": 1, "carrier": 0, "direction": 1, "technology": 0, "clean": False, "stores": False},
        **{"ratedW": 5_000, "modulus": 0, "site": "0x" + "11" * 32, "curve": int(key.curve)},
        **{"x": "0x" + x.hex(), "y": "0x" + "00" * 32},
    }
    deadline = fair.chain.now + 3_600
    raw = {name: bytes.fromhex(value[2:]) if isinstance(value, str) else value for name, value in described.items()}
    proof = sign(meters, "DeviceRegistration", meter, {"owner": owner.address, **raw, "deadline": deadline})
    count = meters.device_count()
    desk.do(owner, "RegisterDevice", described, keyDeadline=deadline, keySignature="0x" + proof.hex())
    assert meters.device_count() == count + 1


def test_certificates_handed_on_and_retired(desk, fair):
    holder, certificates = fair.park.keys[fair.certifier], fair.market.green_certificates
    held = fair.certificates["held"]
    desk.do(holder, "TransferCertificate", {"to": fair.buyer, "id": str(held)})
    assert certificates.owner_of(held) == fair.buyer


def test_a_vote_on_a_proposal(desk, keys, fair):
    owner, council = keys["owner"], fair.market.council
    targets, payloads = [fair.market.zones.address], [bytes(4)]
    data = council.raw.encode_abi("propose", [targets, payloads, "to see a vote"])
    fields = {"from": owner.address, "to": council.address, "data": data, "gas": hex(10**6), "gasPrice": hex(10**12)}
    fair.ask("eth_sendTransaction", fields)
    fair.ask("evm_mine")
    proposal = council.proposal_count()
    voter = fair.market.membership.standing_of(owner.address).owner
    desk.do(owner, "CouncilVote", {"proposal": proposal, "yes": True})
    assert council.has_voted(proposal, voter)


@pytest.mark.parametrize(
    ("action", "fields", "refusal"),
    [
        ("Subscribe", {"pool": 9, "kind": 0, "amount": 1}, "WrongPoolStage"),
        ("CastVote", {"epoch": 2**31, "candidate": "0x" + "11" * 20, "ids": ["1"]}, "OtherEpoch"),
    ],
)
def test_what_the_contract_refuses_is_not_sent(desk, keys, action, fields, refusal):
    status, said = desk.ask(keys["owner"], desk.sign(keys["owner"], action, fields))
    assert status == 409 and refusal in said["detail"]


# ------------------------------------------------------------------------------------------------------ what is not


def test_the_same_is_sent_once(desk, keys):
    owner = keys["owner"]
    body = desk.sign(owner, "Withdraw", {"amount": 5})
    first, again = desk.ask(owner, body), desk.ask(owner, body)
    assert first[0] == again[0] == 202 and first[1]["id"] == again[1]["id"]
    desk.finish(owner, first[1]["id"])
    assert desk.ask(owner, body)[1]["state"] == "done"
    assert [one["id"] for one in desk.client(owner).get("/relay")["items"]].count(first[1]["id"]) == 1


def test_what_is_not_signed_by_who_asks(desk, keys):
    owner, stranger = keys["owner"], keys["stranger"]
    body = desk.sign(owner, "Withdraw", {"amount": 5})
    assert desk.ask(stranger, body)[0] == 403
    forged = desk.sign(stranger, "Withdraw", {"amount": 5})
    forged["values"]["signer"] = owner.address
    status, said = desk.ask(owner, forged)
    assert status == 409 and "InvalidSignature" in said["detail"]
    body["values"]["amount"] = 6
    assert desk.ask(owner, body)[0] == 409
    assert desk.outbox.transactions.queued() == []


def test_for_whom(desk, keys, fair):
    nobody = Account.from_key(b"\x17" * 32)
    body = desk.sign(nobody, "Withdraw", {"amount": 1})
    assert desk.ask(nobody, body)[0] == 403
    suspended = keys["suspended"]
    transfer = desk.sign(suspended, "Transfer", {"to": fair.buyer, "amount": 1})
    status, said = desk.ask(suspended, transfer)
    assert status == 403 and "active members" in said["detail"]
    assert desk.ask(suspended, desk.sign(suspended, "Withdraw", {"amount": 1}))[0] == 202
    assert desk.ask(keys["owner"], desk.sign(keys["owner"], "Withdraw", {"amount": 10**30}))[0] == 409


def test_without_a_key(desk, keys):
    del desk.app.state.relay
    status, said = desk.ask(keys["owner"], desk.sign(keys["owner"], "Withdraw", {"amount": 1}))
    assert (status, said["type"]) == (503, "/problems/not-configured") and "no relay key" in said["detail"]


def test_deadlines(desk, keys, fair):
    owner = keys["owner"]
    soon = desk.sign(owner, "Withdraw", {"amount": 1, "deadline": fair.chain.now + 10})
    status, said = desk.ask(owner, soon)
    assert status == 409 and "deadline" in said["detail"]
    far = {"amount": 1, "deadline": max(fair.chain.now, int(time.time())) + 10**7}
    assert desk.client(owner).ask("POST", "/prepare/Withdraw", far).status_code == 422


def test_limits(desk, keys):
    owner = keys["owner"]
    desk.limits = RelayLimits(waiting=2, an_hour=3)
    desk.restart()
    numbers = [desk.give(owner, "Withdraw", {"amount": 1}) for _ in range(2)]
    said = desk.client(owner).ask("POST", "/relay", desk.sign(owner, "Withdraw", {"amount": 1}))
    assert (said.status_code, said.headers["retry-after"]) == (429, "60")
    # Another's are counted by themselves.
    assert desk.ask(keys["seller"], desk.sign(keys["seller"], "Withdraw", {"amount": 1}))[0] == 202
    for number in numbers:
        desk.finish(owner, number)
    for _ in range(8):
        desk.step()
        desk.mine()
    desk.finish(owner, desk.give(owner, "Withdraw", {"amount": 1}))
    assert desk.ask(owner, desk.sign(owner, "Withdraw", {"amount": 1}))[0] == 429
    desk.now += 3_601
    assert desk.ask(owner, desk.sign(owner, "Withdraw", {"amount": 1}))[0] == 202


def test_gas(desk, keys):
    desk.limits = RelayLimits(gas=50_000)
    desk.restart()
    status, said = desk.ask(keys["owner"], desk.sign(keys["owner"], "Withdraw", {"amount": 1}))
    assert status == 409 and "50000 at most" in said["detail"]


def test_who_makes_the_relay_pay_for_nothing_waits(desk, keys, fair):
    """He signs a transfer of all that he has, and by another way has it gone before that is in a block."""
    owner, token = keys["owner"], fair.market.power_token
    desk.limits = RelayLimits(failures_a_day=1)
    desk.restart()
    amount = token.balance_of(owner.address)
    number = desk.give(owner, "Transfer", {"to": fair.seller, "amount": amount})
    desk.step()
    # The transfer waits; his own transaction offers more and comes before it in the same block.
    send(fair, owner.address, fair.seller, amount, sealed=False)
    found = desk.finish(owner, number)
    assert found["state"] == "failed" and found["transaction"]
    for _ in range(8):
        desk.step(15)
        desk.mine()
    send(fair, fair.seller, owner.address, amount)
    assert desk.ask(owner, desk.sign(owner, "Withdraw", {"amount": 1}))[0] == 429
    desk.now += 86_401
    assert desk.ask(owner, desk.sign(owner, "Withdraw", {"amount": 1}))[0] == 202


def test_what_would_be_refused_by_now_is_given_up_without_a_cost(desk, keys, fair):
    owner, token = keys["owner"], fair.market.power_token
    amount = token.balance_of(owner.address)
    number = desk.give(owner, "Transfer", {"to": fair.seller, "amount": amount})
    send(fair, owner.address, fair.seller, amount)
    spent = fair.chain.web3.eth.get_balance(KEY.address)
    for _ in range(5):
        desk.step(30)
    found = desk.client(owner).get(f"/relay/{number}")
    assert found["state"] == "failed" and found["transaction"] is None and "refuse" in found["reason"]
    assert fair.chain.web3.eth.get_balance(KEY.address) == spent
    send(fair, fair.seller, owner.address, amount)
    again = desk.sign(owner, "Transfer", {"to": fair.seller, "amount": amount})
    assert desk.ask(owner, again)[0] == 202


def send(fair: Any, sender: str, to: str, amount: int, *, sealed: bool = True) -> None:
    """By one's own transaction, which offers more than the relay does."""
    token = fair.market.power_token
    data = token.raw.encode_abi("transfer", [to, amount])
    fields = {"from": sender, "to": token.address, "data": data, "gas": hex(10**6), "gasPrice": hex(10**12)}
    fair.ask("eth_sendTransaction", fields)
    if sealed:
        fair.ask("evm_mine")


@pytest.mark.parametrize(
    "change",
    [
        {"action": "Nothing"},
        {"action": "Root"},
        {"values": {}},
        {"values": {"signer": "x"}},
        {"signature": None},
        {"signature": "0x"},
        {"signature": "zz"},
        {"contract": "Auction"},
        {"values": 5},
    ],
)
def test_requests_that_are_none(desk, keys, change):
    body = {**desk.sign(keys["owner"], "Withdraw", {"amount": 1}), **change}
    assert desk.ask(keys["owner"], body)[0] == 422


@pytest.mark.parametrize("amount", [-1, 2**128, "1.5", "0x1", True, None, [], "9" * 100, "\u0661"])
def test_numbers_that_are_none(desk, keys, amount):
    said = desk.client(keys["owner"]).ask("POST", "/prepare/Withdraw", {"amount": amount})
    assert said.status_code == 422


def test_a_body_that_is_too_long(desk, keys):
    body = {"action": "Withdraw", "values": {"x": "y" * 70_000}}
    assert desk.client(keys["owner"]).ask("POST", "/relay", body).status_code == 413


# ------------------------------------------------------------------------------------------------- what can go wrong


def test_a_reorganisation_takes_it_back_and_it_comes_again(desk, keys, fair):
    owner, token = keys["owner"], fair.market.power_token
    before = token.balance_of(owner.address)
    number = desk.give(owner, "Withdraw", {"amount": 77})
    found = desk.finish(owner, number)
    assert not found["final"] and token.balance_of(owner.address) == before + 77
    fair.ask("anvil_reorg", 2, [])
    fair.ask("anvil_dropAllTransactions")
    assert token.balance_of(owner.address) == before
    desk.step(15)
    found = desk.finish(owner, number)
    assert token.balance_of(owner.address) == before + 77
    for _ in range(10):
        desk.step(15)
        desk.mine()
    assert desk.client(owner).get(f"/relay/{number}")["final"]
    with desk.database.reading() as connection:
        assert connection.execute(select(relayed.c.state).where(relayed.c.id == number)).scalar() == "done"


def test_what_is_stuck_offers_more_on_both_fees(desk, keys, fair):
    owner = keys["owner"]
    number = desk.give(owner, "Withdraw", {"amount": 3})
    desk.step()
    for _ in range(2):
        desk.step(TERMS.bump_after + 1)
    [sent] = desk.outbox.transactions.under_way(KEY.address)
    fees = [(one.tip, one.cap) for one in sent.attempts]
    assert len(fees) == 3 and len({one.nonce for one in sent.attempts}) == 1
    for (tip, cap), (more_tip, more_cap) in pairwise(fees):
        assert more_tip * 8 >= tip * 9 and more_cap * 8 >= cap * 9 and more_tip > tip and more_cap > cap
    assert desk.finish(owner, number)["state"] == "done"


def test_written_down_and_not_queued(desk, keys, monkeypatch):
    """As if the process had ended between the one and the other."""
    owner = keys["owner"]
    body = desk.sign(owner, "Withdraw", {"amount": 4})
    monkeypatch.setattr(desk.relay, "_queue", lambda number: None)
    status, said = desk.ask(owner, body)
    assert status == 202 and desk.outbox.transactions.queued() == []
    desk.restart()
    assert desk.finish(owner, said["id"])["state"] == "done"


def test_another_who_sends_first_costs_nothing(desk, keys, fair):
    """The signature is public once it is in the pool of somebody else."""
    owner = keys["owner"]
    body = desk.sign(owner, "Withdraw", {"amount": 8})
    status, said = desk.ask(owner, body)
    assert status == 202
    [queued] = desk.outbox.transactions.queued()
    fields = {"from": fair.seller, "to": queued.call.to, "data": "0x" + queued.call.data.hex(), "gas": hex(2_000_000)}
    fair.ask("eth_sendTransaction", fields)
    desk.mine()
    for _ in range(5):
        desk.step(30)
        desk.mine()
    assert desk.client(owner).get(f"/relay/{said['id']}")["state"] in ("done", "failed")
    assert desk.outbox.transactions.under_way(KEY.address) == []


def test_killed(desk, keys, fair):
    """The process is killed at three points, the network loses what it can, blocks are taken back: each withdrawal is
    on the chain exactly once."""
    owner, token = keys["owner"], fair.market.power_token
    before = token.balance_of(owner.address)
    # All points are tried with the sender alone, see tests/bridge/sender.
    points = ["after_commit", "after_send", "after_mined"]
    random.shuffle(points)
    amounts = [1 << place for place in range(2 * len(points))]
    numbers = []
    for place, point in enumerate(points):
        numbers += [desk.give(owner, "Withdraw", {"amount": one}) for one in amounts[2 * place : 2 * place + 2]]
        child = started(desk, point)
        deadline = time.monotonic() + 10
        while child.poll() is None and time.monotonic() < deadline:
            desk.mine()
            time.sleep(0.1)
        child.kill()
        assert child.wait() == -SIGKILL
        fair.ask("anvil_reorg", random.randint(1, 3), [])
    child = started(desk, "never")
    deadline = time.monotonic() + 90
    try:
        while not all(desk.client(owner).get(f"/relay/{number}")["final"] for number in numbers):
            assert child.poll() is None and time.monotonic() < deadline, desk.relay.health()
            desk.mine(random.randint(1, 4))
            time.sleep(0.2)
    finally:
        child.kill()
        child.wait()
    assert token.balance_of(owner.address) == before + sum(amounts)
    assert {desk.client(owner).get(f"/relay/{number}")["state"] for number in numbers} == {"done"}


def started(desk: Desk, point: str) -> subprocess.Popen[bytes]:
    fair = desk.fair
    arguments = [*desk.where, fair.rpc, str(fair.deployment), point]
    command = [sys.executable, "-m", "tests.frontend.private.child", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
