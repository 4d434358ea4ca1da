"""Reads of terms: which hold for goods, what these pay, and what held before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.distribution import settings
from wxapp.distribution.models import AttributionOutcome, PromotedGoods, Scope, Terms, TermsStatus, TermsWay
from wxapp.distribution.rules.commission import Line, Rate, split
from wxapp.mall.models import Category, Goods, Nature


@dataclass(frozen=True)
class Held:
    """Terms that hold, and where they come from."""

    id: int
    scope: Scope
    way: TermsWay
    seller: int
    inviter: int

    @property
    def rate(self) -> Rate:
        return Rate(is_percent=self.way is TermsWay.PERCENT, seller=self.seller, inviter=self.inviter)


@dataclass(frozen=True)
class Standing:
    """Whether goods may be promoted, whether they are, and by which terms.

    :ivar nature: what forbids commission, be it the goods' or their category's
    :ivar is_on: None when they never were on the list
    """

    nature: Nature
    is_on: bool | None
    terms: Held | None

    @property
    def outcome(self) -> AttributionOutcome:
        """What a sale of these goods comes to, whoever sells them: they pay, or why they don't."""
        if self.nature is not Nature.ORDINARY:
            return AttributionOutcome.MEDICAL
        if not self.is_on:
            return AttributionOutcome.NOT_PROMOTED
        return AttributionOutcome.NOTHING if self.terms is None else AttributionOutcome.PAYS


# --- as part of a larger query ---------------------------------------------------------------------------------------

_OF_GOODS, _OF_CATEGORY, _DEFAULT = (aliased(Terms, name=name) for name in ("of_goods", "of_category", "of_default"))
_NARROWEST_FIRST = ((Scope.GOODS, _OF_GOODS), (Scope.CATEGORY, _OF_CATEGORY), (Scope.DEFAULT, _DEFAULT))
_TERMS_COLUMNS = ("id", "way", "seller", "inviter")

STANDING_COLUMNS: tuple[sa.Label[Any], ...] = (
    Goods.nature.label("goods_nature"),
    Category.nature.label("category_nature"),
    PromotedGoods.is_on.label("is_on"),
    *(
        getattr(terms, column).label(f"{scope}_terms_{column}")
        for scope, terms in _NARROWEST_FIRST
        for column in _TERMS_COLUMNS
    ),
)


def join_standing(statement: Any) -> Any:
    """Join what :func:`standing` needs to a statement about goods: one snapshot, so one version of the terms."""
    concerns: Mapping[Scope, Any] = {
        Scope.GOODS: _OF_GOODS.scope_id == Goods.id,
        Scope.CATEGORY: _OF_CATEGORY.scope_id == Goods.category_id,
        # Any goods: its number is 0. SQLAlchemy takes a join that compares no columns for a mistake.
        Scope.DEFAULT: _DEFAULT.scope_id < Goods.id,
    }
    statement = statement.join(Category, Category.id == Goods.category_id)
    statement = statement.outerjoin(PromotedGoods, PromotedGoods.goods_id == Goods.id)
    for scope, terms in _NARROWEST_FIRST:
        holds = sa.and_(terms.scope == scope, concerns[scope], terms.status == TermsStatus.IN_FORCE)
        statement = statement.outerjoin(terms, holds)
    return statement


def standing(row: Any, *, instead: Held | None = None) -> Standing:
    """Read what :data:`STANDING_COLUMNS` say in one row.

    :param instead: terms to be taken for those of their scope; the goods must be in it
    """
    nature = row.goods_nature if row.goods_nature is not Nature.ORDINARY else row.category_nature
    return Standing(nature, row.is_on, _held(row, instead))


def _held(row: Any, instead: Held | None) -> Held | None:
    for scope, _terms in _NARROWEST_FIRST:
        if instead is not None and instead.scope is scope:
            found: Held | None = instead
        else:
            terms_id, way, seller, inviter = (getattr(row, f"{scope}_terms_{column}") for column in _TERMS_COLUMNS)
            found = None if terms_id is None else Held(terms_id, scope, way, seller, inviter)
        if found is not None and found.way is not TermsWay.INHERIT:
            return found
    return None


