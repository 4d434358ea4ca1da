"""Distributors' pages of withdrawals: right, wrong, frozen, not one's own, pressed twice, in two tabs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories.distribution import make_distributor
from tests.factories.income import make_commission, make_reversal
from tests.factories.income import make_withdrawal as make_paid_withdrawal
from tests.factories.patients import make_id_number, make_wechat_user
from tests.factories.withdrawals import CASHIER, REVIEWER, ask, make_withdrawal, rich_distributor
from tests.fakes.pay import FakePay
from wxapp.core import settings as core_settings
from wxapp.core.db import db
from wxapp.distribution import settings
from wxapp.distribution.models import CommissionStatus, Distributor, DistributorStatus, Withdrawal
from wxapp.distribution.models import WithdrawalStatus as W
from wxapp.distribution.queries import withdrawals as reads
from wxapp.distribution.services import paying_withdrawals, withdrawing
from wxapp.messages.models import Message
from wxapp.patients.models import WechatUser
from wxapp.payments import services as payments
from wxapp.payments.models import Method
from wxapp.payments.queries import get_payout
from wxapp.wechat.pay.values import TransferState

At = Callable[[str | timedelta], None]
BY = "system:tests"
pytestmark = pytest.mark.usefixtures("pay")
MOST_QUERIES = 12


@dataclass
class Phone:
    """A distributor's phone."""

    client: FlaskClient
    csrf: str
    distributor: Distributor

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})

    def withdraw(self, amount: str = "50", *, key: str = "once-0000000001", name: str = "陈晓", **more: str) -> Any:
        return self.post("/earn/withdraw", amount=amount, real_name=name, once=key, **more)


TakeUp = Callable[[Distributor], Phone]


@pytest.fixture
def take_up(client: FlaskClient, sign_in_wechat: Callable[[FlaskClient, Any], str]) -> TakeUp:
    def sign_in(distributor: Distributor) -> Phone:
        user = db.session.get_one(WechatUser, distributor.wechat_user_id)
        return Phone(client, sign_in_wechat(client, user), distributor)

    return sign_in


@pytest.fixture
def phone(take_up: TakeUp) -> Phone:
    return take_up(rich_distributor(12_345))


def rows() -> list[Withdrawal]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Withdrawal).order_by(Withdrawal.id)))


# --- asking ----------------------------------------------------------------------------------------------------------


def test_the_page_says_what_there_is_and_on_what_terms(phone: Phone) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 60, by=BY)
    page = phone.get("/earn/withdraw").text
    for text in ("123.45", "10.00 至 200.00 元，今天还可提现 3 次", "提现须知", "0.6%", 'data-fee-bp="60"', "全部提现"):
        assert text in page
    assert 'name="id_number"' not in page
    assert 'data-all="123.45"' in page


def test_all_fills_the_field_without_a_script(phone: Phone) -> None:
    assert re.search(r'name="amount"[^>]*value="123.45"', phone.get("/earn/withdraw?all=1").text)
    assert re.search(r'name="amount"[^>]*value=""', phone.get("/earn/withdraw").text)


def test_all_is_at_most_what_one_withdrawal_may_be_and_the_page_says_so(take_up: TakeUp) -> None:
    phone = take_up(rich_distributor(50_000))
    page = phone.get("/earn/withdraw?all=1").text
    assert re.search(r'name="amount"[^>]*value="200.00"', page)
    assert "余额超过单次上限，“全部提现”一次最多 200.00 元" in page


def test_too_little_for_a_withdrawal_says_so_instead_of_a_form(take_up: TakeUp) -> None:
    page = take_up(rich_distributor(999)).get("/earn/withdraw?all=1").text
    assert "可提现余额为9.99元，满10.00元后可以提现。" in page
    assert 'href="/earn/income?kind=spending"' in page
    assert 'name="amount"' not in page


def test_a_debt_says_what_will_settle_it_instead_of_a_form(take_up: TakeUp) -> None:
    owing = make_distributor()
    sold = make_commission(owing, status=CommissionStatus.AVAILABLE, line_fen=20_000)
    make_commission(owing, line_fen=45_600)
    make_paid_withdrawal(owing, amount_fen=2_000)
    make_reversal(sold, amount_fen=1_234)
    page = take_up(owing).get("/earn/withdraw").text
    assert "还有12.34元待抵扣，抵扣完并且可提现余额满10.00元后可以提现。" in page
    assert "您有待结算佣金45.60元，转为可提现后先用于抵扣。" in page
    assert 'href="/earn/income?kind=spending"' in page
    assert 'name="amount"' not in page


