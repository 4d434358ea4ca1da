"""Quotes and price reviews

Revision: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visits_planned_payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("method_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("method_name", sa.String(length=30), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.Column("periods", sa.SmallInteger(), nullable=True, comment="none: no loan"),
        sa.Column("repayment_day", sa.SmallInteger(), nullable=True),
        sa.Column("planned_by", sa.String(length=60), nullable=False),
        sa.Column("planned_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_visits_planned_payment_amount")),
        sa.ForeignKeyConstraint(
            ["method_id"], ["hospital_method.id"], name=op.f("fk_visits_planned_payment_method_id")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_planned_payment_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_planned_payment")),
        sa.UniqueConstraint("visit_id", "position", name=op.f("uq_visits_planned_payment_visit_id_position")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "visits_quote",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False, comment="from 1"),
        sa.Column("list_total_fen", sa.BigInteger(), nullable=False, comment="sum of price × count of its lines"),
        sa.Column("offered_fen", sa.BigInteger(), nullable=False),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.Column("by_reviewer", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_quote_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_quote")),
        sa.UniqueConstraint("visit_id", "revision", name=op.f("uq_visits_quote_visit_id_revision")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "visits_quote_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quote_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("project_code", sa.String(length=20), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False, comment="of one, as quoted"),
        sa.Column(
            "list_price_fen", sa.BigInteger(), nullable=False, comment="of one, as in the catalogue at that moment"
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count > 0 AND price_fen >= 0", name=op.f("ck_visits_quote_line_amounts")),
        sa.ForeignKeyConstraint(["project_id"], ["hospital_project.id"], name=op.f("fk_visits_quote_line_project_id")),
        sa.ForeignKeyConstraint(["quote_id"], ["visits_quote.id"], name=op.f("fk_visits_quote_line_quote_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_quote_line")),
        sa.UniqueConstraint("quote_id", "position", name=op.f("uq_visits_quote_line_quote_id_position")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_quote_line_project_id"), "visits_quote_line", ["project_id"], unique=False)
    op.create_table(
        "visits_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quote_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decision", sa.String(length=30), nullable=False),
        sa.Column("final_fen", sa.BigInteger(), nullable=True, comment="none: sent back"),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["quote_id"], ["visits_quote.id"], name=op.f("fk_visits_review_quote_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_review_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_review")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_review_visit_id_id"), "visits_review", ["visit_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("visits_review")
    op.drop_table("visits_quote_line")
    op.drop_table("visits_quote")
    op.drop_table("visits_planned_payment")
