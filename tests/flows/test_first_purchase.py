"""The first purchase, clicked through: a stranger becomes a patient, buys three times, and gets money back once."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.flows.hospital import BALANCE_PASSWORD, GOODS, PATIENT, PRICE_FEN, Hospital
from tests.flows.pages import Desk, Phone

PRICE = "299.00"


def test_a_patient_buys_three_times_and_gets_money_back(browser: Browser, hospital: Hospital) -> None:
    phone = Phone(browser, hospital, "1")
    become_a_patient(phone)

    paid_by_wechat = buy_by_wechat(phone)
    paid_from_balance = buy_from_balance(phone)
    to_be_paid = buy_for_the_counter(phone)
    assert len({paid_by_wechat, paid_from_balance, to_be_paid}) == 3

    front_desk = Desk.log_in(browser, hospital, "前台")
    take_the_money(front_desk, to_be_paid)
    open_card(phone, to_be_paid, about="已付款", state="待使用")

    ask_for_refund(front_desk, paid_by_wechat)
    approve_refund(Desk.log_in(browser, hospital, "财务"), paid_by_wechat)
    open_card(phone, paid_by_wechat, about="已退款", state="已退款")

    assert hospital.truth("pay/money")["people"]["1"] == {"paid_fen": PRICE_FEN, "returned_fen": PRICE_FEN}
    assert hospital.ledger_is_right()
    assert phone.problems == []


def become_a_patient(phone: Phone) -> None:
    expect(phone.follow()).to_contain_text("体检商城")
    phone.open_menu("个人中心", "个人中心")
    phone.press("立即绑定")
    phone.bind(PATIENT)
    phone.sees("当前就诊人")


def buy_by_wechat(phone: Phone) -> str:
    phone.place_order(GOODS)
    phone.choose_way("微信支付")
    phone.refuse_to_pay()
    phone.sees("您已取消支付，订单仍为您保留")
    phone.press("重新选择支付方式")
    phone.choose_way("微信支付")
    phone.confirm_payment(PRICE)
    number = phone.read_order("待使用")
    expect(phone.page.get_by_role("img", name="订单二维码")).to_be_visible()
    open_card(phone, number, about="已付款", state="待使用")
    return number


def buy_from_balance(phone: Phone) -> str:
    phone.place_order(GOODS)
    phone.choose_way("余额支付")
    phone.fill("余额密码", "135791")
    phone.press("确认支付")
    phone.sees(re.compile("余额密码不正确，还可尝试4次"))
    phone.fill("余额密码", BALANCE_PASSWORD)
    phone.press("确认支付")
    number = phone.read_order("待使用")
    open_card(phone, number, about="已付款", state="待使用")
    return number


def buy_for_the_counter(phone: Phone) -> str:
    phone.place_order(GOODS)
    phone.choose_way("到院支付")
    phone.press("确认到院支付")
    number = phone.read_order("待到院支付")
    open_card(phone, number, about="到院支付", state="待到院支付")
    return number


def open_card(phone: Phone, number: str, *, about: str, state: str) -> None:
    """The message arrives in the chat; its tap opens the order, which is in this state."""
    card = phone.read_card(about=number).filter(has_text=about).last
    card.get_by_test_id("card-open").click()
    assert phone.read_order(state) == number


def take_the_money(desk: Desk, number: str) -> None:
    desk.open_menu("收银台")
    desk.find(number)
    desk.press("收款")
    desk.fill("现金", PRICE)
    desk.press(re.compile("确认收款"))
    desk.sees(re.compile("已收款299.00元"))


def ask_for_refund(desk: Desk, number: str) -> None:
    desk.open_menu("商城订单")
    desk.find(number)
    desk.press(number)
    desk.fill(f"{GOODS}（可退 1 件）", "1")
    desk.fill("退款原因", "时间安排有变")
    desk.press("提交退款申请")
    desk.sees("退款中")


def approve_refund(desk: Desk, number: str) -> None:
    desk.open_menu("退款")
    desk.find(number)
    desk.press("审核")
    desk.press(re.compile("同意退款"))
    desk.agree("确定退款 299.00 元？")
    desk.sees("已审核通过，款项将原路退回")
