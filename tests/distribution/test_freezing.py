"""Whose sale the lines of an order are, and what is frozen with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.distribution.buying import attributions, buy, commissions, outcome_of, write
from tests.factories.distribution import make_distributor
from tests.factories.mall import make_goods, make_order
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.promotion import make_membership, make_opening, make_promoted_goods, make_terms
from tests.factories.staff import make_member
from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.distribution import settings
from wxapp.distribution.models import (
    Attribution,
    AttributionOutcome,
    AttributionWay,
    Commission,
    CommissionStatus,
    Distributor,
    DistributorStatus,
    Level,
    TermsWay,
)
from wxapp.mall.errors import OutOfStock
from wxapp.mall.models import Category, Goods, Nature
from wxapp.patients.models import WechatUser

pytestmark = pytest.mark.usefixtures("app")

SHARE, MEMBER = AttributionWay.SHARE, AttributionWay.MEMBER


@pytest.fixture
def buyer(app: Flask) -> WechatUser:
    return make_wechat_user()


@pytest.fixture
def seller(app: Flask) -> Distributor:
    return make_distributor()


# --- whose sale ------------------------------------------------------------------------------------------------------


def test_an_order_of_somebody_who_came_by_nobody_is_nobodys(buyer: WechatUser) -> None:
    make_terms()
    assert attributions(buy(buyer, make_promoted_goods())) == []


def test_a_share_counts_for_the_goods_that_were_shared(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    shared, other = make_promoted_goods(), make_promoted_goods()
    make_opening(seller, shared, wechat_user_id=buyer.id)
    order_no = buy(buyer, shared, other)
    (found,) = attributions(order_no)
    assert (found.goods_id, found.way, found.distributor_id) == (shared.id, SHARE, seller.id)
    assert commissions(order_no) == [(seller.id, Level.SELLER, 1_000)]


def test_what_others_opened_counts_nothing(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    goods = make_promoted_goods()
    make_opening(seller, goods, wechat_user_id=make_wechat_user().id)
    assert attributions(buy(buyer, goods)) == []


@pytest.mark.parametrize(("age", "counts"), [(timedelta(days=15), True), (timedelta(days=15, seconds=1), False)])
def test_a_share_counts_for_fifteen_days(buyer: WechatUser, seller: Distributor, age: timedelta, counts: bool) -> None:
    make_terms()
    goods = make_promoted_goods()
    make_opening(seller, goods, wechat_user_id=buyer.id, at=clock.now() - age)
    assert bool(attributions(buy(buyer, goods))) is counts


def test_for_how_long_it_counts_is_a_setting(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    write(settings.ATTRIBUTION_DAYS, 1)
    goods = make_promoted_goods()
    make_opening(seller, goods, wechat_user_id=buyer.id, at=clock.now() - timedelta(days=2))
    assert attributions(buy(buyer, goods)) == []


def test_the_last_share_wins(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    goods, later = make_promoted_goods(), make_distributor()
    make_opening(later, goods, wechat_user_id=buyer.id, at=clock.now() - timedelta(hours=1))
    make_opening(seller, goods, wechat_user_id=buyer.id, at=clock.now() - timedelta(hours=2))
    assert commissions(buy(buyer, goods)) == [(later.id, Level.SELLER, 1_000)]


def test_a_members_order_is_his_distributors_whatever_he_buys(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    make_membership(seller, wechat_user_id=buyer.id, at=clock.now() - timedelta(days=900))
    order_no = buy(buyer, make_promoted_goods(), make_promoted_goods())
    assert [(one.way, one.distributor_id) for one in attributions(order_no)] == [(MEMBER, seller.id)] * 2


def test_a_share_goes_before_membership_line_by_line(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    sharer, shared, other = make_distributor(), make_promoted_goods(), make_promoted_goods()
    make_membership(seller, wechat_user_id=buyer.id)
    make_opening(sharer, shared, wechat_user_id=buyer.id, at=clock.now() - timedelta(days=3))
    order_no = buy(buyer, other, shared)
    assert commissions(order_no) == [(seller.id, Level.SELLER, 1_000), (sharer.id, Level.SELLER, 1_000)]


# --- every outcome ---------------------------------------------------------------------------------------------------


def test_it_pays(buyer: WechatUser, seller: Distributor) -> None:
    version, goods = make_terms(), make_promoted_goods(price_fen=9_999)
    opened = make_opening(seller, goods, wechat_user_id=buyer.id, at=clock.now() - timedelta(hours=5))
    order_no = buy(buyer, (goods, 3))
    (found,) = attributions(order_no)
    assert (found.outcome, found.terms_id, found.opened_at) == (AttributionOutcome.PAYS, version, opened.opened_at)
    assert (found.goods_name, found.quantity, found.line_fen) == (goods.name, 3, 29_997)
    assert (found.buyer_id, found.placed_at) == (buyer.id, clock.now())
    kept = db.session.scalars(sa.select(Commission)).one()
    assert (kept.attribution_id, kept.order_line_id, kept.order_no) == (found.id, found.order_line_id, order_no)
    assert (kept.way, kept.rate, kept.terms_id) == (TermsWay.PERCENT, 1_000, version)
    assert (kept.line_fen, kept.frozen_fen, kept.cap_fen, kept.amount_fen) == (29_997, 2_999, None, 0)
    assert (kept.status, kept.wait_days, kept.placed_at) == (CommissionStatus.PLACED, 7, clock.now())
    assert kept.pending_at is kept.due_at is None


def test_closed(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    goods = make_promoted_goods()
    make_opening(seller, goods, wechat_user_id=buyer.id)
    write(settings.IS_OPEN, False)
    assert outcome_of(order_no := buy(buyer, goods)) is AttributionOutcome.CLOSED
    assert commissions(order_no) == []


@pytest.mark.parametrize("status", [s for s in DistributorStatus if s is not DistributorStatus.ACTIVE])
def test_not_active(buyer: WechatUser, status: DistributorStatus) -> None:
    make_terms()
    goods = make_promoted_goods()
    make_opening(make_distributor(status=status), goods, wechat_user_id=buyer.id)
    assert outcome_of(order_no := buy(buyer, goods)) is AttributionOutcome.NOT_ACTIVE
    assert commissions(order_no) == []


def test_who_may_not_earn_leaves_it_to_nobody_else(buyer: WechatUser, seller: Distributor) -> None:
    """The last share decides, also when it pays nothing: neither an earlier one nor the membership steps in."""
    make_terms()
    goods, frozen = make_promoted_goods(), make_distributor(status=DistributorStatus.FROZEN)
    make_membership(seller, wechat_user_id=buyer.id)
    make_opening(seller, goods, wechat_user_id=buyer.id, at=clock.now() - timedelta(hours=2))
    make_opening(frozen, goods, wechat_user_id=buyer.id, at=clock.now() - timedelta(hours=1))
    order_no = buy(buyer, goods)
    assert (outcome_of(order_no), commissions(order_no)) == (AttributionOutcome.NOT_ACTIVE, [])


def test_staff(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    goods = make_promoted_goods()
    make_member(phone=seller.phone)
    make_opening(seller, goods, wechat_user_id=buyer.id)
    assert outcome_of(order_no := buy(buyer, goods)) is AttributionOutcome.STAFF
    assert commissions(order_no) == []


def test_own(seller: Distributor) -> None:
    make_terms()
    goods, himself = make_promoted_goods(), db.session.get_one(WechatUser, seller.wechat_user_id)
    make_opening(seller, goods, wechat_user_id=himself.id)
    assert outcome_of(order_no := buy(himself, goods)) is AttributionOutcome.OWN
    assert commissions(order_no) == []


def test_own_orders_pay_where_the_hospital_says_so(seller: Distributor) -> None:
    make_terms()
    write(settings.OWN_ORDERS_PAY, True)
    goods, himself = make_promoted_goods(), db.session.get_one(WechatUser, seller.wechat_user_id)
    make_opening(seller, goods, wechat_user_id=himself.id)
    assert commissions(buy(himself, goods)) == [(seller.id, Level.SELLER, 1_000)]


def test_not_promoted(buyer: WechatUser, seller: Distributor) -> None:
    version, never, stopped = make_terms(), make_goods(), make_promoted_goods(is_on=False)
    make_membership(seller, wechat_user_id=buyer.id)
    order_no = buy(buyer, never, stopped)
    assert [one.outcome for one in attributions(order_no)] == [AttributionOutcome.NOT_PROMOTED] * 2
    assert [one.terms_id for one in attributions(order_no)] == [version] * 2
    assert commissions(order_no) == []


def mark(row: Goods | Category, nature: Nature) -> None:
    with transaction():
        change(sa.update(type(row)).where(type(row).id == row.id).values(nature=nature))


@pytest.mark.parametrize("nature", [Nature.MEDICAL, Nature.DRUG])
@pytest.mark.parametrize("is_category", [False, True])
def test_medical(buyer: WechatUser, seller: Distributor, nature: Nature, is_category: bool) -> None:
    """What becomes a medical service or a drug while it is promoted pays nothing from then on."""
    make_terms()
    goods = make_promoted_goods()
    make_membership(seller, wechat_user_id=buyer.id)
    mark(goods.category if is_category else goods, nature)
    assert outcome_of(order_no := buy(buyer, goods)) is AttributionOutcome.MEDICAL
    assert commissions(order_no) == []


def test_nothing_without_terms(buyer: WechatUser, seller: Distributor) -> None:
    make_membership(seller, wechat_user_id=buyer.id)
    order_no = buy(buyer, make_promoted_goods())
    (found,) = attributions(order_no)
    assert (found.outcome, found.terms_id, commissions(order_no)) == (AttributionOutcome.NOTHING, None, [])


def test_nothing_when_it_comes_to_less_than_a_fen(buyer: WechatUser, seller: Distributor) -> None:
    version = make_terms(seller=1, inviter=0)
    make_membership(seller, wechat_user_id=buyer.id)
    order_no = buy(buyer, make_promoted_goods(price_fen=9_999))
    (found,) = attributions(order_no)
    assert (found.outcome, found.terms_id, commissions(order_no)) == (AttributionOutcome.NOTHING, version, [])


# --- beside the order ------------------------------------------------------------------------------------------------


def statements(queries: list[str], buy_it: Callable[[], object]) -> int:
    """Count what is sent while an order is placed, once settings are known."""
    buy_it()
    before = len(queries)
    buy_it()
    return len(queries) - before


def test_an_order_of_nobody_costs_one_query_more(
    buyer: WechatUser, queries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_terms()
    goods, patient = make_promoted_goods(), make_patient()
    place = lambda: make_order(goods, wechat_user_id=buyer.id, patient_id=patient.id)  # noqa: E731
    with_it = statements(queries, place)
    monkeypatch.setattr("wxapp.core.events._within", {"OrderPlaced": []})
    assert with_it - statements(queries, place) == 1


def test_an_order_that_earns_costs_four(buyer: WechatUser, queries: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    make_terms()
    write(settings.DEPTH, 2)
    goods, patient = make_promoted_goods(), make_patient()
    make_membership(make_distributor(inviter=make_distributor()), wechat_user_id=buyer.id)
    place = lambda: make_order(goods, wechat_user_id=buyer.id, patient_id=patient.id)  # noqa: E731
    with_it = statements(queries, place)
    monkeypatch.setattr("wxapp.core.events._within", {"OrderPlaced": []})
    assert with_it - statements(queries, place) == 4


def test_an_order_that_fails_leaves_nothing(buyer: WechatUser, seller: Distributor) -> None:
    make_terms()
    goods = make_promoted_goods(stock=0)
    make_membership(seller, wechat_user_id=buyer.id)
    with pytest.raises(OutOfStock):
        buy(buyer, goods)
    assert db.session.scalar(sa.select(sa.func.count(Attribution.id))) == 0
