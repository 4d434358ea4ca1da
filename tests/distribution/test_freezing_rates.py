"""By which terms, at how many levels and up to which limit an order earns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.buying import attributions, buy, commissions, write
from tests.factories.distribution import make_distributor
from tests.factories.mall import make_category, make_goods
from tests.factories.patients import make_wechat_user
from tests.factories.promotion import make_membership, make_opening, make_promoted_goods, make_terms, promote
from tests.factories.staff import make_member
from wxapp.core.db import change, db, transaction
from wxapp.distribution import settings
from wxapp.distribution.models import (
    AttributionOutcome,
    Commission,
    Distributor,
    DistributorStatus,
    Level,
    TermsWay,
)
from wxapp.distribution.services import promoted
from wxapp.mall.models import Goods
from wxapp.patients.models import WechatUser

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def buyer(app: Flask) -> WechatUser:
    return make_wechat_user()


@pytest.fixture
def seller(app: Flask) -> Distributor:
    return make_distributor()


# --- by which terms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("default", "of_category", "of_goods", "fen"),
    [
        (1_000, None, None, 1_000),
        (1_000, 2_000, None, 2_000),
        (1_000, 2_000, 3_000, 3_000),
        (1_000, None, 3_000, 3_000),
        (None, 2_000, None, 2_000),
        (None, None, 3_000, 3_000),
        (1_000, 0, None, None),  # nothing, said on purpose, is not the same as not said
    ],
)
def test_the_narrowest_scope_holds(
    buyer: WechatUser,
    seller: Distributor,
    default: int | None,
    of_category: int | None,
    of_goods: int | None,
    fen: int | None,
) -> None:
    goods = make_promoted_goods()
    other = make_promoted_goods()
    make_terms(goods=other, seller=50, inviter=0)  # neither another goods' terms
    make_terms(category=other.category_id, seller=60, inviter=0)  # nor another category's
    for rate, subject in ((default, {}), (of_category, {"category": goods.category_id}), (of_goods, {"goods": goods})):
        if rate is not None:
            make_terms(seller=rate, inviter=0, **subject)
    make_membership(seller, wechat_user_id=buyer.id)
    assert [one[2] for one in commissions(buy(buyer, goods))] == ([] if fen is None else [fen])


def test_inherit_lets_the_wider_scope_hold_again(buyer: WechatUser, seller: Distributor) -> None:
    goods = make_promoted_goods()
    make_terms(seller=1_000)
    make_terms(category=goods.category_id, seller=2_000)
    make_terms(goods=goods, seller=3_000)
    make_membership(seller, wechat_user_id=buyer.id)
    paid = [commissions(buy(buyer, goods))[0][2]]
    for subject in ({"goods": goods}, {"category": goods.category_id}):
        make_terms(way=TermsWay.INHERIT, **subject)
        paid.append(commissions(buy(buyer, goods))[0][2])
    assert paid == [3_000, 2_000, 1_000]


def test_a_fixed_amount_is_for_each_piece(buyer: WechatUser, seller: Distributor) -> None:
    goods = make_promoted_goods()
    make_terms(goods=goods, way=TermsWay.FIXED, seller=300, inviter=100)
    make_membership(seller, wechat_user_id=buyer.id)
    assert commissions(buy(buyer, (goods, 4))) == [(seller.id, Level.SELLER, 1_200)]
    kept = db.session.scalars(sa.select(Commission)).one()
    assert (kept.way, kept.rate) == (TermsWay.FIXED, 300)


def test_a_fixed_amount_is_never_more_than_half_of_what_was_paid(buyer: WechatUser) -> None:
    """The price went down after the terms were confirmed."""
    write(settings.DEPTH, 2)
    above = make_distributor()
    seller, goods = make_distributor(inviter=above), make_promoted_goods()
    make_terms(goods=goods, way=TermsWay.FIXED, seller=4_000, inviter=1_000)
    with transaction():
        change(sa.update(Goods).where(Goods.id == goods.id).values(price_fen=4_500))
    db.session.refresh(goods)
    make_membership(seller, wechat_user_id=buyer.id)
    expected = [(seller.id, Level.SELLER, 4_500)]
    assert commissions(buy(buyer, (goods, 2))) == expected


def test_later_settings_change_nothing(buyer: WechatUser, seller: Distributor) -> None:
    make_terms(seller=1_000)
    goods = make_promoted_goods()
    make_membership(seller, wechat_user_id=buyer.id)
    order_no = buy(buyer, goods)
    make_terms(seller=4_000)
    promoted.switch_off(goods.id, reason="宣传违规", by="staff:1")
    write(settings.WAIT_DAYS, 30)
    db.session.expire_all()
    assert commissions(order_no) == [(seller.id, Level.SELLER, 1_000)]
    assert db.session.scalars(sa.select(Commission.wait_days)).one() == 7


# --- two levels ------------------------------------------------------------------------------------------------------


def test_one_level_unless_the_hospital_says_two(buyer: WechatUser) -> None:
    make_terms(seller=1_000, inviter=500)
    seller = make_distributor(inviter=make_distributor())
    make_membership(seller, wechat_user_id=buyer.id)
    assert commissions(buy(buyer, make_promoted_goods())) == [(seller.id, Level.SELLER, 1_000)]


def test_the_second_level_is_the_last(buyer: WechatUser) -> None:
    make_terms(seller=1_000, inviter=500)
    write(settings.DEPTH, 2)
    above = make_distributor(inviter=make_distributor())
    seller = make_distributor(inviter=above)
    make_membership(seller, wechat_user_id=buyer.id)
    expected = [(seller.id, Level.SELLER, 1_000), (above.id, Level.INVITER, 500)]
    assert commissions(buy(buyer, make_promoted_goods())) == expected
    rates = {one.level: one.rate for one in db.session.scalars(sa.select(Commission))}
    assert rates == {Level.SELLER: 1_000, Level.INVITER: 500}


def frozen(_buyer: WechatUser) -> Distributor:
    return make_distributor(status=DistributorStatus.FROZEN)


def works_here(_buyer: WechatUser) -> Distributor:
    above = make_distributor()
    make_member(phone=above.phone)
    return above


def buys_himself(buyer: WechatUser) -> Distributor:
    return make_distributor(user=buyer)


@pytest.mark.parametrize("make_above", [frozen, works_here, buys_himself])
def test_an_inviter_who_may_not_earn_gets_nothing_and_nobody_steps_in(
    buyer: WechatUser, make_above: Callable[[WechatUser], Distributor]
) -> None:
    make_terms(seller=1_000, inviter=500)
    write(settings.DEPTH, 2)
    above = make_above(buyer)
    with transaction():
        change(sa.update(Distributor).where(Distributor.id == above.id).values(inviter_id=make_distributor().id))
    seller, goods = make_distributor(inviter=above), make_promoted_goods()
    make_opening(seller, goods, wechat_user_id=buyer.id)
    assert commissions(buy(buyer, goods)) == [(seller.id, Level.SELLER, 1_000)]


# --- the limit of an order -------------------------------------------------------------------------------------------


def test_the_limit_cuts_in_the_order_of_the_lines_seller_first(buyer: WechatUser) -> None:
    make_terms(seller=1_000, inviter=500)
    write(settings.DEPTH, 2)
    write(settings.ORDER_CAP, 2_700)
    above = make_distributor()
    seller = make_distributor(inviter=above)
    make_membership(seller, wechat_user_id=buyer.id)
    order_no = buy(buyer, make_promoted_goods(), make_promoted_goods(), make_promoted_goods())
    assert [one[2] for one in commissions(order_no)] == [1_000, 500, 1_000, 200]
    assert list(db.session.scalars(sa.select(Commission.cap_fen).order_by(Commission.id))) == [None, None, None, 2_700]
    assert [one.outcome for one in attributions(order_no)] == [
        AttributionOutcome.PAYS,
        AttributionOutcome.PAYS,
        AttributionOutcome.NOTHING,
    ]


def test_goods_of_a_category_share_its_terms(buyer: WechatUser, seller: Distributor) -> None:
    category = make_category()
    goods = make_goods(category_id=category.id)
    promote(goods)
    make_terms(category=category, way=TermsWay.FIXED, seller=250, inviter=0)
    make_membership(seller, wechat_user_id=buyer.id)
    assert commissions(buy(buyer, (goods, 2))) == [(seller.id, Level.SELLER, 500)]
