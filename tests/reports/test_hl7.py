"""Reports as HL7 v2: what is read of them, and how they are acknowledged."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from tests.factories.patients import make_patient
from tests.factories.reports import make_pdf
from tests.reports.senders import Ack, Sender, log, make_sender, obr, obx, oru, pid, reports, revision, values
from wxapp.core import ids, settings
from wxapp.patients.models import Patient
from wxapp.reports.client_models import Verdict
from wxapp.reports.incoming import Flag, Progress, ReportKind
from wxapp.reports.models import ReportStatus
from wxapp.reports.preferences import HL7_CHARSET, HL7_PROCESSING, RECORD_AUTHORITY
from wxapp.reports.services import messages


@pytest.fixture
def lab(client: FlaskClient) -> Sender:
    return Sender(client, make_sender())


@pytest.fixture
def patient(lab: Sender) -> Patient:
    return make_patient(name="王芳")


def take(lab: Sender, *lines: str, **over: str) -> Ack:
    ack = lab.ack(oru(*lines, **over))
    assert ack.code == "AA", ack.segments
    return ack


# --- taking ----------------------------------------------------------------------------------------------------------


def test_a_message_is_published_to_its_patient(lab: Sender, patient: Patient):
    ack = take(lab, pid(patient.record_no), obr(), obx(flag="H", value="11.20"), "NTE|1||复查确认")
    assert ack.control_id == "C1"
    assert ack.segments["MSH"][2:6] == ["WXAPP", "HOSP", "LIS", "LAB"]
    assert (ack.segments["MSH"][8], ack.segments["MSH"][11], ack.segments["MSH"][17]) == (
        "ACK^R01^ACK", "2.5.1", "UNICODE UTF-8",
    )  # fmt: skip
    [report] = reports()
    assert (report.status, report.patient_id, report.report_no) == (ReportStatus.PUBLISHED, patient.id, "LAB-1")
    said = revision()
    assert (said.title, said.department, said.ordered_by) == ("血常规", "检验科", "李明")
    assert said.collected_at == datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    assert said.issued_at == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    [value] = values()
    assert (value.code, value.name, value.text, value.number, value.unit, value.reference, value.flag, value.note) == (
        "WBC", "白细胞计数", "11.20", "11.20", "10*9/L", "3.5-9.5", Flag.HIGH, "复查确认",
    )  # fmt: skip
    assert (value.low, value.high) == ("3.5", "9.5")


def test_the_same_message_again_is_acknowledged_without_effect(lab: Sender, patient: Patient):
    message = oru(pid(patient.record_no), obr(), obx())
    assert [lab.ack(message).code for _ in range(3)] == ["AA"] * 3
    assert (len(reports()), len(log())) == (1, 1)


def test_a_correction_replaces_and_the_old_message_does_not_bring_the_old_value_back(lab: Sender, patient: Patient):
    old = oru(pid(patient.record_no), obr(), obx())
    corrected = obr(status="C").replace("20260302093000+0800", "20260302103000+0800")
    assert lab.ack(old).code == "AA"
    take(lab, pid(patient.record_no), corrected, obx(value="6.1", status="C"), control_id="C2")
    assert lab.ack(old).code == "AA"
    assert lab.ack(oru(pid(patient.record_no), obr(), obx(), control_id="C3")).code == "AA"
    [report] = reports()
    assert (report.revision, values()[0].text, revision().progress) == (2, "6.1", Progress.CORRECTED)
    assert [one.verdict for one in log()] == [Verdict.TAKEN, Verdict.TAKEN, Verdict.UNCHANGED]


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1"])
def test_each_version_is_answered_in_itself(lab: Sender, version: str):
    ack = lab.ack(oru(version=version))
    assert (ack.code, ack.segments["MSH"][11]) == ("AA", version)
    wrong = lab.ack(oru(obx(), version=version, control_id="C2"))
    assert wrong.code == "AE"
    assert ("OBX^1" in wrong.segments["ERR"][1]) is (version < "2.5")


def test_each_order_is_a_report_and_parts_of_one_are_groups(lab: Sender):
    take(
        lab, pid("HOSP999"), obr("A", "血常规"), obx(1), obr("B", "尿常规"), obx(1, item="PRO^尿蛋白^L"),
        obr("A", "凝血功能"), obx(1, item="PT^凝血酶原时间^L", value="12.1"),
    )  # fmt: skip
    first, second = reports()
    assert (first.report_no, second.report_no) == ("A", "B")
    assert revision(first).title == "血常规、凝血功能"
    assert [(one.section, one.name) for one in values(first)] == [
        ("血常规", "白细胞计数"),
        ("凝血功能", "凝血酶原时间"),
    ]
    assert log()[0].report_nos == "A B"


def test_the_number_may_stand_in_the_common_order(lab: Sender):
    take(lab, pid(), "ORC|RE||FILL-9|||||||||2002^赵^强", obr("").replace("1001^李^明", ""), obx())
    assert (reports()[0].report_no, revision().ordered_by) == ("FILL-9", "赵强")


@pytest.mark.parametrize(
    ("status", "of_value", "expected"),
    [
        ("F", "F", Progress.FINAL),
        ("", "F", Progress.FINAL),
        ("", "C", Progress.CORRECTED),
        ("P", "P", Progress.PRELIMINARY),
        ("C", "F", Progress.CORRECTED),
    ],
)
def test_a_status_says_how_far_it_is(lab: Sender, status: str, of_value: str, expected: Progress):
    take(lab, pid(), obr(status=status), obx(status=of_value))
    assert revision().progress is expected


@pytest.mark.parametrize(("status", "of_value"), [("X", "X"), ("F", "W")])
def test_a_cancelled_report_and_one_of_somebody_else_are_withdrawn(
    lab: Sender, patient: Patient, status: str, of_value: str
):
    take(lab, pid(patient.record_no), obr(), obx())
    later = obr(status=status).replace("20260302093000+0800", "20260302103000+0800")
    take(lab, pid(patient.record_no), later, obx(status=of_value), control_id="C2")
    assert reports()[0].status is ReportStatus.WITHDRAWN


def test_no_result_yet_is_acknowledged_and_noted(lab: Sender):
    take(lab, pid(), obr(status="I"))
    assert (reports(), "尚无结果" in log()[0].detail) == ([], True)


def test_a_title_can_put_it_with_the_checkups(lab: Sender):
    take(lab, pid(), obr(title="入职体检"), obx())
    assert reports()[0].kind is ReportKind.CHECKUP


# --- patients --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("{no}", True),
        ("{no}^^^HOSP^MR", True),
        ("{no}^^^HOSP^MR~999999198506150001^^^PSB^NI", True),
        ("999999198506150001^^^PSB^NI~{no}^^^HOSP^MR", True),
        ("{no}^^^HOSP^NI", False),
        ("{no}^^^HOSP~7^^^OTHER", False),
        ("{no}^^^A^MR~7^^^B^MR", False),
        ("", False),
    ],
)
def test_the_record_number_is_the_one_of_its_type(lab: Sender, patient: Patient, numbers: str, expected: bool):
    take(lab, f"PID|1||{numbers.format(no=patient.record_no)}||王^芳", obr(), obx())
    assert (reports()[0].patient_id == patient.id) is expected


def test_only_the_set_authority_s_numbers_count(lab: Sender, patient: Patient):
    settings.write(RECORD_AUTHORITY, "安和医院", by="system:tests")
    take(lab, f"PID|1||{patient.record_no}^^^LAB^MR||王芳", obr(), obx())
    take(lab, f"PID|1||7^^^LAB^MR~{patient.record_no}^^^&安和医院&L^MR||王芳", obr("LAB-2"), obx(), control_id="C2")
    assert [report.patient_id for report in reports()] == [None, patient.id]


def test_two_patients_in_one_message_are_kept_apart(lab: Sender, patient: Patient):
    other = make_patient(name="李雷")
    take(lab, pid(patient.record_no), obr("A"), obx(), pid(other.record_no, "李雷"), obr("B"), obx())
    assert [report.patient_id for report in reports()] == [patient.id, other.id]
    mixed = lab.ack(
        oru(pid(patient.record_no), obr("C"), obx(), pid(other.record_no), obr("C"), obx(), control_id="C2")
    )
    assert mixed.code == "AE"


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said", "text", "number"),
    [
        ("NM", "5.20", "5.20", "5.20"),
        ("NM", "+7", "+7", "7"),
        ("NM", "<0.5", "<0.5", None),
        ("NM", "1E3", "1E3", "1000"),
        ("NM", "9" * 40, "9" * 40, None),
        ("SN", "<^0.01", "<0.01", None),
        ("SN", "^1^:^128", "1:128", None),
        ("SN", "^10^-^20", "10-20", None),
        ("SN", "^5.5", "5.5", "5.5"),
        ("SN", "^2^+", "2+", None),
        ("ST", "阴性(-)", "阴性(-)", None),
        ("ST", "A^B&C", "A^B&C", None),
        ("TX", "第一行~第二行", "第一行\n第二行", None),
        ("FT", "第一行\\.br\\第二行\\X0D\\第三行", "第一行\n第二行\n第三行", None),
        ("ST", "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f", None),
        ("ST", "\\XE9BB84\\色", "黄色", None),
        ("ST", "C:\\data\\x", "C:\\data\\x", None),
        ("CE", "NEG^阴性^L", "阴性", None),
        ("CWE", "A^甲型^L~B^乙型^L", "甲型、乙型", None),
        ("CE", "NEG", "NEG", None),
        ("DT", "20260302", "2026-03-02", None),
        ("TM", "0930", "09:30", None),
        ("TS", "20260302093015+0800", "2026-03-02 09:30:15", None),
        ("DTM", "202603020930+0900", "2026-03-02 08:30", None),
        ("TS", "gestern", "gestern", None),
        ("", "文字", "文字", None),
        ("ZZ", "文字", "文字", None),
    ],
)
def test_every_kind_of_value_is_shown(lab: Sender, kind: str, said: str, text: str, number: str | None):
    take(lab, pid(), obr(), obx(kind=kind, value=said))
    [value] = values()
    assert (value.text, value.number) == (text, number)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [("L", Flag.LOW), ("H", Flag.HIGH), ("LL", Flag.CRITICAL_LOW), ("HH", Flag.CRITICAL_HIGH), ("A", Flag.ABNORMAL),
     ("N", Flag.NORMAL), ("H~HH", Flag.CRITICAL_HIGH), ("h", Flag.HIGH)],
)  # fmt: skip
def test_flags(lab: Sender, flag: str, expected: Flag):
    take(lab, pid(), obr(), obx(flag=flag, kind="ST", value="x"))
    assert values()[0].flag is expected


@pytest.mark.parametrize(
    ("given", "low", "high"),
    [("3.5-9.5", "3.5", "9.5"), ("<5.2", "", "5.2"), (">=1", "1", ""), ("阴性", "", ""), ("3.5～9.5", "3.5", "9.5")],
)
def test_references(lab: Sender, given: str, low: str, high: str):
    take(lab, pid(), obr(), obx(range=given))
    assert (values()[0].reference, values()[0].low, values()[0].high) == (given, low, high)


def test_a_narrative_in_several_lines_is_one_value(lab: Sender):
    lines = [obx(n, kind="TX", item="36643-5^胸部平扫^LN", value=text, unit="", range="", flag="")
             for n, text in enumerate(["两肺纹理清晰。", "心影不大。", "膈肌光滑。"], 1)]  # fmt: skip
    take(lab, pid(), obr(title="胸部CT"), *lines, obx(4, kind="TX", item="IMP^结论^L", value="未见异常"))
    assert [value.text for value in values()] == ["两肺纹理清晰。\n心影不大。\n膈肌光滑。"]
    assert revision().conclusion == "未见异常"


def test_conclusion_suffix_advice_and_comments_find_their_place(lab: Sender):
    take(
        lab,
        pid(),
        obr(),
        "NTE|1||标本轻度溶血",
        obx(1),
        obx(2, kind="TX", item="71020&IMP^胸片^L", value="印象正常"),
        obx(3, kind="TX", item="X^建议^L", value="一年后复查"),
    )
    assert (revision().conclusion, revision().advice) == ("印象正常\n标本轻度溶血", "一年后复查")


@pytest.mark.parametrize(("status", "expected"), [("X", ["白细胞计数：未能得出结果"]), ("D", []), ("N", [])])
def test_a_value_s_status_can_take_it_away(lab: Sender, status: str, expected: list[str]):
    take(lab, pid(), obr(), obx(1, status=status), obx(2, item="RBC^红细胞^L", value="4"))
    assert [f"{one.name}：{one.text}" for one in values()][: len(expected)] == expected
    assert len(values()) == 1 + len(expected)


def test_a_document_is_kept_and_a_pointer_is_not_followed(lab: Sender):
    document = base64.b64encode(make_pdf()).decode()
    take(
        lab,
        pid(),
        obr(),
        obx(1),
        obx(2, kind="ED", item="PDF^报告原件^L", value=f"LIS^application^pdf^Base64^{document}"),
        obx(3, kind="RP", item="IMG^影像^L", value="//server/share^DCM"),
    )
    assert revision().document_token
    assert [value.text for value in values()] == ["5.20", "外部文件，未随报告送达"]
    assert "未收取" in log()[0].detail


@pytest.mark.parametrize("value", ["LIS^application^pdf^Base64^%%%", "LIS^application^pdf^Hex^00"])
def test_a_document_that_can_t_be_read_is_refused_with_its_place(lab: Sender, value: str):
    ack = lab.ack(oru(pid(), obr(), obx(1), obx(2, kind="ED", value=value)))
    assert (ack.code, ack.error) == ("AE", "OBX^2^5 102")
    assert reports() == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("20260302083000", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
        ("20260302083000+0900", datetime(2026, 3, 1, 23, 30, tzinfo=UTC)),
        ("202603020830", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
        ("20260302", datetime(2026, 3, 1, 16, tzinfo=UTC)),
        ("20260302083000.1234", datetime(2026, 3, 2, 0, 30, tzinfo=UTC)),
    ],
)
def test_moments_have_zones(lab: Sender, at: str, expected: datetime):
    take(lab, pid(), obr().replace("20260302083000+0800", at), obx())
    assert revision().collected_at == expected


def test_a_moment_without_a_zone_is_in_that_of_the_message(lab: Sender):
    take(lab, pid(), obr().replace("20260302083000+0800", "20260302083000"), obx(), at="20260302101500+0000")
    assert revision().collected_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


# --- character sets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("UNICODE UTF-8", "utf-8"), ("GB 18030-2000", "gb18030"), ("GBK", "gb18030"), ("GB2312", "gb18030"),
     ("gb18030", "gb18030"), ("UTF-8", "utf-8")],
)  # fmt: skip
def test_chinese_comes_in_every_set_and_is_answered_in_it(lab: Sender, charset: str, codec: str):
    # Each of these has a byte in GBK that is a separator in ASCII: | ^ \ ~
    title = "血常规亅俓俖倊"
    assert set(title.encode("gbk")) & {0x7C, 0x5E, 0x5C, 0x7E}
    message = oru(pid(name="王亅"), obr(title=title), obx(), charset=charset).replace("|LAB|", "|俓倊|")
    ack = lab.ack(message.encode(codec), codec)
    assert (ack.code, ack.segments["MSH"][5]) == ("AA", "俓倊")
    assert (revision().title, revision().given_name) == (title, "王亅")


def test_without_a_name_the_set_default_counts(lab: Sender):
    settings.write(HL7_CHARSET, "gb18030", by="system:tests")
    assert lab.ack(oru(charset="").encode("gb18030"), "gb18030").code == "AA"
    assert values()[0].name == "白细胞计数"


@pytest.mark.parametrize(
    ("charset", "codec"), [("ASCII", "gb18030"), ("UNICODE UTF-8", "gb18030"), ("", "gb18030"), ("EBCDIC", "utf-8")]
)
def test_what_can_t_be_decoded_is_refused_with_the_reason(lab: Sender, charset: str, codec: str):
    answer = lab.hl7(oru(charset=charset).encode(codec))
    ack = Ack.of(answer.data)
    assert (ack.code, ack.control_id, ack.error.split()[0]) == ("AE", "C1", "MSH^1^18")
    assert reports() == []


# --- keys, doors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/hl7-v2", "x-application/hl7-v2+er7; charset=utf-8", "text/plain"])
def test_content_types(lab: Sender, kind: str):
    answer = lab.hl7(oru(), content_type=kind)
    assert (answer.status_code, Ack.of(answer.data).code) == (200, "AA")


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_content_types_are_refused(lab: Sender, kind: str):
    assert lab.hl7(oru(), content_type=kind).status_code == 415


def test_a_body_beyond_the_limit_is_refused(lab: Sender):
    assert lab.hl7(oru() + "Z" * 13_000_000).status_code == 413


def test_a_wrong_key_is_refused_before_anything_is_read(lab: Sender):
    answer = lab.hl7("rubbish", key="wxr_" + "x" * 43)
    assert (answer.status_code, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
    assert log() == []


def test_no_key_stays_in_the_log(lab: Sender):
    take(lab, key=lab.new.key)
    take(lab, key="another secret", control_id="C2")
    bodies = [messages.body_of(one) for one in log()]
    assert not any(b"wxr_" in body or b"secret" in body for body in bodies if body)
    assert all(body and b"|***|ORU" in body for body in bodies)


def test_test_messages_are_taken_only_while_that_is_set(lab: Sender):
    assert lab.ack(oru(processing="T")).error == "MSH^1^11 202"
    settings.write(HL7_PROCESSING, "PT", by="system:tests")
    assert lab.ack(oru(processing="T")).code == "AA"


def test_two_reports_that_draw_one_number_are_both_taken(lab: Sender, monkeypatch: pytest.MonkeyPatch):
    drawn = iter(["11111111", "11111111", "22222222"])
    monkeypatch.setattr(ids, "digits", lambda count: next(drawn))
    take(lab, pid(), obr("A"), obx())
    take(lab, pid(), obr("B"), obx(), control_id="C2")
    assert [report.no[-8:] for report in reports()] == ["11111111", "22222222"]
