"""Distribution: who brings whom, and what that earns

Revision: 0012
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

HOUSE = (
    (24, "clearing.withdrawal"),
    (25, "clearing.commission_tax"),
    (41, "house.commission"),
    (42, "house.withdrawal_fee"),
)


def upgrade() -> None:
    op.create_table(
        "distribution_agreement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_agreement")),
        sa.UniqueConstraint("version", name=op.f("uq_distribution_agreement_version")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "distribution_move",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False, comment="a distributor, or a member's WeChat user"),
        sa.Column("old_id", sa.BigInteger(), nullable=True, comment="distributor before"),
        sa.Column("new_id", sa.BigInteger(), nullable=True, comment="distributor after; none: nobody"),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_move")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distribution_move_kind_subject_id"), ["kind", "subject_id"], unique=False)

    op.create_table(
        "distribution_promoted_goods",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="why it was switched off"),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_promoted_goods")),
        sa.UniqueConstraint("goods_id", name=op.f("uq_distribution_promoted_goods_goods_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "distribution_terms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=30), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), nullable=False, comment="category or goods; 0 for the default"),
        sa.Column("way", sa.String(length=30), nullable=False),
        sa.Column("seller", sa.BigInteger(), nullable=False, comment="basis points, or fen per piece"),
        sa.Column("inviter", sa.BigInteger(), nullable=False, comment="basis points, or fen per piece"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column(
            "open_key",
            sa.String(length=60),
            nullable=True,
            comment="<status>:<scope>:<scope_id> while proposed or in force: one of each",
        ),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="why it was refused"),
        sa.Column("proposed_by", sa.String(length=60), nullable=False),
        sa.Column("proposed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True),
        sa.Column("valid_from", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("valid_until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_distribution_terms_two_people")
        ),
        sa.CheckConstraint("seller >= 0 AND inviter >= 0", name=op.f("ck_distribution_terms_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_terms")),
        sa.UniqueConstraint("open_key", name=op.f("uq_distribution_terms_open_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_terms", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distribution_terms_scope_scope_id_id"), ["scope", "scope_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_distribution_terms_status_id"), ["status", "id"], unique=False)

    op.create_table(
        "distribution_distributor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False, comment="invitation code; only an active one's is good"),
        sa.Column("name", sa.Text(), nullable=False, comment="real name"),
        sa.Column("name_index", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column(
            "phone_taken",
            sa.String(length=64),
            nullable=True,
            comment="the phone's index while applied, active or frozen: one account per phone",
        ),
        sa.Column("id_number", sa.Text(), nullable=True, comment="asked for when tax is withheld"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("inviter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "is_returning",
            sa.Boolean(),
            nullable=False,
            comment="was a distributor before, by WeChat user or phone: earns nobody a reward",
        ),
        sa.Column("agreement_version", sa.String(length=20), nullable=False),
        sa.Column("agreed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("applied_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "decided_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="of the last application",
        ),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="why it was refused, frozen or closed"),
        sa.Column(
            "first_paid_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="first order of one's own that was paid since joining",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inviter_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_distributor_inviter_id")
        ),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_distribution_distributor_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_distributor")),
        sa.UniqueConstraint("code", name=op.f("uq_distribution_distributor_code")),
        sa.UniqueConstraint("phone_taken", name=op.f("uq_distribution_distributor_phone_taken")),
        sa.UniqueConstraint("wechat_user_id", name=op.f("uq_distribution_distributor_wechat_user_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_distributor", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distribution_distributor_inviter_id_id"), ["inviter_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_distribution_distributor_inviter_id_status"), ["inviter_id", "status"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_distribution_distributor_name_index"), ["name_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_distribution_distributor_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_distribution_distributor_status_applied_at"), ["status", "applied_at"], unique=False
        )

    op.create_table(
        "distribution_attribution",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False),
        sa.Column("goods_name", sa.String(length=60), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("line_fen", sa.BigInteger(), nullable=False, comment="what is to be paid for the line"),
        sa.Column("buyer_id", sa.BigInteger(), nullable=False, comment="WeChat user who placed the order"),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("way", sa.String(length=30), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="of the share, or when the member was bound",
        ),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("terms_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("placed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_attribution_distributor_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["distribution_terms.id"], name=op.f("fk_distribution_attribution_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_attribution")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_distribution_attribution_order_line_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_attribution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distribution_attribution_buyer_id"), ["buyer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_distribution_attribution_distributor_id_way_id"),
            ["distributor_id", "way", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_distribution_attribution_order_no"), ["order_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_distribution_attribution_placed_at"), ["placed_at"], unique=False)

    op.create_table(
        "distribution_membership",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scene_id", sa.BigInteger(), nullable=True, comment="the invitation; none when staff made it"),
        sa.Column("bound_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "first_paid_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="first order that was paid since",
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_membership_distributor_id")
        ),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_distribution_membership_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_membership")),
        sa.UniqueConstraint("wechat_user_id", name=op.f("uq_distribution_membership_wechat_user_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_membership", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distribution_membership_distributor_id_bound_at"),
            ["distributor_id", "bound_at"],
            unique=False,
        )

    op.create_table(
        "distribution_month_total",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False, comment="2026-03"),
        sa.Column("booked_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_month_total_distributor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_month_total")),
        sa.UniqueConstraint("distributor_id", "month", name=op.f("uq_distribution_month_total_distributor_id_month")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "distribution_opening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "opened_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False, comment="last time"
        ),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_opening_distributor_id")
        ),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_distribution_opening_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_opening")),
        sa.UniqueConstraint(
            "wechat_user_id",
            "goods_id",
            "distributor_id",
            name=op.f("uq_distribution_opening_wechat_user_id_goods_id_distributor_id"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_opening", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distribution_opening_wechat_user_id_opened_at"),
            ["wechat_user_id", "opened_at"],
            unique=False,
        )

    op.create_table(
        "distribution_scene",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False, comment="random, letters and digits"),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False, comment="0: not about goods"),
        sa.Column(
            "qr_url", sa.String(length=300), nullable=False, comment="what WeChat's QR code says; empty: none yet"
        ),
        sa.Column(
            "expires_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="of WeChat's ticket",
        ),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_scene_distributor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_scene")),
        sa.UniqueConstraint(
            "kind", "distributor_id", "goods_id", name=op.f("uq_distribution_scene_kind_distributor_id_goods_id")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_distribution_scene_token")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "distribution_withdrawal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("tax_fen", sa.BigInteger(), nullable=False, comment="withheld"),
        sa.Column("net_fen", sa.BigInteger(), nullable=False, comment="what is paid out"),
        sa.Column("real_name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="hospital day whose limit it counts against"),
        sa.Column("requested_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("decided_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="why it was rejected or has failed"),
        sa.Column("payout_no", sa.String(length=40), nullable=False, comment="the payout of payments"),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint(
            "fee_fen >= 0 AND tax_fen >= 0 AND net_fen > 0 AND net_fen + fee_fen + tax_fen = amount_fen",
            name=op.f("ck_distribution_withdrawal_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_withdrawal_distributor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_withdrawal")),
        sa.UniqueConstraint("no", name=op.f("uq_distribution_withdrawal_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_withdrawal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distribution_withdrawal_distributor_id_day"), ["distributor_id", "day"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_distribution_withdrawal_distributor_id_id"), ["distributor_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_distribution_withdrawal_status_requested_at"), ["status", "requested_at"], unique=False
        )

    op.create_table(
        "distribution_commission",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attribution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("way", sa.String(length=30), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False, comment="basis points, or fen per piece: from the terms"),
        sa.Column("terms_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_fen", sa.BigInteger(), nullable=False, comment="what is to be paid for the line"),
        sa.Column("frozen_fen", sa.BigInteger(), nullable=False),
        sa.Column("cap_fen", sa.BigInteger(), nullable=True, comment="the order's limit, if it cut frozen_fen"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False, comment="of the line, as far as it was followed"),
        sa.Column("reversed_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column(
            "wait_days", sa.Integer(), nullable=False, comment="from done to available, as set when it was placed"
        ),
        sa.Column("placed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "pending_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True, comment="booked"
        ),
        sa.Column(
            "done_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="the order was done",
        ),
        sa.Column(
            "due_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="may become available from then on",
        ),
        sa.Column("available_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column(
            "ended_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="reversed whole, or void",
        ),
        sa.CheckConstraint(
            "reversed_fen >= 0 AND reversed_fen <= amount_fen AND amount_fen <= frozen_fen AND frozen_fen > 0",
            name=op.f("ck_distribution_commission_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["attribution_id"], ["distribution_attribution.id"], name=op.f("fk_distribution_commission_attribution_id")
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_commission_distributor_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["distribution_terms.id"], name=op.f("fk_distribution_commission_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_commission")),
        sa.UniqueConstraint("order_line_id", "level", name=op.f("uq_distribution_commission_order_line_id_level")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_commission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distribution_commission_attribution_id"), ["attribution_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_distribution_commission_distributor_id_level_id"),
            ["distributor_id", "level", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_distribution_commission_distributor_id_pending_at"),
            ["distributor_id", "pending_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_distribution_commission_order_no"), ["order_no"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_distribution_commission_status_due_at"), ["status", "due_at"], unique=False
        )

    op.create_table(
        "distribution_scan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scene_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("way", sa.String(length=30), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["scene_id"], ["distribution_scene.id"], name=op.f("fk_distribution_scan_scene_id")),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_distribution_scan_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_scan")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_scan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distribution_scan_scene_id_id"), ["scene_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_distribution_scan_wechat_user_id_id"), ["wechat_user_id", "id"], unique=False
        )

    op.create_table(
        "distribution_reversal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("distributor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False, comment="of the line, all refunds so far"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("was_available", sa.Boolean(), nullable=False, comment="taken from what can be withdrawn"),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_distribution_reversal_amount")),
        sa.ForeignKeyConstraint(
            ["commission_id"], ["distribution_commission.id"], name=op.f("fk_distribution_reversal_commission_id")
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_reversal_distributor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_reversal")),
        sa.UniqueConstraint(
            "commission_id", "refunded_fen", name=op.f("uq_distribution_reversal_commission_id_refunded_fen")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_reversal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distribution_reversal_distributor_id_id"), ["distributor_id", "id"], unique=False
        )

    op.create_table(
        "distribution_reward",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invitee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "distributor_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the inviter, who gets it",
        ),
        sa.Column(
            "commission_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the sale that proved it",
        ),
        sa.Column("order_no", sa.String(length=20), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("reversed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_distribution_reward_amount")),
        sa.ForeignKeyConstraint(
            ["commission_id"], ["distribution_commission.id"], name=op.f("fk_distribution_reward_commission_id")
        ),
        sa.ForeignKeyConstraint(
            ["distributor_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_reward_distributor_id")
        ),
        sa.ForeignKeyConstraint(
            ["invitee_id"], ["distribution_distributor.id"], name=op.f("fk_distribution_reward_invitee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distribution_reward")),
        sa.UniqueConstraint("invitee_id", name=op.f("uq_distribution_reward_invitee_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("distribution_reward", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_distribution_reward_commission_id"), ["commission_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_distribution_reward_distributor_id_id"), ["distributor_id", "id"], unique=False
        )

    for table in ("mall_category", "mall_goods"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("nature", sa.String(length=30), server_default="ordinary", nullable=False))
    _open_house_accounts()


def _open_house_accounts() -> None:
    """Open the house's accounts for commissions. They have fixed numbers, and stay when this is undone."""
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
    there = set(op.get_bind().scalars(sa.select(account.c.id).where(account.c.id.in_([number for number, _ in HOUSE]))))
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)  # noqa: TID251 - a migration has no clock of ours
    rows = [
        {"id": number, "kind": kind, "owner_id": 0, "balance_fen": None, "floor_fen": 0, "is_frozen": False,
         "opened_at": now}
        for number, kind in HOUSE
        if number not in there
    ]  # fmt: skip
    if rows:
        op.bulk_insert(account, rows)


def downgrade() -> None:
    for table in ("mall_goods", "mall_category"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("nature")
    op.drop_table("distribution_reward")
    op.drop_table("distribution_reversal")
    op.drop_table("distribution_scan")
    op.drop_table("distribution_commission")
    op.drop_table("distribution_withdrawal")
    op.drop_table("distribution_scene")
    op.drop_table("distribution_opening")
    op.drop_table("distribution_month_total")
    op.drop_table("distribution_membership")
    op.drop_table("distribution_attribution")
    op.drop_table("distribution_distributor")
    op.drop_table("distribution_terms")
    op.drop_table("distribution_promoted_goods")
    op.drop_table("distribution_move")
    op.drop_table("distribution_agreement")
