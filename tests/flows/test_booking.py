"""Booking, clicked through: an expert and a project, by somebody unknown and by a patient, up to the check-in."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.flows.hospital import PATIENT, PROJECT, Hospital
from tests.flows.pages import Desk, Phone
from wxapp.demo.content.physicians import PHYSICIANS

EXPERT = PHYSICIANS[0].name
NUMBER = re.compile(r"^B\d{12}$")


def test_a_patient_books_moves_and_comes(browser: Browser, hospital: Hospital) -> None:
    phone = Phone(browser, hospital, "1")
    phone.follow()
    unbound = book_a_project(phone)
    phone.press("立即绑定")
    phone.bind(PATIENT)
    find_it_among_ones_own(phone, unbound)

    booked = book_an_expert(phone)
    open_its_card(phone, booked)
    move_it(phone)
    cancel(phone, unbound)
    look_at_the_calendar(Desk.log_in(browser, hospital, "前台"))
    assert phone.problems == []


def book_a_project(phone: Phone) -> str:
    """Submit the form of a project without being known to the hospital."""
    phone.open_menu("为你服务", "在线预约")
    phone.press("预约项目")
    phone.press(re.compile(PROJECT))
    phone.sees("到院时段")
    phone.fill("姓名", PATIENT.name)
    phone.fill("手机号", PATIENT.phone)
    phone.press("提交")
    phone.sees("预约成功")
    phone.sees("还没有绑定就诊人")
    phone.shot("booked-unbound")
    return phone.page.get_by_text(NUMBER).first.inner_text()


def find_it_among_ones_own(phone: Phone, number: str) -> None:
    """After the binding the booking is the patient's."""
    phone.open_menu("个人中心", "我的预约")
    expect(phone.page.locator(".booking-card")).not_to_contain_text("未绑定就诊人")
    phone.page.locator(".booking-card").first.click()
    phone.sees(number)


def book_an_expert(phone: Phone) -> str:
    """The first time is when the project is booked, and is refused; the last one is taken."""
    phone.open_menu("医院概况", "医院官网")
    phone.page.get_by_role("link", name=EXPERT).first.click()
    phone.press("排班情况")
    free = phone.page.locator(".time:not([disabled])")
    free.first.click()
    phone.sees(re.compile("在这个时间已有预约"))
    clock = free.last.locator(".time__clock").inner_text()
    free.last.click()
    phone.sees_heading("确认预约")
    phone.sees(re.compile("已为您保留该时间"))
    phone.sees(clock)
    phone.shot("hold")
    phone.fill("备注", "复诊")
    phone.press("确认预约")
    phone.sees("预约成功")
    return phone.page.get_by_text(NUMBER).first.inner_text()


def open_its_card(phone: Phone, number: str) -> None:
    """The message arrives in the chat; its tap opens the booking."""
    card = phone.read_card(about=PHYSICIANS[0].department).last
    card.get_by_test_id("card-open").click()
    phone.sees_heading("预约详情")
    phone.sees(number)
    expect(phone.page.get_by_role("img", name="签到二维码")).to_be_visible()


def move_it(phone: Phone) -> None:
    before = phone.page.locator(".facts strong").first.inner_text()
    phone.press("改约")
    phone.page.locator(".days__day", has=phone.page.locator(".days__free--some")).last.click()
    phone.page.locator("a.time").last.click()
    phone.press("确认改约")
    phone.sees_heading("预约详情")
    expect(phone.page.locator(".facts strong").first).not_to_have_text(before)
    phone.shot("moved")


def cancel(phone: Phone, number: str) -> None:
    phone.open_menu("个人中心", "我的预约")
    phone.page.locator(".booking-card", has_text=PROJECT).first.click()
    phone.sees(number)
    phone.page.locator("summary", has_text="取消预约").click()
    phone.press("确认取消")
    phone.sees("已取消")


def look_at_the_calendar(desk: Desk) -> None:
    """Staff see the calendar, and the list of the day."""
    desk.open_menu("日程")
    expect(desk.page.locator("h1")).to_contain_text("日程")
    desk.open_menu("当日预约")
    expect(desk.page.locator("h1")).to_contain_text("当日预约")
