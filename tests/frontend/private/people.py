"""Who asks, and how they sign in."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI
from starlette.testclient import TestClient

from frontend_api.api.signin.sessions import Place, Sessions

ORIGIN = "http://127.0.0.1:8080"
API = "/api/v1"


def siwe(account: str, nonce: str, chain_id: int, **said: Any) -> str:
    """A message as EIP-4361 writes it; `said` changes what stands in it."""
    parts = {
        "domain": ORIGIN.split("//")[1],
        "address": account,
        "statement": "Sign in to Wattbook. This moves no money.\n",
        "uri": ORIGIN,
        "version": "1",
        "chain": chain_id,
        "nonce": nonce,
        "issued": iso(time.time()),
        "rest": "",
        **said,
    }
    return (
        "{domain} wants you to sign in with your Ethereum account:\n{address}\n\n{statement}\nURI: {uri}\n"
        "Version: {version}\nChain ID: {chain}\nNonce: {nonce}\nIssued At: {issued}{rest}"
    ).format(**parts)


def iso(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def signature_of(key: LocalAccount, text: str) -> str:
    return "0x" + bytes(key.sign_message(encode_defunct(text=text)).signature).hex()


def begun(sessions: Sessions, key: LocalAccount, chain_id: int) -> str:
    """A session's token, whatever has become of the account: as of one who signed in before."""
    text = siwe(key.address, sessions.nonce(), chain_id)
    return sessions.begin(Place(ORIGIN, chain_id), text, bytes.fromhex(signature_of(key, text)[2:])).token


class Client:
    """Asks as one person; `None` is nobody."""

    def __init__(self, app: FastAPI, http: TestClient, token: str | None = None) -> None:
        self.app, self._http, self.token = app, http, token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        url = path if path.startswith(("http", API)) else API + path
        return self._http.request(method, url, content=content, headers=headers)

    def get(self, path: str, **parameters: Any) -> Any:
        """What is answered, which must be well."""
        found = self.ask(
            "GET", path + ("?" + "&".join(f"{k}={v}" for k, v in parameters.items()) if parameters else "")
        )
        assert found.status_code == 200, found.text
        return found.json()

    def post(self, path: str, body: Any) -> Any:
        found = self.ask("POST", path, body)
        assert found.status_code in (200, 201, 202), found.text
        return found.json()
