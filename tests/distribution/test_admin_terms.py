"""Staff's pages of terms and promoted goods: right, wrong, not allowed, pressed twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.mall import make_category, make_goods
from tests.factories.promotion import PROPOSER, fill_terms, make_promoted_goods, make_terms
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core import actors
from wxapp.core.db import change, db, transaction
from wxapp.core.permissions import Permission
from wxapp.distribution.models import PromotedGoods, Scope, Terms, TermsStatus, TermsWay
from wxapp.distribution.services import terms
from wxapp.mall.models import Goods, Nature
from wxapp.staff.models import Member

P = Permission
JSON = {"Accept": "application/json"}
ALL = (P.DISTRIBUTION_READ, P.COMMISSION_PROPOSE, P.COMMISSION_CONFIRM)


@dataclass
class Desk:
    """A member of staff at the pages of terms."""

    client: FlaskClient
    csrf: str
    member: Member

    @property
    def actor(self) -> str:
        return actors.staff(self.member.id)

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/distribution/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/distribution/{path}", headers=JSON).json

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/distribution/{path}", data={"csrf_token": self.csrf, **fields})


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    def make(*rights: P) -> Desk:
        member = make_member(set(rights))
        return Desk(client, sign_in_staff(client, member), member)

    return make


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(*ALL)


def proposal(**over: Any) -> dict[str, Any]:
    fields = {"subject": "default:0", "way": "percent", "seller": "10", "inviter": "2.5", "note": "开业活动"}
    return {**fields, **over}


def all_terms() -> list[Terms]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Terms).order_by(Terms.id)))


def proposed(**over: Any) -> int:
    values: dict[str, Any] = {"scope": Scope.DEFAULT, "scope_id": 0, "way": TermsWay.PERCENT, "seller": 1_000}
    return terms.propose(terms.Proposal(**(values | over)), by=PROPOSER)


def audited(action: str) -> list[tuple[str, str]]:
    found = db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action))
    return [(row.subject, row.detail) for row in found]


# --- doors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "terms", P.DISTRIBUTION_READ),
        ("GET", "terms/new", P.COMMISSION_PROPOSE),
        ("POST", "terms/new", P.COMMISSION_PROPOSE),
        ("GET", "terms/1", P.DISTRIBUTION_READ),
        ("POST", "terms/1/confirm", P.COMMISSION_CONFIRM),
        ("POST", "terms/1/refuse", P.COMMISSION_CONFIRM),
        ("POST", "terms/1/take-back", P.COMMISSION_PROPOSE),
        ("GET", "goods", P.DISTRIBUTION_READ),
        ("POST", "goods", P.COMMISSION_PROPOSE),
        ("GET", "goods/1", P.DISTRIBUTION_READ),
        ("POST", "goods/1/on", P.COMMISSION_PROPOSE),
        ("POST", "goods/1/off", P.COMMISSION_PROPOSE),
    ],
)
def test_each_page_needs_its_right(sit: Sit, method: str, path: str, right: P) -> None:
    others = sit(*(one for one in P if one is not right))
    answer = others.get(path) if method == "GET" else others.post(path)
    assert answer.status_code == 403


# --- terms -----------------------------------------------------------------------------------------------------------


def test_terms_are_proposed_in_percent_and_in_yuan(desk: Desk) -> None:
    goods = make_goods(price_fen=10_000)
    assert desk.post("terms/new", **proposal()).status_code == 303
    fixed = proposal(subject=f"goods:{goods.id}", way="fixed", seller="12.5", inviter="")
    assert desk.post("terms/new", **fixed).status_code == 303
    first, second = all_terms()
    assert (first.scope, first.way, first.seller, first.inviter) == (Scope.DEFAULT, TermsWay.PERCENT, 1_000, 250)
    assert (second.scope_id, second.way, second.seller, second.inviter) == (goods.id, TermsWay.FIXED, 1_250, 0)
    assert (first.proposed_by, first.note) == (desk.actor, "开业活动")
    assert audited("distribution.terms_propose")[0] == (f"distribution_terms:{first.id}", "default:0，10%，邀请人2.5%")


def test_a_proposal_pressed_twice_is_made_once(desk: Desk) -> None:
    answers = [desk.post("terms/new", **proposal(form_key="key-0000000001")) for _ in range(2)]
    assert len({answer.headers["Location"] for answer in answers}) == len(all_terms()) == 1


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"subject": ""}, "请选择适用范围"),
        ({"subject": "shop:1"}, "请选择适用范围"),
        ({"subject": "goods:x"}, "请选择适用范围"),
        ({"subject": "goods:²"}, "请选择适用范围"),
        ({"way": "gift"}, "计佣方式不在可选范围内"),
        ({"seller": "10%"}, "请填写数字，最多两位小数"),
        ({"seller": "-1"}, "请填写数字，最多两位小数"),
        ({"seller": "48", "inviter": "2.01"}, "两级佣金合计不能超过50%"),
        ({"seller": "", "inviter": "1"}, "请填写分销员佣金，不计佣请填0"),
        ({"seller": "0", "inviter": "1"}, "不能只给邀请人佣金"),
        ({"note": ""}, "请填写调整说明"),
        ({"way": "inherit", "seller": "", "inviter": ""}, "默认设置没有上一级"),
    ],
)
def test_a_wrong_proposal_comes_back_with_a_sentence(desk: Desk, over: dict[str, str], text: str) -> None:
    page = desk.post("terms/new", **proposal(**over))
    assert page.status_code == 422
    assert text in page.text
    assert "开业活动" in page.text or "note" in over
    assert all_terms() == []


def test_goods_that_do_not_exist_are_not_found(desk: Desk) -> None:
    assert desk.post("terms/new", **proposal(subject="goods:999999999999999")).status_code == 404


def test_medical_goods_can_neither_be_chosen_nor_sent(desk: Desk) -> None:
    goods = make_goods(nature=Nature.MEDICAL)
    assert f"goods:{goods.id}" not in desk.get("terms/new").text
    page = desk.post("terms/new", **proposal(subject=f"goods:{goods.id}"))
    assert page.status_code == 409
    assert "医疗服务和药品不能参与推广" in page.text


def test_a_second_proposal_for_the_same_waits_its_turn(desk: Desk) -> None:
    proposed()
    page = desk.post("terms/new", **proposal())
    assert page.status_code == 409
    assert "该范围已有待确认的设置" in page.text


def test_the_second_person_sees_what_it_would_change(desk: Desk) -> None:
    make_terms(seller=1_000, inviter=0)
    wide = make_promoted_goods(name="入职体检", sales=5, price_fen=20_000)
    narrow = make_promoted_goods(name="肠镜", sales=9, price_fen=10_000)
    make_terms(goods=narrow, seller=3_000, inviter=0)
    make_goods(name="没有推广", sales=99)
    terms_id = proposed(seller=1_500)
    rows = desk.ask(f"terms/{terms_id}")["preview"]
    assert [(row["name"], row["now"]["seller"], row["then"]["seller"]) for row in rows] == [
        (narrow.name, "30.00", "30.00"),
        (wide.name, "20.00", "30.00"),
    ]
    page = desk.get(f"terms/{terms_id}").text
    assert "不受影响：商品设置" in page
    assert "没有推广" not in page


@pytest.mark.parametrize("is_on", [None, False, True])
def test_the_preview_of_goods_says_what_they_pay_once_promoted(desk: Desk, is_on: bool | None) -> None:
    make_terms(seller=1_000, inviter=0)
    goods = make_goods(price_fen=20_000) if is_on is None else make_promoted_goods(is_on=is_on, price_fen=20_000)
    terms_id = proposed(scope=Scope.GOODS, scope_id=goods.id, seller=1_500, inviter=0)
    (row,) = desk.ask(f"terms/{terms_id}")["preview"]
    assert (row["now"]["seller"], row["then"]["seller"], row["is_promoted"]) == ("20.00", "30.00", bool(is_on))
    page = desk.get(f"terms/{terms_id}").text
    assert ("目前未推广，金额为加入推广后的佣金" in page) is (not is_on)
    assert "商品未参与推广" not in page
    with transaction():
        change(sa.update(Goods).where(Goods.id == goods.id).values(nature=Nature.MEDICAL))
    page = desk.get(f"terms/{terms_id}").text
    assert "医疗服务或药品不计佣" in page
    assert "金额为加入推广后的佣金" not in page


def test_the_preview_shows_ten_and_what_ending_a_special_setting_means(desk: Desk) -> None:
    category = make_category()
    make_terms(seller=1_000, inviter=0)
    for _ in range(11):
        make_promoted_goods(category_id=category.id, price_fen=10_000)
    make_promoted_goods(sales=100)
    make_terms(category=category, seller=2_000, inviter=0)
    terms_id = proposed(scope=Scope.CATEGORY, scope_id=category.id, way=TermsWay.INHERIT, seller=0)
    rows = desk.ask(f"terms/{terms_id}")["preview"]
    assert [(row["now"]["seller"], row["then"]["seller"]) for row in rows] == [("20.00", "10.00")] * 10


def test_the_second_person_confirms(desk: Desk) -> None:
    old, new = make_terms(seller=500), proposed()
    for _ in range(2):
        answer = desk.post(f"terms/{new}/confirm", form_key="key-0000000002")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/pc/distribution/terms/{new}")
    assert [(one.id, one.status) for one in all_terms()] == [(old, TermsStatus.ENDED), (new, TermsStatus.IN_FORCE)]
    assert [row["id"] for row in desk.ask(f"terms/{old}")["versions"]] == [new, old]
    assert audited("distribution.terms_confirm")[0] == (f"distribution_terms:{new}", "10%")


def test_who_proposed_is_not_offered_to_decide_and_may_not(desk: Desk) -> None:
    desk.post("terms/new", **proposal())
    (mine,) = all_terms()
    page = desk.get(f"terms/{mine.id}").text
    assert "/confirm" not in page
    assert f"/terms/{mine.id}/take-back" in page
    refused = desk.post(f"terms/{mine.id}/confirm")
    assert refused.status_code == 409
    assert "提交人与确认人不能是同一人" in refused.text
    assert desk.post(f"terms/{mine.id}/take-back").status_code == 303
    assert all_terms()[0].status is TermsStatus.REFUSED


def test_a_refusal_needs_a_reason(desk: Desk) -> None:
    terms_id = proposed()
    page = desk.post(f"terms/{terms_id}/refuse", reason="")
    assert page.status_code == 422
    assert "请填写不通过的原因" in page.text
    assert desk.post(f"terms/{terms_id}/refuse", reason="比例过高").status_code == 303
    assert "比例过高" in desk.get(f"terms/{terms_id}").text


def test_the_list_shows_who_when_and_why(desk: Desk) -> None:
    make_terms(note="开业活动")
    proposed(scope=Scope.CATEGORY, scope_id=make_category(name="套餐").id)
    assert "开业活动" in desk.get("terms").text
    assert [row["subject"] for row in desk.ask("terms")["list"]] == ["分类：套餐", "全部商品（默认）"]
    assert [row["status"] for row in desk.ask("terms?status=in_force")["list"]] == ["in_force"]
    assert [row["subject"] for row in desk.ask("terms?scope=category")["list"]] == ["分类：套餐"]


# --- promoted goods --------------------------------------------------------------------------------------------------


def switch(goods: Goods) -> PromotedGoods | None:
    db.session.expire_all()
    return db.session.scalars(sa.select(PromotedGoods).where(PromotedGoods.goods_id == goods.id)).one_or_none()


def test_the_list_says_what_each_pays_and_why(desk: Desk) -> None:
    version = make_terms(seller=1_000, inviter=500)
    on, never = make_promoted_goods(name="入职体检", sales=3), make_goods(name="胸部CT", sales=2)
    off = make_promoted_goods(name="肠镜", is_on=False, sales=1)
    drug = make_promoted_goods(name="药")
    with transaction():
        change(sa.update(Goods).where(Goods.id == drug.id).values(nature=Nature.DRUG))
    page = desk.get("goods").text
    for text in ("¥10.00", f"默认设置，版本{version}", "宣传内容待核实", "医疗服务或药品不计佣", "药品"):
        assert text in page
    rows = desk.ask("goods")["list"]
    assert [(row["id"], row["state"], row["pays"]["seller"]) for row in rows] == [
        (on.id, "on", "10.00"),
        (never.id, "never", "0.00"),
        (off.id, "off", "0.00"),
        (drug.id, "forbidden", "0.00"),
    ]
    for row in rows:
        assert [one["id"] for one in desk.ask(f"goods?state={row['state']}")["list"]] == [row["id"]]
    assert [one["id"] for one in desk.ask("goods?text=CT")["list"]] == [never.id]
    assert [one["id"] for one in desk.ask(f"goods?category={off.category_id}")["list"]] == [off.id]


def test_goods_are_switched_on_off_and_on_again(desk: Desk) -> None:
    goods = make_goods()
    for _ in range(2):
        assert desk.post(f"goods/{goods.id}/on", version="0", form_key="key-0000000003").status_code == 303
    assert (row := switch(goods)) is not None
    assert row.is_on
    assert desk.post(f"goods/{goods.id}/off", reason="").status_code == 422
    assert desk.post(f"goods/{goods.id}/off", reason="宣传违规").status_code == 303
    assert "曾因“宣传违规”停用" in (page := desk.get(f"goods/{goods.id}").text)
    assert (row := switch(goods)) is not None
    assert f'name="version" value="{row.version}"' in page
    assert desk.post(f"goods/{goods.id}/on", version="1").status_code == 409
    assert desk.post(f"goods/{goods.id}/on", version=row.version).status_code == 303
    assert audited("distribution.switch_off")[-1] == (f"goods:{goods.id}", "宣传违规")


def test_what_became_medical_says_so_and_can_only_be_stopped(desk: Desk) -> None:
    make_terms()
    goods = make_promoted_goods()
    with transaction():
        change(sa.update(Goods).where(Goods.id == goods.id).values(nature=Nature.MEDICAL))
    page = desk.get(f"goods/{goods.id}").text
    assert "虽仍在名单中，新订单不计佣" in page
    assert f"/goods/{goods.id}/on" not in page
    assert "设置佣金" not in page
    assert desk.post(f"goods/{goods.id}/on", version="1").status_code == 409
    assert desk.post(f"goods/{goods.id}/off", reason="属于医疗服务").status_code == 303


def test_a_category_is_put_on_the_list(desk: Desk) -> None:
    category = make_category()
    goods = make_goods(category_id=category.id)
    for _ in range(2):
        answer = desk.post("goods", category_id=category.id, form_key="key-0000000004")
        assert answer.status_code == 303
    assert switch(goods) is not None
    refused = desk.post("goods", category_id="")
    assert refused.status_code == 422
    assert "/pc/distribution/goods?sort=price_fen" in refused.text  # the list around the form still leads to itself
    assert desk.post("goods", category_id=make_category(nature=Nature.DRUG).id).status_code == 409


@pytest.mark.parametrize("path", ["goods/999999", "terms/999999"])
def test_what_does_not_exist_is_not_found(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_the_pages_ask_few_questions_and_not_more_for_more_rows(desk: Desk, queries: list[str]) -> None:
    def asked() -> dict[str, int]:
        terms_id = fill_terms()["terms_id"]
        goods_id = db.session.scalar(sa.select(sa.func.max(Goods.id)))
        counts = {}
        for path in ("goods", f"goods/{goods_id}", "terms", "terms/new", f"terms/{terms_id}"):
            before = len(queries)
            assert desk.get(path).status_code == 200
            counts[re.sub(r"\d+", "…", path)] = len(queries) - before
        return counts

    asked()  # who looks, and the settings, are known from now on
    few = asked()
    for _ in range(4):
        fill_terms()
    assert asked() == few
    assert max(few.values()) <= 12
