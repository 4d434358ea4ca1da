"""Floors, articles and equipment of the website

Revision: 0005
"""

import html
import json
import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ABOUT = (
    "医院设有体检中心、内科、外科、妇产科、口腔科、医学影像科与检验科，提供健康体检、门诊与住院服务。"
    "您可以在这里选购体检套餐、在线付款，并随时查看订单与余额。"
)
NOTICE = (
    "<p>体检前三天清淡饮食，不饮酒，避免剧烈运动；前一晚八点后禁食，十点后禁水。</p>"
    "<p>当天早晨空腹，携带身份证件；正在服药的慢性病患者可照常服药并告知医护人员。</p>"
    "<p>怀孕、可能怀孕或处于月经期的女士，请在检查前告知工作人员，部分项目需要改期。</p>"
)


def upgrade() -> None:
    op.create_table(
        "core_generation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_generation")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "website_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="small numbers come first"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_website_category")),
        sa.UniqueConstraint("name", name=op.f("uq_website_category_name")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "website_equipment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column(
            "pictures",
            sa.String(length=500),
            nullable=False,
            comment="tokens of public files with commas between; the first is the cover",
        ),
        sa.Column(
            "body_html",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
            comment="cleaned when written",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False, comment="else a draft"),
        sa.Column("visible_from", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("visible_until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False, comment="small numbers come first"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_website_equipment")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("website_equipment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_website_equipment_is_published_position"), ["is_published", "position"], unique=False
        )

    op.create_table(
        "website_layout",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "floors", sa.Text(), nullable=False, comment="JSON: pairs of name and whether it is shown, from the top"
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_website_layout")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "website_sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=30), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=False, comment="token of a public file"),
        sa.Column(
            "body_html",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
            comment="cleaned when written",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_website_sheet")),
        sa.UniqueConstraint("slug", name=op.f("uq_website_sheet_slug")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "website_slide",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=False, comment="token of a public file"),
        sa.Column("link", sa.String(length=200), nullable=False, comment="a path of ours, or nothing"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False, comment="else a draft"),
        sa.Column("visible_from", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("visible_until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False, comment="small numbers come first"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_website_slide")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("website_slide", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_website_slide_is_published_position"), ["is_published", "position"], unique=False
        )

    op.create_table(
        "website_article",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("cover", sa.String(length=40), nullable=False, comment="token of a public file"),
        sa.Column(
            "body_html",
            sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb").with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
            comment="cleaned when written",
        ),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False, comment="else a draft"),
        sa.Column("visible_from", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.Column("visible_until", sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql"), nullable=True),
        sa.ForeignKeyConstraint(["category_id"], ["website_category.id"], name=op.f("fk_website_article_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_website_article")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    with op.batch_alter_table("website_article", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_website_article_category_id_visible_from"), ["category_id", "visible_from"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_website_article_is_published_is_pinned_visible_from"),
            ["is_published", "is_pinned", "visible_from"],
            unique=False,
        )

    with op.batch_alter_table("directory_physician", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "academic_titles",
                sa.String(length=100),
                server_default="",
                nullable=False,
                comment="e.g. 教授、博士生导师",
            )
        )

    _fill()
    _write_profiles(_paragraphs)


def _fill() -> None:
    """Write the rows that are there from the beginning; what staff wrote about the hospital moves into its page."""
    connection = op.get_bind()
    said = connection.scalar(sa.text("SELECT value FROM core_setting WHERE name = 'website.about'"))
    about = ABOUT if said is None else str(json.loads(said))
    by = {"by": "system:migration"}
    for number, slug, body in ((1, "about", _paragraphs(about)), (2, "checkup-notice", NOTICE)):
        connection.execute(
            sa.text(
                "INSERT INTO website_sheet (id, slug, picture, body_html, version, changed_at, changed_by) "
                "VALUES (:id, :slug, '', :body, 1, CURRENT_TIMESTAMP, :by)"
            ),
            {"id": number, "slug": slug, "body": body, **by},
        )
    connection.execute(
        sa.text(
            "INSERT INTO website_layout (id, floors, version, changed_at, changed_by) "
            "VALUES (1, '[]', 1, CURRENT_TIMESTAMP, :by)"
        ),
        by,
    )
    connection.execute(sa.text("INSERT INTO core_generation (id, number) VALUES (1, 1)"))
    connection.execute(sa.text("DELETE FROM core_setting WHERE name = 'website.about'"))


def _write_profiles(written) -> None:
    """Turn every physician's profile from plain text into rich text, or back."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, profile FROM directory_physician WHERE profile <> ''")).all()
    for number, profile in rows:
        connection.execute(
            sa.text("UPDATE directory_physician SET profile = :profile WHERE id = :id"),
            {"id": number, "profile": written(profile)},
        )


def _paragraphs(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", text.replace("</p>", "\n"))).strip()


def downgrade() -> None:
    _write_profiles(_plain)
    connection = op.get_bind()
    about = connection.scalar(sa.text("SELECT body_html FROM website_sheet WHERE slug = 'about'"))
    connection.execute(
        sa.text(
            "INSERT INTO core_setting (name, value, changed_at, changed_by) VALUES (:name, :value, CURRENT_TIMESTAMP, :by)"
        ),
        {
            "name": "website.about",
            "value": json.dumps(_plain(about or ""), ensure_ascii=False),
            "by": "system:migration",
        },
    )
    with op.batch_alter_table("directory_physician", schema=None) as batch_op:
        batch_op.drop_column("academic_titles")

    op.drop_table("website_article")
    op.drop_table("website_slide")
    op.drop_table("website_sheet")
    op.drop_table("website_layout")
    op.drop_table("website_equipment")
    op.drop_table("website_category")
    op.drop_table("core_generation")
