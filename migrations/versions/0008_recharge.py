"""Recharges and their refunds

Revision: 0008
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recharge_recharge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False, comment="whose balance grows"),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False, comment="who placed it"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "refunded_fen", sa.BigInteger(), nullable=False, comment="back with the payer; refunds under way are not"
        ),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="hospital day whose limit it counts against"),
        sa.Column("payment_no", sa.String(length=32), nullable=False, comment="payment order that asks for the money"),
        sa.Column("placed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("expires_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "paid_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="when the balance grew",
        ),
        sa.Column("closed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("close_reason", sa.String(length=100), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_recharge_recharge_amount")),
        sa.CheckConstraint(
            "refunded_fen >= 0 AND refunded_fen <= amount_fen", name=op.f("ck_recharge_recharge_refunded")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["wallet_account.id"], name=op.f("fk_recharge_recharge_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recharge_recharge")),
        sa.UniqueConstraint("no", name=op.f("uq_recharge_recharge_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("recharge_recharge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recharge_recharge_account_id_status"), ["account_id", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_recharge_recharge_paid_at"), ["paid_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_recharge_recharge_patient_id_id"), ["patient_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recharge_recharge_status_id"), ["status", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_recharge_recharge_wechat_user_id_status"), ["wechat_user_id", "status"], unique=False
        )

    op.create_table(
        "recharge_refund",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("recharge_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("refund_no", sa.String(length=32), nullable=False, comment="the refund of payments"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False, comment="balance before it"),
        sa.Column(
            "gone_fen", sa.BigInteger(), nullable=False, comment="of the recharge given back before, or under way"
        ),
        sa.Column("used_fen", sa.BigInteger(), nullable=False, comment="of the recharge spent before"),
        sa.Column("left_fen", sa.BigInteger(), nullable=False, comment="of the recharge left before it"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False, comment="why it was rejected"),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("settled_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("amount_fen > 0 AND amount_fen <= left_fen", name=op.f("ck_recharge_refund_amount")),
        sa.ForeignKeyConstraint(["recharge_id"], ["recharge_recharge.id"], name=op.f("fk_recharge_refund_recharge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recharge_refund")),
        sa.UniqueConstraint("no", name=op.f("uq_recharge_refund_no")),
        sa.UniqueConstraint("refund_no", name=op.f("uq_recharge_refund_refund_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("recharge_refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recharge_refund_patient_id_id"), ["patient_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_recharge_refund_recharge_id_status"), ["recharge_id", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_recharge_refund_status_id"), ["status", "id"], unique=False)

    with op.batch_alter_table("wallet_day_total", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("online_fen", sa.BigInteger(), server_default="0", nullable=False, comment="of it by WeChat Pay")
        )
    _open_house_account()


def _open_house_account() -> None:
    """Open the account on which a recharge's money waits. It has a fixed number, and stays when this is undone."""
    account = sa.table(
        "wallet_account",
        sa.column("id", sa.BigInteger),
        sa.column("kind", sa.String),
        sa.column("owner_id", sa.BigInteger),
        sa.column("balance_fen", sa.BigInteger),
        sa.column("floor_fen", sa.BigInteger),
        sa.column("is_frozen", sa.Boolean),
        sa.column("opened_at", sa.DateTime),
    )
    if op.get_bind().execute(sa.select(account.c.id).where(account.c.id == 23)).first() is not None:
        return
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)  # noqa: TID251 - a migration has no clock of ours
    values = {"id": 23, "kind": "clearing.recharge", "owner_id": 0, "balance_fen": None, "floor_fen": 0}
    op.bulk_insert(account, [{**values, "is_frozen": False, "opened_at": now}])


def downgrade() -> None:
    with op.batch_alter_table("wallet_day_total", schema=None) as batch_op:
        batch_op.drop_column("online_fen")

    op.drop_table("recharge_refund")
    op.drop_table("recharge_recharge")
