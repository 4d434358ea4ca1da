"""Retail

Revision: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retail_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False, comment="without a comma"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_category")),
        sa.UniqueConstraint("name", name=op.f("uq_retail_category_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "retail_goods",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False, comment="without a comma"),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_retail_goods_price")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_retail_goods_stock")),
        sa.ForeignKeyConstraint(["category_id"], ["retail_category.id"], name=op.f("fk_retail_goods_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_goods")),
        sa.UniqueConstraint("name", name=op.f("uq_retail_goods_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(
        op.f("ix_retail_goods_category_id_is_active"), "retail_goods", ["category_id", "is_active"], unique=False
    )
    op.create_table(
        "retail_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=18), nullable=False, comment="YYYYMMDDHHMMSS + 4 digits of a sequence"),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("seller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seller_name", sa.String(length=40), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("cancelled_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("cancelled_by", sa.String(length=60), nullable=False),
        sa.Column("cancel_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_retail_order_patient_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["staff_member.id"], name=op.f("fk_retail_order_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_order")),
        sa.UniqueConstraint("order_no", name=op.f("uq_retail_order_order_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_retail_order_created_at"), "retail_order", ["created_at"], unique=False)
    op.create_index(op.f("ix_retail_order_patient_id"), "retail_order", ["patient_id"], unique=False)
    op.create_index(op.f("ix_retail_order_seller_id"), "retail_order", ["seller_id"], unique=False)
    op.create_table(
        "retail_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_retail_line_count")),
        sa.ForeignKeyConstraint(["goods_id"], ["retail_goods.id"], name=op.f("fk_retail_line_goods_id")),
        sa.ForeignKeyConstraint(["order_id"], ["retail_order.id"], name=op.f("fk_retail_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_line")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_retail_line_order_id_position")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_retail_line_goods_id"), "retail_line", ["goods_id"], unique=False)
    op.create_table(
        "retail_stock_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("note", sa.String(length=100), nullable=False, comment="number of the order, or what staff wrote"),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["goods_id"], ["retail_goods.id"], name=op.f("fk_retail_stock_change_goods_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retail_stock_change")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_retail_stock_change_goods_id_id"), "retail_stock_change", ["goods_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("retail_stock_change")
    op.drop_table("retail_line")
    op.drop_table("retail_order")
    op.drop_table("retail_goods")
    op.drop_table("retail_category")
