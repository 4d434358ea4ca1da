"""Editing the website. Whatever is saved here makes the public pages anew, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock, richtext
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid
from wxapp.h5.kept import forget_public_pages
from wxapp.website import queries, rules
from wxapp.website.errors import CategoryInUse, CategoryNameTaken
from wxapp.website.models import Article, Category, Equipment, Layout, Sheet, Slide
from wxapp.website.rules import FloorPlace


@dataclass(frozen=True, kw_only=True)
class _Scheduled:
    is_published: bool
    visible_from: datetime | None = None
    visible_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SlideDraft(_Scheduled):
    """A slide as staff filled it in."""

    model: ClassVar[type[Slide]] = Slide

    title: str
    picture: str
    link: str = ""
    position: int = 100


@dataclass(frozen=True, kw_only=True)
class EquipmentDraft(_Scheduled):
    """A machine as staff filled it in; ``pictures`` are tokens, the first is the cover."""

    model: ClassVar[type[Equipment]] = Equipment

    name: str
    summary: str = ""
    pictures: tuple[str, ...] = ()
    body_html: str = ""
    position: int = 100


@dataclass(frozen=True, kw_only=True)
class ArticleDraft(_Scheduled):
    """An article as staff filled it in. Published without a moment, it is published now."""

    model: ClassVar[type[Article]] = Article

    category_id: int
    title: str
    summary: str = ""
    cover: str = ""
    body_html: str = ""
    is_pinned: bool = False


Draft = SlideDraft | EquipmentDraft | ArticleDraft


def as_row(draft: Draft, *, by: str) -> Any:
    """Return the row that saving would write, for showing it before: it is in no table.

    :raises Invalid: as saving does
    """
    return draft.model(id=0, version=1, **_values(draft, by=by))


def add(draft: Draft, *, by: str) -> int:
    """Add a slide, a machine or an article and return its number.

    :raises Invalid: it would end before it begins, or its category is gone
    """
    with transaction():
        row = draft.model(version=1, **_values(draft, by=by))
        db.session.add(row)
        db.session.flush()  # its number is the answer
        forget_public_pages()
        return row.id


def edit(row_id: int, draft: Draft, *, seen_version: int, by: str) -> None:
    """Replace what is written.

    :raises Stale: somebody else has changed it since the form was shown
    :raises NotFound: it is gone
    :raises Invalid: it would end before it begins, or its category is gone
    """
    with transaction():
        save_version(draft.model, row_id, seen=seen_version, **_values(draft, by=by))
        forget_public_pages()


def remove(model: type[Slide | Equipment | Article], row_id: int) -> None:
    """Take something off the website for good.

    :raises NotFound: it is gone already
    """
    with transaction():
        db.session.delete(queries.get(model, row_id))
        db.session.flush()
        forget_public_pages()


def _values(draft: Draft, *, by: str) -> dict[str, Any]:
    now = clock.now()
    values = asdict(draft) | {"changed_at": now, "changed_by": by}
    if draft.visible_until is not None:
        since = draft.visible_from or (now if isinstance(draft, ArticleDraft) else None)
        if since is not None and draft.visible_until <= since:
            raise Invalid({"visible_until": "结束时间应晚于开始时间"})
    if isinstance(draft, ArticleDraft):
        if db.session.get(Category, draft.category_id) is None:
            raise Invalid({"category_id": "请选择分类"})
        if draft.is_published and draft.visible_from is None:
            values["visible_from"] = now
    if isinstance(draft, EquipmentDraft):
        if len(draft.pictures) > rules.MAX_PICTURES:
            raise Invalid({"picture": f"最多{rules.MAX_PICTURES}张图片"})
        values["pictures"] = ",".join(draft.pictures)
    if "body_html" in values:
        values["body_html"] = richtext.clean(values["body_html"])
    return values


# --- pages that are there once ---------------------------------------------------------------------------------------


def write_sheet(slug: str, body_html: str, *, seen_version: int, by: str, picture: str | None = None) -> None:
    """Replace the text of 医院简介 or 体检须知, and its picture if there is a new one.

    :raises Stale: somebody else has changed it since the form was shown
    """
    values: dict[str, Any] = {"body_html": richtext.clean(body_html), "changed_at": clock.now(), "changed_by": by}
    if picture is not None:
        values["picture"] = picture
    with transaction():
        save_version(Sheet, queries.sheet(slug).id, seen=seen_version, **values)
        forget_public_pages()


def arrange_home(places: Sequence[FloorPlace], *, seen_version: int, by: str) -> None:
    """Put the floors of the home page into this order and switch them on or off.

    :raises Stale: somebody else has arranged them since the form was shown
    """
    floors = json.dumps([(place.name, place.is_shown) for place in places], ensure_ascii=False)
    with transaction():
        values = {"floors": floors, "changed_at": clock.now(), "changed_by": by}
        save_version(Layout, queries.LAYOUT, seen=seen_version, **values)
        forget_public_pages()


# --- categories of articles ------------------------------------------------------------------------------------------


def add_category(name: str, *, position: int, by: str) -> int:
    """:raises CategoryNameTaken: there is one of this name"""
    with transaction():
        row = Category(name=name, position=position, version=1, changed_at=clock.now(), changed_by=by)
        try:
            with db.session.begin_nested():
                db.session.add(row)
                db.session.flush()  # the unique key says whether the name is free
        except IntegrityError:
            raise CategoryNameTaken(field="name") from None
        forget_public_pages()
        return row.id


def edit_category(category_id: int, name: str, *, position: int, seen_version: int, by: str) -> None:
    """:raises CategoryNameTaken: there is another one of this name
    :raises Stale: somebody else has changed it since the form was shown
    """
    with transaction():
        values = {"name": name, "position": position, "changed_at": clock.now(), "changed_by": by}
        try:
            with db.session.begin_nested():
                save_version(Category, category_id, seen=seen_version, **values)
        except IntegrityError:
            raise CategoryNameTaken(field="name") from None
        forget_public_pages()


def remove_category(category_id: int) -> None:
    """:raises CategoryInUse: there are articles in it; the foreign key decides
    :raises NotFound: it is gone already
    """
    with transaction():
        queries.get(Category, category_id)
        try:
            with db.session.begin_nested():
                change(sa.delete(Category).where(Category.id == category_id))
        except IntegrityError:
            raise CategoryInUse from None
        forget_public_pages()
