"""A tender as its owner and its users meet it on chain."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_account.signers.local import LocalAccount

from wattbook.chain import named
from wattbook.connection import Market
from wattbook.contracts.structs import Award, Box, QuoteState, TenderTerms
from wattbook.errors import WattbookError
from wattbook.locks import held
from wattbook.tender import boxes
from wattbook.tender.boxes import EncryptionKey, Opened, Room


class KeyFileError(WattbookError):
    """A file of keys that cannot be read or written, or does not have the key."""


@dataclass(frozen=True)
class Received:
    """A quote as the chain has it, and what the owner reads in it: nothing without the key, or when it does not fit."""

    number: int
    state: QuoteState
    trader: str
    hash: bytes
    box: Box
    opened: Opened | None


def room_of(market: Market, tender: int) -> Room:
    return Room(market.chain.chain_id, market.tenders.address, tender)


def publish(market: Market, owner: LocalAccount, terms: TenderTerms, keys: Path) -> int:
    """Publishes a tender under a new key, which is in the file of keys before anything is sent."""
    key = EncryptionKey.fresh()
    KeyFile(keys).add(key)
    given = terms._replace(key=int.from_bytes(key.public))
    receipt = market.tenders.publish(given, sender=owner)
    return int(receipt.event("TenderPublished").args["tender"])


def quote(market: Market, trader: LocalAccount, tender: int, wh: int, price: int) -> int:
    """Seals a quote for the tender's owner and makes it; gives its number."""
    key = market.tenders.terms_of(tender).key.to_bytes(32)
    box, hashed, _ = boxes.seal(room_of(market, tender), trader.address, key, wh, price)
    receipt = market.tenders.quote(tender, hashed, sent(box), sender=trader)
    return int(receipt.event("QuoteMade").args["quote"])


def received(market: Market, tender: int, key: EncryptionKey | None) -> list[Received]:
    """All quotes of a tender; with its owner's key, what they say."""
    found, room = [], room_of(market, tender)
    event = market.tenders.raw.events.QuoteMade()
    for log in named(lambda: event.get_logs(from_block=0, argument_filters={"tender": tender})):
        said = log.args
        box, hashed = Box(*dict(said.box).values()), bytes(said.hash)
        opened = _opened(room, said.trader, hashed, key, box) if key else None
        state = market.tenders.quote_of(tender, said.quote).state
        found.append(Received(said.quote, state, said.trader, hashed, box, opened))
    return found


def sent(box: boxes.Box) -> Box:
    """A box as the contract takes it."""
    return Box(int.from_bytes(box.point), box.masked, box.challenge, box.response)


def kept(box: Box) -> boxes.Box:
    """A box as it was sealed."""
    return boxes.Box(box.point.to_bytes(32), bytes(box.masked), box.challenge, box.response)


def _opened(room: Room, trader: str, hashed: bytes, key: EncryptionKey, box: Box) -> Opened | None:
    """What a box says, if that is what its hash says too."""
    said = boxes.unseal(room, trader, key, kept(box))
    if said is None or boxes.quote_hash(room, trader, said.wh, said.price, said.salt) != hashed:
        return None
    return said


def awards(quotes: Sequence[Received], taken: Mapping[int, int]) -> list[Award]:
    """What opens the quotes of which so many Wh are taken, as `award` takes it."""
    by_number = {one.number: one for one in quotes}
    found = []
    for number in sorted(taken):
        one = by_number.get(number)
        if one is None or one.opened is None:
            raise WattbookError(f"quote {number} is not there, or cannot be opened with this key")
        opened = one.opened
        found.append(Award(number, taken[number], opened.wh, opened.price, opened.salt, one.box))
    return found


class KeyFile:
    """An owner's keys, by their public part: whoever has the file reads the quotes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, key: EncryptionKey) -> None:
        """Writes a key down, so that it is there whatever happens next."""
        try:
            with held(self._beside("lock")):
                keys = self._read() if self.path.exists() else {}
                keys[key.public.hex()] = f"{key.secret:064x}"
                self._write(keys)
        except BlockingIOError:
            raise KeyFileError(f"{self.path} is in use; try again") from None
        except OSError as error:
            raise KeyFileError(f"{self.path} cannot be written: {error.strerror}") from None

    def key(self, public: int) -> EncryptionKey:
        """The key with this public part."""
        secret = self._read().get(public.to_bytes(32).hex())
        if secret is None:
            raise KeyFileError(f"{self.path} does not have the key of this tender")
        return EncryptionKey(int(secret, 16))

    def _write(self, keys: dict[str, str]) -> None:
        new = self._beside("new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(keys, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{suffix}")

    def _read(self) -> dict[str, str]:
        try:
            keys = json.loads(self.path.read_text())
        except (OSError, ValueError) as error:
            raise KeyFileError(f"{self.path} cannot be read: {error}") from None
        if not isinstance(keys, dict):
            raise KeyFileError(f"{self.path} is no file of keys")
        return keys
