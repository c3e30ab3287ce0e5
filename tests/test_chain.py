"""Transactions, events, and what goes wrong with nodes: always a named exception."""

import socket
import tempfile
import threading
from contextlib import contextmanager

import ape
import pytest
from eth_abi import encode
from eth_utils.crypto import keccak

from tests.assertions import FAR
from tests.frontend.index.liar import lying
from wattbook.abi import all_events
from wattbook.chain import Chain, Event, Receipt, named
from wattbook.contracts import reverts
from wattbook.contracts.authority import Authority
from wattbook.contracts.logs import event_of
from wattbook.contracts.revert import ContractRevert, UnnamedRevert
from wattbook.contracts.structs import Status
from wattbook.contracts.vault import Vault
from wattbook.deployment.anvil import Anvil, pass_time
from wattbook.deployment.deployer import deploy
from wattbook.deployment.direct import direct
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import constitution
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import sign_permit
from wattbook.errors import ChainError

# Copies what it is called with into a revert: PUSH the size, copy, revert.
ECHO = "366000600037366000fd"
REASONS = {
    "nonsense": b"\x01\x02\x03\x04\x05",
    "text": keccak(text="Error(string)")[:4] + encode(["string"], ["the meter is broken"]),
    "number": keccak(text="Error(string)")[:4] + encode(["string"], ["17"]),
    "panic": keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11]),
    "nothing": b"",
}


