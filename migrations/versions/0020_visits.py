"""Visits

Revision: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visits_profile",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("province", sa.String(length=30), nullable=False),
        sa.Column("city", sa.String(length=30), nullable=False),
        sa.Column("area", sa.String(length=30), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("tag", sa.Integer(), nullable=False, comment="code of the hospital's tag"),
        sa.Column("lead_referrer_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_visits_profile_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_profile")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_visits_profile_patient_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "visits_profile_person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(length=30), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_visits_profile_person_patient_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"], name=op.f("fk_visits_profile_person_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_profile_person")),
        sa.UniqueConstraint(
            "patient_id", "part", "position", name=op.f("uq_visits_profile_person_patient_id_part_position")
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "visits_visit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_no", sa.String(length=20), nullable=False, comment="of a first visit the patient's own"),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(length=30), nullable=False),
        sa.Column("stage_before", sa.String(length=30), nullable=False, comment="a refusal, to come back to"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("appointed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("reached_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("left_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("booking_no", sa.String(length=32), nullable=True, comment="the booking it came from"),
        sa.Column(
            "flow_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="none: the built-in one",
        ),
        sa.Column("referral_source", sa.Integer(), nullable=False, comment="code of the department"),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("social_account", sa.String(length=60), nullable=False),
        sa.Column(
            "deposit_fen", sa.BigInteger(), nullable=False, comment="as agreed at intake; the money is in the till"
        ),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.Column("lead_referrer_id", sa.BigInteger(), nullable=True),
        sa.Column("consultant_id", sa.BigInteger(), nullable=True),
        sa.Column("driver_id", sa.BigInteger(), nullable=True),
        sa.Column("quote_id", sa.BigInteger(), nullable=True, comment="the revision that counts"),
        sa.Column("list_total_fen", sa.BigInteger(), nullable=False),
        sa.Column("offered_fen", sa.BigInteger(), nullable=True),
        sa.Column("final_fen", sa.BigInteger(), nullable=True, comment="what review has decided"),
        sa.Column("quote_remark", sa.String(length=500), nullable=False),
        sa.Column("collected_final_fen", sa.BigInteger(), nullable=True, comment="final price at the last collection"),
        sa.Column("collected_fen", sa.BigInteger(), nullable=False, comment="sum of the entries that are not voided"),
        sa.Column("is_collected", sa.Boolean(), nullable=False),
        sa.Column("current_step", sa.String(length=30), nullable=False),
        sa.Column(
            "step_since",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="when the current step began",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["hospital_flow.id"], name=op.f("fk_visits_visit_flow_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients_patient.id"], name=op.f("fk_visits_visit_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_visit")),
        sa.UniqueConstraint("booking_no", name=op.f("uq_visits_visit_booking_no")),
        sa.UniqueConstraint("visit_no", name=op.f("uq_visits_visit_visit_no")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_visit_changed_at"), "visits_visit", ["changed_at"], unique=False)
    op.create_index(
        op.f("ix_visits_visit_consultant_id_day_id"), "visits_visit", ["consultant_id", "day", "id"], unique=False
    )
    op.create_index(
        op.f("ix_visits_visit_consultant_id_stage_day_id"),
        "visits_visit",
        ["consultant_id", "stage", "day", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_visits_visit_day_id"), "visits_visit", ["day", "id"], unique=False)
    op.create_index(op.f("ix_visits_visit_driver_id_day"), "visits_visit", ["driver_id", "day"], unique=False)
    op.create_index(
        op.f("ix_visits_visit_lead_referrer_id_day"), "visits_visit", ["lead_referrer_id", "day"], unique=False
    )
    op.create_index(op.f("ix_visits_visit_left_at"), "visits_visit", ["left_at"], unique=False)
    op.create_index(op.f("ix_visits_visit_patient_id_id"), "visits_visit", ["patient_id", "id"], unique=False)
    op.create_index(op.f("ix_visits_visit_stage_day_id"), "visits_visit", ["stage", "day", "id"], unique=False)
    op.create_table(
        "visits_interest",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["hospital_category.id"], name=op.f("fk_visits_interest_category_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_interest_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_interest")),
        sa.UniqueConstraint("visit_id", "category_id", name=op.f("uq_visits_interest_visit_id_category_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "visits_person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(length=30), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"], name=op.f("fk_visits_person_staff_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_person_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_person")),
        sa.UniqueConstraint("visit_id", "part", "position", name=op.f("uq_visits_person_visit_id_part_position")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_person_staff_id_visit_id"), "visits_person", ["staff_id", "visit_id"], unique=False)
    op.create_table(
        "visits_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("started_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("ended_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True, comment="who ended it"),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_step_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_step")),
        sa.UniqueConstraint("visit_id", "kind", name=op.f("uq_visits_step_visit_id_kind")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table("visits_step")
    op.drop_table("visits_person")
    op.drop_table("visits_interest")
    op.drop_table("visits_visit")
    op.drop_table("visits_profile_person")
    op.drop_table("visits_profile")
