"""Consents with their texts, requests to delete

Revision: 0009
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patients_consent_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("valid_from", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_consent_text")),
        sa.UniqueConstraint("purpose", "version", name=op.f("uq_patients_consent_text_purpose_version")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_consent_text", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patients_consent_text_purpose_valid_from"), ["purpose", "valid_from"], unique=False
        )

    op.create_table(
        "patients_consent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "patient_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="of the binding; the other purposes are the user's own",
        ),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False, comment="of the text that was shown"),
        sa.Column("decision", sa.String(length=30), nullable=False),
        sa.Column("way", sa.String(length=30), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_patients_consent_patient_id")),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_patients_consent_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_consent")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_consent_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_patients_consent_wechat_user_id_purpose_id"),
            ["wechat_user_id", "purpose", "id"],
            unique=False,
        )

    op.create_table(
        "patients_erasure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("open_marker", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="the user's, may be empty"),
        sa.Column("asked_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False, comment="last day to answer"),
        sa.Column("taken_by", sa.String(length=60), nullable=False),
        sa.Column(
            "begun_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="deleting has begun: no way back",
        ),
        sa.Column("decision", sa.String(length=300), nullable=False, comment="what was done, or why not"),
        sa.Column("decided_by", sa.String(length=60), nullable=False),
        sa.Column("decided_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint(
            "(status IN ('requested', 'in_review') AND open_marker = 1) OR (status IN ('done', 'rejected', 'withdrawn') AND open_marker IS NULL)",
            name=op.f("ck_patients_erasure_marker"),
        ),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_patients_erasure_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_erasure")),
        sa.UniqueConstraint(
            "wechat_user_id", "open_marker", name=op.f("uq_patients_erasure_wechat_user_id_open_marker")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_erasure_status_due_on"), ["status", "due_on"], unique=False)

    _keep_changed_text()
    _write_consents_of_bindings()


def _keep_changed_text() -> None:
    """Let the explanation that staff had changed as a setting be the first version of its purpose."""
    setting = sa.table("core_setting", sa.column("name"), sa.column("value"), sa.column("changed_by"))
    row = op.get_bind().execute(sa.select(setting).where(setting.c.name == "patients.consent_text")).first()
    if row is None:
        return
    moment = sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql")
    texts = sa.table(
        "patients_consent_text",
        sa.column("purpose"),
        sa.column("version"),
        sa.column("text"),
        sa.column("valid_from", moment),
        sa.column("made_by"),
        sa.column("made_at", moment),
    )
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)  # noqa: TID251 - a migration has no clock of ours
    op.bulk_insert(
        texts,
        [
            {
                "purpose": "binding",
                "version": "2026-01",
                "text": json.loads(row.value),
                "valid_from": now,
                "made_by": row.changed_by,
                "made_at": now,
            }
        ],
    )


def _write_consents_of_bindings() -> None:
    """Write down for each binding that it was agreed to, and for each that has ended that it was taken back."""
    binding = sa.table(
        "patients_binding",
        *map(
            sa.column,
            ("id", "wechat_user_id", "patient_id", "consent_version", "bound_at", "bound_by", "status", "ended_at"),
        ),
    )
    consent = sa.table(
        "patients_consent",
        *map(sa.column, ("wechat_user_id", "patient_id", "purpose", "version", "decision", "way", "by", "at")),
    )
    columns = [column.name for column in consent.columns]
    for decision, by, at, where in (
        ("given", binding.c.bound_by, binding.c.bound_at, sa.true()),
        ("withdrawn", sa.literal("system:migration"), binding.c.ended_at, binding.c.status == "ended"),
    ):
        rows = (
            sa.select(
                binding.c.wechat_user_id,
                binding.c.patient_id,
                sa.literal("binding"),
                binding.c.consent_version,
                sa.literal(decision),
                sa.literal("earlier"),
                by,
                at,
            )
            .where(where)
            .order_by(binding.c.id)
        )
        op.execute(consent.insert().from_select(columns, rows))


def downgrade() -> None:
    op.drop_table("patients_erasure")
    op.drop_table("patients_consent")
    op.drop_table("patients_consent_text")
