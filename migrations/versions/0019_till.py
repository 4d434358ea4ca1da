"""The till

Revision: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "till_cash_up",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cashier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column(
            "lines", sa.Text(), nullable=False, comment="JSON: of each kind what was expected and counted, in fen"
        ),
        sa.Column("expected_fen", sa.BigInteger(), nullable=False),
        sa.Column("counted_fen", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("counted_by", sa.String(length=60), nullable=False),
        sa.Column("counted_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("checked_by", sa.String(length=60), nullable=True),
        sa.Column("checked_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("checked_by IS NULL OR checked_by <> counted_by", name=op.f("ck_till_cash_up_two_people")),
        sa.ForeignKeyConstraint(["cashier_id"], ["staff_member.id"], name=op.f("fk_till_cash_up_cashier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_cash_up")),
        sa.UniqueConstraint("day", "cashier_id", name=op.f("uq_till_cash_up_day_cashier_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "till_deposit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False, comment="DJ + yyyymmdd + number of the day"),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False, comment="the visit it was taken for, visit:12"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("left_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("taken_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("taken_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("left_fen >= 0 AND left_fen <= amount_fen", name=op.f("ck_till_deposit_left")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_till_deposit_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_deposit")),
        sa.UniqueConstraint("no", name=op.f("uq_till_deposit_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_till_deposit_patient_id_status"), "till_deposit", ["patient_id", "status"], unique=False)
    op.create_index(op.f("ix_till_deposit_subject"), "till_deposit", ["subject"], unique=False)
    op.create_table(
        "till_receipt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False, comment="SJ + yyyymmdd + number of the day"),
        sa.Column("act", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False, comment="visit:12, retail:5, deposit:3"),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cashier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cashier_name", sa.String(length=40), nullable=False, comment="as of the moment"),
        sa.Column(
            "net_fen", sa.BigInteger(), nullable=False, comment="taken less given back; negative when money went out"
        ),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the hospital's"),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("prints", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cashier_id"], ["staff_member.id"], name=op.f("fk_till_receipt_cashier_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_till_receipt_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_receipt")),
        sa.UniqueConstraint("no", name=op.f("uq_till_receipt_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_till_receipt_day_cashier_id"), "till_receipt", ["day", "cashier_id"], unique=False)
    op.create_index(op.f("ix_till_receipt_patient_id"), "till_receipt", ["patient_id"], unique=False)
    op.create_index(op.f("ix_till_receipt_subject_id"), "till_receipt", ["subject", "id"], unique=False)
    op.create_table(
        "till_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receipt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False, comment="that of the receipt, for lists"),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "method_name", sa.String(length=30), nullable=False, comment="as of the moment: renaming leaves it alone"
        ),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("voided_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("voided_by_receipt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(voided_at IS NULL) = (voided_by_receipt_id IS NULL)", name=op.f("ck_till_entry_voided")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_till_entry_amount")),
        sa.ForeignKeyConstraint(["method_id"], ["hospital_method.id"], name=op.f("fk_till_entry_method_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["till_receipt.id"], name=op.f("fk_till_entry_receipt_id")),
        sa.ForeignKeyConstraint(
            ["voided_by_receipt_id"], ["till_receipt.id"], name=op.f("fk_till_entry_voided_by_receipt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_entry")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_till_entry_receipt_id"), "till_entry", ["receipt_id"], unique=False)
    op.create_index(op.f("ix_till_entry_subject_id"), "till_entry", ["subject", "id"], unique=False)
    op.create_index(op.f("ix_till_entry_voided_by_receipt_id"), "till_entry", ["voided_by_receipt_id"], unique=False)
    op.create_table(
        "till_deposit_use",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deposit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_till_deposit_use_amount")),
        sa.ForeignKeyConstraint(["deposit_id"], ["till_deposit.id"], name=op.f("fk_till_deposit_use_deposit_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["till_entry.id"], name=op.f("fk_till_deposit_use_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till_deposit_use")),
        sa.UniqueConstraint("entry_id", "deposit_id", name=op.f("uq_till_deposit_use_entry_id_deposit_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_till_deposit_use_deposit_id"), "till_deposit_use", ["deposit_id"], unique=False)


def downgrade() -> None:
    op.drop_table("till_deposit_use")
    op.drop_table("till_entry")
    op.drop_table("till_receipt")
    op.drop_table("till_deposit")
    op.drop_table("till_cash_up")
