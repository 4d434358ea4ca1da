"""Since when people who came by a distributor are customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories.distribution import make_distributor
from tests.factories.mall import make_goods, make_order, make_paid_order
from tests.factories.patients import make_wechat_user
from tests.factories.promotion import make_membership
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.distribution.models import Distributor, Membership
from wxapp.distribution.services.first_orders import note_first_paid
from wxapp.patients.models import WechatUser

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def buyer(app: Flask) -> WechatUser:
    """A member, and a distributor himself."""
    user = make_wechat_user()
    make_membership(make_distributor(), wechat_user_id=user.id)
    make_distributor(user=user)
    return user


def noted(user: WechatUser) -> set[object]:
    db.session.expire_all()
    return {
        db.session.scalars(sa.select(model.first_paid_at).where(model.wechat_user_id == user.id)).one()
        for model in (Membership, Distributor)
    }


def test_an_order_that_is_only_placed_makes_nobody_a_customer(buyer: WechatUser) -> None:
    make_order(make_goods(), wechat_user_id=buyer.id)
    assert noted(buyer) == {None}


def test_the_first_paid_order_counts(buyer: WechatUser, at: Callable[[str | timedelta], None]) -> None:
    at(timedelta(hours=1))
    first = clock.now()
    make_paid_order(make_goods(), wechat_user_id=buyer.id)
    at(timedelta(days=1))
    make_paid_order(make_goods(), wechat_user_id=buyer.id)
    assert noted(buyer) == {first}


def test_orders_of_others_do_not_count(buyer: WechatUser) -> None:
    make_paid_order(make_goods(), wechat_user_id=make_wechat_user().id)
    assert noted(buyer) == {None}


def test_what_was_paid_before_does_not_count(buyer: WechatUser, at: Callable[[str | timedelta], None]) -> None:
    """News of an order may come after its buyer was bound."""
    before = make_paid_order(make_goods(), wechat_user_id=buyer.id)
    at(timedelta(minutes=5))
    with transaction():
        change(sa.update(Membership).values(bound_at=clock.now(), first_paid_at=None))
        change(sa.update(Distributor).values(applied_at=clock.now(), first_paid_at=None))
    note_first_paid(before)
    assert noted(buyer) == {None}


def test_news_in_the_wrong_order_come_to_the_same(buyer: WechatUser, at: Callable[[str | timedelta], None]) -> None:
    first = clock.now()
    order_no = make_paid_order(make_goods(), wechat_user_id=buyer.id)
    with transaction():
        for model in (Membership, Distributor):
            change(sa.update(model).values(first_paid_at=first + timedelta(days=1)))
    note_first_paid(order_no)
    assert noted(buyer) == {first}
