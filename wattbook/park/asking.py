"""What a park's API says, asked as anybody and as its members, who sign in."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from wattbook.chain import Chain
from wattbook.park.supervisor import ParkError

_PAGE = 200
_FOLLOWS_WITHIN = 120.0


class Asking:
    """Questions to one API."""

    def __init__(self, api: str) -> None:
        self._client = httpx.Client(base_url=f"{api}/api/v1", timeout=60, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def wait_for(self, chain: Chain) -> None:
        """Until the index has all blocks."""
        head, deadline = chain.web3.eth.block_number, time.monotonic() + _FOLLOWS_WITHIN
        while (self.get("/health")["index"]["block"] or 0) < head:
            if time.monotonic() > deadline:
                raise ParkError(f"the index does not come to block {head}")
            time.sleep(0.1)

    def get(self, path: str, token: str = "", **parameters: object) -> Any:
        """What is answered."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        said = self._client.get(path, params={name: str(value) for name, value in parameters.items()}, headers=headers)
        if said.status_code != httpx.codes.OK:
            raise ParkError(f"the API answers {path} with {said.status_code}: {said.text[:200]}")
        return said.json()

    def items(self, path: str, token: str = "", **parameters: object) -> Iterator[Any]:
        """All of a list, page by page."""
        cursor = ""
        while True:
            page = self.get(path, token, **parameters, limit=_PAGE, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return

    def sign_in(self, account: LocalAccount) -> str:
        """A session's token."""
        place = self.get("/session/nonce")
        issued = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = (
            f"{place['domain']} wants you to sign in with your Ethereum account:\n{account.address}\n\n"
            f"\nURI: {place['uri']}\nVersion: 1\nChain ID: {place['chain_id']}\nNonce: {place['nonce']}\n"
            f"Issued At: {issued}"
        )
        signature = bytes(account.sign_message(encode_defunct(text=message)).signature)
        body = {"message": message, "signature": f"0x{signature.hex()}", "bearer": True}
        said = self._client.post("/session", json=body)
        if said.status_code != httpx.codes.CREATED:
            raise ParkError(f"the API lets {account.address} not in: {said.text[:200]}")
        return str(said.json()["token"])
