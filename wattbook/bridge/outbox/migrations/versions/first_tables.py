"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "owner",
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("chain_id", sa.BigInteger, nullable=False),
        sa.Column("genesis", sa.String(66), nullable=False),
        sa.Column("contract", sa.String(42), nullable=False),
    )
    _readings()
    _transactions()
    _batches()


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("device", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("wh", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("trust", sa.String(1), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "refusals",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("meter", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("refusals_of_meter", "refusals", ["source", "meter", "id"])
    op.create_table(
        "refusal_counts",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("meter", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )


def _transactions() -> None:
    op.create_table(
        "transactions",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("recipient", sa.String(42), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("gas", sa.BigInteger),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sender", sa.String(42)),
        sa.Column("nonce", sa.BigInteger),
        sa.Column("attempt", sa.LargeBinary(32)),
        sa.Column("block", sa.BigInteger),
        sa.Column("block_hash", sa.LargeBinary(32)),
        sa.Column("succeeded", sa.Boolean),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("queued_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("sender", "nonce", name="nonce_of_sender"),
    )
    op.create_index("transactions_in_state", "transactions", ["state", "id"])
    op.create_table(
        "attempts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("transaction_id", _ID, sa.ForeignKey("transactions.id"), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("sender", sa.String(42), nullable=False),
        sa.Column("nonce", sa.BigInteger, nullable=False),
        sa.Column("gas", sa.BigInteger, nullable=False),
        sa.Column("tip", sa.BigInteger, nullable=False),
        sa.Column("cap", sa.BigInteger, nullable=False),
        sa.Column("cancels", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("attempts_of_transaction", "attempts", ["transaction_id", "id"])
    op.create_index("attempts_of_sender", "attempts", ["sender", "nonce"])


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("zone", sa.BigInteger, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("data_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("transaction_id", _ID, sa.ForeignKey("transactions.id")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("zone", "time", "version", name="batch_of_zone_and_time"),
    )
    op.create_index("batches_in_state", "batches", ["state", "id"])
    op.create_table(
        "leaves",
        sa.Column("batch_id", _ID, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("device", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("register", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("quality", sa.Integer, nullable=False),
        sa.Column("trust", sa.String(1), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("salt", sa.LargeBinary(32), nullable=False),
    )
    op.create_index("leaves_of_device", "leaves", ["device", "batch_id"])
    op.create_table(
        "signatures",
        sa.Column("batch_id", _ID, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("attester", sa.String(42), primary_key=True),
        sa.Column("signature", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "disagreements",
        sa.Column("batch_id", _ID, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("attester", sa.String(42), primary_key=True),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
