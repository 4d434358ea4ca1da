"""The pages on which somebody becomes a distributor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.distribution import SMS_CODE, give_code, make_agreement, make_distributor
from tests.factories.patients import make_wechat_user
from tests.fakes.wechat import FakeSms
from wxapp.core import clock
from wxapp.core import settings as core_settings
from wxapp.core.db import db, transaction
from wxapp.distribution import settings
from wxapp.distribution.models import (
    Distributor,
    DistributorStatus,
    Scan,
    ScanOutcome,
    ScanWay,
    Scene,
    SceneKind,
)
from wxapp.distribution.queries import agreements
from wxapp.patients.models import WechatUser
from wxapp.sms import connected as sms_connected

S = DistributorStatus
PHONE = "13800000911"

SignIn = Callable[[FlaskClient, Any], str]


@pytest.fixture
def sms(client: FlaskClient) -> Iterator[FakeSms]:
    before, fake = sms_connected.client(), FakeSms()
    sms_connected.use(fake)
    yield fake
    sms_connected.use(before)


@pytest.fixture
def user(client: FlaskClient) -> WechatUser:
    return make_wechat_user()


def form(csrf: str, **over: str) -> dict[str, str]:
    return {
        "csrf_token": csrf,
        "once": "join-form-0001",
        "name": "陈晓",
        "phone": PHONE,
        "code": SMS_CODE,
        "invitation": "",
        "agreement_version": agreements.FIRST.version,
        "agreed": "1",
        **over,
    }


def rows() -> list[Distributor]:
    return list(db.session.scalars(sa.select(Distributor)))


def invite(user: WechatUser, inviter: Distributor, outcome: ScanOutcome = ScanOutcome.NOTED) -> None:
    now = clock.now()
    with transaction():
        scene = Scene(
            token=f"t{inviter.id}", kind=SceneKind.INVITE_DISTRIBUTOR, distributor_id=inviter.id, created_at=now
        )
        db.session.add(scene)
        db.session.flush()
        db.session.add(Scan(scene_id=scene.id, wechat_user_id=user.id, way=ScanWay.SCAN, outcome=outcome, at=now))


def test_from_the_code_to_the_application(
    client: FlaskClient, user: WechatUser, sms: FakeSms, sign_in_wechat: SignIn
) -> None:
    csrf = sign_in_wechat(client, user)
    assert "提交申请" in client.get("/earn/join").text
    sent = client.post("/earn/join/code", data=form(csrf, code="", agreed=""))
    assert sent.status_code == 200
    assert "验证码已发送" in sent.text
    assert f'value="{PHONE}"' in sent.text  # what was typed stays
    code = sms.sent[0].params[0]
    done = client.post("/earn/join", data=form(csrf, code=code))
    assert (done.status_code, done.location) == (303, "/earn/join")
    assert [row.status for row in rows()] == [S.APPLIED]
    page = client.get("/earn/join").text
    assert "申请审核中" in page
    assert PHONE not in page


def test_without_review_the_centre_opens(client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn) -> None:
    core_settings.write(settings.REVIEW_APPLICATIONS, False, by="staff:1")
    csrf = sign_in_wechat(client, user)
    give_code(PHONE)
    assert client.post("/earn/join", data=form(csrf)).location == "/earn"
    assert client.get("/earn").status_code == 200
    assert client.get("/earn/join").location == "/earn"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "请填写姓名"),
        ("name", "<b>", "不能使用的字符"),
        ("phone", "12345", "手机号格式不正确"),
        ("code", "12", "短信验证码格式不正确"),
        ("code", "111111", "验证码不正确或已过期"),
        ("invitation", "zzzzzz", "邀请码不正确或已停用"),
        ("agreed", "", "请先阅读并同意"),
        ("agreement_version", "1999", "请阅读后重新同意"),
    ],
)
def test_wrong_input_is_told_beside_its_field(
    client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn, field: str, value: str, sentence: str
) -> None:
    csrf = sign_in_wechat(client, user)
    give_code(PHONE)
    answer = client.post("/earn/join", data=form(csrf, **{field: value}))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert rows() == []


def test_pressed_twice_is_one_application(client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn) -> None:
    csrf = sign_in_wechat(client, user)
    give_code(PHONE)
    first, second = (client.post("/earn/join", data=form(csrf)) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(rows()) == 1


def test_the_last_invitation_stands_in_the_form(client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn) -> None:
    invite(user, make_distributor(code="k7m2np"))
    invite(user, make_distributor(code="k7m2nq"))
    invite(user, make_distributor(code="k7m2nr"), ScanOutcome.INACTIVE)
    sign_in_wechat(client, user)
    assert 'value="k7m2nq"' in client.get("/earn/join").text
    assert 'value="abc234"' in client.get("/earn/join?code=ABC%20234").text


def test_the_invitation_of_one_who_is_frozen_does_not(
    client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn
) -> None:
    invite(user, make_distributor(code="k7m2np", status=S.FROZEN))
    sign_in_wechat(client, user)
    assert "k7m2np" not in client.get("/earn/join").text


def test_a_refused_one_reads_why_and_may_ask_again(
    client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn
) -> None:
    make_distributor(user=user, status=S.REFUSED, reason="请填写真实姓名")
    sign_in_wechat(client, user)
    page = client.get("/earn/join").text
    assert "请填写真实姓名" in page
    assert "提交申请" in page


def test_one_who_left_may_come_back(client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn) -> None:
    make_distributor(user=user, status=S.CLOSED)
    sign_in_wechat(client, user)
    page = client.get("/earn/join").text
    assert "您已退出分销" in page
    assert "提交申请" in page


def test_a_preview_shows_no_form(client: FlaskClient, sign_in_wechat: SignIn) -> None:
    csrf = sign_in_wechat(client, make_wechat_user(is_snapshot=True))
    assert "预览模式下无法申请" in client.get("/earn/join").text
    answer = client.post("/earn/join", data=form(csrf))
    assert answer.status_code == 409
    assert rows() == []


def test_while_closed_there_is_no_form(client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn) -> None:
    core_settings.write(settings.IS_OPEN, False, by="staff:1")
    csrf = sign_in_wechat(client, user)
    assert "暂不接受申请" in client.get("/earn/join").text
    assert client.post("/earn/join", data=form(csrf)).status_code == 409


def test_others_are_led_from_the_centre_to_the_form(
    client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn
) -> None:
    sign_in_wechat(client, user)
    assert client.get("/earn").location == "/earn/join"


def test_my_page_has_one_entry_for_each(client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn) -> None:
    sign_in_wechat(client, user)
    page = client.get("/me").text
    assert "成为分销员" in page
    assert "分销中心" not in page
    make_distributor(user=user)
    page = client.get("/me").text
    assert "成为分销员" not in page
    assert "分销中心" in page


def test_the_agreement_is_the_one_agreed_to(client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn) -> None:
    sign_in_wechat(client, user)
    make_distributor(user=user)
    newer = make_agreement("新的内容，如实介绍，不承诺疗效。")
    page = client.get("/earn/agreement").text
    assert agreements.FIRST.version in page
    assert newer.text not in page
    assert newer.version in page


def test_who_is_no_distributor_reads_the_agreement_that_holds(
    client: FlaskClient, user: WechatUser, sign_in_wechat: SignIn
) -> None:
    sign_in_wechat(client, user)
    newer = make_agreement("新的内容，如实介绍，不承诺疗效。")
    assert newer.text in client.get("/earn/agreement").text
