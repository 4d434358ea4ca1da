"""Answers to keywords: which rule a text meets, what phones get, how staff keep them."""

import pytest
import sqlalchemy as sa

from tests.factories.staff import make_member
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.patients.reply_models import AnswerKind, Match, ReplyRule
from wxapp.patients.rules import Keywords, matching, plain_text
from wxapp.patients.services import replies
from wxapp.patients.settings import TRANSFER_TO_SERVICE

BY = "staff:1"
JSON = {"Accept": "application/json"}
FORM = {"keywords": "营业时间", "match": "contains", "kind": "text", "answer": "八点到五点半", "is_active": "1"}


def draft(**changes):
    values = {
        "keywords": "预约，挂号",
        "match": Match.CONTAINS,
        "kind": AnswerKind.TEXT,
        "answer": "您可以在线预约",
        "title": "",
        "entry": "",
        "position": 100,
        "is_active": True,
    }
    return replies.ReplyDraft(**(values | changes))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("预约", 1),
        ("我想预约专家", 1),
        ("ＰＲＩＣＥ", 2),  # full width
        (" price ？", 2),
        ("price list", None),  # exact only
        ("预约价格", 3),  # a whole match goes before a part
        ("", None),
        ("？？", None),
        ("天气", None),
    ],
)
def test_a_text_meets_the_rule_that_fits_best(text, found):
    rules = [
        Keywords(1, ["预约", "挂号"], is_exact=False),
        Keywords(2, ["price"], is_exact=True),
        Keywords(3, ["预约价格"], is_exact=True),
    ]
    assert matching(text, rules) == found


def test_a_closing_mark_and_blanks_make_no_difference():
    assert plain_text(" 怎么  预约？ ") == plain_text("怎么 预约")


# --- what phones get -------------------------------------------------------------------------------------------------


@pytest.fixture
def answered(client, weixin):
    """Write a text to the account, return its answer."""

    def write(text):
        push = weixin.text(text)
        return weixin.open_reply(client.post("/wechat/callback", query_string=push.query, data=push.body).text)

    return write


def test_a_keyword_is_answered_with_its_text_and_the_page(answered):
    replies.add_rule(draft(entry="我的订单"), by=BY)
    reply = answered("怎么挂号呀")
    assert reply["MsgType"] == "text"
    assert reply["Content"].startswith("您可以在线预约\n")
    assert '<a href="http://localhost/orders">我的订单</a>' in reply["Content"]


def test_a_keyword_is_answered_with_a_card(answered):
    replies.add_rule(draft(kind=AnswerKind.CARD, title="体检商城", answer="看看套餐", entry="体检商城"), by=BY)
    reply = answered("预约")
    assert reply["MsgType"] == "news"
    assert "http://localhost/mall" in str(reply)


def test_a_card_whose_page_is_gone_is_answered_as_everything_else(answered):
    rule = replies.add_rule(draft(kind=AnswerKind.CARD, title="旧页面", entry="体检商城"), by=BY)
    db.session.execute(sa.update(ReplyRule).where(ReplyRule.id == rule.id).values(entry="没有了"))
    assert "客服" in answered("预约")["Content"]


def test_a_keyword_goes_before_customer_service_and_may_lead_to_it(answered):
    settings.write(TRANSFER_TO_SERVICE, True, by=BY)
    replies.add_rule(draft(), by=BY)
    assert answered("挂号")["Content"] == "您可以在线预约"
    settings.write(TRANSFER_TO_SERVICE, False, by=BY)
    replies.add_rule(draft(keywords="人工", kind=AnswerKind.SERVICE, answer=""), by=BY)
    assert answered("转人工")["MsgType"] == "transfer_customer_service"


def test_a_rule_that_is_off_answers_nothing(answered):
    replies.add_rule(draft(is_active=False), by=BY)
    assert "客服" in answered("预约")["Content"]


# --- keeping them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"keywords": " ，、"}, "keywords"),
        ({"keywords": "，".join(f"词{n}" for n in range(200))}, "keywords"),
        ({"answer": ""}, "answer"),
        ({"kind": AnswerKind.CARD, "entry": "体检商城"}, "title"),
        ({"kind": AnswerKind.CARD, "title": "卡片"}, "entry"),
    ],
)
def test_an_unfinished_rule_is_refused_beside_its_field(client, changes, field):
    with pytest.raises(Invalid) as refusal:
        replies.add_rule(draft(**changes), by=BY)
    assert field in refusal.value.errors


def test_of_two_who_change_a_rule_the_second_is_told(client):
    rule = replies.add_rule(draft(), by=BY)
    replies.change_rule(rule.id, draft(answer="一"), seen_version=1, by=BY)
    with pytest.raises(Stale):
        replies.change_rule(rule.id, draft(answer="二"), seen_version=1, by="staff:2")
    db.session.refresh(rule)
    assert rule.answer == "一"


@pytest.fixture
def csrf(client, sign_in_staff):
    return sign_in_staff(client, make_member({Permission.REPLY_WRITE}))


def test_staff_add_change_try_and_remove_a_rule(client, csrf):
    sent = FORM | {"csrf_token": csrf, "form_key": "form-key-0001"}
    for _press in range(2):
        assert client.post("/pc/replies", data=sent).status_code == 303
    [rule] = db.session.scalars(sa.select(ReplyRule)).all()
    assert "八点到五点半" in client.get("/pc/replies?try=你们营业时间").text
    assert "没有匹配的关键词" in client.get("/pc/replies?try=天气").text
    changed = FORM | {"answer": "全天", "version": "1", "csrf_token": csrf}
    assert client.post(f"/pc/replies/{rule.id}", data=changed).status_code == 303
    assert "全天" in client.get(f"/pc/replies/{rule.id}").text
    assert client.post(f"/pc/replies/{rule.id}/remove", data={"csrf_token": csrf}).status_code == 303
    assert db.session.scalars(sa.select(ReplyRule)).all() == []


def test_a_page_that_the_menu_does_not_have_is_refused(client, csrf):
    sent = FORM | {"entry": "别处", "csrf_token": csrf}
    page = client.post("/pc/replies", data=sent)
    assert page.status_code == 422
    assert "不在可选范围内" in page.text
    assert "八点到五点半" in page.text  # what was typed is still there


def test_without_the_right_nobody_writes_replies(client, sign_in_staff):
    csrf = sign_in_staff(client, make_member({Permission.MENU_PUBLISH}))
    assert client.get("/pc/replies", headers=JSON).status_code == 403
    assert client.post("/pc/replies", data=FORM | {"csrf_token": csrf}, headers=JSON).status_code == 403
