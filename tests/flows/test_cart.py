"""The cart, clicked through: two goods, one order, used at the hospital, one given back, reviewed, an invoice."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.flows.hospital import GOODS, PATIENT, SECOND_GOODS, Hospital
from tests.flows.pages import Desk, Phone


def test_a_patient_orders_from_the_cart_and_uses_it(browser: Browser, hospital: Hospital) -> None:
    phone = Phone(browser, hospital, "1")
    phone.follow()
    phone.open_menu("个人中心", "个人中心")
    phone.press("立即绑定")
    phone.bind(PATIENT)

    for goods in (GOODS, SECOND_GOODS):
        put_into_cart(phone, goods)
    change_the_cart(phone)
    number = order_and_pay(phone)
    ask_some_back(phone)
    approve(Desk.log_in(browser, hospital, "财务"), number)
    use_up(Desk.log_in(browser, hospital, "护士"), phone)
    review(phone)
    ask_for_an_invoice(phone, number)
    issue_it(Desk.log_in(browser, hospital, "财务"), number)
    assert hospital.ledger_is_right()
    assert phone.problems == []


def put_into_cart(phone: Phone, goods: str) -> None:
    phone.open_menu("为你服务", "体检商城")
    phone.press(goods)
    phone.sees_heading(goods)
    phone.press("加入购物车")
    phone.page.get_by_text(re.compile("已加入购物车")).first.wait_for()


def change_the_cart(phone: Phone) -> None:
    phone.page.get_by_role("navigation", name="主导航").get_by_role("link", name="购物车").click()
    phone.sees("合计")
    expect(phone.page.locator(".buy-bar__total")).to_contain_text("419.00")
    phone.press("编辑")
    phone.fill(f"{SECOND_GOODS}的数量", "2")
    phone.page.get_by_role("button", name="完成").first.click()
    expect(phone.page.locator(".buy-bar__total")).to_contain_text("539.00")
    phone.shot("cart")


def order_and_pay(phone: Phone) -> str:
    phone.press(re.compile("提交订单"))
    phone.sees_heading("确认订单")
    phone.fill("备注", "上午到院")
    phone.press("生成订单")
    phone.sees_heading("支付")
    phone.choose_way("微信支付")
    phone.confirm_payment("539.00")
    number = phone.read_order("待使用")
    phone.shot("order")
    return number


def ask_some_back(phone: Phone) -> None:
    phone.press("申请退款")
    line = phone.page.get_by_role("group", name=re.compile(SECOND_GOODS))
    line.get_by_label("退几份").select_option("1")
    phone.fill("退款原因", "买多了")
    phone.shot("refund")
    phone.press(re.compile("提交"))
    phone.sees("退款中")


def approve(desk: Desk, number: str) -> None:
    desk.open_menu("退款")
    desk.find(number)
    desk.press("审核")
    desk.press(re.compile("同意退款"))
    desk.agree("确定退款 120.00 元？")
    desk.sees("已审核通过，款项将原路退回")


def use_up(desk: Desk, phone: Phone) -> None:
    """The nurse types the code that the patient shows and ticks all items."""
    phone.open_menu("个人中心", "我的订单")
    phone.page.locator("a[href^='/orders/N']").first.click()
    code = phone.page.locator(".redeem__code").inner_text()
    digits = "".join(re.findall(r"\d", code))[-12:]
    desk.open_menu("到院核销")
    desk.page.get_by_label("核销码").fill(digits)
    desk.page.get_by_label("核销码").press("Enter")
    desk.page.locator(".redeem-who").wait_for()
    for box in desk.page.get_by_role("main").get_by_role("checkbox").all():
        box.check()
    desk.press("核销所选项目")
    desk.sees(re.compile("已核销"))


def review(phone: Phone) -> None:
    phone.open_menu("个人中心", "我的订单")
    phone.page.locator("a[href^='/orders/N']").first.click()
    phone.sees("已完成")
    phone.page.locator("main a[href*='/review']").first.click()
    phone.page.locator("input[name=stars]").last.check()
    phone.fill("评价内容", "流程顺畅")
    phone.shot("review")
    phone.press("提交评价")
    phone.sees("我的评价")


def ask_for_an_invoice(phone: Phone, number: str) -> None:
    phone.open_menu("个人中心", "我的订单")
    phone.page.locator("a[href^='/orders/N']").first.click()
    phone.sees(number)
    phone.page.locator("main a[href$='/invoice']").first.click()
    phone.sees_heading("申请开票")
    phone.fill("发票抬头", PATIENT.name)
    phone.fill("接收邮箱", "someone@example.com")
    phone.shot("invoice")
    phone.press("提交申请")
    phone.sees("医院财务通常在3个工作日内开具")


def issue_it(desk: Desk, number: str) -> None:
    desk.open_menu("开票申请")
    desk.sees(number)
