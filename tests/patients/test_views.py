"""Patients' pages: right, wrong, not allowed; forms keep what was typed."""

import re

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_patient, make_wechat_user
from tests.patients.conftest import code_of
from wxapp.core.db import db
from wxapp.core.sessions import SessionRow
from wxapp.patients import queries, services
from wxapp.patients.models import Binding, CodePurpose, Look

PHONE = "13800000001"
GOOD, OTHER = "739185", "482915"


@pytest.fixture
def patient():
    return make_patient(name="王芳", phone=PHONE, balance_password=GOOD)


@pytest.fixture
def visitor(client, sign_in_wechat):
    """A signed-in WeChat user without a patient; ``csrf`` is the token of the forms."""
    user = make_wechat_user()
    user.csrf = sign_in_wechat(client, user)
    return user


@pytest.fixture
def guardian(client, patient, sign_in_wechat):
    """A signed-in WeChat user who has the patient bound."""
    user = make_wechat_user(patient=patient)
    user.csrf = sign_in_wechat(client, user)
    return user


def submit(client, path, user, **fields):
    return client.post(path, data={"csrf_token": user.csrf, **fields})


def bind_form(patient, sent_code, **over):
    fields = {
        "once": "form-00001", "next": "", "name": "王芳", "document": patient.record_no, "phone": PHONE,
        "code": sent_code, "consent": "1",
    }  # fmt: skip
    return fields | over


# --- every door ------------------------------------------------------------------------------------------------------

