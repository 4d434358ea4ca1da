"""Recharging, clicked through: pay by WeChat, see the balance and the bill, ask for the rest back."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.flows.hospital import PATIENT, Hospital
from tests.flows.pages import Desk, Phone


def test_a_patient_recharges_and_asks_for_it_back(browser: Browser, hospital: Hospital) -> None:
    phone = Phone(browser, hospital, "1")
    phone.follow()
    phone.open_menu("为你服务", "在线充值")
    phone.bind(PATIENT)
    phone.open_menu("为你服务", "在线充值")
    recharge(phone)
    read_the_bill(phone)
    ask_for_it_back(phone)
    approve(Desk.log_in(browser, hospital, "财务"))
    phone.read_card(about="余额").last.wait_for()
    assert hospital.ledger_is_right()
    assert phone.problems == []


def recharge(phone: Phone) -> None:
    phone.sees("储值余额")
    phone.sees("林**")
    phone.sees("9901****1280")
    expect(phone.page.locator(".recharge-sum__amount")).to_contain_text("1000.00")
    phone.fill("充值金额", "0.001")
    phone.press("提交")
    expect(phone.page.locator(".field__error")).to_be_visible()
    phone.press(re.compile("^100 元"))
    phone.shot("recharge")
    phone.press("提交")
    phone.sees_heading("支付")
    phone.page.get_by_role("radio", name="微信支付").check()
    expect(phone.page.get_by_role("radio", name="余额支付")).to_have_count(0)
    phone.press("确认支付")
    phone.confirm_payment("100.00")
    phone.sees_heading("充值详情")
    phone.sees(re.compile("已存入余额"))


def read_the_bill(phone: Phone) -> None:
    phone.press("查看账单")
    phone.sees("1100.00")
    phone.shot("bills")


def ask_for_it_back(phone: Phone) -> None:
    phone.open_menu("为你服务", "在线充值")
    expect(phone.page.locator(".recharge-sum__amount")).to_contain_text("1100.00")
    phone.press("申请退款")
    phone.shot("refund")
    phone.fill("退款金额", "40")
    phone.press("提交申请")
    phone.sees("40.00")


def approve(desk: Desk) -> None:
    desk.open_menu("退款")
    desk.press("审核")
    desk.press(re.compile("同意退款"))
    desk.agree("确定退款 40.00 元？")
    desk.sees("已审核通过，款项将原路退回")
