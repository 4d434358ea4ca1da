"""The hospital's configuration

Revision: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hospital_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False, comment="without a comma"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_category")),
        sa.UniqueConstraint("name", name=op.f("uq_hospital_category_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "hospital_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column(
            "code", sa.Integer(), nullable=False, comment="as programs know it; never used again for another word"
        ),
        sa.Column("label", sa.String(length=40), nullable=False, comment="without a comma"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_code")),
        sa.UniqueConstraint("kind", "code", name=op.f("uq_hospital_code_kind_code")),
        sa.UniqueConstraint("kind", "label", name=op.f("uq_hospital_code_kind_label")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "hospital_exam_department",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False, comment="preoperative, radiation, …"),
        sa.Column("label", sa.String(length=30), nullable=False),
        sa.Column("roles", sa.String(length=500), nullable=False, comment="names of roles that may upload; none: all"),
        sa.Column("pictures_needed", sa.SmallInteger(), nullable=False),
        sa.Column("for_first_visits", sa.Boolean(), nullable=False, comment="each first visit needs it"),
        sa.Column("import_folder", sa.String(length=200), nullable=False, comment="below the folder of files"),
        sa.Column("import_pattern", sa.String(length=120), nullable=False, comment="see hospital.rules.file_names"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_exam_department")),
        sa.UniqueConstraint("kind", name=op.f("uq_hospital_exam_department_kind")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "hospital_flow",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False, comment="JSON, see hospital.rules.flows"),
        sa.Column(
            "follows",
            sa.BigInteger(),
            nullable=False,
            comment="the version before, 0 for the built-in one: each is followed once",
        ),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_flow")),
        sa.UniqueConstraint("follows", name=op.f("uq_hospital_flow_follows")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "hospital_method",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False, comment="without a comma"),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("periods", sa.String(length=80), nullable=False, comment="on offer, with blanks: 3 6 12"),
        sa.Column("least_fen", sa.BigInteger(), nullable=False),
        sa.Column("most_fen", sa.BigInteger(), nullable=False),
        sa.Column("fee_by", sa.String(length=20), nullable=False, comment="hospital, patient or empty: no fee"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("least_fen >= 0 AND most_fen >= least_fen", name=op.f("ck_hospital_method_limits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_method")),
        sa.UniqueConstraint("name", name=op.f("uq_hospital_method_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "hospital_price_floor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False, comment="name of a role, e.g. consultant"),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("floor_bp", sa.Integer(), nullable=False, comment="8000: not below 80 % of the list price"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("floor_bp BETWEEN 0 AND 10000", name=op.f("ck_hospital_price_floor_floor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_price_floor")),
        sa.UniqueConstraint("role", "category_id", name=op.f("uq_hospital_price_floor_role_category_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "hospital_workstation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("machine", sa.String(length=40), nullable=False, comment="machine code, e.g. MACHINE-01"),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True, comment="whose place it is"),
        sa.Column("camera", sa.String(length=60), nullable=False),
        sa.Column("telephone", sa.String(length=20), nullable=False, comment="its line"),
        sa.Column("token_hash", sa.String(length=64), nullable=True, comment="none: no token, or revoked"),
        sa.Column(
            "token_at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=True,
            comment="when the token was made",
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_workstation")),
        sa.UniqueConstraint("machine", name=op.f("uq_hospital_workstation_machine")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_hospital_workstation_token_hash")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "hospital_project",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False, comment="without a comma"),
        sa.Column("operation_name", sa.String(length=60), nullable=False),
        sa.Column("english_name", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False, comment="ten digits"),
        sa.Column(
            "price_fen",
            sa.BigInteger(),
            nullable=False,
            comment="in force now; the history is in hospital_project_price",
        ),
        sa.Column(
            "priced_from",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"),
            nullable=False,
            comment="since when this price holds",
        ),
        sa.Column("share_bp", sa.Integer(), nullable=False, comment="of incentives, in basis points"),
        sa.Column("second", sa.SmallInteger(), nullable=False, comment="1 or 2; kept for programs that read it"),
        sa.Column("exam_kinds", sa.String(length=120), nullable=False, comment="kinds of examination, with blanks"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_hospital_project_price")),
        sa.CheckConstraint("share_bp BETWEEN 0 AND 10000", name=op.f("ck_hospital_project_share")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["hospital_category.id"], name=op.f("fk_hospital_project_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_project")),
        sa.UniqueConstraint("code", name=op.f("uq_hospital_project_code")),
        sa.UniqueConstraint("name", name=op.f("uq_hospital_project_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_hospital_project_category_id"), "hospital_project", ["category_id"], unique=False)
    op.create_index(op.f("ix_hospital_project_is_active_name"), "hospital_project", ["is_active", "name"], unique=False)
    op.create_table(
        "hospital_project_price",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=False, comment="0: stands; else the row's own id"),
        sa.Column("withdrawn_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["hospital_project.id"], name=op.f("fk_hospital_project_price_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital_project_price")),
        sa.UniqueConstraint(
            "project_id",
            "valid_from",
            "withdrawn",
            name=op.f("uq_hospital_project_price_project_id_valid_from_withdrawn"),
        ),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(
        op.f("ix_hospital_project_price_valid_from"), "hospital_project_price", ["valid_from"], unique=False
    )


def downgrade() -> None:
    op.drop_table("hospital_project_price")
    op.drop_table("hospital_project")
    op.drop_table("hospital_workstation")
    op.drop_table("hospital_price_floor")
    op.drop_table("hospital_method")
    op.drop_table("hospital_flow")
    op.drop_table("hospital_exam_department")
    op.drop_table("hospital_code")
    op.drop_table("hospital_category")
