"""Commands that send, against a market of the test's own whose clock stands still between them."""

import json
from collections.abc import Callable
from pathlib import Path

from eth_account import Account

from tests.program import Result
from wattbook.trial.park import Park


class Sending:
    """Runs commands on a park's chain, in the name of its members."""

    def __init__(self, park: Park, command: Callable[..., Result], folder: Path) -> None:
        self.park, self._command, self._folder = park, command, folder
        deployment = park.market.deployment
        deployment.path = folder / "deployment.json"
        deployment.write()

    def __call__(self, *arguments: str, by: str | None = None) -> Result:
        """Each transaction gets a block of its own as long as a command runs."""
        where = ["--deployment", "deployment.json", "--network", self.park.market.chain.web3.provider.endpoint_uri]
        if by is not None:
            where += ["--keystore", self._keystore(by)]
        self._automine(True)
        try:
            return self._command(*arguments[:2], *where, *arguments[2:])
        finally:
            self._automine(False)

    def lines(self, *arguments: str, by: str | None = None) -> list[str]:
        """What it says to people."""
        result = self(*arguments, by=by)
        assert (result.status, result.err) == (0, "")
        return result.out.splitlines()

    def _keystore(self, account: str) -> str:
        file = self._folder / f"{account}.json"
        if not file.exists():
            file.write_text(json.dumps(Account.encrypt(self.park.keys[account].key, "open", "pbkdf2", 1)))
        return file.name

    def _automine(self, on: bool) -> None:
        self.park.market.chain.web3.provider.make_request("evm_setAutomine", [on])
