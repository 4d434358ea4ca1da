"""A visitor looks around: every entry of the account's menu, all floors of the home page, and what lies behind them."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.flows.hospital import GOODS, PROJECT, Hospital
from tests.flows.pages import Desk, Phone
from wxapp.demo.content.physicians import PHYSICIANS

FLOORS = ["轮播", "医院简介", "健康体检", "专家列表", "体检须知", "先进设备", "主任医师", "健康资讯"]
MENU = {
    "医院概况": {
        "医院官网": "示例医院",
        "医院简介": "医院简介",
        "主任医师": "主任医师",
        "先进设备": "先进设备",
        "健康资讯": "健康资讯",
    },
    "为你服务": {"在线预约": "在线预约", "在线充值": "信息绑定", "体检项目": "体检商城", "体检商城": "体检商城"},
    "个人中心": {"我的预约": "我的预约", "我的报告": "我的报告", "我的订单": "我的订单", "个人中心": "我的"},
}
"""The headings that a stranger finds; what needs a patient leads to the binding."""
TABS = {"首页": "示例医院", "体检": "体检商城", "预约": "在线预约", "购物车": "购物车", "我的": "我的"}


def test_a_visitor_looks_at_everything(browser: Browser, hospital: Hospital) -> None:
    phone = Phone(browser, hospital, "1")
    expect(phone.follow()).to_contain_text("先进设备")
    for group, entries in MENU.items():
        for entry, heading in entries.items():
            phone.open_menu(group, entry)
            phone.sees_heading(heading)
    press_every_tab(phone)
    look_at_the_floors(phone)
    look_at_a_physician(phone)
    read_the_news(phone)
    search_the_mall(phone)
    let_staff_write_a_reply(Desk.log_in(browser, hospital, "客服"))
    ask_the_account(phone)
    assert phone.problems == []


def press_every_tab(phone: Phone) -> None:
    for tab, heading in TABS.items():
        phone.page.get_by_role("navigation", name="主导航").get_by_role("link", name=tab).click()
        phone.sees_heading(heading)


def look_at_the_floors(phone: Phone) -> None:
    phone.open_menu("医院概况", "医院官网")
    expect(phone.page.locator(".carousel")).to_be_visible()
    shown = phone.page.locator("main h2").all_inner_texts()
    named = [floor for text in shown for floor in FLOORS if text.startswith(floor)]
    assert named == FLOORS[1:]
    phone.shot("home")


def look_at_a_physician(phone: Phone) -> None:
    physician = PHYSICIANS[0]
    phone.page.get_by_role("link", name=physician.name).first.click()
    phone.sees(physician.profile[:12])
    phone.press("排班情况")
    phone.sees("余1")
    phone.press("医生简介")
    phone.sees("擅长")
    phone.shot("physician")


def read_the_news(phone: Phone) -> None:
    phone.open_menu("医院概况", "健康资讯")
    first = phone.page.locator(".headline__title").last
    title = first.inner_text()
    first.click()
    phone.sees_heading(title)
    phone.open_menu("医院概况", "先进设备")
    phone.page.locator("main a[href^='/equipment/']").first.click()
    expect(phone.page.locator("main img").first).to_be_visible()


def search_the_mall(phone: Phone) -> None:
    phone.open_menu("为你服务", "体检商城")
    phone.page.get_by_role("searchbox").or_(phone.page.locator("input[name=q]")).first.fill("入职")
    phone.page.locator("input[name=q]").press("Enter")
    phone.sees(GOODS)
    phone.open_menu("为你服务", "在线预约")
    phone.press("预约项目")
    phone.sees(PROJECT)


def let_staff_write_a_reply(desk: Desk) -> None:
    desk.open_menu("关键词回复")
    desk.press("新增回复")
    desk.fill("关键词", "营业时间")
    desk.fill("回复内容", "每天八点到五点半")
    desk.press("保存")
    desk.sees("已新增")


def ask_the_account(phone: Phone) -> None:
    phone.write("请问营业时间？")
    expect(phone.screen.get_by_test_id("line-them").last).to_contain_text("每天八点到五点半")
