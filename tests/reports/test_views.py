"""Patients' pages of reports: one's own, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient, make_wechat_user
from tests.factories.reports import BY, SOURCE, incoming, make_pdf, make_png, make_report, make_rich_report, make_values
from tests.factories.staff import make_member
from wxapp.core import clock
from wxapp.core.db import db
from wxapp.patients import export, services
from wxapp.patients import queries as patients
from wxapp.patients.models import Look, Patient, WechatUser
from wxapp.reports.incoming import Flag, IncomingValue, Progress, ReportKind
from wxapp.reports.models import DocumentPage, Report
from wxapp.reports.services import desk
from wxapp.reports.services.intake import take_report

SignIn = Callable[[FlaskClient, Any], str]


@dataclass
class Phone:
    """Somebody with a bound patient."""

    client: FlaskClient
    csrf: str
    user_id: int
    patient: Patient

    def get(self, path: str) -> Any:
        return self.client.get(path, buffered=True)  # files are closed


@pytest.fixture
def phone(client: FlaskClient, sign_in_wechat: SignIn) -> Phone:
    patient = make_patient(name="林小满")
    user = make_wechat_user(patient=patient)
    return Phone(client, sign_in_wechat(client, user), user.id, patient)


def files_of(no: str) -> list[str]:
    return [f"/reports/{no}/1/pictures/1", f"/reports/{no}/1/pages/1", f"/reports/{no}/document"]


def test_the_list_has_two_tabs_with_what_is_unread(phone: Phone):
    make_report(phone.patient, title="血常规", values=make_values(3))
    make_report(phone.patient, kind=ReportKind.CHECKUP, title="年度体检", values=())
    make_report(make_patient(name="别人"), title="别人的报告")
    make_report(phone.patient, progress=Progress.PRELIMINARY, title="还没完成")
    make_report(title="无人认领")
    routine = phone.get("/reports?kind=routine").text
    assert "血常规" in routine
    assert not any(text in routine for text in ("年度体检", "别人的报告", "还没完成", "无人认领"))
    assert "未读" in routine
    assert "年度体检" in phone.get("/reports?kind=checkup").text


def test_an_empty_list_says_so(phone: Phone):
    assert "还没有体检报告" in phone.get("/reports").text
    for address in ("/reports?page=0", "/reports?page=x", "/reports?page=99999"):
        assert phone.get(address).status_code == 404


def test_without_a_patient_the_way_leads_to_the_binding(client: FlaskClient, sign_in_wechat: SignIn):
    sign_in_wechat(client, make_wechat_user())
    assert "立即绑定" in client.get("/reports").text
    assert client.get("/reports/BG26030200000001").status_code == 302


def test_a_report_shows_what_it_says_and_is_read_then(phone: Phone):
    report = make_report(phone.patient)
    page = phone.get(f"/reports/{report.no}").text
    for text in ("白细胞计数", "11.2", "10^9/L", "3.5–9.5", "偏高", "↑", "阴性", "白细胞偏高，建议复查。", "多休息"):
        assert text in page
    assert "林小满" not in page
    assert "更正" not in page
    db.session.expire_all()
    assert db.session.get_one(Report, report.id).seen_revision == 1
    assert db.session.scalars(sa.select(Look.what)).all() == [f"报告 {report.no}"]
    assert "未读" not in phone.get("/reports?kind=routine").text


def test_only_what_is_abnormal(phone: Phone):
    report = make_report(phone.patient)
    page = phone.get(f"/reports/{report.no}?only=abnormal").text
    assert "白细胞计数" in page
    assert "血红蛋白" not in page


def test_texts_of_senders_are_no_markup(phone: Phone):
    line = IncomingValue("<b>项</b>", "<script>1</script>", number="", note="<i>注</i>")
    report = make_report(phone.patient, title="<u>题</u>", conclusion="<p>结</p>", values=(line,))
    page = phone.get(f"/reports/{report.no}").text
    assert not any(tag in page for tag in ("<b>项", "<script>1", "<i>注", "<u>题", "<p>结"))


def test_another_bound_patients_report_asks_to_switch(phone: Phone):
    child = make_patient(name="林小苗")
    report = make_report(child)
    services.bind_by_staff(phone.user_id, child.id, by=BY)
    services.switch_patient(phone.user_id, phone.patient.id)
    asked = phone.get(f"/reports/{report.no}")
    assert "这份报告属于 林**" in asked.text
    assert "白细胞" not in asked.text
    form = {"csrf_token": phone.csrf, "patient": child.id, "next": f"/reports/{report.no}"}
    assert phone.client.post("/me/patients", data=form).headers["Location"].endswith(f"/reports/{report.no}")
    assert "白细胞" in phone.get(f"/reports/{report.no}").text


def test_a_stranger_finds_nothing_not_even_a_file(phone: Phone):
    report = make_rich_report(make_patient(name="别人"))
    pages = [f"/reports/{report.no}", *(f"/reports/{report.no}/{name}" for name in ("history", "looks"))]
    for address in (*pages, *files_of(report.no), "/reports/values/T-0"):
        assert phone.get(address).status_code == 404, address
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DocumentPage)) == 0


def test_access_ends_with_the_binding(phone: Phone, sign_in_wechat: SignIn):
    report = make_rich_report(phone.patient)
    binding = patients.bound_patients(phone.user_id)[0]
    assert phone.get(files_of(report.no)[0]).status_code == 200
    services.unbind(phone.user_id, binding.binding_id)
    other = make_patient()
    services.bind_by_staff(phone.user_id, other.id, by=BY)
    sign_in_wechat(phone.client, db.session.get_one(WechatUser, phone.user_id))  # the unbinding ended his sessions
    assert "我的报告" in phone.get("/reports").text
    assert {phone.get(address).status_code for address in files_of(report.no)} == {404}


def test_held_parked_and_refused_reports_are_not_there(phone: Phone):
    held = make_report(phone.patient, progress=Progress.PRELIMINARY)
    taken_back = make_report(phone.patient)
    desk.take_back(taken_back.no, reason="不是本人", by=BY)
    for report in (held, taken_back, make_report()):
        assert phone.get(f"/reports/{report.no}").status_code == 404


def test_a_withdrawn_report_says_so_and_shows_nothing_of_it(phone: Phone):
    report = make_rich_report(phone.patient)
    desk.withdraw_report(report.no, reason="标本弄混", by=BY)
    page = phone.get(f"/reports/{report.no}").text
    assert "已被医院撤回" in page
    assert "项目0" not in page
    assert {phone.get(address).status_code for address in files_of(report.no)} == {404}
    assert phone.get(f"/reports/{report.no}/history").status_code == 404
    assert "已撤回" in phone.get("/reports?kind=routine").text
    assert phone.get("/reports/values/T-0").status_code == 404


# --- files -----------------------------------------------------------------------------------------------------------


def test_files_are_given_out_with_safe_headers(phone: Phone):
    report = make_rich_report(phone.patient)
    picture, page, original = (phone.get(address) for address in files_of(report.no))
    assert (picture.mimetype, page.mimetype, original.mimetype) == ("image/webp", "image/webp", "application/pdf")
    assert original.data.startswith(b"%PDF-")
    assert original.headers["Content-Disposition"] == f"attachment; filename={report.no}.pdf"
    assert "sandbox" in original.headers["Content-Security-Policy"]
    for answer in (picture, page, original):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = phone.client.get(files_of(report.no)[1], headers={"If-None-Match": page.headers["ETag"]}, buffered=True)
    assert again.status_code == 304


def test_a_page_is_drawn_once(phone: Phone):
    report = make_rich_report(phone.patient)
    for _ in range(2):
        assert phone.get(f"/reports/{report.no}/2/pages/2").status_code == 200
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DocumentPage)) == 1
    assert phone.get(f"/reports/{report.no}/2/pages/3").status_code == 404


def test_what_is_not_attached_is_not_found(phone: Phone):
    report = make_report(phone.patient)
    assert {phone.get(address).status_code for address in files_of(report.no)} == {404}


# --- history, looks, curves ------------------------------------------------------------------------------------------


def test_a_corrected_report_shows_what_it_said_before(phone: Phone):
    first = incoming(phone.patient)
    taken = take_report(first, source=SOURCE, by=BY)
    fixed = replace(first.values[0], text="6.1", number="6.1", flag=Flag.NORMAL)
    take_report(replace(first, values=(fixed, *first.values[1:])), source=SOURCE, by=BY)
    page = phone.get(f"/reports/{taken.report_no}").text
    assert "更正" in page
    assert "6.1" in page
    assert "11.2" not in page
    before = phone.get(f"/reports/{taken.report_no}/history").text
    assert "11.2" in before
    assert before.count("已更改") == 1


def test_what_was_said_before_it_was_ones_own_is_not_shown(phone: Phone):
    parked = incoming(None, conclusion="给别人的结论")
    taken = take_report(parked, source=SOURCE, by=BY)
    take_report(replace(parked, conclusion="现在的结论"), source=SOURCE, by=BY)
    desk.match_report(taken.report_no, phone.patient.id, is_checked=True, by=BY)
    assert "现在的结论" in phone.get(f"/reports/{taken.report_no}").text
    assert phone.get(f"/reports/{taken.report_no}/history").status_code == 404
    assert phone.get(f"/reports/{taken.report_no}/1/pictures/1").status_code == 404


def test_who_has_looked(phone: Phone, client: FlaskClient, sign_in_staff: SignIn):
    report = make_report(phone.patient)
    sign_in_staff(client, make_member(everything=True))
    for _ in range(2):
        assert client.get(f"/pc/reports/{report.no}").status_code == 200
    phone.get(f"/reports/{report.no}")
    page = phone.get(f"/reports/{report.no}/looks").text
    assert "小芳" in page
    assert "医院工作人员" in page
    assert "2次" in page


def test_a_curve_joins_values_of_one_item_and_one_unit(phone: Phone):
    for month, (text, unit) in enumerate([("5.1", "mmol/L"), ("5.9", "mmol/L"), ("98", "mg/dL"), ("阴性", "")], 1):
        line = IncomingValue("血糖", text, "GLU", "" if unit == "" else text, unit, "3.9–6.1", "3.9", "6.1")
        moment = clock.now().replace(month=month, year=2025)
        make_report(phone.patient, values=(line,), collected_at=moment, issued_at=moment)
    other = IncomingValue("血糖", "55.5", "GLU", "55.5", "mmol/L")
    make_report(make_patient(name="别人"), values=(other,))
    page = phone.get("/reports/values/GLU").text
    assert page.count('<svg class="curve"') == 1  # the other unit has one value only
    assert page.count("<circle") == 2
    assert "单位不同" in page
    assert "阴性" in page
    assert "55.5" not in page


@pytest.mark.parametrize("code", ["NONE", "a" * 300, "%F0%9F%98%80", "a/b"])
def test_an_item_that_was_never_measured_is_not_found(phone: Phone, code: str):
    assert phone.get(f"/reports/values/{code}").status_code == 404


def test_300_observations_open_with_few_questions(phone: Phone, queries: list[str]):
    report = make_report(phone.patient, values=make_values(300), document=make_pdf(), pictures=(make_png(),))
    address = f"/reports/{report.no}"
    db.session.commit()
    queries.clear()
    assert phone.get(address).text.count('class="value') >= 300
    assert len(queries) <= 12


def test_the_export_holds_what_a_patient_can_read(phone: Phone):
    make_report(phone.patient, conclusion="自己的结论")
    make_report(make_patient(name="别人"), conclusion="别人的结论")
    make_report(phone.patient, progress=Progress.PRELIMINARY, conclusion="未完成")
    found = export.everything_of(phone.user_id)["patients"][0]["reports"]
    assert [one["conclusion"] for one in found] == ["自己的结论"]
    assert found[0]["values"][0]["text"] == "11.2"
