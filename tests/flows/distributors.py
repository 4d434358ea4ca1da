"""What distributors see and press, for journeys: the form, the centre, its posters and figures."""

from __future__ import annotations

import re

from playwright.sync_api import Locator

from tests.flows.pages import Desk, Phone
from wxapp.demo.content.people import DemoPatient


def join(phone: Phone, person: DemoPatient) -> None:
    """Fill in the form with everything but the invitation code."""
    phone.sees_heading("成为分销员")
    phone.fill("真实姓名", person.name)
    phone.fill("手机号", person.phone)
    phone.press("获取验证码")
    phone.fill("短信验证码", phone.read_code_of_sms())
    phone.page.get_by_role("checkbox", name=re.compile("我已阅读并同意")).check()
    phone.press("提交申请")
    phone.sees("申请审核中")


def approve(desk: Desk, person: DemoPatient) -> None:
    desk.open_menu("分销申请")
    desk.press("审核")
    desk.press("通过")
    desk.sees("已通过，申请人会收到通知")


def hear_of_it(phone: Phone) -> None:
    phone.read_card(about="已通过").last.get_by_test_id("card-open").click()
    phone.sees_heading("分销中心")
    phone.sees("可提现余额")
    phone.shot("centre-new")


def open_centre(phone: Phone, entry: str = "") -> None:
    phone.open_menu("个人中心", "个人中心")
    phone.press("分销中心")
    phone.sees_heading("分销中心")
    if entry:
        phone.page.get_by_role("navigation", name="分销中心").get_by_role("link", name=entry, exact=True).click()
        phone.sees_heading(entry)


def poster(phone: Phone, entry: str) -> bytes:
    """Open the centre's entry and return its poster, as one sends it."""
    open_centre(phone, entry)
    picture = phone.picture(re.compile("海报"))
    phone.shot(f"poster-{entry}")
    return picture


def figure(phone: Phone, label: str) -> Locator:
    return phone.page.locator(".earn-figure").filter(has_text=label).locator("dd")


def balance(phone: Phone) -> Locator:
    return phone.page.locator(".earn-head__amount")


def become_a_patient(phone: Phone, person: DemoPatient) -> None:
    phone.open_menu("个人中心", "个人中心")
    phone.press("立即绑定")
    phone.bind(person)


def tell_nickname(phone: Phone) -> None:
    """Let the hospital know what WeChat knows; few people do, so most lists say 微信用户."""
    phone.open_menu("个人中心", "个人中心")
    phone.press("使用微信头像和昵称")
    phone.page.get_by_test_id("oauth-allow").click()
    phone.sees("常用服务")  # WeChat's own page, too, shows the nickname
    phone.sees("山间清风")
