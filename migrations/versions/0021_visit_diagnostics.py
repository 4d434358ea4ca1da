"""Pictures of visits and recording machines

Revision: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visits_device_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="as the device called it"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the file as it lay there"),
        sa.Column("number", sa.String(length=30), nullable=False, comment="what its name gave for a record number"),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False, comment="why it waits or went"),
        sa.Column(
            "upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True, comment="none: unreadable"
        ),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("found_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("handled_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("handled_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads_upload.id"], name=op.f("fk_visits_device_file_upload_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_device_file_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_device_file")),
        sa.UniqueConstraint("kind", "sha256", name=op.f("uq_visits_device_file_kind_sha256")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_visits_device_file_status_id"), "visits_device_file", ["status", "id"], unique=False)
    op.create_index(op.f("ix_visits_device_file_visit_id"), "visits_device_file", ["visit_id"], unique=False)
    op.create_table(
        "visits_machine_binding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("machine_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("open_marker", sa.SmallInteger(), nullable=True, comment="1 while it lasts"),
        sa.Column("bound_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("bound_by", sa.String(length=60), nullable=False),
        sa.Column("unbound_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["hospital_workstation.id"], name=op.f("fk_visits_machine_binding_machine_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients_patient.id"], name=op.f("fk_visits_machine_binding_patient_id")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_machine_binding_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_machine_binding")),
        sa.UniqueConstraint("machine_id", "open_marker", name=op.f("uq_visits_machine_binding_machine_id_open_marker")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(
        op.f("ix_visits_machine_binding_patient_id"), "visits_machine_binding", ["patient_id"], unique=False
    )
    op.create_index(op.f("ix_visits_machine_binding_visit_id"), "visits_machine_binding", ["visit_id"], unique=False)
    op.create_table(
        "visits_picture",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.String(length=80), nullable=False, comment="of the upload, for lists"),
        sa.Column("taken_by", sa.BigInteger(), nullable=True, comment="staff; none: a device"),
        sa.Column("taken_by_name", sa.String(length=40), nullable=False),
        sa.Column("taken_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column(
            "replaced_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="no longer in the list since",
        ),
        sa.Column("replaced_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads_upload.id"], name=op.f("fk_visits_picture_upload_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits_visit.id"], name=op.f("fk_visits_picture_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits_picture")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(
        op.f("ix_visits_picture_visit_id_kind_position"),
        "visits_picture",
        ["visit_id", "kind", "position"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("visits_picture")
    op.drop_table("visits_machine_binding")
    op.drop_table("visits_device_file")
