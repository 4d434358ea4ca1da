"""Staff's pages of patients: right, wrong, not allowed; looks are written down."""

import re

import pytest
import sqlalchemy as sa

from tests.factories.patients import make_id_number, make_patient, make_wechat_user
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.patients import queries, services
from wxapp.patients.errors import IssuedPasswordOnly
from wxapp.patients.models import Patient
from wxapp.wechat.errors import Rejected, Unavailable

PHONE = "13800000001"
JSON = {"Accept": "application/json"}
P = Permission


@pytest.fixture
def patient(client):
    return make_patient(name="王芳", phone=PHONE)


@pytest.fixture
def staff(client, sign_in_staff):
    """Sign somebody with these rights in; return the token of the forms."""
    return lambda *rights: sign_in_staff(client, make_member(set(rights)))


def audited(action):
    return db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action)).all()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/pc/patients"), ("GET", "/pc/patients/new"), ("POST", "/pc/patients"), ("GET", "/pc/patients/{id}"),
        ("POST", "/pc/patients/{id}/reveal"), ("GET", "/pc/patients/{id}/edit"), ("POST", "/pc/patients/{id}"),
        ("POST", "/pc/patients/{id}/balance-password"), ("GET", "/pc/patients/{id}/bindings/1/end"),
        ("POST", "/pc/patients/{id}/bindings/1/end"), ("GET", "/pc/wechat-users"), ("GET", "/pc/account-menu"),
        ("POST", "/pc/account-menu"),
    ],
)  # fmt: skip
def test_each_door_needs_its_right(client, staff, patient, method, path):
    csrf = staff(P.AUDIT_READ)
    response = client.open(path.format(id=patient.id), method=method, data={"csrf_token": csrf}, headers=JSON)
    assert response.status_code == 403


def test_the_list_is_masked(client, staff, patient):
    staff(P.PATIENT_READ)
    page = client.get("/pc/patients").text
    assert patient.record_no in page
    assert "王*" in page
    assert "138****0001" in page
    for text in ("王芳", PHONE, patient.id_number):
        assert text not in page
    row = client.get("/pc/patients", headers=JSON).get_json()["list"][0]
    assert (row["name"], row["phone"]) == ("王*", "138****0001")


@pytest.mark.parametrize("what", ["record_no", "name", "phone", "id_number"])
def test_searching_finds_whole_values_and_keeps_them_out_of_the_address(client, staff, patient, what):
    other = make_patient(name="李四", phone="13800000002")
    csrf = staff(P.PATIENT_READ)
    fields = {"csrf_token": csrf, "page_of": "/pc/patients", "private": "q", "q": getattr(patient, what)}
    answer = _filtered(client, fields)
    assert patient.record_no in answer
    assert other.record_no not in answer


def _filtered(client, fields):
    page = client.get("/pc/patients").text
    action = re.search(r'class="filters" method="post" action="([^"]+)"', page)[1]
    response = client.post(action, data=fields)
    assert fields["q"] not in response.headers["Location"]
    return client.get(response.headers["Location"]).text


def test_the_box_at_the_top_finds_patients(client, staff, patient):
    csrf = staff(P.PATIENT_READ)
    page = client.post("/pc/search", data={"csrf_token": csrf, "q": PHONE}).text
    assert f"/pc/patients/{patient.id}" in page
    assert "王芳" not in page


def test_details_are_masked_until_they_are_revealed_and_each_look_is_written_down(client, staff, patient):
    csrf = staff(P.PATIENT_READ, P.PATIENT_REVEAL)
    page = client.get(f"/pc/patients/{patient.id}").text
    assert not any(text in page for text in ("王芳", PHONE, patient.id_number))
    assert [look.detail for look in audited("audit.look")] == ["患者详情"]
    shown = client.post(f"/pc/patients/{patient.id}/reveal", data={"csrf_token": csrf})
    assert all(text in shown.text for text in ("王芳", PHONE, patient.id_number))
    assert shown.headers["Cache-Control"] == "no-store"
    looks = audited("audit.look")
    assert {look.subject for look in looks} == {f"patient:{patient.id}"}
    assert {look.detail for look in looks} == {"患者详情", "姓名、手机号、证件号"}


def test_revealing_needs_its_own_right(client, staff, patient):
    csrf = staff(P.PATIENT_READ, P.PATIENT_WRITE)
    assert "查看完整信息" not in client.get(f"/pc/patients/{patient.id}").text
    response = client.post(f"/pc/patients/{patient.id}/reveal", data={"csrf_token": csrf})
    assert response.status_code == 403
    assert PHONE not in response.text


