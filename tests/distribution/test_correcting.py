"""Correcting a distributor's real name and phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.distribution import make_distributor
from tests.factories.staff import make_member
from tests.factories.withdrawals import REVIEWER, make_withdrawal, rich_distributor
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.errors import Invalid, Stale
from wxapp.core.permissions import Permission
from wxapp.distribution.errors import PhoneTaken, StaffMayNotEarn
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.queries import people
from wxapp.distribution.queries.corrections import CORRECTED
from wxapp.distribution.services import correcting, withdrawing
from wxapp.distribution.services.erasing import erase_distributor
from wxapp.payments.models import Payout

S = DistributorStatus
OLD, NEW, BY = "13800000951", "13800000952", "staff:803"


def correct(row: Distributor, *, name: str | None = None, phone: str | None = None, seen: int = 0) -> None:
    correcting.correct(row.id, name=name, phone=phone, reason="登记有误", seen=seen or row.version, by=BY)


def fresh(row: Distributor) -> Distributor:
    db.session.refresh(row)
    return row


def audited() -> list[tuple[str, str, str]]:
    rows = sa.select(AuditRow.actor, AuditRow.subject, AuditRow.detail).where(AuditRow.action == CORRECTED)
    return [(actor, subject, detail) for actor, subject, detail in db.session.execute(rows.order_by(AuditRow.number))]


def test_name_and_phone_are_corrected_and_found(app: Flask) -> None:
    row = make_distributor(name="林小满", phone=OLD)
    correct(row, name="林晓满", phone=NEW)
    assert (fresh(row).name, row.phone, row.version) == ("林晓满", NEW, 2)
    assert people.find_by_phone(NEW) is row
    assert people.find_by_phone(OLD) is None
    assert [one.id for one in people.found_people("林晓满", limit=5)] == [row.id]
    told = "姓名 林** 改为 林**，手机号 138****0951 改为 138****0952，登记有误"
    assert audited() == [(BY, f"distributor:{row.id}", told)]
    make_distributor(phone=OLD)  # the old one is free again


def test_what_is_left_out_stays(app: Flask) -> None:
    row = make_distributor(name="林小满", phone=OLD)
    correct(row, name="王一")
    assert (fresh(row).name, row.phone) == ("王一", OLD)
    assert people.find_by_phone(OLD) is row
    for name, phone in (("王一", None), (None, OLD), (None, None)):
        with pytest.raises(Invalid):
            correct(row, name=name, phone=phone)
    assert len(audited()) == 1


def test_somebody_who_works_here_and_a_taken_phone_are_refused(app: Flask) -> None:
    row = make_distributor(phone=OLD)
    make_distributor(phone=NEW)
    make_member(phone="13800000953")
    with pytest.raises(PhoneTaken):
        correct(row, phone=NEW)
    with pytest.raises(StaffMayNotEarn):
        correct(row, phone="13800000953")
    assert (fresh(row).phone, row.version, audited()) == (OLD, 1, [])


def test_who_has_left_holds_no_phone_after_a_correction(app: Flask) -> None:
    row = make_distributor(phone=OLD, status=S.CLOSED)
    living = make_distributor(phone=NEW)
    correct(row, phone=NEW)
    assert (fresh(row).phone, row.phone_taken) == (NEW, None)
    assert people.find_by_phone(NEW) is living


def test_of_two_who_correct_one_is_told(app: Flask) -> None:
    row = make_distributor(phone=OLD)
    correct(row, name="王一")
    with pytest.raises(Stale):
        correct(row, name="王二", seen=1)
    assert fresh(row).name == "王一"


def test_deleted_data_is_not_filled_again(app: Flask) -> None:
    row = make_distributor(phone=OLD)
    erase_distributor(row.wechat_user_id)
    with pytest.raises(Invalid):
        correct(fresh(row), name="王一", phone=NEW)


def test_an_open_withdrawal_keeps_the_name_it_was_asked_with(app: Flask) -> None:
    row = rich_distributor(name="林小满")
    withdrawal = make_withdrawal(row)
    correct(fresh(row), name="林晓满")
    withdrawing.approve_withdrawal(withdrawal.no, by=REVIEWER)
    db.session.expire_all()
    assert withdrawal.real_name == "林小满"
    assert db.session.scalars(sa.select(Payout)).one().real_name == "林小满"


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_asks_for_a_reason_and_shows_what_was_corrected(
    client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]
) -> None:
    row = make_distributor(name="林小满", phone=OLD)
    make_distributor(phone=NEW)
    member = make_member({Permission.DISTRIBUTION_READ, Permission.DISTRIBUTION_WRITE})
    csrf, page = sign_in_staff(client, member), f"/pc/distribution/distributors/{row.id}"
    form = client.get(f"{page}/correct").text
    assert "林**" in form
    assert "林小满" not in form
    typed = {"csrf_token": csrf, "version": "1", "form_key": "correct-000001", "name": "王一", "phone": ""}
    refused = client.post(f"{page}/correct", data={**typed, "reason": ""})
    assert (refused.status_code, "请填写更正原因" in refused.text) == (422, True)
    taken = client.post(f"{page}/correct", data={**typed, "reason": "换号", "phone": NEW})
    assert (taken.status_code, "该手机号已被其他分销员使用" in taken.text) == (409, True)
    for _ in range(2):
        assert client.post(f"{page}/correct", data={**typed, "reason": "登记有误"}).status_code == 303
    assert (fresh(row).name, row.phone) == ("王一", OLD)
    assert audited() == [(f"staff:{member.id}", f"distributor:{row.id}", "姓名 林** 改为 王*，登记有误")]
    assert "姓名 林** 改为 王*，登记有误" in client.get(page).text


def test_the_right_is_needed(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> None:
    row = make_distributor()
    sign_in_staff(client, make_member({Permission.DISTRIBUTION_READ, Permission.DISTRIBUTION_REVIEW}))
    page = f"/pc/distribution/distributors/{row.id}"
    assert "更正资料" not in client.get(page).text
    assert client.get(f"{page}/correct").status_code == 403


def test_the_page_has_what_a_distributor_has_and_what_is_on_its_way(
    client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]
) -> None:
    row = rich_distributor(12_000)
    make_withdrawal(row, 5_000)
    sign_in_staff(client, make_member({Permission.DISTRIBUTION_READ}))
    shown: Any = client.get(f"/pc/distribution/distributors/{row.id}", headers={"Accept": "application/json"}).json
    assert [shown[name] for name in ("available", "pending", "on_its_way")] == ["70.00", "0.00", "50.00"]
