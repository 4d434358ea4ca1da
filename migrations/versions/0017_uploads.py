"""Uploads

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads_upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "path",
            sa.String(length=80),
            nullable=False,
            comment="/static/upload/<yyyymmdd>/<32 hex>.<ext>, as the contract writes it",
        ),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "small_file_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="of a picture, for lists",
        ),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="picture or audio"),
        sa.Column("subject", sa.String(length=60), nullable=False, comment="what it is attached to, e.g. visit:12"),
        sa.Column("attached_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("uploaded_by", sa.String(length=60), nullable=False),
        sa.Column("uploaded_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["core_file.id"], name=op.f("fk_uploads_upload_file_id")),
        sa.ForeignKeyConstraint(["small_file_id"], ["core_file.id"], name=op.f("fk_uploads_upload_small_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads_upload")),
        sa.UniqueConstraint("path", name=op.f("uq_uploads_upload_path")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(
        op.f("ix_uploads_upload_attached_at_uploaded_at"),
        "uploads_upload",
        ["attached_at", "uploaded_at"],
        unique=False,
    )
    op.create_index(op.f("ix_uploads_upload_subject"), "uploads_upload", ["subject"], unique=False)


def downgrade() -> None:
    op.drop_table("uploads_upload")