def test_making_a_record(client, staff):
    csrf = staff(P.PATIENT_READ, P.PATIENT_WRITE)
    number = make_id_number(4)
    fields = {"csrf_token": csrf, "name": "赵敏", "phone": "138 0000 0005", "id_number": number, "sex": "unknown"}
    response = client.post("/pc/patients", data=fields)
    made = db.session.scalars(sa.select(Patient)).one()
    assert response.headers["Location"] == f"/pc/patients/{made.id}"
    assert (made.name, made.phone, made.sex.value, made.created_by.split(":")[0]) == (
        "赵敏", "13800000005", "female", "staff",
    )  # fmt: skip
    assert made.record_no in client.get(response.headers["Location"]).text
    (row,) = audited("patients.create")
    assert not any(text in row.subject + row.detail for text in ("赵敏", "13800000005", number))


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"phone": "123"}, "手机号格式不正确"),
        ({"id_number": make_id_number(4)[:17] + "@"}, "请填写身份证号"),
        ({"id_number": "11010119850615"}, "18位"),
        ({"birthday": "1985-02-30"}, "出生日期"),
        ({"birthday": "2030-01-01", "id_number": ""}, "不能晚于今天"),
    ],
)
def test_a_wrong_record_comes_back_with_what_was_typed(client, staff, over, text):
    csrf = staff(P.PATIENT_WRITE)
    fields = {"csrf_token": csrf, "name": "赵敏", "phone": "13800000005", "sex": "female"} | over
    response = client.post("/pc/patients", data=fields)
    assert response.status_code == 422
    assert text in response.text
    assert "赵敏" in response.text or over.get("name") == ""
    assert db.session.scalars(sa.select(Patient)).all() == []


def test_a_known_id_number_names_the_record_there_is(client, staff, patient):
    csrf = staff(P.PATIENT_WRITE)
    fields = {"csrf_token": csrf, "name": "赵敏", "phone": "13800000005", "id_number": patient.id_number}
    response = client.post("/pc/patients", data=fields)
    assert response.status_code == 422
    assert patient.record_no in response.text


def test_correcting_a_record_shows_numbers_to_who_may_see_them(client, staff, patient):
    staff(P.PATIENT_WRITE)
    page = client.get(f"/pc/patients/{patient.id}/edit").text
    assert PHONE not in page
    assert patient.id_number not in page
    staff(P.PATIENT_WRITE, P.PATIENT_REVEAL)
    assert PHONE in client.get(f"/pc/patients/{patient.id}/edit").text
    assert len(audited("audit.look")) == 2


def test_numbers_left_empty_stay_as_they_are(client, staff, patient):
    csrf = staff(P.PATIENT_READ, P.PATIENT_WRITE)
    number = patient.id_number
    fields = {"csrf_token": csrf, "name": "王芬", "sex": "male", "version": "1"}
    assert client.post(f"/pc/patients/{patient.id}", data=fields).status_code == 303
    db.session.refresh(patient)
    assert (patient.name, patient.phone, patient.id_number, patient.version) == ("王芬", PHONE, number, 2)


def test_a_stale_form_is_refused(client, staff, patient):
    csrf = staff(P.PATIENT_WRITE)
    fields = {"csrf_token": csrf, "name": "王芬", "sex": "male", "version": "1"}
    client.post(f"/pc/patients/{patient.id}", data=fields)
    again = client.post(f"/pc/patients/{patient.id}", data=fields | {"name": "王芳芳"})
    assert again.status_code == 409
    assert "已被他人修改" in again.text
    db.session.refresh(patient)
    assert patient.name == "王芬"


def test_an_issued_password_is_shown_once_and_never_written_down(client, staff, patient):
    csrf = staff(P.PATIENT_READ, P.BALANCE_PASSWORD_RESET)
    page = client.post(f"/pc/patients/{patient.id}/balance-password", data={"csrf_token": csrf}).text
    password = re.search(r"初始余额密码：<strong[^>]*>(\d{6})<", page)[1]
    with pytest.raises(IssuedPasswordOnly):
        services.check_balance_password(patient.id, password)
    assert password not in client.get(f"/pc/patients/{patient.id}").text
    (row,) = audited("patients.issue_password")
    assert password not in row.detail
    assert row.detail == "当面告知"


