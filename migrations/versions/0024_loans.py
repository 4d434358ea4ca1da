"""Loans

Revision: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loans_loan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="its payment"
        ),
        sa.Column("bank_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bank_name", sa.String(length=30), nullable=False, comment="as of the moment"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("periods", sa.SmallInteger(), nullable=False),
        sa.Column("repayment_day", sa.SmallInteger(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False, comment="the schedule begins in the month after it"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("repaid_fen", sa.BigInteger(), nullable=False),
        sa.Column("assigned_to", sa.BigInteger(), nullable=True, comment="who of aftercare looks after it"),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("voided_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("amount_fen > 0 AND periods > 0", name=op.f("ck_loans_loan_amounts")),
        sa.CheckConstraint("repaid_fen >= 0 AND repaid_fen <= amount_fen", name=op.f("ck_loans_loan_repaid")),
        sa.CheckConstraint("repayment_day BETWEEN 1 AND 31", name=op.f("ck_loans_loan_day")),
        sa.ForeignKeyConstraint(["bank_id"], ["hospital_method.id"], name=op.f("fk_loans_loan_bank_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["till_entry.id"], name=op.f("fk_loans_loan_entry_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_loans_loan_patient_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_loans_loan_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans_loan")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_loans_loan_entry_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_loans_loan_assigned_to_status"), "loans_loan", ["assigned_to", "status"], unique=False)
    op.create_index(op.f("ix_loans_loan_patient_id"), "loans_loan", ["patient_id"], unique=False)
    op.create_index(op.f("ix_loans_loan_status_id"), "loans_loan", ["status", "id"], unique=False)
    op.create_index(op.f("ix_loans_loan_visit_id"), "loans_loan", ["visit_id"], unique=False)
    op.create_table(
        "loans_instalment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.SmallInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_loans_instalment_amount")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans_loan.id"], name=op.f("fk_loans_instalment_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loans_instalment")),
        sa.UniqueConstraint("loan_id", "period", name=op.f("uq_loans_instalment_loan_id_period")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_loans_instalment_due_on"), "loans_instalment", ["due_on"], unique=False)


def downgrade() -> None:
    op.drop_table("loans_instalment")
    op.drop_table("loans_loan")