def test_asking_leads_to_its_page(phone: Phone) -> None:
    answer = phone.withdraw("50")
    (row,) = rows()
    assert (answer.status_code, answer.location) == (303, f"/earn/withdrawals/{row.no}")
    page = phone.get(answer.location).text
    for text in ("提现申请已提交", "待审核", "等待审核", "撤回申请", "陈*"):
        assert text in page
    assert "陈晓" not in page
    assert row.no in phone.get("/earn/withdrawals").text
    assert "73.45" in phone.get("/earn/withdraw").text


def test_a_double_press_asks_once(phone: Phone) -> None:
    first, second = phone.withdraw("50"), phone.withdraw("50")
    assert first.location == second.location
    assert len(rows()) == 1


def test_all_in_two_tabs_pays_once(phone: Phone) -> None:
    phone.withdraw("123.45", key="tab-1-000000001")
    answer = phone.withdraw("123.45", key="tab-2-000000001")
    assert (answer.status_code, "可提现余额不足，当前可提现0.00元" in answer.text) == (409, True)
    assert [row.amount_fen for row in rows()] == [12_345]


@pytest.mark.parametrize(
    ("amount", "status", "sentence"),
    [
        ("", 422, "请填写提现金额"),
        ("abc", 422, "金额格式不正确"),
        ("-5", 422, "金额格式不正确"),
        ("9.99", 422, "每次可提现10.00至200.00元，当前可提现123.45元"),
        ("200.01", 422, "每次可提现10.00至200.00元，当前可提现123.45元"),
        ("123.46", 409, "可提现余额不足，当前可提现123.45元"),
        ("99999999999", 422, "金额格式不正确"),
    ],
)
def test_a_wrong_amount_is_told_beside_the_field_and_kept(
    phone: Phone, amount: str, status: int, sentence: str
) -> None:
    answer = phone.withdraw(amount)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert f'value="{amount}"' in answer.text
    assert rows() == []


@pytest.mark.parametrize(("name", "sentence"), [("", "请填写真实姓名"), ("陈小", "姓名与登记的真实姓名不一致")])
def test_a_wrong_name_is_told_beside_the_field(phone: Phone, name: str, sentence: str) -> None:
    answer = phone.withdraw(name=name)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert rows() == []


def test_the_id_number_is_asked_for_when_tax_is_withheld(phone: Phone) -> None:
    core_settings.write(settings.WITHDRAWAL_TAX, 2_000, by=BY)
    assert 'name="id_number"' in phone.get("/earn/withdraw").text
    answer = phone.withdraw()
    assert (answer.status_code, "请填写身份证号" in answer.text) == (422, True)
    number = make_id_number(7)
    assert phone.withdraw(id_number=f" {number[:6]} {number[6:]} ").status_code == 303
    page = phone.get("/earn/withdraw").text
    assert f"已登记 9999****{number[-4:]}" in page
    assert number not in page
    assert phone.withdraw("20", key="once-0000000002").status_code == 303
    assert "代扣税款" in phone.get(f"/earn/withdrawals/{rows()[0].no}").text


def test_the_day_s_withdrawals_run_out(phone: Phone) -> None:
    for number in range(3):
        phone.withdraw("10", key=f"once-00000000{number}0")
    assert "今天还可提现 0 次" in phone.get("/earn/withdraw").text
    answer = phone.withdraw("10", key="once-0000000099")
    assert (answer.status_code, "今日提现次数已达上限" in answer.text) == (409, True)


def test_the_frozen_are_told_and_can_not_ask(take_up: TakeUp) -> None:
    phone = take_up(rich_distributor(status=DistributorStatus.FROZEN, reason="涉嫌刷单"))
    page = phone.get("/earn/withdraw").text
    assert "涉嫌刷单" in page
    assert 'name="amount"' not in page
    answer = phone.withdraw()
    assert answer.status_code == 403
    assert rows() == []


