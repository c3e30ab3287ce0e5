"""The tables, for SQLite and PostgreSQL alike. How a database comes to have them stands in `migrations`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# SQLite counts up by itself only what is declared as INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

schema = MetaData()

owner = Table(
    "owner",
    schema,
    Column("place", Integer, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis", String(66), nullable=False),
    Column("contract", String(42), nullable=False),
)

readings = Table(
    "readings",
    schema,
    Column("device", BigInteger, primary_key=True, autoincrement=False),
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("wh", BigInteger, nullable=False),
    Column("sequence", BigInteger),
    Column("trust", String(1), nullable=False),
    Column("raw_hash", LargeBinary(32), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("source", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)

refusals = Table(
    "refusals",
    schema,
    Column("id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("meter", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("refusals_of_meter", "source", "meter", "id"),
)

refusal_counts = Table(
    "refusal_counts",
    schema,
    Column("source", Text, primary_key=True),
    Column("meter", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

transactions = Table(
    "transactions",
    schema,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("recipient", String(42), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("gas", BigInteger),
    Column("state", String(16), nullable=False),
    Column("sender", String(42)),
    Column("nonce", BigInteger),
    Column("attempt", LargeBinary(32)),
    Column("block", BigInteger),
    Column("block_hash", LargeBinary(32)),
    Column("succeeded", Boolean),
    Column("note", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    # The last line of defence: two transactions of one key never have the same nonce.
    UniqueConstraint("sender", "nonce", name="nonce_of_sender"),
    Index("transactions_in_state", "state", "id"),
)

attempts = Table(
    "attempts",
    schema,
    Column("id", Id, primary_key=True),
    Column("transaction_id", Id, ForeignKey("transactions.id"), nullable=False),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False),
    Column("sender", String(42), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("tip", BigInteger, nullable=False),
    Column("cap", BigInteger, nullable=False),
    Column("cancels", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("attempts_of_transaction", "transaction_id", "id"),
    Index("attempts_of_sender", "sender", "nonce"),
)

batches = Table(
    "batches",
    schema,
    Column("id", Id, primary_key=True),
    Column("zone", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("data_hash", LargeBinary(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("transaction_id", Id, ForeignKey("transactions.id")),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("zone", "time", "version", name="batch_of_zone_and_time"),
    Index("batches_in_state", "state", "id"),
)

leaves = Table(
    "leaves",
    schema,
    Column("batch_id", Id, ForeignKey("batches.id"), primary_key=True),
    Column("device", BigInteger, primary_key=True, autoincrement=False),
    Column("register", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("quality", Integer, nullable=False),
    Column("trust", String(1), nullable=False),
    Column("raw_hash", LargeBinary(32), nullable=False),
    Column("salt", LargeBinary(32), nullable=False),
    Index("leaves_of_device", "device", "batch_id"),
)

signatures = Table(
    "signatures",
    schema,
    Column("batch_id", Id, ForeignKey("batches.id"), primary_key=True),
    Column("attester", String(42), primary_key=True),
    Column("signature", LargeBinary, nullable=False),
)

disagreements = Table(
    "disagreements",
    schema,
    Column("batch_id", Id, ForeignKey("batches.id"), primary_key=True),
    Column("attester", String(42), primary_key=True),
    Column("said", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
