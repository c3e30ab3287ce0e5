"""The tables, for SQLite and PostgreSQL alike. How a database comes to have them stands in `migrations`.

`facts` holds what the chain told, and nothing else, so that two indexes of the same chain are equal, row for row. A
row is born by one event, whose `block` and `log` it carries. What later events tell of the same thing fills a group of
its columns, led by the block that filled it, and each group is filled once. So a reorganisation is undone by two
rules: rows of blocks that are gone are deleted, groups that such blocks filled are emptied (see `GROUPS`). What can
change many times is a table of its own, a row a change, the newest of which holds.

Addresses, keys and hashes are lower-case hex with 0x. Wh, prices, times and numbers are integers. What can exceed 63
bits, as uPT, points and token ids can, is `Big`: exact in both databases, and never compared in them.

`dealings` holds what is not on the chain: sign-ins, webhooks, relayed transactions, how far the index has come.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

# SQLite counts up by itself only what is declared as INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


class Big(TypeDecorator[int]):
    """An integer of any size, as decimal digits."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


Address = String(42)
Word = String(66)

facts = MetaData()
dealings = MetaData()

# By table: the groups that later events fill, each led by the column with the block that filled it.
GROUPS: dict[str, dict[str, tuple[str, ...]]] = {}


def _table(name: str, *columns: Column[Any] | Index, groups: tuple[tuple[Column[Any], ...], ...] = ()) -> Table:
    """A table of facts with the event that each row is born by."""
    table = Table(
        name,
        facts,
        *(column for column in columns if isinstance(column, Column)),
        Column("block", BigInteger, nullable=False),
        Column("log", Integer, nullable=False),
        *(column for group in groups for column in group),
        *(index for index in columns if isinstance(index, Index)),
        Index(f"{name}_by_block", "block"),
        *(Index(f"{name}_by_{group[0].name}", group[0].name) for group in groups),
    )
    GROUPS[name] = {group[0].name: tuple(column.name for column in group) for group in groups}
    return table


def _led_by(name: str) -> Column[Any]:
    return Column(name, BigInteger)


# ------------------------------------------------------------------------------------------------------------ the chain

# Blocks in which the market told something.
blocks = Table(
    "blocks",
    facts,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Word, nullable=False),
    Column("parent", Word, nullable=False),
    Column("time", BigInteger, nullable=False),
    Index("blocks_by_time", "time"),
)

# The last few blocks of the chain, with or without events: by them a reorganisation is noticed.
headers = Table(
    "headers",
    facts,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Word, nullable=False),
    Column("parent", Word, nullable=False),
    Column("time", BigInteger, nullable=False),
)

