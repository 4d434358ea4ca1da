"""The audit log: what it holds, and that nobody rewrites it unseen."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.factories.staff import make_member
from wxapp.admin import audit, tasks
from wxapp.admin.models import AuditHead, AuditRow
from wxapp.core.db import db, transaction
from wxapp.core.permissions import Permission


@pytest.fixture
def three_rows(app):
    for number in (1, 2, 3):
        audit.record("test.thing", f"thing:{number}", "说明", by="system:tests")


def tamper(statement) -> None:
    db.session.execute(statement)
    db.session.commit()
    db.session.expire_all()


def test_an_untouched_log_is_intact(three_rows):
    assert audit.verify() == audit.Verdict(3, None)


def test_an_empty_log_is_intact(app):
    assert audit.verify().is_intact


@pytest.mark.parametrize("column", ["detail", "actor", "action", "subject", "result", "address", "request_no"])
def test_an_edit_is_seen(three_rows, column):
    tamper(sa.update(AuditRow).where(AuditRow.number == 2).values({column: "anders"}))
    verdict = audit.verify()
    assert (verdict.broken_at, verdict.reason) == (2, "内容被改动")


def test_a_gap_is_seen(three_rows):
    tamper(sa.delete(AuditRow).where(AuditRow.number == 2))
    assert audit.verify().broken_at == 2


def test_a_cut_off_end_is_seen(three_rows):
    tamper(sa.delete(AuditRow).where(AuditRow.number == 3))
    assert audit.verify().broken_at == 3


def test_a_cut_off_end_is_seen_even_if_the_head_was_set_back(three_rows):
    tamper(sa.delete(AuditRow).where(AuditRow.number == 3))
    tamper(sa.update(AuditHead).values(number=2))
    assert not audit.verify().is_intact


def test_the_nightly_check_fails_loudly(three_rows):
    assert tasks.check_audit() == 3
    tamper(sa.update(AuditRow).where(AuditRow.number == 2).values(detail="anders"))
    with pytest.raises(tasks.AuditLogBroken, match="row 2"):
        tasks.check_audit()


def test_a_lost_head_is_seen(three_rows):
    tamper(sa.delete(AuditHead))
    assert not audit.verify().is_intact


def test_who_renumbers_and_copies_digests_is_seen(three_rows):
    second = db.session.scalars(sa.select(AuditRow).where(AuditRow.number == 2)).one().digest
    tamper(sa.update(AuditRow).where(AuditRow.number == 3).values(digest=second))
    assert audit.verify().broken_at == 3


@pytest.mark.parametrize("step", ["change", "delete"])
def test_the_program_itself_cannot_rewrite_a_row(three_rows, step):
    row = db.session.scalars(sa.select(AuditRow).limit(1)).one()
    with pytest.raises(RuntimeError, match="only ever added to"), transaction():
        if step == "change":
            row.detail = "anders"
        else:
            db.session.delete(row)
        db.session.flush()


def test_a_row_is_kept_only_if_the_change_is(app):
    with pytest.raises(ValueError, match="no"), transaction():
        audit.record("test.thing", by="system:tests")
        raise ValueError("no")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditRow)) == 0
    audit.record("test.thing", by="system:tests")
    assert audit.verify() == audit.Verdict(1, None)


def test_line_breaks_cannot_fake_a_second_row(app):
    audit.record("test.thing", "thing:1\nforged", "a\r\nb", by="system:tests")
    row = db.session.scalars(sa.select(AuditRow)).one()
    assert (row.subject, row.detail) == ("thing:1 forged", "a b")


def test_a_look_at_personal_data_is_written_down(app):
    audit.looked_at("patient", 5, "完整手机号")
    row = db.session.scalars(sa.select(AuditRow)).one()
    assert (row.action, row.subject, row.detail) == ("audit.look", "patient:5", "完整手机号")


def test_the_page_filters_and_verifies(client, sign_in_staff, three_rows):
    csrf = sign_in_staff(client, make_member({Permission.AUDIT_READ}))
    found = client.get("/pc/audit?subject=thing:2", headers={"Accept": "application/json"}).json["list"]
    assert [row["subject"] for row in found] == ["thing:2"]
    assert "日志完整：已校验 3 条" in client.post("/pc/audit/verify", data={"csrf_token": csrf}).text
    tamper(sa.update(AuditRow).where(AuditRow.number == 2).values(detail="anders"))
    page = client.post("/pc/audit/verify", data={"csrf_token": csrf}).text
    assert "第 2 条起内容被改动" in page


@pytest.mark.parametrize(("query", "count"), [("since=2026-03-02", 3), ("until=2026-03-01", 0), ("actor=staff:9", 0)])
def test_the_page_filters_by_day_and_person(client, sign_in_staff, three_rows, query, count):
    sign_in_staff(client, make_member({Permission.AUDIT_READ}))
    assert client.get(f"/pc/audit?{query}", headers={"Accept": "application/json"}).json["total"] == count
