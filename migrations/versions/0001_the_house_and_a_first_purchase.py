"""The house and a first purchase

Revision: 0001, the first one
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="1, 2, 3 … without gaps"),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False, comment="staff:12, wechat:5, system:jobs, nobody"),
        sa.Column("action", sa.String(length=80), nullable=False, comment="id of the interface, or what a service did"),
        sa.Column("subject", sa.String(length=120), nullable=False, comment="kind:id of what it was done to"),
        sa.Column("result", sa.String(length=20), nullable=False, comment="ok, refused, denied"),
        sa.Column("detail", sa.String(length=500), nullable=False, comment="for people; no secrets, no personal data"),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request_no", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="keyed hash of the row before and this one"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_audit")),
        sa.UniqueConstraint("number", name=op.f("uq_admin_audit_number")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("admin_audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admin_audit_action_id"), ["action", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_audit_actor_id"), ["actor", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_audit_subject_id"), ["subject", "id"], unique=False)

    op.create_table(
        "admin_audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="number of the last row"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="digest of the last row"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_audit_head")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "core_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("listener", sa.String(length=160), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("heard_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_event")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("core_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_event_state_due_at"), ["state", "due_at"], unique=False)

    op.create_table(
        "core_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False, comment="name on disk and in addresses"),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column(
            "name", sa.String(length=120), nullable=False, comment="what the uploader called it, for people only"
        ),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", sa.String(length=60), nullable=False),
        sa.Column("uploaded_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_file")),
        sa.UniqueConstraint("token", name=op.f("uq_core_file_token")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "core_idempotency",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=False, comment="who and which use case"),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False, comment="hash of what was asked"),
        sa.Column(
            "answer", sa.String(length=200), nullable=False, comment="e.g. the number of the order that was made"
        ),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_idempotency")),
        sa.UniqueConstraint("scope", "key", name=op.f("uq_core_idempotency_scope_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("core_idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_idempotency_at"), ["at"], unique=False)

    op.create_table(
        "core_job",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("rhythm", sa.String(length=60), nullable=False, comment="in words, for staff"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="last run; idle runs are written rarely",
        ),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_job")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "core_job_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False, comment="number of the lease under which it ran"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_job_run")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("core_job_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_job_run_job_id"), ["job", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_core_job_run_started_at"), ["started_at"], unique=False)

    op.create_table(
        "core_lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_lease")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "core_sequence",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False, comment="the last number given out"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_sequence")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "core_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False, comment="staff or WeChat user"),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("seen_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "expires_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="absolute end",
        ),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_core_session_token_hash")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("core_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_core_session_kind_subject_id"), ["kind", "subject_id"], unique=False)

    op.create_table(
        "core_setting",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_setting")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "core_status_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=60), nullable=False, comment="table of the row"),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("old", sa.String(length=30), nullable=False),
        sa.Column("new", sa.String(length=30), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False, comment="staff:12, wechat:5, system:jobs"),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_status_change")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("core_status_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_core_status_change_entity_entity_id"), ["entity", "entity_id"], unique=False
        )

    op.create_table(
        "core_store",
        sa.Column("key", sa.String(length=190), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False, comment="unix seconds"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_core_store")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("core_store", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_core_store_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "mall_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_category")),
        sa.UniqueConstraint("name", name=op.f("uq_mall_category_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "mall_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("contact_id_number", sa.Text(), nullable=False),
        sa.Column("contact_name_index", sa.String(length=64), nullable=False, comment="keyed hash, for look-ups"),
        sa.Column("contact_phone_index", sa.String(length=64), nullable=False, comment="keyed hash, for look-ups"),
        sa.Column("wished_on", sa.Date(), nullable=True),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.Column("redemption_code", sa.String(length=12), nullable=False),
        sa.Column("payment_no", sa.String(length=40), nullable=False),
        sa.Column("payment_method", sa.String(length=20), nullable=False),
        sa.Column("placed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "expires_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="closed by the job when unpaid until then",
        ),
        sa.Column("is_reminded", sa.Boolean(), nullable=False, comment="told that it is about to close"),
        sa.Column("paid_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("closed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("close_reason", sa.String(length=100), nullable=False),
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= total_fen", name=op.f("ck_mall_order_refunded")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_order")),
        sa.UniqueConstraint("no", name=op.f("uq_mall_order_no")),
        sa.UniqueConstraint("redemption_code", name=op.f("uq_mall_order_redemption_code")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_order_contact_name_index"), ["contact_name_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_contact_phone_index"), ["contact_phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_patient_id_status"), ["patient_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_placed_at"), ["placed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_status_expires_at"), ["status", "expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_wechat_user_id"), ["wechat_user_id"], unique=False)

    op.create_table(
        "messages_broadcast",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column("group_name", sa.String(length=40), nullable=False),
        sa.Column("with_template", sa.Boolean(), nullable=False, comment="besides the site, as a template message"),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("reached_id", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_messages_broadcast_rate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages_broadcast")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "messages_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("receiver_kind", sa.String(length=30), nullable=False),
        sa.Column("receiver_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False, comment="JSON: the fields as texts"),
        sa.Column("path", sa.String(length=300), nullable=False, comment="page that a tap opens"),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("once_key", sa.String(length=190), nullable=True, comment="the same fact is told once"),
        sa.Column("broadcast_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "fallbacks",
            sa.Integer(),
            nullable=False,
            comment="counted up to hold the row while the next channel is chosen",
        ),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("read_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages_message")),
        sa.UniqueConstraint("once_key", name=op.f("uq_messages_message_once_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("messages_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_message_broadcast_id"), ["broadcast_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_message_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_messages_message_receiver_kind_receiver_id_on_site_id"),
            ["receiver_kind", "receiver_id", "on_site", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_messages_message_receiver_kind_receiver_id_on_site_read_at"),
            ["receiver_kind", "receiver_id", "on_site", "read_at"],
            unique=False,
        )

    op.create_table(
        "messages_pause",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_messages_pause")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "messages_preference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receiver_kind", sa.String(length=30), nullable=False),
        sa.Column("receiver_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages_preference")),
        sa.UniqueConstraint(
            "receiver_kind", "receiver_id", "code", name=op.f("uq_messages_preference_receiver_kind_receiver_id_code")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "messages_receipt",
        sa.Column("platform_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=60), nullable=False),
        sa.Column("received_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("applied_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.PrimaryKeyConstraint("platform_id", name=op.f("pk_messages_receipt")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("messages_receipt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_messages_receipt_applied_at_received_at"), ["applied_at", "received_at"], unique=False
        )

    op.create_table(
        "messages_template",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False, comment="JSON: list of [key, label, pattern]"),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.String(length=200), nullable=False, comment="why the platform refuses it; stops it"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages_template")),
        sa.UniqueConstraint("code", "channel", name=op.f("uq_messages_template_code_channel")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "patients_patient",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_no", sa.String(length=20), nullable=False, comment="HOSP + yymmdd + number of the day"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_index", sa.String(length=64), nullable=False),
        sa.Column("id_number", sa.Text(), nullable=True),
        sa.Column("id_index", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("sex", sa.String(length=30), nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("updated_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("balance_password_hash", sa.String(length=200), nullable=True),
        sa.Column(
            "balance_password_expires_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="set while the password is the one staff issued",
        ),
        sa.Column(
            "balance_password_changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True
        ),
        sa.Column("balance_password_tries", sa.Integer(), nullable=False, comment="wrong ones in a row"),
        sa.Column("balance_locked_until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("balance_password_tries >= 0", name=op.f("ck_patients_patient_tries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_patient")),
        sa.UniqueConstraint("id_index", name=op.f("uq_patients_patient_id_index")),
        sa.UniqueConstraint("record_no", name=op.f("uq_patients_patient_record_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_patient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_patient_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_patients_patient_name_index"), ["name_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_patients_patient_phone_index"), ["phone_index"], unique=False)

    op.create_table(
        "patients_push",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dedupe_key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_push")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_patients_push_dedupe_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_push", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_push_openid"), ["openid"], unique=False)
        batch_op.create_index(batch_op.f("ix_patients_push_received_at"), ["received_at"], unique=False)

    op.create_table(
        "patients_sms_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("expires_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("used_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_sms_code")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_sms_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_sms_code_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_patients_sms_code_phone_index_purpose"), ["phone_index", "purpose"], unique=False
        )

    op.create_table(
        "payment_bill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("trades", sa.Integer(), nullable=False),
        sa.Column("trade_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunds", sa.Integer(), nullable=False),
        sa.Column("refund_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("compared_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("differences", sa.Integer(), nullable=False, comment="found when it was compared last"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_bill")),
        sa.UniqueConstraint("channel", "day", name=op.f("uq_payment_bill_channel_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "payment_difference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="day of the bill, or of the event"),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False, comment="number that it is about"),
        sa.Column("channel_fen", sa.BigInteger(), nullable=True),
        sa.Column("ours_fen", sa.BigInteger(), nullable=True),
        sa.Column("ledger_fen", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True, comment="staff who looks after it"),
        sa.Column("note", sa.String(length=300), nullable=False, comment="how it was resolved"),
        sa.Column("found_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("resolved_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("resolved_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_difference")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_payment_difference_kind_reference")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_difference", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_difference_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_difference_status_found_at"), ["status", "found_at"], unique=False)

    op.create_table(
        "payment_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_id", sa.String(length=64), nullable=False, comment="id in the notice"),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="payment or refund"),
        sa.Column("number", sa.String(length=64), nullable=False, comment="our number in it"),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("last_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_notice")),
        sa.UniqueConstraint("notice_id", name=op.f("uq_payment_notice_notice_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_notice_number"), ["number"], unique=False)

    op.create_table(
        "staff_member",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("username", sa.String(length=40), nullable=False, comment="lower case"),
        sa.Column("name", sa.String(length=40), nullable=False, comment="as colleagues see it"),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column(
            "password_expires_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="end of a first password",
        ),
        sa.Column("password_changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column(
            "totp_pending", sa.Text(), nullable=True, comment="a secret that is being set up; counts for nothing yet"
        ),
        sa.Column("totp_confirmed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=False, comment="30 s step of the last code used"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failed_tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("last_login_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("failed_tries >= 0", name=op.f("ck_staff_member_failed_tries")),
        sa.CheckConstraint("username = lower(username)", name=op.f("ck_staff_member_username_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("username", name=op.f("uq_staff_member_username")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "staff_role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False, comment="stable name for programs, e.g. front_desk"),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False, comment="values of Permission, one a line, or *"),
        sa.Column("requires_totp", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_role")),
        sa.UniqueConstraint("label", name=op.f("uq_staff_role_label")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_role_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "wallet_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="patient, or the name of a house account"),
        sa.Column("owner_id", sa.BigInteger(), nullable=False, comment="0 for the house"),
        sa.Column(
            "balance_fen", sa.BigInteger(), nullable=True, comment="null: a house account, summed from transfers"
        ),
        sa.Column("floor_fen", sa.BigInteger(), nullable=False, comment="the balance never falls below"),
        sa.Column("is_frozen", sa.Boolean(), nullable=False, comment="nothing may be paid from it"),
        sa.Column("opened_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("balance_fen IS NULL OR balance_fen >= floor_fen", name=op.f("ck_wallet_account_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_account")),
        sa.UniqueConstraint("kind", "owner_id", name=op.f("uq_wallet_account_kind_owner_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "wallet_closing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("received_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="of the day's transfers and the day before"),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_closing")),
        sa.UniqueConstraint("day", "account_id", name=op.f("uq_wallet_closing_day_account_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "website_physician",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=20), nullable=False, comment="e.g. 主任医师"),
        sa.Column("good_at", sa.String(length=200), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=False, comment="token of a public file"),
        sa.Column("position", sa.Integer(), nullable=False, comment="small numbers come first"),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_website_physician")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("website_physician", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_website_physician_is_shown_position"), ["is_shown", "position"], unique=False
        )

    op.create_table(
        "mall_goods",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("summary", sa.String(length=120), nullable=False),
        sa.Column("keywords", sa.String(length=200), nullable=False, comment="other words it is searched by"),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("original_price_fen", sa.BigInteger(), nullable=False, comment="shown struck through when higher"),
        sa.Column("stock", sa.Integer(), nullable=False, comment="taken when an order is placed"),
        sa.Column("sales", sa.Integer(), nullable=False, comment="pieces paid and not refunded"),
        sa.Column("audience", sa.String(length=120), nullable=False, comment="who it is for"),
        sa.Column("notice", sa.Text(), nullable=False, comment="what to know before coming"),
        sa.Column("detail_html", sa.Text(), nullable=False, comment="cleaned when written"),
        sa.Column("is_on_sale", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("price_fen > 0 AND original_price_fen >= price_fen", name=op.f("ck_mall_goods_price")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_mall_goods_stock")),
        sa.ForeignKeyConstraint(["category_id"], ["mall_category.id"], name=op.f("fk_mall_goods_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_goods")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_goods", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_goods_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_goods_is_on_sale_position"), ["is_on_sale", "position"], unique=False)

    op.create_table(
        "mall_order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("goods_id", sa.BigInteger(), nullable=False),
        sa.Column("goods_name", sa.String(length=60), nullable=False),
        sa.Column("goods_kind", sa.String(length=30), nullable=False),
        sa.Column("picture_token", sa.String(length=40), nullable=False),
        sa.Column("unit_price_fen", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_quantity", sa.Integer(), nullable=False, comment="asked for included"),
        sa.CheckConstraint(
            "quantity > 0 AND refunded_quantity >= 0 AND refunded_quantity <= quantity",
            name=op.f("ck_mall_order_line_quantity"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_order_line_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_order_line")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_order_line_goods_id"), ["goods_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mall_order_line_order_id"), ["order_id"], unique=False)

    op.create_table(
        "messages_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "address_hash", sa.String(length=64), nullable=False, comment="keyed hash, to find and to tell apart"
        ),
        sa.Column("address_shown", sa.String(length=40), nullable=False, comment="masked"),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column(
            "queued_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="patience is counted from here",
        ),
        sa.Column(
            "due_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="new: send from; sending: end of the lease",
        ),
        sa.Column("lease", sa.String(length=32), nullable=True, comment="the sender that holds it"),
        sa.Column("client_msg_id", sa.String(length=32), nullable=False, comment="WeChat sends it once"),
        sa.Column("platform_id", sa.String(length=40), nullable=True, comment="msgid or SerialNo"),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False, comment="why it was not sent, for staff"),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False, comment="hospital's day"),
        sa.Column("sent_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_messages_delivery_tries")),
        sa.ForeignKeyConstraint(["message_id"], ["messages_message.id"], name=op.f("fk_messages_delivery_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages_delivery")),
        sa.UniqueConstraint("client_msg_id", name=op.f("uq_messages_delivery_client_msg_id")),
        sa.UniqueConstraint(
            "message_id", "channel", "address_hash", name=op.f("uq_messages_delivery_message_id_channel_address_hash")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("messages_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_delivery_address_hash_id"), ["address_hash", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_delivery_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_messages_delivery_created_on_channel_state"),
            ["created_on", "channel", "state"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_messages_delivery_platform_id"), ["platform_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_delivery_state_due_at"), ["state", "due_at"], unique=False)

    op.create_table(
        "patients_wechat_user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appid", sa.String(length=32), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("unionid", sa.String(length=64), nullable=True),
        sa.Column("nickname", sa.String(length=100), nullable=False),
        sa.Column("avatar_url", sa.String(length=500), nullable=False),
        sa.Column(
            "is_snapshot",
            sa.Boolean(),
            nullable=False,
            comment="WeChat's virtual account of the snapshot page: never bound",
        ),
        sa.Column("is_follower", sa.Boolean(), nullable=False),
        sa.Column(
            "follow_changed_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="WeChat's time of the last change",
        ),
        sa.Column("scene", sa.String(length=64), nullable=False, comment="of the QR code that was scanned last"),
        sa.Column("current_patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "seen_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True, comment="last log-in"
        ),
        sa.ForeignKeyConstraint(
            ["current_patient_id"], ["patients_patient.id"], name=op.f("fk_patients_wechat_user_current_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_wechat_user")),
        sa.UniqueConstraint("appid", "openid", name=op.f("uq_patients_wechat_user_appid_openid")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_wechat_user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_wechat_user_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_patients_wechat_user_current_patient_id"), ["current_patient_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_patients_wechat_user_unionid"), ["unionid"], unique=False)

    op.create_table(
        "payment_bill_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("out_trade_no", sa.String(length=64), nullable=False),
        sa.Column("transaction_id", sa.String(length=64), nullable=False),
        sa.Column("out_refund_no", sa.String(length=64), nullable=False, comment="empty: a payment"),
        sa.Column("refund_id", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["payment_bill.id"], name=op.f("fk_payment_bill_row_bill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_bill_row")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_bill_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_bill_row_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_bill_row_out_trade_no"), ["out_trade_no"], unique=False)

    op.create_table(
        "payment_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("subject_kind", sa.String(length=30), nullable=False, comment="what is paid for, e.g. mall"),
        sa.Column("subject_no", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=120), nullable=False, comment="what WeChat shows the payer"),
        sa.Column("patient_id", sa.BigInteger(), nullable=True, comment="whose balance may pay"),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=True, comment="who placed it"),
        sa.Column("payee_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False, comment="refunds in flight included"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=True, comment="how it was paid"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="counted up by each; guards against a new one"),
        sa.Column("waits_at_hospital", sa.Boolean(), nullable=False, comment="到院支付 was chosen"),
        sa.Column("expires_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("paid_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("closed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("receipt_no", sa.String(length=20), nullable=True, comment="of money taken at the counter"),
        sa.Column("receipt_prints", sa.Integer(), nullable=False),
        sa.Column("collected_by", sa.String(length=60), nullable=False),
        sa.Column("till", sa.String(length=20), nullable=False, comment="which cash desk"),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_payment_order_amount")),
        sa.CheckConstraint("paid_fen IN (0, amount_fen)", name=op.f("ck_payment_order_paid")),
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= paid_fen", name=op.f("ck_payment_order_refunded")),
        sa.ForeignKeyConstraint(
            ["payee_account_id"], ["wallet_account.id"], name=op.f("fk_payment_order_payee_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_order")),
        sa.UniqueConstraint("no", name=op.f("uq_payment_order_no")),
        sa.UniqueConstraint("receipt_no", name=op.f("uq_payment_order_receipt_no")),
        sa.UniqueConstraint("subject_kind", "subject_no", name=op.f("uq_payment_order_subject_kind_subject_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_order_paid_at"), ["paid_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_order_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_order_status_expires_at"), ["status", "expires_at"], unique=False)

    op.create_table(
        "staff_member_role",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_member_role_member_id")),
        sa.ForeignKeyConstraint(["role_id"], ["staff_role.id"], name=op.f("fk_staff_member_role_role_id")),
        sa.PrimaryKeyConstraint("member_id", "role_id", name=op.f("pk_staff_member_role")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("staff_member_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_member_role_role_id"), ["role_id"], unique=False)

    op.create_table(
        "staff_recovery_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False, comment="keyed hash"),
        sa.Column("used_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["staff_member.id"], name=op.f("fk_staff_recovery_code_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_recovery_code")),
        sa.UniqueConstraint("member_id", "code_hash", name=op.f("uq_staff_recovery_code_member_id_code_hash")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "wallet_card",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "active_for",
            sa.BigInteger(),
            nullable=True,
            comment="account while the card is valid: one valid card per account",
        ),
        sa.Column("issued_by", sa.String(length=60), nullable=False),
        sa.Column("issued_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("ended_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["wallet_account.id"], name=op.f("fk_wallet_card_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_card")),
        sa.UniqueConstraint("active_for", name=op.f("uq_wallet_card_active_for")),
        sa.UniqueConstraint("no", name=op.f("uq_wallet_card_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("wallet_card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wallet_card_account_id"), ["account_id"], unique=False)

    op.create_table(
        "wallet_counter_movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("movement", sa.String(length=30), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "method", sa.String(length=20), nullable=False, comment="cash, card, …; with channel. before it the account"
        ),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False, comment="why it was rejected"),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("second_by", sa.String(length=60), nullable=True, comment="who approved or rejected; another person"),
        sa.Column("requested_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("decided_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_wallet_counter_movement_amount")),
        sa.CheckConstraint(
            "second_by IS NULL OR second_by <> requested_by", name=op.f("ck_wallet_counter_movement_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["wallet_account.id"], name=op.f("fk_wallet_counter_movement_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_counter_movement")),
        sa.UniqueConstraint("no", name=op.f("uq_wallet_counter_movement_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("wallet_counter_movement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_wallet_counter_movement_account_id_requested_at"),
            ["account_id", "requested_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_wallet_counter_movement_status_requested_at"), ["status", "requested_at"], unique=False
        )

    op.create_table(
        "wallet_day_total",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topped_up_fen", sa.BigInteger(), nullable=False, comment="asked for and not rejected"),
        sa.ForeignKeyConstraint(["account_id"], ["wallet_account.id"], name=op.f("fk_wallet_day_total_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_day_total")),
        sa.UniqueConstraint("account_id", "day", name=op.f("uq_wallet_day_total_account_id_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "wallet_transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="which step of which business"),
        sa.Column(
            "source", sa.String(length=64), nullable=False, comment="number of the business event; once per kind"
        ),
        sa.Column("payer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payer_after_fen", sa.BigInteger(), nullable=True, comment="balance after it; null for the house"),
        sa.Column("payee_after_fen", sa.BigInteger(), nullable=True, comment="balance after it; null for the house"),
        sa.Column(
            "reverses_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="what it corrects",
        ),
        sa.Column("memo", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_wallet_transfer_amount")),
        sa.CheckConstraint("payer_id <> payee_id", name=op.f("ck_wallet_transfer_sides")),
        sa.ForeignKeyConstraint(["payee_id"], ["wallet_account.id"], name=op.f("fk_wallet_transfer_payee_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["wallet_account.id"], name=op.f("fk_wallet_transfer_payer_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["wallet_transfer.id"], name=op.f("fk_wallet_transfer_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_transfer")),
        sa.UniqueConstraint("kind", "source", name=op.f("uq_wallet_transfer_kind_source")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("wallet_transfer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wallet_transfer_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_wallet_transfer_payee_id_id"), ["payee_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_wallet_transfer_payer_id_id"), ["payer_id", "id"], unique=False)

    op.create_table(
        "mall_goods_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=120), nullable=False, comment="what it is good for"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["goods_id"], ["mall_goods.id"], name=op.f("fk_mall_goods_item_goods_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_goods_item")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_goods_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_goods_item_goods_id"), ["goods_id"], unique=False)

    op.create_table(
        "mall_goods_picture",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goods_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False, comment="name of a public file"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["goods_id"], ["mall_goods.id"], name=op.f("fk_mall_goods_picture_goods_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_goods_picture")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_goods_picture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_goods_picture_goods_id"), ["goods_id"], unique=False)

    op.create_table(
        "mall_refund_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refund_no", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_settled", sa.Boolean(), nullable=False, comment="stock and sales were put right"),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_refund_line_order_id")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["mall_order_line.id"], name=op.f("fk_mall_refund_line_order_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_refund_line")),
        sa.UniqueConstraint("refund_no", "order_line_id", name=op.f("uq_mall_refund_line_refund_no_order_line_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("mall_refund_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mall_refund_line_order_id"), ["order_id"], unique=False)

    op.create_table(
        "patients_binding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("active_marker", sa.SmallInteger(), nullable=True),
        sa.Column("consent_version", sa.String(length=20), nullable=False, comment="of the text that was agreed to"),
        sa.Column("bound_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("bound_by", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint(
            "(status = 'active' AND active_marker = 1 AND ended_at IS NULL) OR (status = 'ended' AND active_marker IS NULL AND ended_at IS NOT NULL)",
            name=op.f("ck_patients_binding_marker"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_patients_binding_patient_id")),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_patients_binding_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_binding")),
        sa.UniqueConstraint(
            "wechat_user_id",
            "patient_id",
            "active_marker",
            name=op.f("uq_patients_binding_wechat_user_id_patient_id_active_marker"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_binding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_binding_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "patients_look",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("last_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_patients_look_patient_id")),
        sa.ForeignKeyConstraint(
            ["wechat_user_id"], ["patients_wechat_user.id"], name=op.f("fk_patients_look_wechat_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients_look")),
        sa.UniqueConstraint(
            "wechat_user_id",
            "patient_id",
            "what",
            "day",
            name=op.f("uq_patients_look_wechat_user_id_patient_id_what_day"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("patients_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patients_look_patient_id_day"), ["patient_id", "day"], unique=False)

    op.create_table(
        "payment_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("out_trade_no", sa.String(length=32), nullable=False, comment="our number at the channel"),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False, comment="refunds in flight included"),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=True),
        sa.Column("prepay_id", sa.String(length=80), nullable=False),
        sa.Column("prepared_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("transaction_id", sa.String(length=64), nullable=True, comment="the channel's number"),
        sa.Column(
            "channel_expires_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="after it nobody can pay it",
        ),
        sa.Column("next_query_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("queries", sa.Integer(), nullable=False),
        sa.Column(
            "paid_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="by the channel's clock",
        ),
        sa.Column("late", sa.String(length=30), nullable=False),
        sa.Column(
            "late_until",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="then it is given back by itself",
        ),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_attempt_amount")),
        sa.CheckConstraint(
            "refunded_fen >= 0 AND refunded_fen <= amount_fen", name=op.f("ck_payment_attempt_refunded")
        ),
        sa.ForeignKeyConstraint(
            ["payment_order_id"], ["payment_order.id"], name=op.f("fk_payment_attempt_payment_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("out_trade_no", name=op.f("uq_payment_attempt_out_trade_no")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_payment_attempt_transaction_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_attempt_channel_paid_at"), ["channel", "paid_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_attempt_late_late_until"), ["late", "late_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_attempt_payment_order_id"), ["payment_order_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_payment_attempt_status_next_query_at"), ["status", "next_query_at"], unique=False
        )

    op.create_table(
        "payment_refund",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("payment_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False, comment="what asks for it: once per source"),
        sa.Column("is_late", sa.Boolean(), nullable=False, comment="gives back money that came too late"),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("decision", sa.String(length=200), nullable=False, comment="why it was approved or rejected"),
        sa.Column("requested_by", sa.String(length=60), nullable=False),
        sa.Column("requested_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("decided_by", sa.String(length=60), nullable=True, comment="another person"),
        sa.Column("decided_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("done_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_payment_refund_amount")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> requested_by", name=op.f("ck_payment_refund_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["payment_order_id"], ["payment_order.id"], name=op.f("fk_payment_refund_payment_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_refund")),
        sa.UniqueConstraint("no", name=op.f("uq_payment_refund_no")),
        sa.UniqueConstraint("source", name=op.f("uq_payment_refund_source")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_refund_payment_order_id"), ["payment_order_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_payment_refund_status_requested_at"), ["status", "requested_at"], unique=False
        )

    op.create_table(
        "payment_refund_part",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("out_refund_no", sa.String(length=32), nullable=False, comment="our number at the channel"),
        sa.Column("previous_nos", sa.String(length=300), nullable=False, comment="numbers that the channel closed"),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("channel_refund_id", sa.String(length=64), nullable=False),
        sa.Column("channel_state", sa.String(length=20), nullable=False, comment="the channel's own word"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("sent_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("done_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("done_by", sa.String(length=60), nullable=False, comment="who handed it over, if people did"),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_refund_part_amount")),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempt.id"], name=op.f("fk_payment_refund_part_attempt_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["payment_refund.id"], name=op.f("fk_payment_refund_part_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_refund_part")),
        sa.UniqueConstraint("out_refund_no", name=op.f("uq_payment_refund_part_out_refund_no")),
        sa.UniqueConstraint("refund_id", "attempt_id", name=op.f("uq_payment_refund_part_refund_id_attempt_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("payment_refund_part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_refund_part_attempt_id"), ["attempt_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_payment_refund_part_status_next_try_at"), ["status", "next_try_at"], unique=False
        )

    _open_house_accounts()


HOUSE = (
    (1, "channel.wechat"),
    (2, "channel.cash"),
    (3, "channel.card"),
    (4, "channel.transfer"),
    (5, "channel.wechat_code"),
    (6, "channel.alipay_code"),
    (20, "clearing.refund"),
    (21, "clearing.late"),
    (22, "clearing.pay_back"),
    (40, "house.mall"),
    (999, "house.reserved"),
)
"""Accounts of the house have fixed numbers: the program knows them without a look-up."""


def _open_house_accounts() -> None:
    account = sa.table(
        "wallet_account",
        *(sa.column(name) for name in ("id", "kind", "owner_id", "balance_fen", "floor_fen", "is_frozen", "opened_at")),
    )
    opened_at = datetime.now(UTC).replace(tzinfo=None)  # noqa: TID251 - a migration imports nothing of the program
    op.bulk_insert(
        account,
        [
            {"id": number, "kind": kind, "owner_id": 0, "floor_fen": 0, "is_frozen": False, "opened_at": opened_at}
            for number, kind in HOUSE
        ],
    )


def downgrade() -> None:
    op.drop_table("payment_refund_part")
    op.drop_table("payment_refund")
    op.drop_table("payment_attempt")
    op.drop_table("patients_look")
    op.drop_table("patients_binding")
    op.drop_table("mall_refund_line")
    op.drop_table("mall_goods_picture")
    op.drop_table("mall_goods_item")
    op.drop_table("wallet_transfer")
    op.drop_table("wallet_day_total")
    op.drop_table("wallet_counter_movement")
    op.drop_table("wallet_card")
    op.drop_table("staff_recovery_code")
    op.drop_table("staff_member_role")
    op.drop_table("payment_order")
    op.drop_table("payment_bill_row")
    op.drop_table("patients_wechat_user")
    op.drop_table("messages_delivery")
    op.drop_table("mall_order_line")
    op.drop_table("mall_goods")
    op.drop_table("website_physician")
    op.drop_table("wallet_closing")
    op.drop_table("wallet_account")
    op.drop_table("staff_role")
    op.drop_table("staff_member")
    op.drop_table("payment_notice")
    op.drop_table("payment_difference")
    op.drop_table("payment_bill")
    op.drop_table("patients_sms_code")
    op.drop_table("patients_push")
    op.drop_table("patients_patient")
    op.drop_table("messages_template")
    op.drop_table("messages_receipt")
    op.drop_table("messages_preference")
    op.drop_table("messages_pause")
    op.drop_table("messages_message")
    op.drop_table("messages_broadcast")
    op.drop_table("mall_order")
    op.drop_table("mall_category")
    op.drop_table("core_store")
    op.drop_table("core_status_change")
    op.drop_table("core_setting")
    op.drop_table("core_session")
    op.drop_table("core_sequence")
    op.drop_table("core_lease")
    op.drop_table("core_job_run")
    op.drop_table("core_job")
    op.drop_table("core_idempotency")
    op.drop_table("core_file")
    op.drop_table("core_event")
    op.drop_table("admin_audit_head")
    op.drop_table("admin_audit")