@contextmanager
def port(answer):
    """A port where somebody answers every connection with these bytes and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


class TestReaching:
    @pytest.mark.parametrize("scheme", ["http", "ws"])
    def test_nobody_listens(self, scheme):
        with pytest.raises(ChainError) as caught:
            Chain.at(f"{scheme}://127.0.0.1:1")
        assert str(caught.value).startswith(f"no node answers at {scheme}://127.0.0.1:1 (")

    @pytest.mark.parametrize("url", ["127.0.0.1:8545", "ftp://127.0.0.1", "file:///chain.ipc", "", "local"])
    def test_no_address_of_a_node(self, url):
        with pytest.raises(ChainError) as caught:
            Chain.at(url)
        assert str(caught.value) == (f"{url} is not the address of a node: it starts with http(s):// or ws(s)://")

    @pytest.mark.parametrize("url", ["http://", "http://[::1", "http://127.0.0.1:99999"])
    def test_a_malformed_address(self, url):
        with pytest.raises(ChainError, match=r"^no node answers at "):
            Chain.at(url)

    @pytest.mark.parametrize("scheme", ["http", "ws"])
    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            b"",
        ],
        ids=["text", "empty JSON", "gateway", "hangs up"],
    )
    def test_what_answers_is_no_node(self, scheme, answer):
        with port(answer) as number, pytest.raises(ChainError, match=r"^no node answers at "):
            Chain.at(f"{scheme}://127.0.0.1:{number}")

    def test_over_a_websocket(self):
        with Anvil() as chain:
            other = Chain.at(chain.web3.provider.endpoint_uri.replace("http", "ws"))
            assert (other.chain_id, other.genesis) == (31337, chain.genesis)

    def test_a_node_that_goes_away(self):
        with Anvil() as chain:
            deployer = known_account("administrator")
            authority = Authority(chain, deployer.address)
        requests = (
            lambda: chain.now,
            lambda: chain.genesis,
            lambda: chain.code_at(deployer.address),
            lambda: chain.nonce_of(deployer),
            lambda: chain.status_of("0x" + "00" * 32),
            lambda: chain.wait_for_sent(deployer),
            lambda: authority.get_min_delay(),
            lambda: authority.update_delay(1, sender=deployer),
        )
        for request in requests:
            with pytest.raises(ChainError) as caught:
                request()
            assert str(caught.value) == "the node does not answer any more (ConnectionError)"

    @pytest.mark.parametrize("connected", [Chain.at, direct])
    def test_headers_of_a_consortium(self, connected):
        """Their extra data names validators, and is longer than that of public chains."""
        long = "0x" + "ab" * 150

        def tells(method, parameters, answer):
            return {**answer, "extraData": long} if method == "eth_getBlockByNumber" else answer

        with Anvil() as chain, lying(chain.web3.provider.endpoint_uri) as liar:
            liar.tells = tells
            other = connected(liar.url)
            assert (other.now, other.genesis) == (chain.now, chain.genesis)
            assert bytes(other.web3.eth.get_block(0)["proofOfAuthorityData"]).hex() == long[2:]

    def test_an_anvil_that_does_not_start(self):
        with pytest.raises(ChainError, match=r"^anvil did not start \(.*--no-such-option\)$"):
            Anvil("--no-such-option").__enter__()

    def test_an_anvil_takes_its_old_states_along(self, monkeypatch, tmp_path):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with Anvil() as chain:
            # More blocks than it keeps in memory.
            chain.web3.provider.make_request("anvil_mine", [hex(600)])
            assert [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not list(tmp_path.iterdir())


class TestReverts:
    def test_from_a_call(self, market, people):
        with pytest.raises(reverts.NotMember) as caught:
            market.membership.require_active(people.stranger.address, 0)
        assert caught.value.account == people.stranger.address
        assert caught.value.arguments == (people.stranger.address,)
        assert str(caught.value) == f"NotMember(account={people.stranger.address})"

    def test_what_a_function_does_not_take(self, market, alice):
        """Neither a number that is too large is asked for, nor anything sent."""
        with pytest.raises(ChainError, match=r"^PoolOffers\.termsOf does not take \(4294967296\)$"):
            market.pool_offers.terms_of(2**32)
        before = market.chain.nonce_of(alice)
        with pytest.raises(ChainError, match=r"^Vault\.withdraw does not take \(-1\)$"):
            market.vault.withdraw(-1, sender=alice)
        assert market.chain.nonce_of(alice) == before

    @pytest.mark.parametrize("gas_limit", [None, 2_000_000], ids=["estimated", "in a block"])
    def test_from_a_transaction(self, market, people, alice, gas_limit):
        chain = Chain(market.chain.web3, gas_limit=gas_limit)
        vault = Vault(chain, market.vault.address)
        before = chain.nonce_of(alice)
        with pytest.raises(reverts.InsufficientFree) as caught:
            vault.withdraw(5, sender=alice)
        error = caught.value
        assert (error.account, error.free, error.asked) == (alice.address, 0, 5)
        # With an estimate the node refuses before; without one the transaction fails in a block.
        assert chain.nonce_of(alice) - before == (1 if gas_limit else 0)

    def test_arguments_have_their_types(self, market, people, alice):
        member = market.membership.standing_of(alice.address).member
        market.membership.suspend(member, "audit", sender=people.regulator)
        with pytest.raises(reverts.NotActive) as caught:
            market.membership.require_active(alice.address, 0)
        assert caught.value.status is Status.SUSPENDED
        assert str(caught.value) == f"NotActive(account={alice.address}, status=SUSPENDED)"

    @pytest.fixture(params=["a node", "in process"])
    def echo(self, request, people):
        """Sends bytes to a contract that reverts with just these; each kind of chain says so in its own way."""
        if request.param == "a node":
            chain = request.getfixturevalue("chain")
        else:
            chain = Chain(ape.chain.provider.web3, gas_limit=6_000_000)
        code = bytes.fromhex(ECHO)
        creation = bytes.fromhex(f"60{len(code):02x}600c60003960{len(code):02x}6000f3") + code
        factory = chain.web3.eth.contract(abi=[], bytecode=creation)
        receipt = chain.submit(chain.sign_creation(factory.constructor(), people.administrator).signed)
        entry = {"type": "fallback", "stateMutability": "nonpayable"}
        contract = chain.web3.eth.contract(address=receipt.contract_address, abi=[entry])

        def run(data, limit, how):
            transaction = {
                "to": contract.address,
                "data": data,
                "from": people.administrator.address,
            }
            if how == "call":
                return named(lambda: chain.web3.eth.call(transaction))
            signed = people.administrator.sign_transaction(
                {
                    "to": contract.address,
                    "data": data,
                    "gas": limit,
                    "gasPrice": chain.web3.eth.gas_price,
                    "nonce": chain.nonce_of(people.administrator),
                    "chainId": chain.chain_id,
                    "value": 0,
                }
            )
            return chain.submit(signed, lambda: chain.web3.eth.call(transaction))

        return run

    @pytest.mark.parametrize("how", ["call", "send"])
    def test_by_its_name(self, echo, people, how):
        data = keccak(text="NotMember(address)")[:4] + bytes.fromhex(people.stranger.address[2:]).rjust(32, b"\0")
        with pytest.raises(reverts.NotMember) as caught:
            echo(data, 100_000, how)
        assert caught.value.arguments == (people.stranger.address,)

    @pytest.mark.parametrize("how", ["call", "send"])
    @pytest.mark.parametrize(
        ("kind", "shown"),
        [
            ("nonsense", "0x0102030405"),
            ("text", "the meter is broken"),
            ("number", "17"),
            ("panic", "panic 0x11"),
            ("nothing", "no reason given"),
        ],
    )
    def test_without_a_name(self, echo, kind, shown, how):
        with pytest.raises(UnnamedRevert) as caught:
            echo(REASONS[kind], 100_000, how)
        assert caught.value.reason == shown
        assert str(caught.value) == f"UnnamedRevert(reason={shown})"

    def test_out_of_gas(self, market, people):
        chain = Chain(market.chain.web3, gas_limit=30_000)
        token = type(market.power_token)(chain, market.power_token.address)
        with pytest.raises(ChainError, match=r"^transaction 0x[0-9a-f]{64} failed in block \d+$"):
            token.approve(people.bob.address, 1, sender=people.alice)


class TestQuestionsAtOnce:
    def test_each_is_answered_in_its_place(self, market, alice, mint):
        accounts = [known_account(number).address for number in range(3)] + [alice.address]
        mint(alice, 7)
        token = market.power_token
        asked = [token.function("balanceOf", account) for account in accounts] * 200
        assert market.chain.call_each(asked) == [token.balance_of(one) for one in accounts] * 200

    def test_of_none(self, market):
        assert market.chain.call_each([]) == []

    def test_one_that_fails_says_why(self, market):
        asked = [
            market.power_token.function("totalSupply"),
            market.power_token.function("transfer", market.vault.address, 1),
        ]
        with pytest.raises(ContractRevert) as alone:
            market.chain.call(asked[1])
        with pytest.raises(type(alone.value)) as caught:
            market.chain.call_each(asked)
        assert type(alone.value) is not UnnamedRevert
        assert caught.value.args == alone.value.args

    def test_no_contract_stands_there(self, market):
        asked = Vault(market.chain, known_account("grid").address).function("depositsPaused")
        for ask in (market.chain.call, lambda function: market.chain.call_each([function])):
            with pytest.raises(ChainError, match=r"what answers at 0x\w{40} is another contract, or none$"):
                ask(asked)

    def test_a_node_that_takes_no_such_request(self):
        def tells(asked, answered):
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}

        with Anvil() as chain, lying(chain.web3.provider.endpoint_uri) as liar:
            other = direct(liar.url)
            liar.retold = tells
            with pytest.raises(ChainError, match=r"^the node did not answer all that it was asked$"):
                other.ask_each([("eth_chainId", [])] * 4)


class TestTransactions:
    @pytest.fixture
    def stalled(self):
        """A chain that seals no block by itself."""
        with Anvil("--no-mining") as chain:
            chain.gas_limit, chain.timeout = 100_000, 0.3
            yield chain

    def test_in_no_block(self, stalled):
        someone = known_account(0)
        with pytest.raises(ChainError, match=r"^transaction 0x[0-9a-f]{64} was in no block after 0.3 s$"):
            Authority(stalled, someone.address).update_delay(1, sender=someone)

    def test_what_was_sent_before(self, stalled):
        someone = known_account(0)
        stalled.wait_for_sent(someone)
        with pytest.raises(ChainError):
            Authority(stalled, someone.address).update_delay(1, sender=someone)
        with pytest.raises(ChainError) as caught:
            stalled.wait_for_sent(someone)
        expected = f"what {someone.address} sent before was in no block after 0.3 s"
        assert str(caught.value) == expected
        pass_time(stalled, 1)
        stalled.wait_for_sent(someone)

    def test_whether_one_succeeded(self, market, alice):
        chain = Chain(market.chain.web3, gas_limit=100_000)
        token = type(market.power_token)(chain, market.power_token.address)
        receipt = token.approve(alice.address, 1, sender=alice)
        assert chain.status_of(receipt.transaction) is True
        assert chain.status_of("0x" + "ab" * 32) is None
        with pytest.raises(reverts.ERC20InvalidSpender):
            token.approve("0x" + "00" * 20, 1, sender=alice)
        failed = chain.web3.eth.get_block("latest")["transactions"][0]
        assert chain.status_of(failed.to_0x_hex()) is False

    def test_what_the_node_says(self):
        with Anvil() as chain:
            chain.gas_limit = 100_000
            poor = known_account(40)
            with pytest.raises(ChainError) as caught:
                Authority(chain, poor.address).update_delay(1, sender=poor)
        expected = "the node refused: Insufficient funds for gas * price + value"
        assert str(caught.value) == expected


class TestEvents:
    def test_complete_and_in_order(self, market, alice, mint):
        token, vault = market.power_token, market.vault
        mint(alice, 100)
        permit = sign_permit(token, alice, vault.address, 100, nonce=0, deadline=FAR)
        receipt = vault.deposit_with_permit(100, FAR, *permit, sender=alice)
        approval = {"owner": alice.address, "spender": vault.address, "value": 100}
        deposited = {"account": alice.address, "payer": alice.address, "amount": 100}
        transfer = {"from": alice.address, "to": vault.address, "value": 100}
        assert receipt.events == (
            Event(token.address, "Approval", approval),
            Event(vault.address, "Deposited", deposited),
            Event(token.address, "Transfer", transfer),
        )

    def test_none_is_lost_in_a_whole_foundation(self):
        with Anvil() as chain:
            founder = known_account("administrator")
            deployment = deploy(chain, founder, local_settings(), None, lambda line: None)
            hashes = [
                block["transactions"][0]
                for number in range(1, chain.web3.eth.block_number + 1)
                if (block := chain.web3.eth.get_block(number))
            ]
            logs = [chain.web3.eth.get_transaction_receipt(item)["logs"] for item in hashes]
            events = [chain.receipt_of(item).events for item in hashes]
        assert [[log["address"] for log in each] for each in logs] == [
            [event.address for event in each] for each in events
        ]
        names = [event.name for each in events for event in each]
        assert names.count("MemberAdmitted") == len(local_settings().members)
        assert names.count("CallExecuted") == len(constitution(local_settings(), deployment.address, founder.address))
        assert names.index("MirrorSet") < names.index("SystemAccountRegistered")

    def test_logs_of_other_contracts_are_left_out(self, chain, people):
        """A contract that logs a Transfer with one part indexed, one topic of nobody's, and no topic at all."""
        topic = keccak(text="Transfer(address,address,uint256)").hex()
        code = f"600160026003{'7f' + topic}60006000a2" + "600960006000a1" + "60006000a000"
        created = len(bytes.fromhex(code))
        creation = f"60{created:02x}600c60003960{created:02x}6000f3{code}"
        factory = chain.web3.eth.contract(abi=[], bytecode=creation)
        signed = chain.sign_creation(factory.constructor(), people.administrator).signed
        address = chain.submit(signed).contract_address
        transaction = {
            "to": address,
            "gas": 100_000,
            "gasPrice": chain.web3.eth.gas_price,
            "nonce": chain.nonce_of(people.administrator),
            "chainId": chain.chain_id,
            "value": 0,
        }
        receipt = chain.submit(people.administrator.sign_transaction(transaction))
        logs = chain.web3.eth.get_transaction_receipt(receipt.transaction)["logs"]
        assert [len(log["topics"]) for log in logs] == [2, 1, 0]
        assert receipt.events == ()

    def test_a_text_that_is_none(self):
        """A contract takes any bytes for a text."""
        [entry] = [entry for entry in all_events() if entry["name"] == "URI"]
        topics = [keccak(text="URI(string,uint256)"), (7).to_bytes(32)]
        for raw, shown in ((b"\xff\xfeok", "\ufffd\ufffdok"), (b"tariff", "tariff")):
            args = {"value": shown, "id": 7}
            assert event_of("0x", topics, encode(["bytes"], [raw])) == Event("0x", "URI", args)
        assert [item["name"] for item in entry["inputs"]] == list(args)

    def test_the_one_event_of_a_name(self):
        first, second, third = (Event("0x", name, {}) for name in ("Paid", "Paid", "Locked"))
        receipt = Receipt("0x", 1, 21_000, None, (first, second, third))
        assert receipt.event("Locked") is third
        with pytest.raises(LookupError) as caught:
            receipt.event("Paid")
        assert str(caught.value) == ("2 events are called Paid, expected one; there are: Paid, Paid, Locked")
        with pytest.raises(LookupError) as caught:
            receipt.event("Released")
        assert str(caught.value) == ("0 events are called Released, expected one; there are: Paid, Paid, Locked")
        with pytest.raises(LookupError, match=r"there are: none$"):
            Receipt("0x", 1, 21_000, None, ()).event("Paid")
