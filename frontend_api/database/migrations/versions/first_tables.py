"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ADDRESS = sa.String(42)
_WORD = sa.String(66)


def upgrade() -> None:
    _the_chain()
    _the_market()
    _people_and_things()
    _tenders_and_packages()
    _certificates_and_bills()
    _dealings()


def _the_chain() -> None:
    op.create_table(
        "blocks",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", _WORD, nullable=False),
        sa.Column("parent", _WORD, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
    )
    op.create_index("blocks_by_time", "blocks", ["time"])
    op.create_table(
        "headers",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", _WORD, nullable=False),
        sa.Column("parent", _WORD, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("transaction", _WORD, nullable=False),
        sa.Column("contract", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("topics", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("events_by_name", "events", ["contract", "name", "block", "log"])
    op.create_index("events_by_transaction", "events", ["transaction"])
    op.create_table(
        "subjects",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("subject", sa.String(78), primary_key=True),
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("log", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("subjects_by_block", "subjects", ["block"])
    op.create_table(
        "holdings",
        sa.Column("account", _ADDRESS, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("holdings_by_block", "holdings", ["block"])
    op.create_index("holdings_of_account", "holdings", ["account", "kind", "item", "block", "log", "part"])
    op.create_index("holdings_of_item", "holdings", ["kind", "item", "block", "log", "part"])


def _the_market() -> None:
    op.create_table(
        "zones",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", _WORD, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("zones_by_block", "zones", ["block"])
    op.create_table(
        "zone_carriers",
        sa.Column("zone", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("carrier", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("slot_seconds", sa.Integer, nullable=False),
        sa.Column("reading_period", sa.Integer, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("zone_carriers_by_block", "zone_carriers", ["block"])
    op.create_table(
        "books",
        sa.Column("key", _WORD, primary_key=True),
        sa.Column("carrier", sa.Integer, nullable=False),
        sa.Column("zone", sa.Integer, nullable=False),
        sa.Column("slot_start", sa.BigInteger, nullable=False),
        sa.Column("opens_at", sa.BigInteger, nullable=False),
        sa.Column("reveals_at", sa.BigInteger, nullable=False),
        sa.Column("clears_at", sa.BigInteger, nullable=False),
        sa.Column("cap", sa.Integer, nullable=False),
        sa.Column("dearest_wh", sa.Integer, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("fixed_block", sa.BigInteger),
        sa.Column("rule", _ADDRESS),
        sa.Column("k_bps", sa.Integer),
        sa.Column("fee_bps", sa.Integer),
        sa.Column("ended_block", sa.BigInteger),
        sa.Column("ended", sa.String(8)),
        sa.Column("pool_locked", sa.Text),
        sa.Column("price", sa.Integer),
        sa.Column("traded_wh", sa.BigInteger),
        sa.Column("proposal", sa.JSON),
        sa.Column("outcome", sa.JSON),
        sa.Column("excused_block", sa.BigInteger),
        sa.Column("excused_by", _ADDRESS),
        sa.Column("excuse", sa.Text),
        sa.Column("settled_block", sa.BigInteger),
        sa.Column("paid", sa.Text),
        sa.Column("received", sa.Text),
        sa.Column("pool_share", sa.Text),
        sa.Column("pool_spent", sa.Text),
        sa.Column("to_common_fund", sa.Text),
    )
    op.create_index("books_by_block", "books", ["block"])
    op.create_index("books_by_ended_block", "books", ["ended_block"])
    op.create_index("books_by_excused_block", "books", ["excused_block"])
    op.create_index("books_by_fixed_block", "books", ["fixed_block"])
    op.create_index("books_by_settled_block", "books", ["settled_block"])
    op.create_index("books_by_slot", "books", ["zone", "carrier", "slot_start"])
    op.create_index("books_by_time", "books", ["slot_start", "key"])
    op.create_table(
        "orders",
        sa.Column("book", _WORD, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("trader", _ADDRESS, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("most_wh", sa.BigInteger, nullable=False),
        sa.Column("seal", _WORD, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("revealed_block", sa.BigInteger),
        sa.Column("revealed_log", sa.Integer),
        sa.Column("revealed_part", sa.Integer),
        sa.Column("sell", sa.Boolean),
        sa.Column("wh", sa.BigInteger),
        sa.Column("price", sa.Integer),
        sa.Column("device", sa.BigInteger),
        sa.Column("traded_block", sa.BigInteger),
        sa.Column("traded_log", sa.Integer),
        sa.Column("trade", _WORD, unique=True),
        sa.Column("traded_wh", sa.BigInteger),
        sa.Column("amount", sa.Text),
        sa.Column("commission", sa.Text),
        sa.Column("bond_block", sa.BigInteger),
        sa.Column("bond_fate", sa.String(8)),
        sa.Column("bond", sa.Text),
        sa.Column("keeper", _ADDRESS),
    )
    op.create_index("orders_by_block", "orders", ["block"])
    op.create_index("orders_by_bond_block", "orders", ["bond_block"])
    op.create_index("orders_by_number", "orders", ["book", "trader", "number"], unique=True)
    op.create_index("orders_by_revealed_block", "orders", ["revealed_block"])
    op.create_index("orders_by_time", "orders", ["block", "log"])
    op.create_index("orders_by_trade", "orders", ["traded_block", "traded_log"])
    op.create_index("orders_by_traded_block", "orders", ["traded_block"])
    op.create_index("orders_of_trader", "orders", ["trader", "block", "log"])
    op.create_index("orders_traded_by", "orders", ["trader", "traded_block", "traded_log"])
    op.create_table(
        "sales",
        sa.Column("trade", _WORD, primary_key=True),
        sa.Column("book", _WORD, nullable=False),
        sa.Column("seller", _ADDRESS, nullable=False),
        sa.Column("buyer", _ADDRESS, nullable=False),
        sa.Column("carrier", sa.Integer, nullable=False),
        sa.Column("zone", sa.Integer, nullable=False),
        sa.Column("device", sa.BigInteger, nullable=False),
        sa.Column("slot_start", sa.BigInteger, nullable=False),
        sa.Column("wh", sa.BigInteger, nullable=False),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("margin", sa.Text, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("sales_by_block", "sales", ["block"])
    op.create_index("sales_by_time", "sales", ["block", "log"])
    op.create_index("sales_of_buyer", "sales", ["buyer", "block", "log"])
    op.create_index("sales_of_seller", "sales", ["seller", "block", "log"])
    op.create_table(
        "settlements",
        sa.Column("book", _WORD, primary_key=True),
        sa.Column("account", _ADDRESS, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("statement", sa.JSON, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("settlements_by_block", "settlements", ["block"])
    op.create_index("settlements_of_account", "settlements", ["account", "block", "log"])


def _people_and_things() -> None:
    op.create_table(
        "members",
        sa.Column("member", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account", _ADDRESS, nullable=False),
        sa.Column("registrar", _ADDRESS, nullable=False),
        sa.Column("owner", sa.BigInteger, nullable=False),
        sa.Column("roles", sa.BigInteger, nullable=False),
        sa.Column("certified_until", sa.BigInteger, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("members_by_block", "members", ["block"])
    op.create_table(
        "accounts",
        sa.Column("account", _ADDRESS, primary_key=True),
        sa.Column("member", sa.BigInteger, nullable=False),
        sa.Column("rights", sa.BigInteger, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("ended_block", sa.BigInteger),
        sa.Column("replacement", _ADDRESS),
    )
    op.create_index("accounts_by_block", "accounts", ["block"])
    op.create_index("accounts_by_ended_block", "accounts", ["ended_block"])
    op.create_index("accounts_of_member", "accounts", ["member"])
    op.create_table(
        "devices",
        sa.Column("device", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("zone", sa.Integer, nullable=False),
        sa.Column("carrier", sa.Integer, nullable=False),
        sa.Column("direction", sa.Integer, nullable=False),
        sa.Column("technology", sa.Integer, nullable=False),
        sa.Column("clean", sa.Boolean, nullable=False),
        sa.Column("stores", sa.Boolean, nullable=False),
        sa.Column("rated_w", sa.BigInteger, nullable=False),
        sa.Column("modulus", sa.Text, nullable=False),
        sa.Column("site", _WORD, nullable=False),
        sa.Column("curve", sa.Integer, nullable=False),
        sa.Column("key_x", _WORD, nullable=False),
        sa.Column("key_y", _WORD, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("devices_by_block", "devices", ["block"])
    op.create_index("devices_of_zone", "devices", ["zone", "carrier", "device"])
    op.create_table(
        "device_owners",
        sa.Column("device", sa.BigInteger, nullable=False),
        sa.Column("owner", _ADDRESS, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("device_owners_by_block", "device_owners", ["block"])
    op.create_index("device_owners_of_device", "device_owners", ["device", "block", "log"])
    op.create_index("device_owners_of_owner", "device_owners", ["owner", "device"])
    op.create_table(
        "roots",
        sa.Column("zone", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("root", _WORD, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("data_hash", _WORD, nullable=False),
        sa.Column("signers", sa.JSON, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("roots_by_block", "roots", ["block"])


def _tenders_and_packages() -> None:
    op.create_table(
        "tenders",
        sa.Column("tender", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("owner", _ADDRESS, nullable=False),
        sa.Column("zone", sa.Integer, nullable=False),
        sa.Column("carrier", sa.Integer, nullable=False),
        sa.Column("device", sa.BigInteger, nullable=False),
        sa.Column("wh", sa.BigInteger, nullable=False),
        sa.Column("reserve", sa.Integer, nullable=False),
        sa.Column("delivery_start", sa.BigInteger, nullable=False),
        sa.Column("delivery_end", sa.BigInteger, nullable=False),
        sa.Column("quote_end", sa.BigInteger, nullable=False),
        sa.Column("decide_end", sa.BigInteger, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("bond", sa.Text, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("ended_block", sa.BigInteger),
        sa.Column("ended", sa.String(8)),
        sa.Column("awarded_wh", sa.BigInteger),
    )
    op.create_index("tenders_by_block", "tenders", ["block"])
    op.create_index("tenders_by_ended_block", "tenders", ["ended_block"])
    op.create_index("tenders_of_owner", "tenders", ["owner", "tender"])
    op.create_table(
        "quotes",
        sa.Column("tender", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("quote", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("trader", _ADDRESS, nullable=False),
        sa.Column("hash", _WORD, nullable=False),
        sa.Column("box", sa.JSON, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("awarded_block", sa.BigInteger),
        sa.Column("wh", sa.BigInteger),
        sa.Column("price", sa.Integer),
        sa.Column("ended_block", sa.BigInteger),
        sa.Column("ended", sa.String(9)),
    )
    op.create_index("quotes_by_awarded_block", "quotes", ["awarded_block"])
    op.create_index("quotes_by_block", "quotes", ["block"])
    op.create_index("quotes_by_ended_block", "quotes", ["ended_block"])
    op.create_index("quotes_of_trader", "quotes", ["trader", "tender", "quote"])
    op.create_table(
        "supplies",
        sa.Column("supply", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tender", sa.BigInteger, nullable=False),
        sa.Column("user", _ADDRESS, nullable=False),
        sa.Column("wh", sa.BigInteger, nullable=False),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("owner_margin", sa.Text, nullable=False),
        sa.Column("user_margin", sa.Text, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("ended_block", sa.BigInteger),
        sa.Column("ended", sa.String(10)),
        sa.Column("outcome", sa.JSON),
    )
    op.create_index("supplies_by_block", "supplies", ["block"])
    op.create_index("supplies_by_ended_block", "supplies", ["ended_block"])
    op.create_index("supplies_of_tender", "supplies", ["tender", "supply"])
    op.create_index("supplies_of_user", "supplies", ["user", "supply"])
    op.create_table(
        "tariffs",
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("provider", _ADDRESS, nullable=False),
        sa.Column("tariff", sa.JSON, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("withdrawn_block", sa.BigInteger),
        sa.Column("withdrawn_by", _ADDRESS),
    )
    op.create_index("tariffs_by_block", "tariffs", ["block"])
    op.create_index("tariffs_by_withdrawn_block", "tariffs", ["withdrawn_block"])
    op.create_table(
        "subscriptions",
        sa.Column("subscription", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("provider", _ADDRESS, nullable=False),
        sa.Column("paid", sa.Text, nullable=False),
        sa.Column("purchase", sa.JSON, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("subscriptions_by_block", "subscriptions", ["block"])
    op.create_index("subscriptions_of_version", "subscriptions", ["version"])
    op.create_table(
        "subscription_holders",
        sa.Column("subscription", sa.Text, nullable=False),
        sa.Column("customer", _ADDRESS, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("subscription_holders_by_block", "subscription_holders", ["block"])
    op.create_index("subscription_holders_of_customer", "subscription_holders", ["customer", "block", "log"])
    op.create_index("subscription_holders_of_subscription", "subscription_holders", ["subscription", "block", "log"])


def _certificates_and_bills() -> None:
    op.create_table(
        "slices",
        sa.Column("slice", sa.Text, primary_key=True),
        sa.Column("device", sa.BigInteger, nullable=False),
        sa.Column("owner", _ADDRESS, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
    )
    op.create_index("slices_by_block", "slices", ["block"])
    op.create_index("slices_of_device", "slices", ["device", "block", "log"])
    op.create_table(
        "certificates",
        sa.Column("certificate", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("maker", _ADDRESS, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("slices", sa.JSON, nullable=False),
        sa.Column("amounts", sa.JSON, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("ended_block", sa.BigInteger),
        sa.Column("ended", sa.String(9)),
        sa.Column("holder", _ADDRESS),
        sa.Column("beneficiary", _ADDRESS),
        sa.Column("purpose", sa.Text),
    )
    op.create_index("certificates_by_block", "certificates", ["block"])
    op.create_index("certificates_by_ended_block", "certificates", ["ended_block"])
    op.create_table(
        "bills",
        sa.Column("month", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("root", _WORD, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("withdrawn_block", sa.BigInteger),
        sa.Column("withdrawn_by", _ADDRESS),
        sa.Column("reason", sa.Text),
    )
    op.create_index("bills_by_block", "bills", ["block"])
    op.create_index("bills_by_withdrawn_block", "bills", ["withdrawn_block"])


def _dealings() -> None:
    op.create_table(
        "progress",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("chain_id", sa.BigInteger, nullable=False),
        sa.Column("genesis", _WORD, nullable=False),
        sa.Column("market", _ADDRESS, nullable=False),
        sa.Column("first_block", sa.BigInteger, nullable=False),
        sa.Column("indexed", sa.BigInteger, nullable=False),
        sa.Column("indexed_hash", _WORD),
        sa.Column("indexed_time", sa.BigInteger),
        sa.Column("head", sa.BigInteger),
        sa.Column("heard_at", sa.BigInteger),
        sa.Column("trouble", sa.Text),
        sa.Column("reorganisations", sa.Integer, nullable=False),
        sa.Column("deepest", sa.Integer, nullable=False),
    )
    op.create_table(
        "nonces",
        sa.Column("nonce", sa.String(32), primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("nonces_by_end", "nonces", ["expires_at"])
    op.create_table(
        "sessions",
        sa.Column("token", _WORD, primary_key=True),
        sa.Column("account", _ADDRESS, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("sessions_by_end", "sessions", ["expires_at"])
    op.create_index("sessions_of_account", "sessions", ["account"])
    op.create_table(
        "webhooks",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("account", _ADDRESS, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("contract", sa.String(40)),
        sa.Column("name", sa.String(40)),
        sa.Column("kind", sa.String(16)),
        sa.Column("subject", sa.String(78)),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("log", sa.Integer, nullable=False),
        sa.Column("marks", sa.JSON, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("try_at", sa.BigInteger, nullable=False),
        sa.Column("trouble", sa.Text),
        sa.Column("stopped", sa.Boolean, nullable=False),
    )
    op.create_index("webhooks_of_account", "webhooks", ["account", "id"])
    op.create_table(
        "relayed",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("account", _ADDRESS, nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("digest", _WORD, nullable=False, unique=True),
        sa.Column("transaction", _WORD),
        sa.Column("nonce", sa.BigInteger),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
    )
    op.create_index("relayed_in_state", "relayed", ["state", "id"])
    op.create_index("relayed_of_account", "relayed", ["account", "id"])
