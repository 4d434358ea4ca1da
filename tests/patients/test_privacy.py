"""隐私中心: what is stored, and taking it away; nobody gets what is another's."""

import io
import json
import zipfile

import pytest
import sqlalchemy as sa

from tests.factories.mall import make_goods, make_paid_order
from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.reports import make_report
from tests.patients.conftest import code_of
from wxapp.core import files
from wxapp.core.db import db
from wxapp.patients import export, queries, services, takeaway

PHONE = "13800000001"


@pytest.fixture
def patient(client):
    return make_patient(name="王芳", phone=PHONE)


@pytest.fixture
def guardian(client, patient, sign_in_wechat):
    user = make_wechat_user(patient=patient)
    user.csrf = sign_in_wechat(client, user)
    return user


def submit(client, path, user, **fields):
    return client.post(path, data={"csrf_token": user.csrf, **fields})


def take(client, user, sms):
    """Ask for a code and take the file away; return the archive."""
    assert submit(client, "/me/privacy/export/code", user).status_code == 200
    answer = submit(client, "/me/privacy/export", user, code=code_of(sms))
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    return opened(answer)


def opened(answer):
    """Return the archive of an answer, and end the answer as a server does."""
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    answer.close()
    return archive


def with_document(report, token):
    """Give a report an original, whatever it says."""
    statement = sa.text("UPDATE reports_revision SET document_token = :token WHERE report_id = :id")
    db.session.execute(statement, {"token": token, "id": report.id})
    db.session.commit()
    return report


# --- the overview ----------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_stored_why_and_how_long(client, guardian, patient):
    make_report(patient)
    make_report(make_patient())
    page = client.get("/me/privacy").text
    for one in export.parts():
        assert one.label in page
        assert one.why in page
        assert one.kept_for in page
    assert export.counts([patient.id])["reports"] == 1
    assert "王芳" not in page


def test_looks_are_those_at_the_current_patient(client, guardian, patient):
    other = make_wechat_user(patient=make_patient(), nickname="路人")
    services.note_look(wechat_user_id=other.id, patient_id=other.current_patient_id, what="报告")
    assert "路人" not in client.get("/me/privacy").text
    services.note_look(wechat_user_id=guardian.id, patient_id=patient.id, what="我的报告")
    assert "我的报告" in client.get("/me/privacy").text


# --- taking away -----------------------------------------------------------------------------------------------------


def test_a_person_takes_away_pages_data_and_documents(client, guardian, patient, sms):
    kept = files.keep(b"%PDF-1.4 own", content_type="application/pdf", name="own.pdf", by="system:tests")
    report = with_document(make_report(patient, conclusion="自己的<结论>"), kept.token)
    make_report(make_patient(name="李四"), conclusion="别人的结论")
    order_no = make_paid_order(make_goods(name="入职体检"), patient_id=patient.id)
    archive = take(client, guardian, sms)
    page = archive.read("index.html").decode()
    data = json.loads(archive.read("data.json"))
    assert page.startswith("<!doctype html>")
    assert "自己的&lt;结论&gt;" in page
    assert order_no in page
    assert "入职体检" in page
    assert data["patients"][0]["reports"][0]["conclusion"] == "自己的<结论>"
    assert data["patients"] == export.everything_of(guardian.id)["patients"]
    assert data["wechat_user"]["openid"] == guardian.openid
    assert archive.read(f"files/{patient.record_no}/{report.no}.pdf") == b"%PDF-1.4 own"
    for word in ("别人的结论", "李四"):
        assert word not in page + json.dumps(data, ensure_ascii=False)
    assert [look.what for look in queries.looks_at(patient.id)] == ["导出个人信息"]


def test_a_code_opens_only_the_patients_with_its_phone(client, guardian, patient, sms):
    child = make_patient(name="王小宝", phone=PHONE)
    father = make_patient(name="张伟", phone="13800000002")
    for one in (child, father):
        services.bind_by_staff(guardian.id, one.id, by="staff:1")
    services.switch_patient(guardian.id, patient.id)
    data = json.loads(take(client, guardian, sms).read("data.json"))
    assert [one["record"]["name"] for one in data["patients"]] == ["王芳", "王小宝"]
    assert queries.looks_at(father.id) == []
    assert "另有 1 位就诊人" in client.get("/me/privacy/export").text


def test_without_a_code_nothing_is_given(client, guardian, patient, sms):
    for code in ("", "123456", "abc"):
        refused = submit(client, "/me/privacy/export", guardian, code=code)
        assert refused.status_code == 422
        assert "下载压缩包" in refused.text
    submit(client, "/me/privacy/export/code", guardian)
    code = code_of(sms)
    opened(submit(client, "/me/privacy/export", guardian, code=code))
    assert submit(client, "/me/privacy/export", guardian, code=code).status_code == 422
    assert queries.looks_at(patient.id)[0].count == 1


def test_a_code_for_something_else_opens_nothing(client, guardian, patient, sms):
    submit(client, "/me/balance-password/forgotten/code", guardian)
    assert submit(client, "/me/privacy/export", guardian, code=code_of(sms)).status_code == 422


def test_exports_are_limited(client, guardian, patient):
    guardian_without = make_wechat_user()
    for _ in range(5):
        services.allow_export(guardian_without.id, None, code="")
    with pytest.raises(Exception, match="今日导出次数已达上限"):
        services.allow_export(guardian_without.id, None, code="")


def test_who_has_nobody_bound_takes_away_the_wechat_data(client, sign_in_wechat):
    user = make_wechat_user()
    user.csrf = sign_in_wechat(client, user)
    make_wechat_user(patient=make_patient())
    answer = submit(client, "/me/privacy/export", user)
    data = json.loads(opened(answer).read("data.json"))
    assert (data["wechat_user"]["openid"], data["patients"]) == (user.openid, [])


def test_documents_beyond_the_limit_are_named_instead(client, guardian, patient, monkeypatch):
    kept = files.keep(b"x" * 100, content_type="application/pdf", name="own.pdf", by="system:tests")
    with_document(make_report(patient), kept.token)
    monkeypatch.setattr(takeaway, "MOST_FILE_BYTES", 99)
    with takeaway.write(guardian.id, phone_index=None, hospital="安和医院") as packed:
        archive = zipfile.ZipFile(packed)
        assert sorted(archive.namelist()) == ["data.json", "index.html"]
        assert "总大小超出限制" in archive.read("index.html").decode()


def test_a_document_that_is_missing_keeps_nothing_else_back(client, guardian, patient):
    with_document(make_report(patient), "gone-token")
    with takeaway.write(guardian.id, phone_index=None, hospital="安和医院") as packed:
        assert "暂时无法读取" in zipfile.ZipFile(packed).read("index.html").decode()
