"""Booking: rosters, places, bookings

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_booker",
        sa.Column("key", sa.String(length=40), nullable=False, comment="patient:12 or wechat:5"),
        sa.Column("turns", sa.Integer(), nullable=False, comment="counted up to hold the row"),
        sa.Column(
            "blocked_until",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="no booking online until then",
        ),
        sa.Column(
            "forgiven_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="no-shows before this no longer count",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_booking_booker")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "booking_project",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False, comment="what to know before coming"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_project")),
        sa.UniqueConstraint("name", name=op.f("uq_booking_project_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_project", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_booking_project_is_shown_position"), ["is_shown", "position"], unique=False
        )

    op.create_table(
        "booking_leave",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("physician_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_booking_leave_days")),
        sa.CheckConstraint("physician_id IS NULL OR project_id IS NULL", name=op.f("ck_booking_leave_not_both")),
        sa.ForeignKeyConstraint(
            ["physician_id"], ["directory_physician.id"], name=op.f("fk_booking_leave_physician_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["booking_project.id"], name=op.f("fk_booking_leave_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_leave")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_leave", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_booking_leave_first_day_last_day"), ["first_day", "last_day"], unique=False
        )

    op.create_table(
        "booking_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("physician_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("weekday", sa.SmallInteger(), nullable=False, comment="0 is Monday"),
        sa.Column("starts_minute", sa.SmallInteger(), nullable=False),
        sa.Column("ends_minute", sa.SmallInteger(), nullable=False),
        sa.Column("slot_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False, comment="of each slot"),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False, comment="shown, paid at the hospital"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True, comment="last day"),
        sa.Column("release_days", sa.SmallInteger(), nullable=False, comment="so many days ahead it can be booked"),
        sa.Column(
            "release_minute", sa.SmallInteger(), nullable=False, comment="time of day at which a day is released"
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("(physician_id IS NULL) <> (project_id IS NULL)", name=op.f("ck_booking_plan_one_of_both")),
        sa.CheckConstraint("slot_minutes > 0 AND capacity > 0", name=op.f("ck_booking_plan_slots")),
        sa.CheckConstraint(
            "starts_minute >= 0 AND ends_minute > starts_minute AND ends_minute <= 1440",
            name=op.f("ck_booking_plan_times"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_booking_plan_weekday")),
        sa.ForeignKeyConstraint(
            ["physician_id"], ["directory_physician.id"], name=op.f("fk_booking_plan_physician_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["booking_project.id"], name=op.f("fk_booking_plan_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_plan")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_plan_physician_id"), ["physician_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_plan_project_id"), ["project_id"], unique=False)

    op.create_table(
        "booking_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("physician_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_minute", sa.SmallInteger(), nullable=False),
        sa.Column("ends_minute", sa.SmallInteger(), nullable=False),
        sa.Column("slot_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column(
            "released_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="from then on patients may book",
        ),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("closed_reason", sa.String(length=100), nullable=False),
        sa.Column("closed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("closed_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint(
            "(physician_id IS NULL) <> (project_id IS NULL)", name=op.f("ck_booking_session_one_of_both")
        ),
        sa.ForeignKeyConstraint(
            ["physician_id"], ["directory_physician.id"], name=op.f("fk_booking_session_physician_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["booking_plan.id"], name=op.f("fk_booking_session_plan_id")),
        sa.ForeignKeyConstraint(["project_id"], ["booking_project.id"], name=op.f("fk_booking_session_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_session")),
        sa.UniqueConstraint("plan_id", "day", name=op.f("uq_booking_session_plan_id_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_session_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_session_physician_id_day"), ["physician_id", "day"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_session_project_id_day"), ["project_id", "day"], unique=False)

    op.create_table(
        "booking_slot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("ends_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False),
        sa.Column("taken", sa.SmallInteger(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False, comment="False as soon as the session is closed"),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_booking_slot_taken")),
        sa.ForeignKeyConstraint(["session_id"], ["booking_session.id"], name=op.f("fk_booking_slot_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_slot")),
        sa.UniqueConstraint("session_id", "starts_at", name=op.f("uq_booking_slot_session_id_starts_at")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_slot_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "booking_wait",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booker_key", sa.String(length=40), nullable=False),
        sa.Column("active_marker", sa.SmallInteger(), nullable=True),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("offered_slot_id", sa.BigInteger(), nullable=True),
        sa.Column("offer_expires_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["booking_session.id"], name=op.f("fk_booking_wait_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_wait")),
        sa.UniqueConstraint(
            "session_id",
            "booker_key",
            "active_marker",
            name=op.f("uq_booking_wait_session_id_booker_key_active_marker"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_wait", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_wait_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_booking_wait_session_id_status_id"), ["session_id", "status", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_booking_wait_status_offer_expires_at"), ["status", "offer_expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_booking_wait_wechat_user_id"), ["wechat_user_id"], unique=False)

    op.create_table(
        "booking_booking",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False, comment="B + yymmdd + digits by chance"),
        sa.Column("code", sa.String(length=12), nullable=False, comment="for check-in: in its QR code"),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("physician_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("ends_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("booker_key", sa.String(length=40), nullable=False),
        sa.Column(
            "active_marker",
            sa.SmallInteger(),
            nullable=True,
            comment="1 while it has a seat, else missing: missing values are never equal",
        ),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=True),
        sa.Column("patient_id", sa.BigInteger(), nullable=True, comment="missing until the binding comes"),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("contact_id_number", sa.Text(), nullable=False),
        sa.Column("contact_name_index", sa.String(length=64), nullable=False, comment="keyed hash, for look-ups"),
        sa.Column("contact_phone_index", sa.String(length=64), nullable=False, comment="keyed hash, for look-ups"),
        sa.Column("order_no", sa.String(length=20), nullable=False, comment="of the check-up that was bought before"),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("day_reminded_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("hours_reminded_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("arrived_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column(
            "ended_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="done, cancelled or missed",
        ),
        sa.Column("end_reason", sa.String(length=100), nullable=False),
        sa.Column("is_late_cancel", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="a drag on an old page is refused"),
        sa.ForeignKeyConstraint(["session_id"], ["booking_session.id"], name=op.f("fk_booking_booking_session_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["booking_slot.id"], name=op.f("fk_booking_booking_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_booking")),
        sa.UniqueConstraint("code", name=op.f("uq_booking_booking_code")),
        sa.UniqueConstraint("no", name=op.f("uq_booking_booking_no")),
        sa.UniqueConstraint(
            "slot_id", "booker_key", "active_marker", name=op.f("uq_booking_booking_slot_id_booker_key_active_marker")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_booking", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_booking_booker_key"), ["booker_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_booking_contact_name_index"), ["contact_name_index"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_booking_booking_contact_phone_index"), ["contact_phone_index"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_booking_booking_made_at"), ["made_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_booking_booking_patient_id_starts_at"), ["patient_id", "starts_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_booking_booking_physician_id"), ["physician_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_booking_project_id"), ["project_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_booking_booking_session_id_starts_at"), ["session_id", "starts_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_booking_booking_status_starts_at"), ["status", "starts_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_booking_booking_wechat_user_id_starts_at"), ["wechat_user_id", "starts_at"], unique=False
        )

    op.create_table(
        "booking_hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wechat_user_id", sa.BigInteger(), nullable=False),
        sa.Column("wait_id", sa.BigInteger(), nullable=True, comment="of somebody in line: an offer"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("expires_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["booking_slot.id"], name=op.f("fk_booking_hold_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_hold")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("booking_hold", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_booking_hold_slot_id_status_expires_at"), ["slot_id", "status", "expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_booking_hold_status_expires_at"), ["status", "expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_hold_wait_id"), ["wait_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_hold_wechat_user_id"), ["wechat_user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("booking_hold")
    op.drop_table("booking_booking")
    op.drop_table("booking_wait")
    op.drop_table("booking_slot")
    op.drop_table("booking_session")
    op.drop_table("booking_plan")
    op.drop_table("booking_leave")
    op.drop_table("booking_project")
    op.drop_table("booking_booker")
