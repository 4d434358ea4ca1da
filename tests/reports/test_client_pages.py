"""Staff's pages about systems that send reports: right, wrong, pressed twice, not allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.staff import make_member
from tests.reports.senders import Ack, Sender, fhir_report, log, make_sender, obr, observation, obx, oru, pid, reports
from wxapp.admin.models import AuditRow
from wxapp.core import settings
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.reports.client_models import Client, Verdict
from wxapp.reports.preferences import HL7_CHARSET, HL7_PROCESSING
from wxapp.reports.services import clients

P = Permission
JSON = {"Accept": "application/json"}
KEY = re.compile(r"wxr_[A-Za-z0-9_-]{43}")


class Desk:
    """A member of staff with some rights."""

    def __init__(self, client: FlaskClient, csrf: str) -> None:
        self.client, self.csrf = client, csrf

    def get(self, path: str, **over: Any) -> Any:
        return self.client.get(f"/pc/{path}", **over)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/{path}", data={"csrf_token": self.csrf, **fields})


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Callable[..., Desk]:
    return lambda *rights: Desk(client, sign_in_staff(client, make_member(set(rights))))


@pytest.fixture
def desk(sit: Callable[..., Desk]) -> Desk:
    return sit(P.REPORT_CLIENT, P.REPORT_WRITE)


@pytest.fixture
def lab(client: FlaskClient) -> Sender:
    return Sender(client, make_sender(label="外送检验所"))


def draft(**over: Any) -> dict[str, Any]:
    fields = {"label": "检验科LIS", "takes_fhir": "1", "networks": "10.1.0.0/16", "form_key": "key-0000000001", **over}
    return {name: value for name, value in fields.items() if value is not None}


def audited(action: str) -> list[AuditRow]:
    return list(db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action)))


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "report-clients", P.REPORT_CLIENT),
        ("GET", "report-clients/new", P.REPORT_CLIENT),
        ("POST", "report-clients/new", P.REPORT_CLIENT),
        ("GET", "report-clients/{client}", P.REPORT_CLIENT),
        ("POST", "report-clients/{client}", P.REPORT_CLIENT),
        ("POST", "report-clients/{client}/key", P.REPORT_CLIENT),
        ("POST", "report-clients/{client}/on", P.REPORT_CLIENT),
        ("POST", "report-clients/{client}/off", P.REPORT_CLIENT),
        ("GET", "report-messages", P.REPORT_WRITE),
        ("GET", "report-messages/{message}", P.REPORT_WRITE),
        ("POST", "report-messages/{message}/again", P.REPORT_WRITE),
    ],
)
def test_each_door_opens_with_its_right_only(lab: Sender, sit: Callable[..., Desk], method: str, path: str, right: P):
    lab.ack(oru(processing="T"))
    address = path.format(client=lab.new.client_id, message=log()[0].id)
    for rights, may in ((set(P) - {right}, False), ({right}, True)):
        desk = sit(*rights)
        data = {"csrf_token": desk.csrf, "unknown": "1"}
        answer = desk.client.open(f"/pc/{address}", method=method, data=data, headers=JSON)
        assert (answer.status_code != 403) is may, answer.json


def test_a_client_is_made_with_a_key_that_is_shown_once(desk: Desk):
    first = desk.post("report-clients/new", **draft())
    assert first.status_code == 200
    key = KEY.search(first.text)[0]
    assert KEY.search(desk.post("report-clients/new", **draft()).text)[0] == key  # pressed twice
    [client] = db.session.scalars(sa.select(Client))
    assert (client.label, client.networks, client.key_end) == ("检验科LIS", "10.1.0.0/16", key[-4:])
    for page in ("report-clients", f"report-clients/{client.id}", "report-clients/new"):
        assert key not in desk.get(page).text
    rows = db.session.scalars(sa.select(AuditRow)).all()
    assert not any(key in row.detail or key in row.subject for row in rows)
    assert audited("reports.client_add")[0].subject == f"report_client:{client.id}"


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"label": None}, "请填写名称"),
        ({"takes_fhir": None}, "请至少选择一种接口"),
        ({"networks": "nonsense"}, "不是IP地址或网段"),
        ({"label": "外送检验所"}, "已有同名的接口"),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(lab: Sender, desk: Desk, over: dict[str, Any], sentence: str):
    answer = desk.post("report-clients/new", **draft(**over))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert (over.get("networks") or "10.1.0.0/16") in answer.text
    assert db.session.scalar(sa.select(sa.func.count(Client.id))) == 1


def test_a_client_is_changed_switched_and_given_a_new_key(lab: Sender, desk: Desk):
    path = f"report-clients/{lab.new.client_id}"
    assert desk.post(path, label="新名称", takes_hl7="1", version="1").status_code == 303
    assert desk.post(path, label="又一个", takes_hl7="1", version="1").status_code == 409
    assert lab.fhir(fhir_report(observation(valueString="x"))).status_code == 401
    assert Ack.of(lab.hl7(oru()).data).code == "AA"
    fresh = KEY.search(desk.post(f"{path}/key", keep_hours="0", form_key="key-0000000002").text)[0]
    assert lab.hl7(oru(control_id="C2")).status_code == 401
    assert lab.hl7(oru(control_id="C2"), key=fresh).status_code == 200
    assert desk.post(f"{path}/off").status_code == 303
    assert lab.hl7(oru(control_id="C3"), key=fresh).status_code == 401
    assert desk.post(f"{path}/on").status_code == 303
    page = desk.get(path).text
    assert "新名称" in page
    assert "已接收 1，无变化 1，未接收 0" in page
    assert desk.post(f"{path}/key", keep_hours="999").status_code == 422


def test_nobody_s_client_is_not_found(desk: Desk):
    for path in ("report-clients/999", "report-messages/999"):
        assert desk.get(path).status_code == 404
    for path in ("report-clients/999/key", "report-clients/999/off", "report-messages/999/again"):
        assert desk.post(path, keep_hours="1" if path.endswith("key") else None).status_code == 404


def test_messages_are_found_by_number_client_way_and_verdict(lab: Sender, desk: Desk):
    lab.fhir(fhir_report(observation(valueString="x")))
    lab.ack(oru(pid(), obr("R-1"), obx(), obr("R-10"), obx()))
    lab.ack(oru(processing="T", control_id="C9"))

    def found(query: str) -> list[str]:
        rows = desk.get(f"report-messages?{query}", headers=JSON).json["list"]
        return sorted(row["report_nos"] or row["control_id"] for row in rows)

    assert found("") == ["C9", "LAB-1", "R-1 R-10"]
    assert found("q=R-1") == ["R-1 R-10"]
    assert found("q=R-") == []
    assert found("q=R%25") == []
    assert found(f"q={reports()[0].no}") == ["LAB-1"]
    assert found("q=C9") == ["C9"]
    assert found("way=fhir") == ["LAB-1"]
    assert found("verdict=refused") == ["C9"]
    assert found(f"client={lab.new.client_id}&day=2026-03-02") == ["C9", "LAB-1", "R-1 R-10"]
    assert found("day=2026-03-01") == []


def test_a_message_is_shown_in_its_own_character_set_and_the_look_is_logged(lab: Sender, desk: Desk):
    lab.ack(oru(key=lab.new.key, charset="GB 18030-2000").encode("gb18030"), "gb18030")
    [message] = log()
    page = desk.get(f"report-messages/{message.id}").text
    assert "白细胞计数" in page
    assert not KEY.search(page)
    assert audited("audit.look")[0].subject == f"report_message:{message.id}"


def test_a_refused_message_is_taken_after_a_setting_was_changed(lab: Sender, desk: Desk):
    lab.ack(oru(processing="T"))
    path = f"report-messages/{log()[0].id}"
    assert "重新接收" in desk.get(path).text
    assert desk.post(f"{path}/again").status_code == 303
    db.session.expire_all()
    assert (log()[0].verdict, reports()) == (Verdict.REFUSED, [])
    settings.write(HL7_PROCESSING, "PT", by="system:tests")
    assert desk.post(f"{path}/again").status_code == 303
    db.session.expire_all()
    [message] = log()
    assert (message.verdict, message.our_nos, message.retaken_by[:6]) == (Verdict.TAKEN, reports()[0].no, "staff:")
    assert desk.post(f"{path}/again").status_code == 409
    assert lab.ack(oru(processing="T")).code == "AA"
    assert len(reports()) == 1


def test_a_refused_resource_is_read_again_too(lab: Sender, desk: Desk):
    lab.fhir({"resourceType": "DiagnosticReport"})
    path = f"report-messages/{log()[0].id}"
    assert desk.post(f"{path}/again").status_code == 303
    db.session.expire_all()
    assert (log()[0].verdict, bool(log()[0].retaken_at)) == (Verdict.REFUSED, True)
    assert "DiagnosticReport.status" in desk.get(path).text or "缺少" in desk.get(path).text


def test_an_undecodable_message_is_taken_after_the_character_set_was_set(lab: Sender, desk: Desk):
    lab.hl7(oru(charset="").encode("gb18030"))
    settings.write(HL7_CHARSET, "gb18030", by="system:tests")
    desk.post(f"report-messages/{log()[0].id}/again")
    db.session.expire_all()
    assert log()[0].verdict is Verdict.TAKEN


def test_the_same_name_again_is_told_before_a_key_is_made(lab: Sender):
    before = db.session.scalar(sa.select(sa.func.count(Client.id)))
    with pytest.raises(clients.Invalid):
        make_sender(label="外送检验所")
    assert db.session.scalar(sa.select(sa.func.count(Client.id))) == before
