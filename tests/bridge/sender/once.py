"""A contract that takes each key once, as `Readings` takes each root, on a chain whose blocks the test seals."""

from hexbytes import HexBytes
from web3.types import RPCEndpoint

from wattbook.bridge.outbox.records import Call
from wattbook.chain import Chain, named
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account

# key := calldata[0]; if storage[key] != 0 revert; storage[key] := 1; log(key)
_RUNS = bytes.fromhex("600035 8054 601257 60018155 60006000a1 00 5b 60006000fd")
_CREATES = bytes.fromhex("6018 80 600b 6000 39 6000 f3") + _RUNS


class Once:
    """Deployed by somebody else than the sender, deep enough for reorgs to leave it alone."""

    sender = known_account(FIRST_FREE_ACCOUNT)

    def __init__(self, chain: Chain, address: str | None = None) -> None:
        self.chain = chain
        self.rpc = str(chain.web3.provider.endpoint_uri)
        self.address = address or self._deployed()
        self.first_block = 0 if address else chain.web3.eth.block_number

    def _deployed(self) -> str:
        deployer = known_account(1)
        transaction = {"from": deployer.address, "data": "0x" + _CREATES.hex(), "gas": 200_000, "gasPrice": 10**11}
        sent = self._send(deployer, transaction)
        self.mine(10)
        return self.chain.web3.eth.get_transaction_receipt(sent)["contractAddress"]

    def call(self, key: int, gas: int | None = None) -> Call:
        return Call(self.address, key.to_bytes(32), gas)

    def is_done(self, call: Call, block: int) -> bool:
        """Whether a call's key is taken, as of a block."""
        eth = self.chain.web3.eth
        return any(named(lambda: eth.get_storage_at(self.address, int.from_bytes(call.data), block)))

    def taken(self) -> list[int]:
        """All keys that are on the chain, in sequence; twice if they were taken twice."""
        logs = self.chain.web3.eth.get_logs({"address": self.address, "fromBlock": 0, "toBlock": "latest"})
        return [int.from_bytes(log["topics"][0]) for log in logs]

    def take(self, key: int) -> None:
        """As somebody else does it."""
        fields = {"to": self.address, "data": "0x" + key.to_bytes(32).hex(), "gas": 100_000, "gasPrice": 10**11}
        self._send(known_account(2), fields)
        self.mine()

    def transfer(self, account) -> None:
        """Uses up an account's next nonce."""
        self._send(account, {"to": account.address, "gas": 21_000, "gasPrice": 10**11})
        self.mine()

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def reorg(self, depth: int) -> None:
        """The newest blocks are replaced by empty ones."""
        self.ask("anvil_reorg", depth, [])

    def pooled(self) -> int:
        status = self.ask("txpool_status")
        return int(status["pending"], 16) + int(status["queued"], 16)

    def ask(self, method: str, *parameters: object):
        response = self.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in response, response
        return response["result"]

    def _send(self, account, fields: dict[str, object]) -> HexBytes:
        eth = self.chain.web3.eth
        nonce = eth.get_transaction_count(account.address)
        signed = account.sign_transaction({"chainId": self.chain.chain_id, "nonce": nonce, "value": 0, **fields})
        return eth.send_raw_transaction(signed.raw_transaction)
