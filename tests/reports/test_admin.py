"""Staff's pages of reports: right, wrong, not allowed, pressed twice."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.reports import make_pdf, make_png, make_report, make_rich_report
from tests.factories.staff import make_member
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.messages.models import Message
from wxapp.patients.models import Patient
from wxapp.reports.models import ParkReason, Report, ReportStatus, Revision, Value
from wxapp.reports.queries import contents

P = Permission
JSON = {"Accept": "application/json"}
LINES = """【血常规】
白细胞计数 | 11.2 | 10^9/L | 3.5–9.5
血红蛋白\t132\tg/L\t115–150
【尿常规】
尿蛋白 | 阴性 | | 阴性 | 正常 | UP-1"""


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(f"/pc/reports{path}", buffered=True, **more)

    def post(self, path: str, **fields: Any) -> Any:
        answer = self.client.post(f"/pc/reports{path}", data={"csrf_token": self.csrf, **fields})
        answer.request.environ["wsgi.input"].close()  # what is large, the client puts into a file
        return answer


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(P.REPORT_READ, P.REPORT_WRITE, P.DASHBOARD_READ)


@pytest.fixture
def patient(client: FlaskClient) -> Patient:
    return make_patient(name="王芳")


def draft(patient: Patient, **over: Any) -> dict[str, Any]:
    fields = {
        "form_key": "key-0000000001",
        "record_no": patient.record_no,
        "patient_name": patient.name,
        "kind": "routine",
        "title": "血常规",
        "collected_at": "2026-03-01T08:30",
        "lines": LINES,
        "conclusion": "白细胞偏高",
    }
    return {name: value for name, value in {**fields, **over}.items() if value is not None}


def only() -> Report:
    return db.session.scalars(sa.select(Report).execution_options(populate_existing=True)).one()


def told() -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(Message.code == "pt_report_0000001")) or 0


def audited(action: str) -> list[str]:
    return list(db.session.scalars(sa.select(AuditRow.subject).where(AuditRow.action == action)))


def file_of(raw: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(raw), name


# --- uploading -------------------------------------------------------------------------------------------------------


def test_a_report_is_uploaded_once_however_often_it_is_pressed(desk: Desk, patient: Patient):
    assert "上传报告" in desk.get("/new").text
    for _ in range(2):
        files = {"document": file_of(make_pdf(), "a.pdf"), "pictures": file_of(make_png(), "b.png")}
        assert desk.post("", **draft(patient), **files).status_code == 303
    report = only()
    assert (report.status, report.patient_id, told()) == (ReportStatus.PUBLISHED, patient.id, 1)
    values = db.session.scalars(sa.select(Value).order_by(Value.position)).all()
    assert [(one.section, one.name, one.text, one.flag.value) for one in values] == [
        ("血常规", "白细胞计数", "11.2", "high"),
        ("血常规", "血红蛋白", "132", "normal"),
        ("尿常规", "尿蛋白", "阴性", "normal"),
    ]
    assert [one.code for one in values] == ["白细胞计数", "血红蛋白", "UP-1"]
    present = contents.present_of(report)
    assert (present.document_pages, present.picture_count) == (1, 1)
    assert audited("reports.upload") == [f"report:{report.no}"] * 2


def test_an_upload_without_a_match_is_parked(desk: Desk, patient: Patient):
    page = desk.post("", **draft(patient, patient_name="李雷"))
    assert page.headers["Location"].endswith(only().no)
    assert only().park_reason is ParkReason.NAME_DIFFERS


@pytest.mark.parametrize(
    ("over", "text"),
    [
        ({"title": None}, "请填写报告名称"),
        ({"kind": "other"}, "报告种类不在可选范围内"),
        ({"lines": "只有名称"}, "第1行至少要有项目名称和结果"),
        ({"lines": "a|1|2|3|4|5|6"}, "第1行的列太多"),
        ({"lines": "a|1|||也许"}, "第1行的提示"),
        ({"lines": None, "conclusion": None}, "请填写检验项目或结论"),
        ({"collected_at": "昨天"}, "时间格式不正确"),
        ({"status": "published"}, "表单含有未知的字段"),
        ({"lines": "\n".join(["a|1"] * 1001)}, "最多1000个项目"),
    ],
)
def test_a_wrong_upload_keeps_nothing_but_what_was_typed(desk: Desk, patient: Patient, over: dict[str, Any], text: str):
    page = desk.post("", **draft(patient, **over))
    assert page.status_code == 422
    assert text in page.text
    assert patient.record_no in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Report)) == 0


@pytest.mark.parametrize(
    ("field", "raw", "text"),
    [
        ("document", b"hello", "请上传PDF文件"),
        ("document", b"", "文件是空的"),
        ("document", make_pdf(1, password="x"), "密码"),
        ("document", make_pdf(1, script=True), "脚本"),
        ("document", b"%PDF-" + b"0" * (20 * 1024 * 1024), "不能超过20MB"),
        ("pictures", b"hello", "JPG"),
        ("pictures", b"0" * (8 * 1024 * 1024 + 1), "8MB"),
    ],
)
def test_a_file_that_can_not_be_shown_is_refused_beside_its_field(
    desk: Desk, patient: Patient, field: str, raw: bytes, text: str
):
    page = desk.post("", **draft(patient), **{field: file_of(raw, "x")})
    assert page.status_code == 422
    assert text in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Report)) == 0


def test_a_number_that_is_taken_is_no_correction(desk: Desk, patient: Patient):
    desk.post("", **draft(patient, report_no="A-1"))
    page = desk.post("", **draft(patient, report_no="A-1", conclusion="别的", form_key="key-0000000002"))
    assert page.status_code == 409
    assert "已有相同编号的报告" in page.text
    assert only().revision == 1


# --- correcting, withdrawing, taking back ----------------------------------------------------------------------------


def corrected(report: Report, **over: Any) -> dict[str, Any]:
    fields = {"version": report.revision, "why": "录入错误", "kind": "routine", "title": "血常规", "lines": LINES}
    return fields | over


def test_a_correction_keeps_the_old_words_and_files(desk: Desk, patient: Patient):
    report = make_rich_report(patient)
    form = desk.get(f"/{report.no}/correct").text
    assert "项目0 | 0.5" in form
    fields = corrected(report)
    for _ in range(2):
        assert desk.post(f"/{report.no}/correct", **fields).status_code == 303
    assert only().revision == 3
    revisions = contents.revisions_of(only())
    assert [one.why for one in revisions] == ["录入错误", "", ""]
    assert revisions[0].document_token == revisions[1].document_token != ""
    assert revisions[0].picture_count == 1
    assert told() == 3
    assert "录入错误" in desk.get(f"/{report.no}/trail").text
    assert "后来更改" in desk.get(f"/{report.no}/2").text


def test_a_correction_on_an_old_page_is_refused(desk: Desk, patient: Patient):
    report = make_report(patient)
    desk.post(f"/{report.no}/correct", **corrected(report))
    page = desk.post(f"/{report.no}/correct", **corrected(report, version=1, conclusion="别的"))
    assert (page.status_code, only().revision) == (409, 2)
    assert "别的" in page.text


def test_a_correction_that_changes_nothing_is_refused(desk: Desk, patient: Patient):
    desk.post("", **draft(patient))
    report = only()
    same = {name: value for name, value in draft(patient).items() if name in {"collected_at", "conclusion"}}
    page = desk.post(f"/{report.no}/correct", **corrected(report, **same))
    assert (page.status_code, only().revision) == (422, 1)
    assert "内容没有变化" in page.text


def test_an_unchanged_line_keeps_what_the_form_can_not_show(desk: Desk, patient: Patient):
    report = make_report(patient)
    lines = "【血常规】\n白细胞计数 | 7.0 | 10^9/L | 3.5–9.5 |  | 6690-2\n血红蛋白 | 132 | g/L | 115–150 | 正常 | 718-7"
    desk.post(f"/{report.no}/correct", **corrected(report, lines=lines))
    values = contents.incoming_values(contents.present_of(only()).id)
    assert [(one.number, one.low, one.high, one.code) for one in values] == [
        ("7.0", "3.5", "9.5", "6690-2"),
        ("132", "115", "150", "718-7"),
    ]


def test_a_withdrawn_report_is_hidden_and_not_corrected(desk: Desk, patient: Patient):
    report = make_report(patient)
    assert desk.post(f"/{report.no}/withdraw").status_code == 422
    for _ in range(2):
        assert desk.post(f"/{report.no}/withdraw", reason="标本弄混").status_code == 303
    assert only().status is ReportStatus.WITHDRAWN
    assert desk.post(f"/{report.no}/correct", **corrected(report)).status_code == 409
    assert "标本弄混" in desk.get(f"/{report.no}/trail").text
    assert f"report:{report.no}" in audited("reports.withdraw")


def test_a_wrongly_matched_report_is_taken_back_and_stays_with_staff(desk: Desk, patient: Patient):
    report = make_report(patient, report_no="L-1")
    for _ in range(2):
        assert desk.post(f"/{report.no}/take-back", reason="同名患者").status_code == 303
    assert (only().patient_id, only().park_reason) == (None, ParkReason.TAKEN_BACK)
    make_report(patient, report_no="L-1", conclusion="新的内容")  # the sender goes on to name the same patient
    assert only().status is ReportStatus.PARKED
    assert audited("reports.take_back") == [f"report:{report.no}"] * 2


# --- parked ----------------------------------------------------------------------------------------------------------


def test_a_parked_report_shows_what_agrees_and_what_differs(desk: Desk, patient: Patient):
    report = make_report(patient, patient_name="王方")
    assert report.no in desk.get("/parked").text
    page = desk.get(f"/parked/{report.no}").text
    assert "王方" in page
    assert patient.record_no in page
    compared = desk.get(f"/parked/{report.no}/{patient.id}").text
    assert compared.count("一致</span>") == 1
    assert "已核对身份" in compared
    assert f"report:{report.no}" in audited("audit.look")


def test_names_that_differ_have_to_be_checked(desk: Desk, patient: Patient):
    report = make_report(patient, patient_name="王方")
    refused = desk.post(f"/parked/{report.no}/{patient.id}")
    assert refused.status_code == 422
    assert "请核对" in refused.text
    for _ in range(2):
        assert desk.post(f"/parked/{report.no}/{patient.id}", is_checked="1").status_code == 303
    assert (only().patient_id, only().status, told()) == (patient.id, ReportStatus.PUBLISHED, 1)
    other = make_patient(name="王方")
    assert desk.post(f"/parked/{report.no}/{other.id}", is_checked="1").status_code == 409
    assert only().patient_id == patient.id


def test_a_refused_report_can_be_thought_over(desk: Desk):
    report = make_report()
    for _ in range(2):
        assert desk.post(f"/{report.no}/reject", reason="测试数据").status_code == 303
    assert only().status is ReportStatus.REJECTED
    assert desk.post(f"/{report.no}/withdraw", reason="x").status_code == 409
    for _ in range(2):
        assert desk.post(f"/{report.no}/park").status_code == 303
    assert only().status is ReportStatus.PARKED


@pytest.mark.parametrize("path", ["/BG1", "/BG1/trail", "/BG1/1", "/BG1/correct", "/parked/BG1", "/parked/BG1/1"])
def test_what_is_not_there(desk: Desk, path: str):
    assert desk.get(path).status_code == 404
    assert "report:BG1" not in audited("audit.look")


# --- lists, files, rights --------------------------------------------------------------------------------------------


def test_the_list_is_filtered_and_told_as_json(desk: Desk, patient: Patient):
    report, parked = make_report(patient), make_report()
    found = desk.get("?status=parked", headers=JSON).get_json()
    assert [one["no"] for one in found["list"]] == [parked.no]
    assert desk.get("?source=staff&kind=checkup", headers=JSON).get_json()["total"] == 0
    assert desk.get("", headers=JSON).get_json()["total"] == 2
    detail = desk.get(f"/{report.no}", headers=JSON).get_json()
    assert detail["sections"][0]["lines"][0]["text"] == "11.2"
    assert "王芳" not in desk.get("").text


def test_staff_see_files_and_their_looks_are_logged(desk: Desk, patient: Patient):
    report = make_rich_report(patient)
    for name in ("pictures/1", "pages/1", "document"):
        assert desk.get(f"/{report.no}/1/{name}").status_code == 200
        assert desk.get(f"/{report.no}/9/{name}").status_code == 404
    assert "attachment" in desk.get(f"/{report.no}/2/document").headers["Content-Disposition"]
    assert audited("audit.look") == [f"report:{report.no}"] * 2


def test_the_search_box_and_the_start_page(desk: Desk, patient: Patient):
    make_report()
    report = make_report(patient, report_no="LAB-77")
    for text in ("LAB-77", report.no, patient.record_no):
        found = desk.client.post("/pc/search", data={"csrf_token": desk.csrf, "q": text}, follow_redirects=True)
        assert report.no in found.text, text
    assert "待认领报告" in desk.client.get("/pc/").text


def test_rights(sit: Sit, patient: Patient):
    report = make_report(patient)
    reader = sit(P.REPORT_READ)
    assert reader.get(f"/{report.no}").status_code == 200
    for path in ("/new", "/parked", f"/{report.no}/correct"):
        assert reader.get(path).status_code == 403
    assert reader.post(f"/{report.no}/withdraw", reason="x").status_code == 403
    nobody = sit(P.ORDER_READ)
    for path in ("", f"/{report.no}", f"/{report.no}/trail", f"/{report.no}/1/document"):
        assert nobody.get(path).status_code == 403
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Revision)) == 1
