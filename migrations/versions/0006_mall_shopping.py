"""Cart, reviews, invoices

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mall_invoice_title",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tax_no", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column(
            "same_index", sa.String(length=64), nullable=False, comment="keyed hash of kind, title and tax number"
        ),
        sa.Column("used_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_invoice_title")),
        sa.UniqueConstraint(
            "wechat_user_id", "same_index", name=op.f("uq_mall_invoice_title_wechat_user_id_same_index")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "mall_invoice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False, comment="of the request"),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column(
            "open_order_id",
            sa.BigInteger(),
            nullable=True,
            comment="the order while requested or issued: an order has one such invoice",
        ),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False, comment="paid less given back"),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tax_no", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("invoice_no", sa.String(length=30), nullable=False, comment="printed on the invoice"),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("file_token", sa.String(length=40), nullable=False, comment="a private file: the invoice as PDF"),
        sa.Column("needs_reversal", sa.Boolean(), nullable=False, comment="money went back after it was issued"),
        sa.Column("end_reason", sa.String(length=100), nullable=False, comment="why it was rejected or cancelled"),
        sa.Column("requested_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_mall_invoice_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_invoice_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_invoice")),
        sa.UniqueConstraint("no", name=op.f("uq_mall_invoice_no")),
        sa.UniqueConstraint("open_order_id", name=op.f("uq_mall_invoice_open_order_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_invoice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_invoice_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_invoice_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_invoice_status_id"), ["status", "id"], unique=False)

    op.create_table(
        "mall_cart_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "price_fen", sa.BigInteger(), nullable=False, comment="when it was last put in: a change since then is told"
        ),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name=op.f("ck_mall_cart_line_quantity")),
        sa.ForeignKeyConstraint(["goods_id"], ["mall_goods.id"], name=op.f("fk_mall_cart_line_goods_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_cart_line")),
        sa.UniqueConstraint("wechat_user_id", "goods_id", name=op.f("uq_mall_cart_line_wechat_user_id_goods_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_cart_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_cart_line_goods_id"), ["goods_id"], unique=False)

    op.create_table(
        "mall_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False),
        sa.Column("goods_name", sa.String(length=60), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column(
            "author", sa.String(length=60), nullable=False, comment="as shown to everybody: masked, or nobody's name"
        ),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("hide_reason", sa.String(length=100), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=False, comment="the hospital's"),
        sa.Column("answered_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("written_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_mall_review_stars")),
        sa.ForeignKeyConstraint(["order_line_id"], ["mall_order_line.id"], name=op.f("fk_mall_review_order_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_review")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_mall_review_order_line_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_review_goods_id_status"), ["goods_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_review_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_review_status_id"), ["status", "id"], unique=False)

    op.create_table(
        "mall_review_picture",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False, comment="name of a file"),
        sa.ForeignKeyConstraint(["review_id"], ["mall_review.id"], name=op.f("fk_mall_review_picture_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_review_picture")),
        sa.UniqueConstraint("review_id", "position", name=op.f("uq_mall_review_picture_review_id_position")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table("mall_review_picture")
    op.drop_table("mall_review")
    op.drop_table("mall_cart_line")
    op.drop_table("mall_invoice")
    op.drop_table("mall_invoice_title")
