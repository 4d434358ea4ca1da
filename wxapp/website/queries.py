"""Reads of the website."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import load_only

from wxapp.core import clock
from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.website import rules
from wxapp.website.models import Article, Category, Equipment, Layout, Sheet, Shown, Slide
from wxapp.website.rules import FloorPlace

LAYOUT = 1
"""Number of the one row of the layout."""

MOST_SLIDES = 12
PAGE_SIZE = 10

Row = TypeVar("Row", bound=Slide | Equipment | Article | Category)
Timed = TypeVar("Timed", bound=Equipment | Article)


def _visible(model: type[Shown], now: datetime) -> list[sa.ColumnElement[bool]]:
    """The condition of :func:`rules.is_visible`, as the database asks it."""
    return [
        model.is_published.is_(True),
        sa.or_(model.visible_from.is_(None), model.visible_from <= now),
        sa.or_(model.visible_until.is_(None), model.visible_until > now),
    ]


def next_change(*models: type[Shown]) -> datetime | None:
    """Return when the next thing of these kinds appears or disappears by itself; one question for all of them."""
    now = clock.now()
    moments = [
        sa.select(sa.func.min(column)).where(model.is_published.is_(True), column > now).scalar_subquery()
        for model in models
        for column in (model.visible_from, model.visible_until)
    ]
    return rules.next_change(db.session.execute(sa.select(*moments)).one(), now=now)


# --- home page -------------------------------------------------------------------------------------------------------


def layout() -> Layout:
    return db.session.get_one(Layout, LAYOUT)


def kept_places(row: Layout) -> list[FloorPlace]:
    return [FloorPlace(name, is_shown) for name, is_shown in json.loads(row.floors)]


def slides() -> Sequence[Slide]:
    """Return the slides that are to be seen now."""
    statement = sa.select(Slide).where(*_visible(Slide, clock.now())).order_by(Slide.position, Slide.id)
    return db.session.scalars(statement.limit(MOST_SLIDES)).all()


def sheets() -> Sequence[Sheet]:
    """Return all sheets; while somebody holds them, :func:`sheet` asks nobody."""
    return db.session.scalars(sa.select(Sheet).order_by(Sheet.id)).all()


def sheet(slug: str) -> Sheet:
    """:raises NotFound: there is no such page"""
    found = db.session.get(Sheet, rules.SHEETS.get(slug, 0))
    if found is None:
        raise NotFound
    return found


# --- equipment -------------------------------------------------------------------------------------------------------

_CARD = (Equipment.name, Equipment.summary, Equipment.pictures)


def equipment_page(page: int, *, size: int = PAGE_SIZE) -> tuple[Sequence[Equipment], bool]:
    """Return one page of the machines without their texts, and whether there is another one."""
    statement = (
        sa.select(Equipment)
        .options(load_only(*_CARD, raiseload=True))
        .where(*_visible(Equipment, clock.now()))
        .order_by(Equipment.position, Equipment.id)
    )
    found = db.session.scalars(statement.offset((page - 1) * size).limit(size + 1)).all()
    return found[:size], len(found) > size


def shown_equipment(equipment_id: int) -> Equipment:
    """:raises NotFound: no such machine, or not to be seen now"""
    return _shown(Equipment, equipment_id)


# --- articles --------------------------------------------------------------------------------------------------------

_HEADLINE = (Article.title, Article.summary, Article.cover, Article.is_pinned, Article.visible_from)


def article_page(page: int, *, category_id: int | None = None, size: int = PAGE_SIZE) -> tuple[Sequence[Article], bool]:
    """Return one page of the articles without their texts, pinned ones first, and whether there is another one."""
    statement = (
        sa.select(Article)
        .options(load_only(*_HEADLINE, raiseload=True))
        .where(*_visible(Article, clock.now()))
        .order_by(Article.is_pinned.desc(), Article.visible_from.desc(), Article.id.desc())
    )
    if category_id is not None:
        statement = statement.where(Article.category_id == category_id)
    found = db.session.scalars(statement.offset((page - 1) * size).limit(size + 1)).all()
    return found[:size], len(found) > size


def shown_article(article_id: int) -> Article:
    """:raises NotFound: no such article, or not to be seen now"""
    return _shown(Article, article_id)


def categories() -> Sequence[Category]:
    return db.session.scalars(sa.select(Category).order_by(Category.position, Category.id).limit(100)).all()


def _shown(model: type[Timed], row_id: int) -> Timed:
    found = db.session.scalars(sa.select(model).where(model.id == row_id, *_visible(model, clock.now()))).first()
    if found is None:
        raise NotFound
    return found


# --- for staff -------------------------------------------------------------------------------------------------------


def get(model: type[Row], row_id: int) -> Row:
    """:raises NotFound: there is no such row"""
    found = db.session.get(model, row_id)
    if found is None:
        raise NotFound
    return found


def slides_for_staff() -> sa.Select[Any]:
    return sa.select(Slide)


def equipment_for_staff(*, name: str) -> sa.Select[Any]:
    statement = sa.select(Equipment)
    return statement.where(Equipment.name.contains(name, autoescape=True)) if name else statement


def articles_for_staff(*, title: str, category: str) -> sa.Select[Any]:
    joined = sa.select(Article, Category.name.label("category")).join(Category, Category.id == Article.category_id)
    wanted: list[sa.ColumnElement[bool]] = []
    if title:
        wanted.append(Article.title.contains(title, autoescape=True))
    if category:
        wanted.append(Article.category_id == int(category))
    return cast("sa.Select[Any]", joined.where(*wanted))


def categories_for_staff() -> sa.Select[Any]:
    return sa.select(Category)
