"""Staff's pages of distributors: applications, the list, deciding, the tree, the register, the agreement."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.distribution import apply, make_agreement, make_distributor
from tests.factories.patients import make_wechat_user
from tests.factories.staff import make_member
from tests.factories.withdrawals import make_withdrawal, rich_distributor
from wxapp.admin.models import AuditRow
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.distribution.models import Agreement, Distributor, DistributorStatus, Move
from wxapp.distribution.queries import agreements, people
from wxapp.messages.models import Message

P, S = Permission, DistributorStatus
JSON = {"Accept": "application/json"}
CLERK = {P.DISTRIBUTION_READ, P.DISTRIBUTION_REVIEW, P.DISTRIBUTION_WRITE, P.TABLE_EXPORT, P.DASHBOARD_READ}
PHONE = "13800000941"


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str
    member_id: int

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/distribution/{path}")

    def rows(self, path: str, **filters: str) -> list[dict[str, Any]]:
        query = "?" + "&".join(f"{name}={value}" for name, value in filters.items())
        found: list[dict[str, Any]] = self.client.get(f"/pc/distribution/{path}{query}", headers=JSON).json["list"]
        return found

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/distribution/{path}", data={"csrf_token": self.csrf, **fields})


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[..., str]) -> Sit:
    def down(permissions: set[Permission] = CLERK) -> Desk:
        member = make_member(permissions)
        return Desk(client, sign_in_staff(client, member), member.id)

    return down


def applicant(**over: Any) -> Distributor:
    return apply(make_wechat_user(), phone=PHONE, **over)


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.number)))


def fresh(row: Distributor) -> Distributor:
    db.session.refresh(row)
    return row


# --- applications ----------------------------------------------------------------------------------------------------


def test_an_application_is_approved_once(sit: Sit) -> None:
    desk, row = sit(), applicant()
    assert [one["id"] for one in desk.rows("applications")] == [row.id]
    page = desk.get(f"distributors/{row.id}").text
    assert "通过" in page
    assert PHONE not in page
    for _ in range(2):
        done = desk.post(f"distributors/{row.id}/approve", form_key="approve-1")
        assert (done.status_code, done.location) == (303, "/pc/distribution/applications")
    assert fresh(row).status is S.ACTIVE
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1
    assert desk.rows("applications") == []
    assert "distribution.approve" in actions()


def test_an_application_is_refused_with_a_reason(sit: Sit) -> None:
    desk, row = sit(), applicant()
    assert desk.get(f"distributors/{row.id}/refuse").status_code == 200
    empty = desk.post(f"distributors/{row.id}/refuse", form_key="refuse-1")
    assert empty.status_code == 422
    assert "请填写原因" in empty.text
    assert desk.post(f"distributors/{row.id}/refuse", form_key="refuse-1", reason="请填写真实姓名").status_code == 303
    assert (fresh(row).status, row.reason) == (S.REFUSED, "请填写真实姓名")
    assert [one["reason"] for one in desk.rows("applications", refused="1")] == ["请填写真实姓名"]


def test_an_applicant_who_works_here_is_shown_and_not_approved(sit: Sit) -> None:
    desk, row = sit(), applicant()
    make_member(phone=PHONE)
    assert "本院在职员工" in desk.get(f"distributors/{row.id}").text
    refused = desk.post(f"distributors/{row.id}/approve", form_key="approve-1")
    assert refused.status_code == 409
    assert "员工不能成为分销员" in refused.text
    assert fresh(row).status is S.APPLIED


def test_reading_alone_decides_nothing(sit: Sit) -> None:
    desk, row, other = sit({P.DISTRIBUTION_READ}), applicant(), make_distributor()
    page = desk.get(f"distributors/{row.id}").text
    assert "/approve" not in page
    assert "/reveal" not in page
    for path in ("approve", "refuse", "freeze", "unfreeze", "close", "move", "reveal"):
        denied = desk.post(f"distributors/{other.id}/{path}", reason="试试看", version="1")
        assert denied.status_code == 403, path
    assert desk.post("agreements/new", text="甲" * 30, valid_from="2026-03-02").status_code == 403
    assert (fresh(row).status, fresh(other).status) == (S.APPLIED, S.ACTIVE)


# --- distributors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["陈大文", PHONE, "k7m2np", "K7M2NP"])
def test_a_distributor_is_found_by_whole_name_phone_or_code(sit: Sit, text: str) -> None:
    row = make_distributor(name="陈大文", phone=PHONE, code="k7m2np")
    make_distributor(name="陈大")
    assert [one.id for one in people.found_people(text, limit=5)] == [row.id]
    desk = sit()
    kept = desk.client.post(
        "/pc/table-filter",
        data={"csrf_token": desk.csrf, "page_of": "/pc/distribution/distributors", "private": "q", "q": text},
    )
    assert text not in kept.location
    rows = desk.client.get(kept.location, headers=JSON).json["list"]
    assert [one["id"] for one in rows] == [row.id]


def test_the_list_shows_no_whole_name_or_phone(sit: Sit) -> None:
    desk = sit()
    top = make_distributor(name="陈大文", phone=PHONE)
    make_distributor(name="李小四", inviter=top)
    make_distributor(status=S.APPLIED)
    rows = desk.rows("distributors", sort="applied_at")
    assert [(row["name"], row["direct"], row["inviter"]) for row in rows] == [
        ("陈**", 1, ""),
        ("李**", 0, f"陈**（{top.code}）"),
    ]
    page = desk.get("distributors").text
    assert "陈大文" not in page
    assert PHONE not in page


def test_whole_name_and_phone_are_shown_once_to_those_who_may(sit: Sit) -> None:
    row = make_distributor(name="陈大文", phone=PHONE)
    desk = sit({P.DISTRIBUTION_READ, P.DISTRIBUTION_REVIEW})
    shown = desk.post(f"distributors/{row.id}/reveal").text
    assert "陈大文" in shown
    assert PHONE in shown
    assert "audit.look" in actions()


def test_frozen_freed_and_closed_on_pages(sit: Sit) -> None:
    desk, row = sit(), make_distributor()
    for path, status in (("freeze", S.FROZEN), ("unfreeze", S.ACTIVE), ("close", S.CLOSED)):
        assert desk.get(f"distributors/{row.id}/{path}").status_code == 200
        for _ in range(2):
            done = desk.post(f"distributors/{row.id}/{path}", reason="核实情况", form_key=f"{path}-1")
            assert done.status_code == 303, done.text
        assert fresh(row).status is status
    assert {"distribution.freeze", "distribution.unfreeze", "distribution.close"} <= set(actions())
    page = desk.get(f"distributors/{row.id}").text
    assert all(f"{said}（核实情况）" in page for said in ("：冻结", "：解除冻结", "：退出分销"))


@pytest.mark.usefixtures("pay")
def test_who_freezes_is_told_of_money_on_its_way(sit: Sit) -> None:
    desk, row = sit(), rich_distributor()
    assert "不会随之停止" not in desk.get(f"distributors/{row.id}/freeze").text
    make_withdrawal(row, 5_000)
    assert "已提交的提现¥50.00不会随之停止" in desk.get(f"distributors/{row.id}/freeze").text
    assert "50.00" in desk.get(f"distributors/{row.id}").text.partition("提现中")[2][:200]


def test_what_is_not_possible_is_told_on_the_form(sit: Sit) -> None:
    desk, row = sit(), make_distributor(status=S.CLOSED)
    refused = desk.post(f"distributors/{row.id}/freeze", reason="核实情况", form_key="freeze-1")
    assert refused.status_code == 409
    assert "当前状态不能进行此操作" in refused.text
    assert desk.get("distributors/999999999").status_code == 404


def test_a_move_on_its_page(sit: Sit) -> None:
    desk, old, new = sit(), make_distributor(), make_distributor()
    row = make_distributor(inviter=old)
    assert old.code in desk.get(f"distributors/{row.id}/move").text
    typed = {"reason": "登记有误", "version": "1", "form_key": "move-1", "inviter": f" {new.code.upper()} "}
    for _ in range(2):
        assert desk.post(f"distributors/{row.id}/move", **typed).status_code == 303
    assert fresh(row).inviter_id == new.id
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Move)) == 1
    assert f"{new.code}）（登记有误）" in desk.get(f"distributors/{row.id}").text
    stale = desk.post(f"distributors/{row.id}/move", **{**typed, "form_key": "move-2", "inviter": ""})
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("make_code", "sentence"),
    [
        (lambda row: "zzzzzz", "没有这个邀请码"),
        (lambda row: row.code, "上级不能是本人或本人的下级"),
        (lambda row: make_distributor(inviter=row).code, "上级不能是本人或本人的下级"),
        (lambda row: make_distributor(status=S.FROZEN).code, "不是正常状态"),
        (lambda row: "", "上级没有变化"),
    ],
)
def test_a_wrong_inviter_is_told_beside_the_field(
    sit: Sit, make_code: Callable[[Distributor], str], sentence: str
) -> None:
    desk, row = sit(), make_distributor()
    refused = desk.post(
        f"distributors/{row.id}/move", reason="登记有误", version="1", form_key="move-1", inviter=make_code(row)
    )
    assert refused.status_code == 422
    assert sentence in refused.text
    assert 'id="error-inviter"' in refused.text


# --- the tree --------------------------------------------------------------------------------------------------------


def test_the_tree_opens_step_by_step(sit: Sit) -> None:
    desk, top = sit(), make_distributor()
    middle = make_distributor(inviter=top)
    low = make_distributor(inviter=middle)
    assert [one["id"] for one in desk.rows("tree")] == [top.id]
    page = desk.client.get(f"/pc/distribution/tree/{top.id}", headers=JSON).json
    assert (page["direct"], page["second"], [one["id"] for one in page["list"]]) == (1, 1, [middle.id])
    below = desk.client.get(f"/pc/distribution/tree/{low.id}", headers=JSON).json
    assert [one["id"] for one in below["above"]] == [top.id, middle.id]
    assert "还没有邀请过分销员" in desk.get(f"tree/{low.id}").text
    assert desk.get("tree/999999999").status_code == 404


def test_a_search_stays_inside_the_tree(app: Any) -> None:
    top, stranger = make_distributor(), make_distributor(name="陈大文")
    low = make_distributor(inviter=make_distributor(inviter=top), name="陈大文", phone=PHONE)
    assert people.search_below(top.id, "陈大文") == {low.id: 2}
    assert people.search_below(top.id, PHONE) == {low.id: 2}
    assert people.search_below(top.id, stranger.code) == {}
    assert people.search_below(low.id, top.code) == {}
    assert people.search_below(top.id, top.code) == {}


def test_the_page_of_direct_people_has_twenty(sit: Sit) -> None:
    desk, top = sit(), make_distributor()
    for _ in range(21):
        make_distributor(inviter=top)
    assert len(desk.rows(f"tree/{top.id}")) == 20
    assert len(desk.rows(f"tree/{top.id}", page="2")) == 1


# --- the register ----------------------------------------------------------------------------------------------------


def sheet(answer: Any) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))


def test_the_register_names_who_may_promote(sit: Sit) -> None:
    row = make_distributor(name="陈大文", phone=PHONE)
    make_distributor(status=S.APPLIED)
    make_distributor(status=S.REFUSED)
    masked = sit({P.DISTRIBUTION_READ, P.TABLE_EXPORT})
    assert [(one["no"], one["name"]) for one in masked.rows("register")] == [(f"T{row.id:06d}", "陈**")]
    assert PHONE not in str(sheet(masked.get("register?export=xlsx")))
    whole = sit()
    assert [one["phone"] for one in whole.rows("register")] == [PHONE]
    lines = sheet(whole.get("register?export=xlsx"))
    assert "陈大文" in str(lines)
    assert agreements.FIRST.version in str(lines)
    assert {"audit.look", "table.export"} <= set(actions())


def test_the_register_is_filtered_by_the_day_of_the_approval(sit: Sit) -> None:
    desk = sit()
    make_distributor()
    assert len(desk.rows("register", since="2026-03-02", until="2026-03-02")) == 1
    assert desk.rows("register", since="2026-03-03") == []
    assert desk.rows("register", until="2026-03-01") == []


# --- the agreement ---------------------------------------------------------------------------------------------------


def test_a_new_version_of_the_agreement(sit: Sit) -> None:
    desk = sit()
    assert agreements.FIRST.version in desk.get("agreements").text
    assert "非医疗项目" in desk.get("agreements/new").text
    typed = {"text": "如实介绍，不承诺疗效。" * 4, "valid_from": "2026-03-02", "form_key": "agreement-1"}
    for _ in range(2):
        assert desk.post("agreements/new", **typed).status_code == 303
    rows = list(db.session.scalars(sa.select(Agreement)))
    assert [row.version for row in rows] == ["2026-03-02"]
    assert typed["text"] in desk.get(f"agreements/{rows[0].id}").text
    assert desk.get("agreements/999999999").status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "太短"}, "text"),
        ({"valid_from": "2026-03-01"}, "valid_from"),
        ({"valid_from": "明天"}, "valid_from"),
        ({"text": agreements.FIRST.text}, "text"),
    ],
)
def test_a_wrong_version_is_told_beside_its_field(sit: Sit, fields: dict[str, str], field: str) -> None:
    typed = {"text": "如实介绍，不承诺疗效。" * 4, "valid_from": "2026-03-02", **fields}
    refused = sit().post("agreements/new", **typed)
    assert refused.status_code == 422
    assert f'id="error-{field}"' in refused.text


def test_old_versions_are_listed(sit: Sit) -> None:
    desk, row = sit(), make_agreement()
    assert row.version in desk.get("agreements").text


def test_staff_are_told_that_a_members_phone_is_a_distributors(sit: Sit, client: FlaskClient) -> None:
    row = make_distributor(phone=PHONE)
    member = make_member(phone=PHONE)
    sit({P.STAFF_READ, P.STAFF_WRITE})
    page = client.get(f"/pc/staff/{member.id}").text
    assert row.code in page
    assert "分销员" in page
