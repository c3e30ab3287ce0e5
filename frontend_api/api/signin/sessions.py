"""Who is signed in. A session is a random token, of which the database has the hash; a nonce signs in once."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from eth_account import Account
from eth_account.messages import SignableMessage, _hash_eip191_message, encode_defunct
from sqlalchemy import Connection, delete, func, insert, select

from frontend_api.api.signin.message import MessageError, SignInMessage, parse_message
from frontend_api.database.database import Database
from frontend_api.database.tables import nonces, sessions
from wattbook.bridge.outbox.statements import insert_into
from wattbook.errors import WattbookError

# A nonce and what was signed with it hold so long, and clocks may differ so much.
NONCE_SECONDS = 600
SKEW_SECONDS = 60
SESSION_SECONDS = 12 * 3_600
# How many sessions one account can have; one more ends the oldest.
MOST_SESSIONS = 16

_TOKEN_BYTES = 32
_SIGNATURE_BYTES = 65
# What a contract wallet may take as a signature.
_LONGEST_SIGNATURE = 4_096

Clock = Callable[[], int]
# Whether a contract at an address takes a signature of a hash as its own (EIP-1271).
ContractWallet = Callable[[str, bytes, bytes], bool]


class SignInRefused(WattbookError):
    """Somebody does not show that an account is his; `name` says in one word why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


@dataclass(frozen=True, slots=True)
class Place:
    """What a sign-in is bound to, from the settings: none of it is what a browser says it is."""

    origin: str
    chain_id: int

    @property
    def scheme(self) -> str:
        return self.origin.split("://", 1)[0]

    @property
    def domain(self) -> str:
        return self.origin.split("://", 1)[1]


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that began. The token is known to its holder only."""

    token: str
    account: str
    expires_at: int


class Sessions:
    """Begins, knows and ends sessions. Nonces are made without a word to the database: each says when it was made and
    that it was made here, and only those that were used are kept, for as long as they hold."""

    def __init__(self, database: Database, secret: bytes, clock: Clock, wallet: ContractWallet) -> None:
        self._database = database
        self._key = hmac.digest(secret, b"sign-in nonces", "sha256")
        self._clock = clock
        self._wallet = wallet

    def nonce(self) -> str:
        """A new nonce, of letters and digits."""
        return self._nonce(f"{self._clock():08x}{secrets.token_hex(4)}")

    def begin(self, place: Place, text: str, signature: bytes) -> Begun:
        """Signs in by a message and its signature."""
        try:
            message = parse_message(text)
        except MessageError as error:
            raise SignInRefused("malformed", str(error)) from None
        now = self._clock()
        self._require_here(message, place)
        self._require_now(message, now)
        self._require_signature(message, text, signature)
        ends = now + SESSION_SECONDS
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.writing() as connection:
            connection.execute(delete(nonces).where(nonces.c.expires_at <= now - SKEW_SECONDS))
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            row = {"nonce": message.nonce, "expires_at": now + NONCE_SECONDS + SKEW_SECONDS}
            used = insert_into(connection, nonces).values(**row).on_conflict_do_nothing()
            if connection.execute(used).rowcount != 1:
                raise SignInRefused("replayed", "somebody signed in by this message already; ask for a new nonce")
            account = message.address.lower()
            self._make_room(connection, account)
            begun = {"token": token_hash(token), "account": account, "begun_at": now, "expires_at": ends}
            connection.execute(insert(sessions).values(**begun))
        return Begun(token, message.address, ends)

    def end(self, token: str) -> None:
        """Ends one session."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.token == token_hash(token)))

    def end_all(self, account: str) -> None:
        """Ends all sessions of an account."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.account == account.lower()))

    def account_of(self, connection: Connection, token: str) -> tuple[str, int] | None:
        """Whose session it is, in lower case, and when it ends; None when it is over, or none."""
        columns = sessions.c
        query = select(columns.account, columns.expires_at).where(columns.token == token_hash(token))
        row = connection.execute(query).first()
        return None if row is None or row.expires_at <= self._clock() else (row.account, row.expires_at)

    # ------------------------------------------------------------------------------------------------------ inside

    def _nonce(self, begun: str) -> str:
        return begun + hmac.digest(self._key, begun.encode(), "sha256").hex()[:16]

    def _require_here(self, message: SignInMessage, place: Place) -> None:
        if message.domain != place.domain or message.scheme not in (None, place.scheme):
            raise SignInRefused("other-domain", f"the message is for {message.domain}; this is {place.domain}")
        if message.uri != place.origin and not message.uri.startswith(f"{place.origin}/"):
            raise SignInRefused("other-domain", f"the message is for {message.uri}; this is {place.origin}")
        if message.chain_id != place.chain_id:
            raise SignInRefused("other-chain", f"the message is for chain {message.chain_id}, not {place.chain_id}")

    def _require_now(self, message: SignInMessage, now: int) -> None:
        nonce = message.nonce
        if not hmac.compare_digest(nonce, self._nonce(nonce[:16])):
            raise SignInRefused("other-nonce", "the nonce is not from here; ask for one")
        made = int(nonce[:8], 16)
        if not made - SKEW_SECONDS <= now < made + NONCE_SECONDS:
            raise SignInRefused("expired", "the nonce is too old; ask for a new one")
        if not now - NONCE_SECONDS - SKEW_SECONDS <= message.issued <= now + SKEW_SECONDS:
            raise SignInRefused("expired", "the message was not signed just now")
        if message.expires is not None and message.expires <= now:
            raise SignInRefused("expired", "the message has expired")
        if message.begins is not None and message.begins > now + SKEW_SECONDS:
            raise SignInRefused("expired", "the message does not hold yet")

    def _require_signature(self, message: SignInMessage, text: str, signature: bytes) -> None:
        signed = encode_defunct(text=text)
        if len(signature) == _SIGNATURE_BYTES and _signer(signed, signature) == message.address:
            return
        short = 0 < len(signature) <= _LONGEST_SIGNATURE
        if short and self._wallet(message.address, bytes(_hash_eip191_message(signed)), signature):
            return
        raise SignInRefused("other-signer", f"{message.address} did not sign this")

    def _make_room(self, connection: Connection, account: str) -> None:
        columns = sessions.c
        count = connection.execute(select(func.count()).where(columns.account == account)).scalar_one()
        if count >= MOST_SESSIONS:
            old = select(columns.token).where(columns.account == account).order_by(columns.begun_at, columns.token)
            tokens = connection.execute(old.limit(count - MOST_SESSIONS + 1)).scalars().all()
            connection.execute(delete(sessions).where(columns.token.in_(tokens)))


def token_hash(token: str) -> str:
    """What the database has of a token."""
    return "0x" + sha256(token.encode()).hexdigest()


def _signer(signed: SignableMessage, signature: bytes) -> str | None:
    try:
        return str(Account.recover_message(signed, signature=signature))
    except Exception:
        # Numbers that are no signature of anybody raise what the library's parts happen to raise.
        return None
