"""Answers to keywords

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patients_reply_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("keywords", sa.String(length=300), nullable=False, comment="as they are compared, one a line"),
        sa.Column("match", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("answer", sa.String(length=600), nullable=False, comment="text, or the card's description"),
        sa.Column("title", sa.String(length=60), nullable=False, comment="of the card"),
        sa.Column(
            "entry", sa.String(length=20), nullable=False, comment="entry of the account's menu that it leads to"
        ),
        sa.Column("position", sa.Integer(), nullable=False, comment="small numbers are tried first"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_reply_rule")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table("patients_reply_rule")