# All that the contracts told. `topics` and `data` are as in the log; `args` decoded: integers of more than 48 bits as
# decimal text, bytes as hex, addresses lower-case.
events = Table(
    "events",
    facts,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("transaction", Word, nullable=False),
    Column("contract", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    Column("args", JSON, nullable=False),
    Column("topics", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("events_by_name", "contract", "name", "block", "log"),
    Index("events_by_transaction", "transaction"),
)

# What an event is about: kind is account (any address in it, at any depth, but the market's own contracts), member,
# device, book, tender, supply, subscription, tariff, certificate, slice or zone; an event has each subject once.
subjects = Table(
    "subjects",
    facts,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(78), primary_key=True),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("log", Integer, primary_key=True, autoincrement=False),
    Index("subjects_by_block", "block"),
)

# What an account holds, a row a change. kind: token, points (item 0), free, locked, owed (in the Vault, item 0), unit,
# slice, certificate (item is the id). `part` tells changes by one event apart.
holdings = _table(
    "holdings",
    Column("account", Address, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("item", Big, nullable=False),
    Column("part", Integer, nullable=False),
    Column("change", Big, nullable=False),
    Column("after", Big, nullable=False),
    Index("holdings_of_account", "account", "kind", "item", "block", "log", "part"),
    Index("holdings_of_item", "kind", "item", "block", "log", "part"),
)

# ----------------------------------------------------------------------------------------------------------- the market

zones = _table(
    "zones",
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Word, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

zone_carriers = _table(
    "zone_carriers",
    Column("zone", Integer, primary_key=True, autoincrement=False),
    Column("carrier", Integer, primary_key=True, autoincrement=False),
    Column("slot_seconds", Integer, nullable=False),
    Column("reading_period", Integer, nullable=False),
)

# Of the auction. Price in mPT per kWh and Wh traded are of the outcome that was found; a rule that pays each his own
# price has no price. `ended` is cleared or voided; a book is excused beside that.
books = _table(
    "books",
    Column("key", Word, primary_key=True),
    Column("carrier", Integer, nullable=False),
    Column("zone", Integer, nullable=False),
    Column("slot_start", BigInteger, nullable=False),
    Column("opens_at", BigInteger, nullable=False),
    Column("reveals_at", BigInteger, nullable=False),
    Column("clears_at", BigInteger, nullable=False),
    Column("cap", Integer, nullable=False),
    Column("dearest_wh", Integer, nullable=False),
    Index("books_by_slot", "zone", "carrier", "slot_start"),
    Index("books_by_time", "slot_start", "key"),
    groups=(
        (_led_by("fixed_block"), Column("rule", Address), Column("k_bps", Integer), Column("fee_bps", Integer)),
        (
            _led_by("ended_block"),
            Column("ended", String(8)),
            Column("pool_locked", Big),
            Column("price", Integer),
            Column("traded_wh", BigInteger),
            Column("proposal", JSON),
            Column("outcome", JSON),
        ),
        (_led_by("excused_block"), Column("excused_by", Address), Column("excuse", Text)),
        (
            _led_by("settled_block"),
            Column("paid", Big),
            Column("received", Big),
            Column("pool_share", Big),
            Column("pool_spent", Big),
            Column("to_common_fund", Big),
        ),
    ),
)

# Of the auction. `place` is the index among the book's commitments, `most_wh` what its size class can have.
orders = _table(
    "orders",
    Column("book", Word, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("trader", Address, nullable=False),
    Column("number", Integer, nullable=False),
    Column("most_wh", BigInteger, nullable=False),
    Column("seal", Word, nullable=False),
    Index("orders_of_trader", "trader", "block", "log"),
    Index("orders_by_number", "book", "trader", "number", unique=True),
    Index("orders_by_time", "block", "log"),
    Index("orders_by_trade", "traded_block", "traded_log"),
    Index("orders_traded_by", "trader", "traded_block", "traded_log"),
    groups=(
        (
            _led_by("revealed_block"),
            # The word's sequence among those of its event, so that a group's chain can be made again.
            Column("revealed_log", Integer),
            Column("revealed_part", Integer),
            Column("sell", Boolean),
            Column("wh", BigInteger),
            Column("price", Integer),
            Column("device", BigInteger),
        ),
        (
            _led_by("traded_block"),
            Column("traded_log", Integer),
            Column("trade", Word, unique=True),
            Column("traded_wh", BigInteger),
            Column("amount", Big),
            Column("commission", Big),
        ),
        (_led_by("bond_block"), Column("bond_fate", String(8)), Column("bond", Big), Column("keeper", Address)),
    ),
)

# What two members signed, see DirectSale.
sales = _table(
    "sales",
    Column("trade", Word, primary_key=True),
    Column("book", Word, nullable=False),
    Column("seller", Address, nullable=False),
    Column("buyer", Address, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("zone", Integer, nullable=False),
    Column("device", BigInteger, nullable=False),
    Column("slot_start", BigInteger, nullable=False),
    Column("wh", BigInteger, nullable=False),
    Column("price", Integer, nullable=False),
    Column("margin", Big, nullable=False),
    Index("sales_by_time", "block", "log"),
    Index("sales_of_seller", "seller", "block", "log"),
    Index("sales_of_buyer", "buyer", "block", "log"),
)

# What an account delivered and took against what it sold and bought, as Imbalance settled it: the words of its
# statement as decimal text, see wattbook.settlement.statements.
settlements = _table(
    "settlements",
    Column("book", Word, primary_key=True),
    Column("account", Address, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("statement", JSON, nullable=False),
    Index("settlements_of_account", "account", "block", "log"),
)

# ---------------------------------------------------------------------------------------------------- people and things

members = _table(
    "members",
    Column("member", BigInteger, primary_key=True, autoincrement=False),
    Column("account", Address, nullable=False),
    Column("registrar", Address, nullable=False),
    Column("owner", BigInteger, nullable=False),
    Column("roles", BigInteger, nullable=False),
    Column("certified_until", BigInteger, nullable=False),
)

# Under which addresses members act. A row ends when the account is retired, or replaced after a loss of its key.
accounts = _table(
    "accounts",
    Column("account", Address, primary_key=True),
    Column("member", BigInteger, nullable=False),
    Column("rights", BigInteger, nullable=False),
    Index("accounts_of_member", "member"),
    groups=((_led_by("ended_block"), Column("replacement", Address)),),
)

devices = _table(
    "devices",
    Column("device", BigInteger, primary_key=True, autoincrement=False),
    Column("zone", Integer, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("direction", Integer, nullable=False),
    Column("technology", Integer, nullable=False),
    Column("clean", Boolean, nullable=False),
    Column("stores", Boolean, nullable=False),
    Column("rated_w", BigInteger, nullable=False),
    Column("modulus", Big, nullable=False),
    Column("site", Word, nullable=False),
    Column("curve", Integer, nullable=False),
    Column("key_x", Word, nullable=False),
    Column("key_y", Word, nullable=False),
    Index("devices_of_zone", "zone", "carrier", "device"),
)

# Whose a device is, the newest row holds.
device_owners = _table(
    "device_owners",
    Column("device", BigInteger, nullable=False),
    Column("owner", Address, nullable=False),
    Index("device_owners_of_device", "device", "block", "log"),
    Index("device_owners_of_owner", "owner", "device"),
)

# A root of readings of a zone and time.
roots = _table(
    "roots",
    Column("zone", Integer, primary_key=True, autoincrement=False),
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("root", Word, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("data_hash", Word, nullable=False),
    Column("signers", JSON, nullable=False),
)

# -------------------------------------------------------------------------------------- tenders, packages, certificates

tenders = _table(
    "tenders",
    Column("tender", BigInteger, primary_key=True, autoincrement=False),
    Column("owner", Address, nullable=False),
    Column("zone", Integer, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("device", BigInteger, nullable=False),
    Column("wh", BigInteger, nullable=False),
    Column("reserve", Integer, nullable=False),
    Column("delivery_start", BigInteger, nullable=False),
    Column("delivery_end", BigInteger, nullable=False),
    Column("quote_end", BigInteger, nullable=False),
    Column("decide_end", BigInteger, nullable=False),
    # All of the terms, as in the event.
    Column("terms", JSON, nullable=False),
    Column("bond", Big, nullable=False),
    Index("tenders_of_owner", "owner", "tender"),
    groups=((_led_by("ended_block"), Column("ended", String(8)), Column("awarded_wh", BigInteger)),),
)

quotes = _table(
    "quotes",
    Column("tender", BigInteger, primary_key=True, autoincrement=False),
    Column("quote", Integer, primary_key=True, autoincrement=False),
    Column("trader", Address, nullable=False),
    Column("hash", Word, nullable=False),
    Column("box", JSON, nullable=False),
    Index("quotes_of_trader", "trader", "tender", "quote"),
    groups=(
        (_led_by("awarded_block"), Column("wh", BigInteger), Column("price", Integer)),
        # withdrawn, rejected or voided
        (_led_by("ended_block"), Column("ended", String(9))),
    ),
)

supplies = _table(
    "supplies",
    Column("supply", BigInteger, primary_key=True, autoincrement=False),
    Column("tender", BigInteger, nullable=False),
    Column("user", Address, nullable=False),
    Column("wh", BigInteger, nullable=False),
    Column("price", Integer, nullable=False),
    Column("owner_margin", Big, nullable=False),
    Column("user_margin", Big, nullable=False),
    Index("supplies_of_tender", "tender", "supply"),
    Index("supplies_of_user", "user", "supply"),
    # executed, with the outcome of the event, or terminated
    groups=((_led_by("ended_block"), Column("ended", String(10)), Column("outcome", JSON)),),
)

tariffs = _table(
    "tariffs",
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", Address, nullable=False),
    Column("tariff", JSON, nullable=False),
    groups=((_led_by("withdrawn_block"), Column("withdrawn_by", Address)),),
)

subscriptions = _table(
    "subscriptions",
    Column("subscription", Big, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("provider", Address, nullable=False),
    Column("paid", Big, nullable=False),
    Column("purchase", JSON, nullable=False),
    Index("subscriptions_of_version", "version"),
)

# Whose a subscription is, the newest row holds.
subscription_holders = _table(
    "subscription_holders",
    Column("subscription", Big, nullable=False),
    Column("customer", Address, nullable=False),
    Index("subscription_holders_of_subscription", "subscription", "block", "log"),
    Index("subscription_holders_of_customer", "customer", "block", "log"),
)

# Slices of clean energy, in Wh, see wattbook.certificates.slices for what an id says.
slices = _table(
    "slices",
    Column("slice", Big, primary_key=True),
    Column("device", BigInteger, nullable=False),
    Column("owner", Address, nullable=False),
    Index("slices_of_device", "device", "block", "log"),
)

# Certificates of 1 MWh. `ended` is retired, exported, unwrapped or slashed.
certificates = _table(
    "certificates",
    Column("certificate", Big, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("maker", Address, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("slices", JSON, nullable=False),
    Column("amounts", JSON, nullable=False),
    groups=(
        (
            _led_by("ended_block"),
            Column("ended", String(9)),
            Column("holder", Address),
            Column("beneficiary", Address),
            Column("purpose", Text),
        ),
    ),
)

bills = _table(
    "bills",
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("root", Word, nullable=False),
    Column("size", BigInteger, nullable=False),
    groups=((_led_by("withdrawn_block"), Column("withdrawn_by", Address), Column("reason", Text)),),
)

# --------------------------------------------------------------------------------------------- what is not on the chain

# One row: whose index this is, and how far it has come. `head` is the node's newest block when it was last asked.
progress = Table(
    "progress",
    dealings,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis", Word, nullable=False),
    # A contract that only this deployment has: the authority.
    Column("market", Address, nullable=False),
    Column("first_block", BigInteger, nullable=False),
    Column("indexed", BigInteger, nullable=False),
    Column("indexed_hash", Word),
    Column("indexed_time", BigInteger),
    Column("head", BigInteger),
    # Unix seconds of the machine's clock: when the node last answered, and what went wrong since.
    Column("heard_at", BigInteger),
    Column("trouble", Text),
    # How many reorganisations there were, and the deepest.
    Column("reorganisations", Integer, nullable=False),
    Column("deepest", Integer, nullable=False),
)

# Sign-in: each nonce is used once.
nonces = Table(
    "nonces",
    dealings,
    Column("nonce", String(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("nonces_by_end", "expires_at"),
)

sessions = Table(
    "sessions",
    dealings,
    # The hash of the token that the browser holds.
    Column("token", Word, primary_key=True),
    Column("account", Address, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("sessions_by_end", "expires_at"),
    Index("sessions_of_account", "account"),
)

webhooks = Table(
    "webhooks",
    dealings,
    Column("id", Id, primary_key=True),
    Column("account", Address, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    # Which events: contract and name, each or all; only those about a subject, if given.
    Column("contract", String(40)),
    Column("name", String(40)),
    Column("kind", String(16)),
    Column("subject", String(78)),
    Column("made_at", BigInteger, nullable=False),
    # The last event that was delivered, and how it goes since.
    Column("block", BigInteger, nullable=False),
    Column("log", Integer, nullable=False),
    # Blocks of which events were delivered, the last few: by them a reorganisation is noticed.
    Column("marks", JSON, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("try_at", BigInteger, nullable=False),
    Column("trouble", Text),
    Column("stopped", Boolean, nullable=False),
    Index("webhooks_of_account", "account", "id"),
)

# Signed actions that were sent for members.
relayed = Table(
    "relayed",
    dealings,
    Column("id", Id, primary_key=True),
    Column("account", Address, nullable=False),
    Column("action", String(60), nullable=False),
    # The hash of what was signed: the same is not sent twice.
    Column("digest", Word, nullable=False, unique=True),
    Column("transaction", Word),
    Column("nonce", BigInteger),
    Column("raw", LargeBinary),
    # waiting, sent, done or failed
    Column("state", String(8), nullable=False),
    Column("reason", Text),
    Column("asked_at", BigInteger, nullable=False),
    Index("relayed_of_account", "account", "id"),
    Index("relayed_in_state", "state", "id"),
)