# --- of some goods ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Payable:
    """What one piece of some goods pays when an active distributor sells it now."""

    seller_fen: int
    inviter_fen: int
    terms_id: int | None
    outcome: AttributionOutcome


def payable(goods_ids: Collection[int]) -> dict[int, Payable]:
    """Return what one piece of each of these goods pays; goods that do not exist are left out. One query."""
    rows = db.session.execute(
        join_standing(sa.select(Goods.id, Goods.price_fen, *STANDING_COLUMNS)).where(Goods.id.in_(goods_ids))
    )
    return {row.id: payable_of(standing(row), price_fen=row.price_fen) for row in rows} if goods_ids else {}


def payable_of(found: Standing, *, price_fen: int) -> Payable:
    """Return what one piece at this price pays, as the settings are now."""
    terms = found.terms
    outcome = found.outcome if settings.IS_OPEN() else AttributionOutcome.CLOSED
    if outcome is not AttributionOutcome.PAYS or terms is None:
        return Payable(0, 0, None if terms is None else terms.id, outcome)
    sold = Line(price_fen, 1, terms.rate, has_inviter=settings.DEPTH() > 1)
    (part,) = split([sold], cap_fen=settings.ORDER_CAP())
    if not part.seller.fen:
        outcome = AttributionOutcome.NOTHING
    return Payable(part.seller.fen, part.inviter.fen, terms.id, outcome)


def terms_for(goods_ids: Collection[int]) -> dict[int, Held]:
    """Return which terms hold for each of these goods; those without any are left out. One query."""
    statement = join_standing(sa.select(Goods.id, *STANDING_COLUMNS)).where(Goods.id.in_(goods_ids))
    found = {row.id: standing(row).terms for row in db.session.execute(statement)} if goods_ids else {}
    return {goods_id: terms for goods_id, terms in found.items() if terms is not None}


# --- versions --------------------------------------------------------------------------------------------------------


def get_terms(terms_id: int) -> Terms:
    """:raises NotFound: there are none with this key"""
    terms = db.session.get(Terms, terms_id)
    if terms is None:
        raise NotFound
    return terms


def open_key(status: TermsStatus, scope: Scope, scope_id: int) -> str:
    """Return the key that only one version may have: there is one proposal and one in force for each scope."""
    return f"{status}:{scope}:{scope_id}"


def versions(*, status: str = "", scope: str = "") -> sa.Select[Any]:
    statement: Any = sa.select(Terms)
    if status:
        statement = statement.where(Terms.status == TermsStatus(status))
    if scope:
        statement = statement.where(Terms.scope == Scope(scope))
    found: sa.Select[Any] = statement
    return found


def versions_of(scope: Scope, scope_id: int) -> list[Terms]:
    """Return all versions for exactly this scope, the newest first."""
    found = sa.select(Terms).where(Terms.scope == scope, Terms.scope_id == scope_id)
    return list(db.session.scalars(found.order_by(Terms.id.desc())))


def find_in_force(scope: Scope, scope_id: int) -> Terms | None:
    """Return what was confirmed last for exactly this scope; the wider ones are not asked."""
    key = open_key(TermsStatus.IN_FORCE, scope, scope_id)
    return db.session.scalars(sa.select(Terms).where(Terms.open_key == key)).one_or_none()


def cheapest_fen(scope: Scope, scope_id: int) -> int | None:
    """Return the price of the cheapest goods that terms of this scope could hold for; None when there are none yet.

    For more than one goods only those count that are switched on and may be: the others pay nothing.
    """
    prices: Any = sa.select(sa.func.min(Goods.price_fen))
    if scope is Scope.GOODS:
        return db.session.scalar(prices.where(Goods.id == scope_id))  # type: ignore[no-any-return]
    prices = prices.join(PromotedGoods, PromotedGoods.goods_id == Goods.id).join(
        Category, Category.id == Goods.category_id
    )
    prices = prices.where(PromotedGoods.is_on, Goods.nature == Nature.ORDINARY, Category.nature == Nature.ORDINARY)
    if scope is Scope.CATEGORY:
        prices = prices.where(Goods.category_id == scope_id)
    return db.session.scalar(prices)  # type: ignore[no-any-return]
