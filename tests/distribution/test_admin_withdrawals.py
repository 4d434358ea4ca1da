"""Staff's pages of withdrawals: the list and its export, one, and what people decide."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.patients import make_id_number
from tests.factories.staff import make_member
from tests.factories.withdrawals import CASHIER, REVIEWER, ask, make_withdrawal, rich_distributor
from tests.fakes.pay import FakePay
from wxapp.admin.models import AuditRow
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.core.permissions import Permission
from wxapp.distribution import settings
from wxapp.distribution.kinds import available_account
from wxapp.distribution.models import DistributorStatus, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import withdrawals as queries
from wxapp.distribution.services import paying_withdrawals, withdrawing
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.wallet import services as wallet

P = Permission
JSON = {"Accept": "application/json"}
ALL = {P.WITHDRAWAL_READ, P.WITHDRAWAL_REVIEW, P.WITHDRAWAL_PAY, P.TABLE_EXPORT}
LIST = "distribution/withdrawals"
At = Callable[[timedelta], None]
pytestmark = pytest.mark.usefixtures("pay")


@dataclass
class Desk:
    """A member of staff with some rights."""

    client: FlaskClient
    csrf: str
    actor: str

    def get(self, path: str) -> Any:
        return self.client.get(f"/pc/{path}")

    def ask(self, path: str) -> Any:
        return self.client.get(f"/pc/{path}", headers=JSON).json

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/pc/{path}", data={"csrf_token": self.csrf, **fields})

    def numbers(self, query: str = "") -> set[str]:
        return {row["no"] for row in self.ask(f"{LIST}{query}")["list"]}


Sit = Callable[..., Desk]


@pytest.fixture
def sit(client: FlaskClient, sign_in_staff: Callable[[FlaskClient, Any], str]) -> Sit:
    def sit_down(*rights: Permission) -> Desk:
        member = make_member(set(rights))
        return Desk(client, sign_in_staff(client, member), f"staff:{member.id}")

    return sit_down


@pytest.fixture
def desk(sit: Sit) -> Desk:
    return sit(*ALL)


def row_of(no: str) -> Withdrawal:
    db.session.expire_all()
    return queries.get_withdrawal(no)


def audited(action: str) -> list[tuple[str, str]]:
    rows = db.session.scalars(sa.select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.number))
    return [(row.subject, row.detail) for row in rows]


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_shows_masked_names_and_what_waits(desk: Desk) -> None:
    waiting = make_withdrawal(rich_distributor(name="林小满"), 5_000)
    page = desk.get(LIST).text
    assert "林**" in page
    assert "林小满" not in page
    assert waiting.no in page
    totals = desk.ask(LIST)["totals"]
    assert totals["waiting"] == {"count": 1, "amount": "50.00"}
    assert totals["paid_today"] == {"count": 0, "amount": "0.00"}


def test_the_list_is_filtered(desk: Desk) -> None:
    lin = rich_distributor(30_000, name="林小满", phone="13800007777")
    waiting, approved = make_withdrawal(lin), make_withdrawal(lin, is_approved=True)
    rejected = make_withdrawal()
    withdrawing.reject_withdrawal(rejected.no, reason="资料不全", by=REVIEWER)
    by_hand = make_withdrawal(is_approved=True, is_by_hand=True)
    paying_withdrawals.pay_by_hand(by_hand.no, channel=Method.CASH, note="签收", by=CASHIER)
    assert desk.numbers() == {waiting.no, approved.no, rejected.no, by_hand.no}
    assert desk.numbers("?status=requested") == {waiting.no}
    assert desk.numbers("?status=open") == {waiting.no, approved.no}
    assert desk.numbers("?since=2026-03-03") == set()
    assert desk.numbers("?until=2026-03-01") == set()
    assert desk.numbers("?paid_since=2026-03-02&paid_until=2026-03-02") == {by_hand.no}
    assert desk.numbers("?paid_until=2026-03-01") == set()
    assert desk.get(f"{LIST}?status=nonsense").status_code == 422


@pytest.mark.parametrize("typed", ["林小满", "13800007777", "code", "no"])
def test_a_person_or_a_number_is_found_by_the_private_filter(desk: Desk, typed: str) -> None:
    lin = rich_distributor(name="林小满", phone="13800007777")
    mine, _other = make_withdrawal(lin), make_withdrawal()
    wanted = {"code": lin.code, "no": mine.no}.get(typed, typed)
    answer = desk.post("table-filter", page_of=f"/pc/{LIST}", private="q", q=wanted)
    token = answer.location.partition("?")[2]
    assert desk.numbers(f"?{token}") == {mine.no}
    assert wanted not in answer.location


def sheet(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    page = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
    heads, *rows = page.iter_rows(values_only=True)
    return [dict(zip(map(str, heads), row, strict=True)) for row in rows]


def test_an_export_names_people_whole_for_those_who_may_see_that(sit: Sit) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by="system:tests")
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by="system:tests")
    number = make_id_number(7)
    ask(rich_distributor(name="林小满", id_number=number), 5_000)
    masked = sheet(sit(P.WITHDRAWAL_READ, P.TABLE_EXPORT, P.PATIENT_REVEAL).get(f"{LIST}?export=xlsx"))[0]
    assert (masked["姓名"], masked["身份证号"]) == ("林**", f"9999****{number[-4:]}")
    amounts = [float(masked[name]) for name in ("提现金额", "手续费", "代扣税款", "到账金额")]
    assert amounts == [50.0, 0.5, 10.0, 39.5]
    assert audited("audit.look") == []
    whole = sheet(sit(*ALL).get(f"{LIST}?export=xlsx"))[0]
    assert (whole["姓名"], whole["身份证号"]) == ("林小满", number)
    assert audited("audit.look") == [("distribution:withdrawals", "导出提现：真实姓名、身份证号")]
    assert len(audited("table.export")) == 2
    assert sit(P.WITHDRAWAL_READ, P.WITHDRAWAL_PAY).get(f"{LIST}?export=xlsx").status_code == 403


def test_tax_is_declared_under_the_number_of_the_payment(sit: Sit) -> None:
    person, first, second = rich_distributor(), make_id_number(7), make_id_number(8)
    ask(person, 1_000)
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by="system:tests")
    ask(person, 1_000, id_number=first)
    ask(person, 1_000, id_number=second)
    desk = sit(*ALL)
    assert [row["身份证号"] or "" for row in sheet(desk.get(f"{LIST}?export=xlsx"))] == [second, first, ""]


# --- one -------------------------------------------------------------------------------------------------------------


def test_one_shows_the_person_s_figures_and_the_books(desk: Desk) -> None:
    row = make_withdrawal(rich_distributor(20_000, name="林小满"), 5_000)
    page = desk.get(f"{LIST}/{row.no}").text
    for text in ("150.00", "林**", "审核通过", "驳回", "提现在途", "提交申请"):
        assert text in page
    assert "登记线下打款" not in page
    assert "查看完整信息" in page
    assert desk.get(f"{LIST}/W0").status_code == 404


def test_the_whole_person_is_shown_once_and_the_look_is_logged(sit: Sit) -> None:
    row = make_withdrawal(rich_distributor(name="林小满", phone="13800007777"))
    clerk = sit(P.WITHDRAWAL_READ, P.WITHDRAWAL_PAY)
    page = clerk.post(f"{LIST}/{row.no}/reveal").text
    assert "林小满" in page
    assert "13800007777" in page
    assert audited("audit.look") == [(f"distributor:{row.distributor_id}", "姓名、手机号、证件号")]
    assert "林小满" not in clerk.get(f"{LIST}/{row.no}").text
    reviewer = sit(P.WITHDRAWAL_READ, P.WITHDRAWAL_REVIEW, P.PATIENT_REVEAL)
    assert "查看完整信息" not in reviewer.get(f"{LIST}/{row.no}").text
    assert reviewer.post(f"{LIST}/{row.no}/reveal").status_code == 403
    assert sit(P.WITHDRAWAL_PAY).post(f"{LIST}/{row.no}/reveal").status_code == 403


def test_approving_by_wechat(desk: Desk) -> None:
    row = make_withdrawal()
    assert desk.post(f"{LIST}/{row.no}/approve").status_code == 303
    payments.carry_out_payouts()
    assert (row_of(row.no).status, row_of(row.no).decided_by) == (W.CONFIRMING, desk.actor)
    assert audited("distribution.approve_withdrawal") == [(f"withdrawal:{row.no}", "50.00元，微信转账")]
    again = desk.post(f"{LIST}/{row.no}/approve")
    assert (again.status_code, "当前状态不能进行此操作" in again.text) == (409, True)
    assert "待本人确认" in desk.get(f"{LIST}/{row.no}").text


def test_rejecting_needs_a_reason(desk: Desk) -> None:
    row = make_withdrawal()
    answer = desk.post(f"{LIST}/{row.no}/reject", reason="")
    assert (answer.status_code, "请填写不通过的原因" in answer.text) == (422, True)
    assert row_of(row.no).status is W.REQUESTED
    assert desk.post(f"{LIST}/{row.no}/reject", reason="资料不全").status_code == 303
    assert (row_of(row.no).status, row_of(row.no).reason) == (W.REJECTED, "资料不全")
    assert "资料不全" in desk.get(f"{LIST}/{row.no}").text


def test_paid_by_hand_by_another_than_who_approved(sit: Sit) -> None:
    row = make_withdrawal()
    chief = sit(*ALL)
    chief.post(f"{LIST}/{row.no}/approve", by_hand="1")
    assert "须由另一位同事登记" in chief.get(f"{LIST}/{row.no}").text
    refused = chief.post(f"{LIST}/{row.no}/pay", channel="transfer", note="回单8812", form_key="key-0000000001")
    assert (refused.status_code, row_of(row.no).status) == (409, W.APPROVED)
    cashier = sit(*ALL)
    assert "登记线下打款" in cashier.get(f"{LIST}/{row.no}").text
    for _ in range(2):
        answer = cashier.post(f"{LIST}/{row.no}/pay", channel="transfer", note="回单8812", form_key="key-0000000002")
        assert answer.status_code == 303
    assert row_of(row.no).status is W.PAID
    page = cashier.get(f"{LIST}/{row.no}").text
    assert "银行转账" in page
    assert "回单8812" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"channel": "transfer", "note": ""},
        {"channel": "", "note": "回单8812"},
        {"channel": "wechat", "note": "回单8812"},
        {"channel": "gold", "note": "回单8812"},
    ],
)
def test_paying_by_hand_says_how_and_by_which_document(desk: Desk, fields: dict[str, str]) -> None:
    row = make_withdrawal(is_approved=True, is_by_hand=True)
    assert desk.post(f"{LIST}/{row.no}/pay", **fields).status_code == 422
    assert row_of(row.no).status is W.APPROVED


def test_what_wechat_does_not_take_is_told_with_what_can_be_done(desk: Desk, pay: FakePay) -> None:
    pay.operating_fen = 0
    row = make_withdrawal(is_approved=True)
    payments.carry_out_payouts()
    page = desk.get(f"{LIST}/{row.no}").text
    for text in ("微信暂未受理", "登记线下打款", "撤销打款"):
        assert text in page
    assert desk.ask(LIST)["list"][0]["problem"]


def test_after_a_top_up_somebody_lets_it_be_sent_at_once(sit: Sit, pay: FakePay, at: At) -> None:
    pay.operating_fen = 0
    row = make_withdrawal(is_approved=True)
    path = f"{LIST}/{row.no}"
    assert "立即重试" not in sit(*ALL).get(path).text
    for _ in range(6):
        payments.carry_out_payouts()
        at(timedelta(minutes=1))
    pay.operating_fen = None
    payments.carry_out_payouts()
    clerk = sit(P.WITHDRAWAL_READ, P.WITHDRAWAL_REVIEW)
    assert "立即重试" not in clerk.get(path).text
    assert clerk.post(f"{path}/retry").status_code == 403
    desk = sit(*ALL)
    assert "立即重试" in desk.get(path).text
    for _ in range(2):
        assert desk.post(f"{path}/retry").status_code == 303
    assert audited("distribution.retry_withdrawal")[-1] == (f"withdrawal:{row.no}", "50.00元，同一单号")
    payments.carry_out_payouts()
    assert row_of(row.no).status is W.CONFIRMING
    assert desk.post(f"{path}/retry").status_code == 409


def test_the_start_page_says_what_somebody_has_to_pay(sit: Sit, pay: FakePay) -> None:
    def shown(*rights: Permission) -> str:
        return sit(P.DASHBOARD_READ, *rights).client.get("/pc/").text

    make_withdrawal(is_approved=True)
    assert "待线下打款" not in shown(P.WITHDRAWAL_PAY)  # WeChat is about to get it
    pay.operating_fen = 0
    payments.carry_out_payouts()
    make_withdrawal(is_approved=True, is_by_hand=True)
    page = " ".join(re.sub(r"<[^>]+>", " ", shown(P.WITHDRAWAL_PAY)).split())
    assert "佣金打款 2 待线下打款或微信未受理" in page
    assert "佣金打款" not in shown()


def test_calling_back(desk: Desk) -> None:
    unsent, held = make_withdrawal(is_approved=True), make_withdrawal()
    assert desk.post(f"{LIST}/{unsent.no}/cancel", reason="").status_code == 422
    assert desk.post(f"{LIST}/{unsent.no}/cancel", reason="本人要求").status_code == 303
    assert row_of(unsent.no).status is W.FAILED
    withdrawing.approve_withdrawal(held.no, by=REVIEWER)
    payments.carry_out_payouts()
    assert "撤销打款" in desk.get(f"{LIST}/{held.no}").text
    assert desk.post(f"{LIST}/{held.no}/cancel", reason="本人要求").status_code == 303
    page = desk.get(f"{LIST}/{held.no}").text
    assert "撤销中" in page
    assert desk.post(f"{LIST}/{held.no}/cancel", reason="本人要求").status_code == 409
    assert row_of(held.no).status is W.CONFIRMING


def test_only_those_who_may_decide_and_pay(sit: Sit) -> None:
    waiting, approved = make_withdrawal(), make_withdrawal(is_approved=True, is_by_hand=True)
    reader = sit(P.WITHDRAWAL_READ)
    for row in (waiting, approved):
        assert "form-foot" not in reader.get(f"{LIST}/{row.no}").text
    for path in ("approve", "reject", "pay", "cancel", "reveal"):
        assert reader.post(f"{LIST}/{waiting.no}/{path}", reason="资料不全").status_code == 403
    assert sit(P.DISTRIBUTION_READ).get(LIST).status_code == 403


def test_a_frozen_person_s_request_says_so(desk: Desk) -> None:
    row = make_withdrawal()
    db.session.execute(
        sa.text("UPDATE distribution_distributor SET status = :frozen WHERE id = :id"),
        {"frozen": DistributorStatus.FROZEN.value, "id": row.distributor_id},
    )
    db.session.commit()
    assert "已被冻结，请核实后再审核" in desk.get(f"{LIST}/{row.no}").text


def test_a_debt_that_came_after_the_request_is_said(desk: Desk) -> None:
    row = make_withdrawal(fen=5_000)
    warning = "可提现余额欠 20.00 元"
    assert warning not in desk.get(f"{LIST}/{row.no}").text
    wallet.transfer(
        kind="test.reversed",
        source="1",
        payer_id=available_account(row.distributor_id),
        payee_id=wallet.house_account("house.commission"),
        amount_fen=7_000,
    )
    assert warning in desk.get(f"{LIST}/{row.no}").text
    desk.post(f"{LIST}/{row.no}/reject", reason="先抵扣欠款")
    assert warning not in desk.get(f"{LIST}/{row.no}").text


def test_the_search_box_finds_a_number(desk: Desk) -> None:
    row = make_withdrawal()
    assert f"{LIST}/{row.no}" in desk.post("search", q=row.no).text


def test_the_page_asks_few_questions(desk: Desk, queries: list[str]) -> None:
    for _ in range(3):
        make_withdrawal(is_approved=True)
    desk.get(LIST)
    queries.clear()
    desk.get(LIST)
    few = len(queries)
    for _ in range(5):
        make_withdrawal(is_approved=True)
    queries.clear()
    desk.get(LIST)
    assert len(queries) == few <= 12