def test_who_has_left_takes_out_what_is_left_and_sees_it_afterwards(take_up: TakeUp, pay: FakePay) -> None:
    pay.transfers_begin = TransferState.SUCCESS
    phone = take_up(rich_distributor(5_000, status=DistributorStatus.CLOSED))
    assert phone.withdraw("50").status_code == 303
    (row,) = rows()
    withdrawing.approve_withdrawal(row.no, by=REVIEWER)
    payments.carry_out_payouts()
    assert "已到账" in phone.get(f"/earn/withdrawals/{row.no}").text
    assert row.no in phone.get("/earn/withdrawals").text


@pytest.mark.parametrize("status", [None, DistributorStatus.APPLIED, DistributorStatus.CLOSED])
def test_who_is_no_distributor_is_led_to_joining(
    take_up: TakeUp, client: FlaskClient, sign_in_wechat: Callable[[FlaskClient, Any], str], status: Any
) -> None:
    if status is None:
        sign_in_wechat(client, make_wechat_user())
    else:
        take_up(make_distributor(status=status))
    for path in ("/earn/withdraw", "/earn/withdrawals"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (302, "/earn/join")
    assert client.get("/earn/withdrawals/W1").status_code == 403


# --- confirming ------------------------------------------------------------------------------------------------------


def confirming(phone: Phone) -> str:
    no = ask(phone.distributor)
    withdrawing.approve_withdrawal(no, by=REVIEWER)
    payments.carry_out_payouts()
    return no


def bill(no: str) -> str:
    return get_payout(reads.get_withdrawal(no).payout_no).out_bill_no


def test_the_page_hands_wechat_what_it_needs_to_confirm(phone: Phone) -> None:
    no = confirming(phone)
    page = phone.get(f"/earn/withdrawals/{no}").text
    assert f'data-package="package-{bill(no)}"' in page
    assert f'data-after="/earn/withdrawals/{no}/checking"' in page
    assert "js/pages/payout.js" in page


def test_after_wechat_s_page_wechat_is_asked(phone: Phone, pay: FakePay) -> None:
    no = confirming(phone)
    pay.end_transfer(bill(no))  # its notice is lost
    answer = phone.get(f"/earn/withdrawals/{no}/checking")
    assert answer.location == f"/earn/withdrawals/{no}"
    page = phone.get(answer.location).text
    assert "已到账" in page
    assert "data-package" not in page


def test_who_only_looked_can_confirm_later(phone: Phone) -> None:
    no = confirming(phone)
    phone.get(f"/earn/withdrawals/{no}/checking")
    assert "data-package" in phone.get(f"/earn/withdrawals/{no}").text


def test_while_wechat_works_the_page_waits(phone: Phone, pay: FakePay) -> None:
    no = confirming(phone)
    pay.transfers[bill(no)] = replace(pay.transfers[bill(no)], state=TransferState.TRANSFERING)
    phone.get(f"/earn/withdrawals/{no}/checking")
    page = phone.get(f"/earn/withdrawals/{no}").text
    assert f'content="3; url=/earn/withdrawals/{no}/checking"' in page
    assert "微信处理中" in page
    assert "data-package" not in page


def test_nobody_asks_for_another_s(phone: Phone, pay: FakePay) -> None:
    other = make_withdrawal(is_approved=True)
    payments.carry_out_payouts()
    pay.end_transfer(bill(other.no))
    assert phone.get(f"/earn/withdrawals/{other.no}/checking").status_code == 404
    assert reads.get_withdrawal(other.no).status is W.CONFIRMING


# --- one's own -------------------------------------------------------------------------------------------------------


def test_another_s_withdrawal_is_not_found(phone: Phone) -> None:
    other = make_withdrawal()
    assert phone.get(f"/earn/withdrawals/{other.no}").status_code == 404
    assert phone.post(f"/earn/withdrawals/{other.no}/withdraw").status_code == 404
    assert reads.get_withdrawal(other.no).status is W.REQUESTED
    assert other.no not in phone.get("/earn/withdrawals").text


def test_taking_a_request_back(phone: Phone) -> None:
    no = ask(phone.distributor)
    answer = phone.post(f"/earn/withdrawals/{no}/withdraw")
    assert answer.location == f"/earn/withdrawals/{no}"
    page = phone.get(answer.location).text
    assert "您已撤回申请" in page
    assert "50.00元已退回可提现余额" in page
    again = phone.post(f"/earn/withdrawals/{no}/withdraw")
    assert (again.status_code, "当前状态不能进行此操作" in again.text) == (409, True)


def test_what_happened_when_from_asking_to_the_money(phone: Phone, pay: FakePay, at: At) -> None:
    core_settings.write(settings.WITHDRAWAL_FEE, 100, by=BY)
    no = ask(phone.distributor)
    at(timedelta(hours=1))
    withdrawing.approve_withdrawal(no, by=REVIEWER)
    assert "等待打款" in phone.get(f"/earn/withdrawals/{no}").text
    at(timedelta(minutes=1))
    payments.carry_out_payouts()
    page = phone.get(f"/earn/withdrawals/{no}").text
    assert "请在 2026-03-03 11:01 前确认，超时将退回可提现余额" in page
    assert "49.50 元待您在微信中确认收款" in phone.get("/earn/withdraw").text
    notice = pay.end_transfer(get_payout(reads.get_withdrawal(no).payout_no).out_bill_no)
    payments.receive_transfer_notice(notice.headers, notice.body)
    page = phone.get(f"/earn/withdrawals/{no}").text
    steps = re.findall(r'class="earn-step__title"><span>([^<]+)', page)
    assert steps == ["提交申请", "审核通过", "微信转账待您确认", "已到账"]
    assert "49.50元，微信零钱" in page
    assert "待您在微信中确认收款" not in phone.get("/earn/withdraw").text


def test_what_was_rejected_says_why_and_leads_on(phone: Phone) -> None:
    no = ask(phone.distributor)
    withdrawing.reject_withdrawal(no, reason="请先完善资料", by=REVIEWER)
    page = phone.get(f"/earn/withdrawals/{no}").text
    for text in ("未通过", "请先完善资料。50.00元已退回可提现余额", 'href="/earn/withdraw"'):
        assert text in page


def test_what_was_paid_by_hand_says_how(phone: Phone) -> None:
    no = ask(phone.distributor)
    withdrawing.approve_withdrawal(no, by=REVIEWER, is_by_hand=True)
    assert "由医院财务线下打款" in phone.get(f"/earn/withdrawals/{no}").text
    paying_withdrawals.pay_by_hand(no, channel=Method.TRANSFER, note="回单8812", by=CASHIER)
    page = phone.get(f"/earn/withdrawals/{no}").text
    assert "50.00元，银行转账" in page
    assert "回单8812" not in page


def test_messages_lead_to_the_withdrawal(phone: Phone) -> None:
    no = ask(phone.distributor)
    withdrawing.reject_withdrawal(no, reason="请先完善资料", by=REVIEWER)
    message = db.session.scalars(sa.select(Message).where(Message.code == "fx_withdraw_0000001")).one()
    assert (message.path, message.receiver_id) == (f"/earn/withdrawals/{no}", phone.distributor.wechat_user_id)
    assert "您申请的提现50.00元：未通过" in message.body


def test_the_list_has_pages(take_up: TakeUp) -> None:
    phone = take_up(rich_distributor(100_000))
    for _ in range(22):
        withdrawing.reject_withdrawal(ask(phone.distributor, 1_000), reason="资料不全", by=REVIEWER)
    first, second = phone.get("/earn/withdrawals").text, phone.get("/earn/withdrawals?page=2").text
    assert (first.count('class="earn-line"'), second.count('class="earn-line"')) == (20, 2)
    for rubbish in ("0", "x", "-1", "9" * 30, "１"):
        assert phone.get(f"/earn/withdrawals?page={rubbish}").status_code == 200


def test_an_empty_list_names_the_next_step(take_up: TakeUp) -> None:
    page = take_up(make_distributor()).get("/earn/withdrawals").text
    assert "还没有提现记录" in page
    assert 'href="/earn/withdraw"' in page


def test_pages_ask_few_questions(phone: Phone, queries: list[str]) -> None:
    no = ask(phone.distributor)
    for path in ("/earn/withdraw", "/earn/withdrawals", f"/earn/withdrawals/{no}"):
        phone.get(path)
        queries.clear()
        assert phone.get(path).status_code == 200
        assert len(queries) <= MOST_QUERIES, path
