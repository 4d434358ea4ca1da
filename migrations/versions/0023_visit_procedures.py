"""Procedures, leaving and pickups

Revision: 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visits_appointment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booking_no", sa.String(length=32), nullable=False),
        sa.Column(
            "confirmed_for",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="the time that was confirmed",
        ),
        sa.Column("confirmed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("confirmed_by", sa.String(length=60), nullable=False),
        sa.Column("lead_referrer_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_referrer_name", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_appointment")),
        sa.UniqueConstraint("booking_no", name=op.f("uq_visits_appointment_booking_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "visits_departure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("results_handed_over", sa.Boolean(), nullable=False),
        sa.Column("medicine_handed_over", sa.Boolean(), nullable=False),
        sa.Column("next_visit_on", sa.Date(), nullable=True),
        sa.Column("advice", sa.String(length=500), nullable=False),
        sa.Column("overridden", sa.String(length=200), nullable=False, comment="why it was let through unfinished"),
        sa.Column("left_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("left_by", sa.String(length=60), nullable=False),
        sa.Column("undone_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("undone_by", sa.String(length=60), nullable=False),
        sa.Column("undone_why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_departure_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_departure")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_departure_visit_id_id"), "visits_departure", ["visit_id", "id"], unique=False)
    op.create_table(
        "visits_pickup",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("people", sa.SmallInteger(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=True),
        sa.Column("driver_name", sa.String(length=40), nullable=False),
        sa.Column("assigned_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("started_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("on_board_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("delivered_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("cancelled_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_pickup_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_pickup")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_visits_pickup_visit_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_pickup_driver_id_at"), "visits_pickup", ["driver_id", "at"], unique=False)
    op.create_index(op.f("ix_visits_pickup_status_at"), "visits_pickup", ["status", "at"], unique=False)
    op.create_table(
        "visits_procedure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("nurse_id", sa.BigInteger(), nullable=True),
        sa.Column("nurse_name", sa.String(length=40), nullable=False),
        sa.Column("physician_id", sa.BigInteger(), nullable=True),
        sa.Column("physician_name", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("planned_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("started_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("has_consent", sa.Boolean(), nullable=False, comment="consent forms are signed"),
        sa.Column("is_inpatient", sa.Boolean(), nullable=False),
        sa.Column("bed", sa.String(length=20), nullable=False),
        sa.Column(
            "bed_in_use",
            sa.String(length=20),
            nullable=True,
            comment="the bed while an in-patient has it: one patient at a time",
        ),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_procedure_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_procedure")),
        sa.UniqueConstraint("bed_in_use", name=op.f("uq_visits_procedure_bed_in_use")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_visits_procedure_visit_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_procedure_nurse_id"), "visits_procedure", ["nurse_id"], unique=False)
    op.create_index(op.f("ix_visits_procedure_physician_id"), "visits_procedure", ["physician_id"], unique=False)
    op.create_index(op.f("ix_visits_procedure_planned_at"), "visits_procedure", ["planned_at"], unique=False)
    op.create_index(op.f("ix_visits_procedure_status_id"), "visits_procedure", ["status", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("visits_procedure")
    op.drop_table("visits_pickup")
    op.drop_table("visits_departure")
    op.drop_table("visits_appointment")
