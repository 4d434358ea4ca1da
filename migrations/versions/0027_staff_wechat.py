"""Which WeChat users members of staff are

Revision: 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_wechat",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appid", sa.String(length=32), nullable=False, comment="of the official account"),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("linked_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_wechat_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_wechat")),
        sa.UniqueConstraint("appid", "openid", name=op.f("uq_staff_wechat_appid_openid")),
        sa.UniqueConstraint("member_id", "appid", name=op.f("uq_staff_wechat_member_id_appid")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "staff_wechat_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False, comment="keyed hash"),
        sa.Column("expires_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("used_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_wechat_link_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_wechat_link")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_staff_wechat_link_code_hash")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_staff_wechat_link_expires_at"), "staff_wechat_link", ["expires_at"], unique=False)
    op.create_index(op.f("ix_staff_wechat_link_member_id"), "staff_wechat_link", ["member_id"], unique=False)


def downgrade() -> None:
    op.drop_table("staff_wechat_link")
    op.drop_table("staff_wechat")
