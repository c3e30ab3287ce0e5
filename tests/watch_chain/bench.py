"""Delegates whose keys are known, and what they say of one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes

from tests.governance.blocks import block
from tests.node import ask, pass_time
from wattbook import Market
from wattbook.chain import Receipt
from wattbook.contracts.structs import SealedHeader
from wattbook.governance.headers import Header

VALIDATORS = 7
DAY = 86_400
EPOCH = 30 * DAY
KEYS = [PrivateKey.from_int(number) for number in range(1, VALIDATORS + 3)]
ACCOUNTS: list[LocalAccount] = [Account.from_key(key.secret) for key in KEYS]
"""The validators first, then two who are none."""


def seal(key: PrivateKey, of: Header) -> bytes:
    return key.sign_recoverable(of.sealed_hash, hasher=None)


def sealed(key: PrivateKey, **of: Any) -> SealedHeader:
    made = block(**of)
    return SealedHeader(made.encode(), seal(key, made))


def two_seals(key: PrivateKey, number: int = 7) -> tuple[SealedHeader, SealedHeader]:
    """A validator's seals of two blocks of a height."""
    return sealed(key, number=number), sealed(key, number=number, state=b"\2" * 32)


@dataclass
class Bench:
    """A market whose validators are ACCOUNTS."""

    market: Market

    @property
    def watch(self) -> Any:
        return self.market.watch

    @property
    def delegates(self) -> Any:
        return self.market.delegates

    def vote(self, accused: LocalAccount, yes: Sequence[LocalAccount] = (), no: Sequence[LocalAccount] = ()) -> None:
        for voter in (*yes, *no):
            self.watch.vote(accused.address, voter in yes, sender=voter)

    def attest(self, by: LocalAccount, accused: LocalAccount, evidence: bytes = b"\x77" * 32) -> Receipt:
        return self.watch.suspect_attestation(accused.address, evidence, sender=by)  # type: ignore[no-any-return]

    def prove(self, accused: int, number: int = 7) -> Receipt:
        """Somebody who is no delegate shows two seals."""
        receipt: Receipt = self.watch.prove_equivocation(*two_seals(KEYS[accused], number), sender=ACCOUNTS[-1])
        return receipt

    def count_blocks(self, proposers: Sequence[LocalAccount]) -> None:
        """Blocks of these, each counted."""
        for one in proposers:
            ask("anvil_setCoinbase", one.address)
            self.delegates.poke(sender=ACCOUNTS[-1])
        ask("anvil_setCoinbase", "0x" + "00" * 20)

    def next_epoch(self) -> None:
        length = self.market.power_points.epoch_length()
        pass_time(length - self.market.chain.now % length)
        self.delegates.open_epoch(sender=ACCOUNTS[-1])

    def as_authority(self, function: str, *values: Any) -> None:
        """The authority decided; how it does that others test."""
        authority = self.market.authority.address
        data = self.delegates.raw.encode_abi(function, args=list(values))
        ask("anvil_impersonateAccount", authority)
        fields = {"from": authority, "to": self.delegates.address, "data": data, "gasPrice": "0x0"}
        self.market.chain.receipt_of(HexBytes(ask("eth_sendTransaction", fields)))
        ask("anvil_stopImpersonatingAccount", authority)