PAGES = [
    "/me", "/me/bind", "/me/patients", "/me/balance-password", "/me/balance-password/forgotten", "/me/privacy",
    "/me/privacy/export",
]  # fmt: skip
ACTIONS = [
    "/me/bind", "/me/bind/code", "/me/patients", "/me/patients/1/unbind", "/me/patients/1/others/2",
    "/me/patients/1/others/2/code", "/me/balance-password", "/me/balance-password/forgotten",
    "/me/balance-password/forgotten/code", "/me/privacy/export", "/me/privacy/export/code", "/me/privacy/consents",
    "/me/sign-out",
]  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, "/me/patients/1", "/me/patients/1/unbind", "/me/patients/1/others/2"])
def test_a_page_needs_somebody(wechat_browser, path):
    assert wechat_browser.get(path).headers["Location"].startswith("/wechat/login?next=%2Fme")
    assert wechat_browser.get(path, headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_needs_its_token(client, guardian, path):
    response = client.post(path, data={"csrf_token": "0" * 64})
    assert response.status_code == 419
    assert "页面已过期" in response.text


@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_of_another_site_is_refused(client, guardian, path):
    headers = {"Origin": "https://evil.example"}
    assert client.post(path, data={"csrf_token": guardian.csrf}, headers=headers).status_code == 419


@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_needs_somebody(client, path):
    page = client.get("/me/bind").text  # sets the visitor's cookie
    assert "请在微信中打开" in page
    assert client.post(path).status_code in {401, 419}


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_who_has_a_patient(client, guardian, path):
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "王芳" not in page.text
    assert PHONE not in page.text


@pytest.mark.parametrize("path", ["/me/balance-password", "/me/balance-password/forgotten"])
def test_what_needs_a_patient_leads_to_binding_and_back(client, visitor, path):
    where = client.get(path).headers["Location"]
    assert where == f"/me/bind?next={path}"
    refused = submit(client, path, visitor, original="1", new="2", repeated="2", id_number="1", code="123456")
    assert refused.status_code == 409


@pytest.mark.parametrize("path", ["/me/patients/{}", "/me/patients/{}/unbind"])
def test_anothers_binding_is_not_found(client, visitor, patient, path):
    other = make_wechat_user(patient=patient)
    binding = queries.bound_patients(other.id)[0].binding_id
    assert client.get(path.format(binding)).status_code == 404
    assert submit(client, f"/me/patients/{binding}/unbind", visitor).status_code == 404
    assert len(queries.bound_patients(other.id)) == 1


# --- 我的 ------------------------------------------------------------------------------------------------------------


def test_me_shows_the_masked_patient_and_counts(client, guardian, patient):
    page = client.get("/me").text
    assert "王*" in page
    assert patient.record_no in page
    assert "切换" in page
    assert "立即绑定" not in page


def test_me_leads_to_binding_when_nobody_is_bound(client, visitor):
    page = client.get("/me").text
    assert "立即绑定" in page
    assert 'href="/me/bind"' in page


# --- binding ---------------------------------------------------------------------------------------------------------


def test_binding_by_the_pages(client, visitor, patient, sms):
    page = client.get("/me/bind?next=/me/patients").text
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    sent = submit(client, "/me/bind/code", visitor, **bind_form(patient, "", once=once, next="/me/patients"))
    assert sent.status_code == 200
    assert "验证码已发送" in sent.text
    assert f'value="{patient.record_no}"' in sent.text
    assert f'name="once" value="{once}"' in sent.text
    fields = bind_form(patient, code_of(sms), once=once, next="/me/patients")
    done = submit(client, "/me/bind", visitor, **fields)
    assert (done.status_code, done.headers["Location"]) == (303, "/me/patients")
    assert "绑定成功" in client.get("/me/patients").text
    assert "绑定成功" not in client.get("/me/patients").text
    assert submit(client, "/me/bind", visitor, **fields).status_code == 303
    assert len(db.session.scalars(sa.select(Binding)).all()) == 1


@pytest.mark.parametrize(
    ("over", "text", "field"),
    [
        ({"name": ""}, "请填写姓名", "name"),
        ({"name": "王" * 31}, "姓名不能超过30个字", "name"),
        ({"name": "<b>"}, "姓名中含有", "name"),
        ({"document": ""}, "请填写身份证号或病历号", "document"),
        ({"document": "病历"}, "请填写身份证号或病历号", "document"),
        ({"phone": "123"}, "手机号格式不正确", "phone"),
        ({"code": ""}, "请填写短信验证码", "code"),
        ({"code": "12a456"}, "短信验证码格式不正确", "code"),
        ({"consent": ""}, "请先阅读并同意", "consent"),
    ],
)
def test_a_wrong_field_comes_back_with_its_sentence_and_what_was_typed(client, visitor, patient, over, text, field):
    response = submit(client, "/me/bind", visitor, **bind_form(patient, "123456", **over))
    assert response.status_code == 422
    assert re.search(rf'<p class="field__error" id="d-{field}">{text}', response.text)
    assert f'value="{patient.record_no}"' in response.text or field == "document"


def test_unknown_fields_are_refused(client, visitor, patient):
    fields = bind_form(patient, "123456", patient_id="1")
    assert submit(client, "/me/bind", visitor, **fields).status_code == 422


def test_a_mismatch_is_told_above_the_form_not_beside_a_field(client, visitor, patient, sms):
    submit(client, "/me/bind/code", visitor, **bind_form(patient, ""))
    response = submit(client, "/me/bind", visitor, **bind_form(patient, code_of(sms), name="王方"))
    assert response.status_code == 422
    assert "与医院登记的不一致" in response.text
    assert "field__error" not in response.text
    assert 'value="王方"' in response.text


def test_a_code_is_sent_to_right_numbers_only(client, visitor, patient, sms):
    response = submit(client, "/me/bind/code", visitor, **bind_form(patient, "", phone="123"))
    assert response.status_code == 422
    assert sms.sent == []


def test_too_many_codes_say_when_to_try_again(client, visitor, patient, sms):
    submit(client, "/me/bind/code", visitor, **bind_form(patient, ""))
    response = submit(client, "/me/bind/code", visitor, **bind_form(patient, ""))
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 60
    assert f'value="{patient.record_no}"' in response.text


def test_after_binding_nobody_is_led_to_a_foreign_page(client, visitor, patient, sms):
    submit(client, "/me/bind/code", visitor, **bind_form(patient, ""))
    fields = bind_form(patient, code_of(sms), next="https://evil.example/")
    assert submit(client, "/me/bind", visitor, **fields).headers["Location"] == "/me"


def test_switching_by_the_list(client, guardian, patient):
    other = make_patient(name="李小明")
    services.bind_by_staff(guardian.id, other.id, by="staff:1")
    page = client.get("/me/patients").text
    assert "李**" in page
    assert "添加绑定用户" in page
    submit(client, "/me/patients", guardian, patient=str(patient.id))
    assert queries.signed_in_user(guardian.id).current_patient_id == patient.id


@pytest.mark.parametrize(
    ("next_page", "led_to"), [("/mall/checkout?goods_id=1", "/mall/checkout?goods_id=1"), ("//evil.example", "/me")]
)
def test_switching_leads_back_to_where_it_was_asked_for(client, guardian, patient, next_page, led_to):
    answer = submit(client, "/me/patients", guardian, patient=str(patient.id), next=next_page)
    assert answer.headers["Location"] == led_to


def test_choosing_a_foreign_patient_is_not_found(client, guardian, patient):
    foreign = make_patient()
    assert submit(client, "/me/patients", guardian, patient=str(foreign.id)).status_code == 404
    assert queries.signed_in_user(guardian.id).current_patient_id == patient.id


def test_details_show_masked_data_and_the_look_is_noted(client, guardian, patient):
    binding = queries.bound_patients(guardian.id)[0].binding_id
    page = client.get(f"/me/patients/{binding}").text
    assert "138****0001" in page
    assert f"{patient.id_number[:4]}****{patient.id_number[-4:]}" in page
    assert PHONE not in page
    look = db.session.scalars(sa.select(Look)).one()
    assert (look.wechat_user_id, look.patient_id, look.what) == (guardian.id, patient.id, "绑定详情")


def test_unbinding_by_the_pages(client, guardian):
    binding = queries.bound_patients(guardian.id)[0].binding_id
    assert "确定解除" in client.get(f"/me/patients/{binding}/unbind").text
    submit(client, f"/me/patients/{binding}/unbind", guardian)
    assert queries.bound_patients(guardian.id) == []
    assert "立即绑定" in client.get("/me").text
    assert client.get(f"/me/patients/{binding}").status_code == 404


def test_unbinding_ends_the_users_other_phones(client, app, guardian, sign_in_wechat):
    other_phone = app.test_client()
    sign_in_wechat(other_phone, guardian)
    binding = queries.bound_patients(guardian.id)[0].binding_id
    submit(client, f"/me/patients/{binding}/unbind", guardian)
    assert client.get("/me", headers={"Accept": "application/json"}).status_code == 200
    assert other_phone.get("/me", headers={"Accept": "application/json"}).status_code == 401


def test_revoking_by_the_pages(client, guardian, patient, sms, app, sign_in_wechat):
    other = make_wechat_user(patient=patient, nickname="陌生人")
    their_phone = app.test_client()
    sign_in_wechat(their_phone, other)
    mine, theirs = (queries.bound_patients(user.id)[0].binding_id for user in (guardian, other))
    assert "陌生人" in client.get(f"/me/patients/{mine}").text
    path = f"/me/patients/{mine}/others/{theirs}"
    assert "138****0001" in client.get(path).text
    assert "验证码已发送" in submit(client, f"{path}/code", guardian).text
    wrong = submit(client, path, guardian, code="000000")
    assert wrong.status_code == 422
    assert "验证码不正确" in wrong.text
    assert submit(client, path, guardian, code=code_of(sms)).status_code == 303
    assert queries.bound_patients(other.id) == []
    assert their_phone.get("/me", headers={"Accept": "application/json"}).status_code == 401
    assert client.get(path).status_code == 404


# --- balance password ------------------------------------------------------------------------------------------------


def change(client, user, **over):
    fields = {"original": GOOD, "new": OTHER, "repeated": OTHER} | over
    return submit(client, "/me/balance-password", user, **fields)


def test_changing_the_password_by_the_page(client, guardian, patient):
    assert change(client, guardian).status_code == 303
    services.check_balance_password(patient.id, OTHER)


@pytest.mark.parametrize(
    ("over", "field", "text"),
    [
        ({"original": OTHER, "new": "604817", "repeated": "604817"}, "original", "余额密码不正确，还可尝试4次"),
        ({"repeated": "604817"}, "repeated", "两次输入的新密码不一致"),
        ({"new": "123456", "repeated": "123456"}, "new", "连续"),
        ({"new": "850615", "repeated": "850615"}, "new", "生日"),
        ({"original": ""}, "original", "请填写原密码"),
    ],
)
def test_a_refused_change_says_why_and_shows_no_password(client, guardian, patient, over, field, text):
    response = change(client, guardian, **over)
    assert response.status_code == 422
    assert re.search(rf'id="d-{field}">[^<]*{text}', response.text)
    assert not any(value in response.text for value in (GOOD, OTHER, "604817"))
    services.check_balance_password(patient.id, GOOD)


def test_an_issued_password_is_announced_on_the_page(client, guardian, patient):
    services.issue_balance_password(patient.id)
    assert "初始密码" in client.get("/me/balance-password").text


def test_who_has_no_password_is_told_where_to_get_one(client, visitor):
    services.bind_by_staff(visitor.id, make_patient().id, by="staff:1")
    assert "到医院前台" in client.get("/me/balance-password").text


def test_forgotten_by_the_pages(client, guardian, patient, sms):
    path = "/me/balance-password/forgotten"
    sent = submit(client, f"{path}/code", guardian, id_number=patient.id_number)
    assert f'value="{patient.id_number}"' in sent.text
    fields = {"id_number": patient.id_number, "code": code_of(sms), "new": OTHER, "repeated": OTHER}
    assert submit(client, path, guardian, **(fields | {"repeated": GOOD})).status_code == 422
    assert submit(client, path, guardian, **fields).status_code == 303
    services.check_balance_password(patient.id, OTHER)


# --- privacy ---------------------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session(client, guardian):
    assert submit(client, "/me/sign-out", guardian).headers["Location"] == "/"
    assert db.session.scalars(sa.select(SessionRow)).all() == []
    assert client.get("/me", headers={"Accept": "application/json"}).status_code == 401


def test_a_code_for_one_thing_is_no_code_for_another(client, guardian, patient, sms):
    services.send_code_to_patient(CodePurpose.BIND, patient, asked_by="1")
    fields = {"id_number": patient.id_number, "code": code_of(sms), "new": OTHER, "repeated": OTHER}
    assert submit(client, "/me/balance-password/forgotten", guardian, **fields).status_code == 422