def test_an_issued_password_may_be_sent(client, staff, patient, sms):
    csrf = staff(P.PATIENT_READ, P.BALANCE_PASSWORD_RESET)
    path = f"/pc/patients/{patient.id}/balance-password"
    response = client.post(path, data={"csrf_token": csrf, "by_sms": "1"})
    assert response.status_code == 303
    assert sms.sent[-1].phone == PHONE


def test_ending_a_binding_needs_a_reason_and_works_once(client, staff, patient):
    user = make_wechat_user(patient=patient, nickname="老王")
    csrf = staff(P.PATIENT_READ, P.PATIENT_WRITE)
    binding = queries.bound_patients(user.id)[0].binding_id
    path = f"/pc/patients/{patient.id}/bindings/{binding}/end"
    assert "老王" in client.get(path).text
    assert client.post(path, data={"csrf_token": csrf}).status_code == 422
    assert client.post(path, data={"csrf_token": csrf, "why": "本人到院要求"}).status_code == 303
    assert queries.bound_patients(user.id) == []
    assert client.get(path).status_code == 404
    assert client.post(path, data={"csrf_token": csrf, "why": "再来一次"}).status_code in {404, 409}


def test_a_binding_is_ended_on_its_own_patients_page_only(client, staff, patient):
    user = make_wechat_user(patient=patient)
    other = make_patient()
    csrf = staff(P.PATIENT_READ, P.PATIENT_WRITE)
    binding = queries.bound_patients(user.id)[0].binding_id
    path = f"/pc/patients/{other.id}/bindings/{binding}/end"
    assert client.post(path, data={"csrf_token": csrf, "why": "本人到院要求"}).status_code == 404
    assert len(queries.bound_patients(user.id)) == 1


@pytest.mark.parametrize(
    ("query", "shown"), [("", {"a", "b"}), ("?follows=0", {"b"}), ("?bound=1", {"a"}), ("?openid=o-b", {"b"})]
)
def test_wechat_users(client, staff, patient, query, shown):
    make_wechat_user(openid="o-a", nickname="a", patient=patient)
    make_wechat_user(openid="o-b", nickname="b", is_follower=False)
    staff(P.PATIENT_READ)
    rows = client.get(f"/pc/wechat-users{query}", headers=JSON).get_json()["list"]
    assert {row["nickname"] for row in rows} == shown


def test_lists_ask_the_database_a_fixed_number_of_times(client, staff, queries):
    staff(P.PATIENT_READ)
    client.get("/pc/patients")
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_wechat_user(patient=make_patient())
        for path in ("/pc/patients", "/pc/wechat-users"):
            queries.clear()
            client.get(path)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


# --- menu ------------------------------------------------------------------------------------------------------------


def test_the_menu_is_made_of_the_pages_there_are_and_published_by_one_press(client, staff, account):
    csrf = staff(P.MENU_PUBLISH)
    assert "不一致" in client.get("/pc/account-menu").text
    assert client.post("/pc/account-menu", data={"csrf_token": csrf}).status_code == 303
    tops = [top["name"] for top in account.current_menu["button"]]
    assert tops[0] == "医院概况"
    assert set(tops) <= {"医院概况", "为你服务", "个人中心"}
    subs = [sub for top in account.current_menu["button"] for sub in top["sub_button"]]
    assert {"type": "view", "name": "个人中心", "url": "http://localhost/me"} in subs
    for sub in subs:
        path = sub["url"].removeprefix("http://localhost")
        assert client.get(path).status_code == 200, path
    assert "已是最新" in client.get("/pc/account-menu").text
    (row,) = audited("patients.publish_menu")
    assert "个人中心/个人中心" in row.detail


@pytest.mark.parametrize(
    ("error", "status"), [(Rejected(40018, "invalid button name size"), 422), (Unavailable("time-out", sent=True), 503)]
)
def test_what_wechat_says_to_the_menu_is_told(client, staff, account, error, status):
    csrf = staff(P.MENU_PUBLISH)
    account.fail_next(error)
    response = client.post("/pc/account-menu", data={"csrf_token": csrf})
    assert response.status_code == status
    assert account.current_menu is None


def test_one_goes_on_from_a_patient_to_what_one_may_do(client, staff, patient):
    staff(P.PATIENT_READ)
    assert f"/pc/wallet/{patient.id}" not in client.get(f"/pc/patients/{patient.id}").text
    staff(P.PATIENT_READ, P.WALLET_READ, P.BOOKING_WRITE)
    page = client.get(f"/pc/patients/{patient.id}").text
    assert f"/pc/wallet/{patient.id}" in page
    assert f"/pc/booking/new?patient_id={patient.id}" in page
