"""Reports, their values and how they came

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports_client",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("takes_fhir", sa.Boolean(), nullable=False),
        sa.Column("takes_hl7", sa.Boolean(), nullable=False),
        sa.Column("networks", sa.String(length=1000), nullable=False, comment="one a line; empty: from anywhere"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("key_end", sa.String(length=4), nullable=False, comment="last characters, for people"),
        sa.Column("previous_hash", sa.String(length=64), nullable=True),
        sa.Column("previous_until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("key_made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "last_used_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="to the minute",
        ),
        sa.Column("last_address", sa.String(length=45), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("takes_fhir OR takes_hl7", name=op.f("ck_reports_client_ways")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_client")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_reports_client_key_hash")),
        sa.UniqueConstraint("label", name=op.f("uq_reports_client_label")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_reports_client_previous_hash")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "reports_document_page",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("document_token", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("token", sa.String(length=40), nullable=False, comment="name of a private file"),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_document_page")),
        sa.UniqueConstraint("document_token", "number", name=op.f("uq_reports_document_page_document_token_number")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "reports_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(length=30), nullable=False),
        sa.Column("control_id", sa.String(length=200), nullable=False, comment="MSH-10 or the Bundle's identifier"),
        sa.Column("report_nos", sa.String(length=500), nullable=False, comment="the sender's, separated by blanks"),
        sa.Column("our_nos", sa.String(length=500), nullable=False, comment="ours, separated by blanks"),
        sa.Column("verdict", sa.String(length=30), nullable=False),
        sa.Column("detail", sa.String(length=1000), nullable=False, comment="reason or warnings; never medical text"),
        sa.Column(
            "once_key",
            sa.String(length=64),
            nullable=True,
            comment="keyed hash of control id and content, of a message that was taken",
        ),
        sa.Column("charset", sa.String(length=20), nullable=False, comment="that the transport named"),
        sa.Column(
            "body",
            sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"),
            nullable=True,
            comment="compressed, without keys",
        ),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes as it came"),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("received_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("retaken_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("retaken_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_message")),
        sa.UniqueConstraint("client_id", "once_key", name=op.f("uq_reports_message_client_id_once_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("reports_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reports_message_client_id_received_at"), ["client_id", "received_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_reports_message_received_at"), ["received_at"], unique=False)

    op.create_table(
        "reports_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False, comment="BG + yymmdd + digits by chance"),
        sa.Column(
            "source", sa.String(length=60), nullable=False, comment="which way and whose key it came with, or staff"
        ),
        sa.Column("report_no", sa.String(length=64), nullable=False, comment="the sender's"),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("park_reason", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column(
            "dated_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="lists are in this order: issued, else received",
        ),
        sa.Column("revision", sa.Integer(), nullable=False, comment="number of the one that holds now"),
        sa.Column(
            "first_shown", sa.Integer(), nullable=False, comment="what was said before is not for the present patient"
        ),
        sa.Column(
            "seen_revision",
            sa.Integer(),
            nullable=False,
            comment="the last one that somebody opened on the patient's side",
        ),
        sa.Column("given_record_index", sa.String(length=64), nullable=False, comment="keyed hash, for look-ups"),
        sa.Column(
            "is_by_hand",
            sa.Boolean(),
            nullable=False,
            comment="staff have taken it back: only they may say whose it is",
        ),
        sa.Column(
            "last_issued_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="latest that the sender has named; what is older comes late",
        ),
        sa.Column("turns", sa.Integer(), nullable=False, comment="counted up to hold the row"),
        sa.Column("received_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("published_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.CheckConstraint(
            "(status IN ('held', 'published') AND patient_id IS NOT NULL) OR (status IN ('parked', 'rejected') AND patient_id IS NULL) OR status = 'withdrawn'",
            name=op.f("ck_reports_report_patient"),
        ),
        sa.CheckConstraint("revision >= 1 AND first_shown <= revision", name=op.f("ck_reports_report_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_report")),
        sa.UniqueConstraint("no", name=op.f("uq_reports_report_no")),
        sa.UniqueConstraint("source", "report_no", name=op.f("uq_reports_report_source_report_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("reports_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_report_given_record_index"), ["given_record_index"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_reports_report_patient_id_status_dated_at"),
            ["patient_id", "status", "dated_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_reports_report_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_report_status_changed_at"), ["status", "changed_at"], unique=False)

    op.create_table(
        "reports_revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, 3 … of the report"),
        sa.Column("progress", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("given_record_no", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("collected_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("issued_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("value_count", sa.Integer(), nullable=False),
        sa.Column("abnormal_count", sa.Integer(), nullable=False),
        sa.Column("picture_count", sa.Integer(), nullable=False),
        sa.Column("document_token", sa.String(length=40), nullable=False, comment="name of a private file"),
        sa.Column("document_pages", sa.Integer(), nullable=False),
        sa.Column("document_size", sa.Integer(), nullable=False, comment="bytes"),
        sa.Column("fingerprint", sa.String(length=64), nullable=False, comment="keyed hash of all that was said"),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("why", sa.Text(), nullable=False, comment="of a correction"),
        sa.ForeignKeyConstraint(["report_id"], ["reports_report.id"], name=op.f("fk_reports_revision_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_revision")),
        sa.UniqueConstraint("report_id", "number", name=op.f("uq_reports_revision_report_id_number")),
        info={"append_only": True},
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("reports_revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_revision_document_token"), ["document_token"], unique=False)

    op.create_table(
        "reports_picture",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False, comment="name of a private file"),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["reports_revision.id"], name=op.f("fk_reports_picture_revision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_picture")),
        sa.UniqueConstraint("revision_id", "position", name=op.f("uq_reports_picture_revision_id_position")),
        info={"append_only": True},
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "reports_value",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=60), nullable=False, comment="lines of one section stand together"),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True, comment="decimal, for curves"),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False, comment="as it is shown"),
        sa.Column("low", sa.String(length=30), nullable=False, comment="decimal, for curves"),
        sa.Column("high", sa.String(length=30), nullable=False),
        sa.Column("flag", sa.String(length=30), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["revision_id"], ["reports_revision.id"], name=op.f("fk_reports_value_revision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports_value")),
        sa.UniqueConstraint("revision_id", "position", name=op.f("uq_reports_value_revision_id_position")),
        info={"append_only": True},
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("reports_value", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_value_code_revision_id"), ["code", "revision_id"], unique=False)


def downgrade() -> None:
    op.drop_table("reports_value")
    op.drop_table("reports_picture")
    op.drop_table("reports_revision")
    op.drop_table("reports_report")
    op.drop_table("reports_message")
    op.drop_table("reports_document_page")
    op.drop_table("reports_client")
