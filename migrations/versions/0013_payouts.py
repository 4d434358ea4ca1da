"""Payouts: money that leaves to a person

Revision: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "payment_payout",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("subject_kind", sa.String(length=30), nullable=False, comment="what it is paid for, e.g. withdrawal"),
        sa.Column("subject_no", sa.String(length=40), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="counts the payouts of one subject"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False, comment="who gets it"),
        sa.Column("openid", sa.String(length=64), nullable=False, comment="of that user when it was asked for"),
        sa.Column("real_name", sa.Text(), nullable=False, comment="WeChat compares it"),
        sa.Column("remark", sa.String(length=32), nullable=False, comment="what WeChat shows the person"),
        sa.Column("from_account_id", BIG_ID, nullable=False, comment="holds the money until it has left"),
        sa.Column("way", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("out_bill_no", sa.String(length=32), nullable=False, comment="our number at WeChat"),
        sa.Column("transfer_bill_no", sa.String(length=64), nullable=False, comment="WeChat's number"),
        sa.Column("channel_state", sa.String(length=20), nullable=False, comment="WeChat's own word"),
        sa.Column("package_info", sa.Text(), nullable=False, comment="with it the person's page asks to confirm"),
        sa.Column("fail_reason", sa.String(length=60), nullable=False, comment="WeChat's code of why not, or not yet"),
        sa.Column(
            "refusal", sa.String(length=60), nullable=False, comment="WeChat's code when it refused the last send"
        ),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, comment="sends and questions since the last news"),
        sa.Column("next_try_at", MOMENT, nullable=True, comment="empty: no job touches it"),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True, comment="last time"),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False, comment="of who paid it by hand"),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_payout_amount")),
        sa.ForeignKeyConstraint(
            ["from_account_id"], ["wallet_account.id"], name=op.f("fk_payment_payout_from_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_payout")),
        sa.UniqueConstraint("no", name=op.f("uq_payment_payout_no")),
        sa.UniqueConstraint("out_bill_no", name=op.f("uq_payment_payout_out_bill_no")),
        sa.UniqueConstraint(
            "subject_kind", "subject_no", "attempt", name=op.f("uq_payment_payout_subject_kind_subject_no_attempt")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_payout", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_payout_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_payout_sent_at"), ["sent_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_payment_payout_status_next_try_at"), ["status", "next_try_at"], unique=False
        )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("payment_payout")
