"""我的邀请, 我的客户, 分销订单: who is on them, and what they don't tell."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.factories.distribution import make_distributor
from tests.factories.mall import make_order, make_paid_order
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.sharing import make_promoted, open_as
from tests.factories.withdrawals import give_money
from wxapp.core import clock
from wxapp.core.db import transaction
from wxapp.distribution.models import DistributorStatus, SceneKind
from wxapp.distribution.queries import circle
from wxapp.distribution.queries.sharing import find_membership

K = SceneKind


@pytest.fixture
def mine(client, sign_in_wechat):
    distributor = make_distributor()
    sign_in_wechat(client, SimpleNamespace(id=distributor.wechat_user_id))
    return distributor


def make_member(distributor, *, has_paid=True, **over):
    user = open_as(make_wechat_user(**over), distributor, K.INVITE_MEMBER)
    if has_paid:
        with transaction():
            find_membership(user.id).first_paid_at = clock.now()
    return user


def buy_shared(distributor, goods, user=None, *, is_paid=True):
    user = open_as(user, distributor, K.GOODS, goods.id)
    (make_paid_order if is_paid else make_order)(goods, wechat_user_id=user.id)
    return user


# --- 我的邀请 ---------------------------------------------------------------------------------------------------------


def test_invitations_have_who_came_and_has_paid(client, mine, at):
    make_member(mine, nickname="张三丰")
    make_member(mine, nickname="未下单", has_paid=False)
    make_member(make_distributor(), nickname="别人的")
    at(timedelta(days=1))
    seller = make_distributor(inviter=mine, user=make_wechat_user(nickname="李四"), first_paid_at=clock.now())
    make_distributor(inviter=mine, user=make_wechat_user(nickname="未买过"))
    make_distributor(
        inviter=mine,
        user=make_wechat_user(nickname="未通过"),
        first_paid_at=clock.now(),
        status=DistributorStatus.REFUSED,
    )
    page = client.get("/earn/invitations").text
    assert re.findall(r'cell__label">([^<]+)', page) == ["李*", "张**"]
    assert re.findall(r'cell__note">([^<]+)', page) == ["分销员", "会员"]
    assert circle.invitation_counts(mine.id) == {K.INVITE_MEMBER: 1, K.INVITE_DISTRIBUTOR: 1}
    assert seller.name not in page
    assert seller.phone not in page


def test_invitations_are_paged_without_gaps(client, mine, at):
    names = []
    for number in range(circle.PAGE_SIZE + 3):
        if number % 3:  # many in the same moment
            at(timedelta(minutes=1))
        name = f"{chr(0x4E00 + number)}某"
        names.append(f"{name[0]}*")
        if number % 2:
            make_member(mine, nickname=name)
        else:
            make_distributor(inviter=mine, user=make_wechat_user(nickname=name), first_paid_at=clock.now())
    seen, path = [], "/earn/invitations"
    while path:
        page = client.get(path).text
        seen += re.findall(r'cell__label">([^<]+)', page)
        further = re.search(r'href="([^"]+)" rel="next"', page)
        path = further.group(1).replace("&amp;", "&") if further else ""
    assert sorted(seen) == sorted(names)


# --- 我的客户 ---------------------------------------------------------------------------------------------------------


def test_customers_have_a_masked_name_and_a_count_and_nothing_that_tells_what_they_bought(client, mine):
    goods, other = make_promoted(name="入职体检"), make_promoted(name="孕检")
    patient = make_patient(name="赵敏", phone="13800009999")
    buyer = make_wechat_user(nickname="赵小姐", patient=patient)
    for one in (goods, other, goods):
        buy_shared(mine, one, buyer)
    buy_shared(mine, goods, make_wechat_user(nickname="钱先生"))
    buy_shared(make_distributor(), goods, make_wechat_user(nickname="别人的"))
    page = client.get("/earn/customers").text
    assert re.findall(r'cell__label">([^<]+)</span></span>\s*<span class="cell__value">([^<]+)', page) == [
        ("赵**", "3 笔订单"),
        ("钱**", "1 笔订单"),
    ]
    for secret in ("赵小姐", "赵敏", "13800009999", patient.record_no, "入职体检", "孕检", "3月2日", "03-02"):
        assert secret not in page


def test_one_is_not_ones_own_customer(client, mine):
    goods = make_promoted()
    buy_shared(mine, goods, SimpleNamespace(id=mine.wechat_user_id))
    assert "还没有客户" in client.get("/earn/customers").text
    assert "还没有分销订单" in client.get("/earn/orders").text


def test_customers_are_paged(client, mine):
    goods = make_promoted(stock=50)
    for _ in range(circle.PAGE_SIZE + 1):
        buy_shared(mine, goods)
    assert client.get("/earn/customers").text.count("cell__label") == circle.PAGE_SIZE
    assert client.get("/earn/customers?page=2").text.count("cell__label") == 1
    assert client.get("/earn/customers?page=0").status_code == 404


# --- 分销订单 ---------------------------------------------------------------------------------------------------------


def test_orders_tell_goods_amounts_and_states_but_no_buyer(client, mine):
    goods = make_promoted(name="入职体检", price_fen=20_000, seller_bp=1_000)
    patient = make_patient(name="赵敏", phone="13800009999")
    buyer = open_as(make_wechat_user(nickname="赵小姐", patient=patient), mine, K.GOODS, goods.id)
    order_no = make_order(goods, wechat_user_id=buyer.id, patient_id=patient.id, quantity=2)
    page = client.get("/earn/orders").text
    for shown in (order_no, "入职体检 ×2", "400.00", "+40.00", "待付款"):
        assert shown in page
    for secret in ("赵", "13800009999", patient.record_no, "林小满", "990101199005211280"):
        assert secret not in page


def test_orders_of_members_and_of_others_shares_are_not_shared_orders(client, mine):
    goods = make_promoted()
    member = open_as(None, mine, K.INVITE_MEMBER)
    make_paid_order(goods, wechat_user_id=member.id)
    buy_shared(make_distributor(), goods)
    assert "还没有分销订单" in client.get("/earn/orders").text


def test_a_frozen_distributors_share_brings_no_order(client, mine):
    goods = make_promoted()
    buyer = open_as(None, mine, K.GOODS, goods.id)
    with transaction():
        mine.status = DistributorStatus.FROZEN
    make_paid_order(goods, wechat_user_id=buyer.id)
    assert "还没有分销订单" in client.get("/earn/orders").text


def test_an_order_that_pays_nothing_says_why(client, mine):
    goods = make_promoted(seller_bp=0)
    buy_shared(mine, goods)
    assert "佣金为零" in client.get("/earn/orders").text


def test_orders_are_paged_the_newest_first(client, mine):
    goods = make_promoted(stock=50)
    numbers = []
    for _ in range(circle.PAGE_SIZE + 2):
        buyer = open_as(None, mine, K.GOODS, goods.id)
        numbers.append(make_order(goods, wechat_user_id=buyer.id))
    first = client.get("/earn/orders").text
    shown = re.findall(r'earn-order__no">([^<]+)', first)
    older = re.search(r'href="([^"]+)" rel="next"', first).group(1)
    shown += re.findall(r'earn-order__no">([^<]+)', client.get(older).text)
    assert shown == numbers[::-1]


def test_lists_ask_as_often_whatever_their_length(client, mine, queries):
    goods = make_promoted(stock=50)
    counts = {}
    for wanted in (1, 8):
        for _ in range(wanted):
            buy_shared(mine, goods)
            make_member(mine)
        for path in ("/earn/orders", "/earn/customers", "/earn/invitations"):
            client.get(path)
            queries.clear()
            client.get(path)
            counts.setdefault(path, []).append(len(queries))
    assert all(few == many <= 12 for few, many in counts.values())


@pytest.mark.parametrize("path", ["/earn/orders", "/earn/customers", "/earn/invitations"])
def test_a_frozen_distributor_still_sees_the_lists_and_a_stranger_does_not(client, mine, sign_in_wechat, path):
    with transaction():
        mine.status = DistributorStatus.FROZEN
    assert client.get(path).status_code == 200
    assert client.get(f"{path}?before=nonsense&page=x").status_code == 200
    sign_in_wechat(client, make_wechat_user())
    assert client.get(path).headers["Location"] == "/earn/join"


@pytest.mark.parametrize(
    ("path", "action"),
    [("/earn/orders", "去推广商品"), ("/earn/customers", "去推广商品"), ("/earn/invitations", "去邀请会员")],
)
def test_empty_lists_offer_to_promote_only_to_who_may(client, mine, path, action):
    assert action in client.get(path).text
    give_money(mine, 100)  # who has left looks in as long as there is money
    for status in (DistributorStatus.FROZEN, DistributorStatus.CLOSED):
        with transaction():
            mine.status = status
        page = client.get(path)
        assert (page.status_code, "还没有" in page.text, action in page.text) == (200, True, False)
