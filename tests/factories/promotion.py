"""Goods that pay commission, the terms by which they do, and people who came by a distributor."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tests.factories.mall import make_category, make_goods
from tests.factories.staff import make_member
from wxapp.core import actors, clock
from wxapp.core.db import db, transaction
from wxapp.distribution.models import (
    Distributor,
    Membership,
    Opening,
    PromotedGoods,
    Scope,
    Terms,
    TermsStatus,
    TermsWay,
)
from wxapp.distribution.services import promoted, terms
from wxapp.mall.models import Category, Goods

PROPOSER, CONFIRMER = "staff:901", "staff:902"


def make_terms(
    *,
    goods: Goods | int | None = None,
    category: Category | int | None = None,
    way: TermsWay = TermsWay.PERCENT,
    seller: int = 1_000,
    inviter: int = 500,
    note: str = "",
) -> int:
    """Put terms in force, by two people: for goods, else a category, else as the default. Return their version."""
    scope, subject = (Scope.GOODS, goods) if goods is not None else (Scope.CATEGORY, category)
    if subject is None:
        scope, subject = Scope.DEFAULT, 0
    scope_id = subject if isinstance(subject, int) else subject.id
    if way is TermsWay.INHERIT:
        seller = inviter = 0
    terms_id = terms.propose(terms.Proposal(scope, scope_id, way, seller, inviter, note), by=PROPOSER)
    terms.confirm(terms_id, by=CONFIRMER)
    return terms_id


def make_promoted_goods(*, is_on: bool = True, **over: Any) -> Goods:
    """Return goods on the list of what may be promoted; without terms of their own."""
    goods = make_goods(**over)
    promote(goods, is_on=is_on)
    return goods


def promote(goods: Goods, *, is_on: bool = True) -> PromotedGoods:
    """Put goods on the list, and take them off again if they are not to pay."""
    promoted.switch_on(goods.id, by=PROPOSER)
    if not is_on:
        promoted.switch_off(goods.id, reason="宣传内容待核实", by=PROPOSER)
    return db.session.query(PromotedGoods).filter_by(goods_id=goods.id).one()


def make_opening(
    distributor: Distributor | int, goods: Goods | int, *, wechat_user_id: int, at: datetime | None = None
) -> Opening:
    """Note that a WeChat user has opened goods by a distributor's share."""
    row = Opening(
        wechat_user_id=wechat_user_id,
        goods_id=goods if isinstance(goods, int) else goods.id,
        distributor_id=distributor if isinstance(distributor, int) else distributor.id,
        opened_at=at or clock.now(),
    )
    with transaction():
        db.session.add(row)
    return row


def make_membership(distributor: Distributor | int, *, wechat_user_id: int, at: datetime | None = None) -> Membership:
    """Make a WeChat user a distributor's member."""
    row = Membership(
        wechat_user_id=wechat_user_id,
        distributor_id=distributor if isinstance(distributor, int) else distributor.id,
        bound_at=at or clock.now(),
    )
    with transaction():
        db.session.add(row)
    return row


def fill_terms() -> dict[str, int]:
    """Add a row to every list of terms, each by people of its own; return what addresses name."""
    by, other = (actors.staff(make_member().id) for _ in range(2))
    goods = make_goods(category_id=make_category().id)
    promoted.switch_on(goods.id, by=by)
    waiting = sa.select(Terms).where(Terms.status == TermsStatus.PROPOSED, Terms.scope == Scope.DEFAULT)
    for proposal in (
        terms.Proposal(Scope.GOODS, goods.id, TermsWay.FIXED, 100),
        terms.Proposal(Scope.DEFAULT, 0, TermsWay.PERCENT, 300, note="开业活动"),
    ):
        if proposal.scope is Scope.DEFAULT and (row := db.session.scalars(waiting).one_or_none()) is not None:
            terms.refuse(row.id, reason="另行提交", by=other)
        terms.confirm(terms.propose(proposal, by=by), by=other)
    return {"terms_id": terms.propose(terms.Proposal(Scope.DEFAULT, 0, TermsWay.PERCENT, 400), by=by)}
