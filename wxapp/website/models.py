"""Tables of the website: how the home page is arranged, and what staff write and show on it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core.db import BigId, Model, UTCDateTime
from wxapp.core.richtext import RichText


class Edited:
    """What every row has that staff edit: the version that their form saw, and who wrote it last."""

    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(sa.String(60))


class Shown:
    """What everything has that patients see once it is published, between two moments."""

    is_published: Mapped[bool] = mapped_column(sa.Boolean, default=False, comment="else a draft")
    visible_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    visible_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Sorted:
    """What staff put in an order of their own."""

    position: Mapped[int] = mapped_column(sa.Integer, default=100, comment="small numbers come first")


class Layout(Edited, Model):
    """The floors of the home page. There is one row."""

    __tablename__ = "website_layout"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    floors: Mapped[str] = mapped_column(sa.Text, comment="JSON: pairs of name and whether it is shown, from the top")


class Sheet(Edited, Model):
    """A page that is there once, such as 医院简介. Its rows are there from the beginning."""

    __tablename__ = "website_sheet"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(30), unique=True)
    picture: Mapped[str] = mapped_column(sa.String(40), default="", comment="token of a public file")
    body_html: Mapped[str] = mapped_column(RichText, comment="cleaned when written")


class Slide(Edited, Shown, Sorted, Model):
    """A picture of the carousel."""

    __tablename__ = "website_slide"
    __table_args__ = (sa.Index(None, "is_published", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(40))
    picture: Mapped[str] = mapped_column(sa.String(40), default="", comment="token of a public file")
    link: Mapped[str] = mapped_column(sa.String(200), default="", comment="a path of ours, or nothing")


class Equipment(Edited, Shown, Sorted, Model):
    """A machine that the hospital is proud of (先进设备)."""

    __tablename__ = "website_equipment"
    __table_args__ = (sa.Index(None, "is_published", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    summary: Mapped[str] = mapped_column(sa.String(200), default="")
    pictures: Mapped[str] = mapped_column(
        sa.String(500), default="", comment="tokens of public files with commas between; the first is the cover"
    )
    body_html: Mapped[str] = mapped_column(RichText, comment="cleaned when written")

    @property
    def tokens(self) -> list[str]:
        return [token for token in self.pictures.split(",") if token]

    @property
    def cover(self) -> str:
        return next(iter(self.tokens), "")


class Category(Edited, Sorted, Model):
    """A category of articles."""

    __tablename__ = "website_category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)


class Article(Edited, Shown, Model):
    """An article of 健康资讯. A published one has ``visible_from``, which is its date; the newest stands first."""

    __tablename__ = "website_article"
    __table_args__ = (
        sa.Index(None, "is_published", "is_pinned", "visible_from"),
        sa.Index(None, "category_id", "visible_from"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("website_category.id"))
    title: Mapped[str] = mapped_column(sa.String(60))
    summary: Mapped[str] = mapped_column(sa.String(200), default="")
    cover: Mapped[str] = mapped_column(sa.String(40), default="", comment="token of a public file")
    body_html: Mapped[str] = mapped_column(RichText, comment="cleaned when written")
    is_pinned: Mapped[bool] = mapped_column(sa.Boolean, default=False)
