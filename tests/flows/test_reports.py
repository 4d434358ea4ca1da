"""A report arrives from the laboratory, is told in WeChat, read, and opens for nobody else."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, expect

from tests.flows.hospital import FRIEND, PATIENT, Hospital
from tests.flows.pages import Phone

ITEM = "空腹血糖"


def report(number: int, record_no: str, value: float, status: str = "final") -> dict[str, Any]:
    observation = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"text": ITEM, "coding": [{"system": "http://loinc.org", "code": "1558-6"}]},
        "valueQuantity": {"value": value, "unit": "mmol/L"},
        "referenceRange": [{"low": {"value": 3.9}, "high": {"value": 6.1}}],
        "interpretation": [{"coding": [{"code": "H" if value > 6.1 else "N"}]}],
    }
    return {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": "urn:lab", "value": f"L{number:06d}"}],
        "status": status,
        "code": {"text": "血糖测定"},
        "subject": {"identifier": {"value": record_no}, "display": PATIENT.name},
        "issued": f"2026-0{number}-01T09:00:00+08:00",
        "conclusion": "请结合临床。",
        "result": [{"reference": "#o1"}],
        "contained": [observation],
    }


def test_a_report_is_told_read_and_kept_from_others(browser: Browser, hospital: Hospital) -> None:
    phone = Phone(browser, hospital, "1")
    phone.follow()
    phone.open_menu("个人中心", "我的报告")
    phone.press("立即绑定")
    phone.bind(PATIENT)

    record_no = hospital.told[PATIENT.name]
    assert hospital.send_report(report(1, record_no, 5.2)) == 201
    assert hospital.send_report(report(2, record_no, 6.8)) == 201
    assert hospital.send_report(report(2, record_no, 6.8)) == 200

    phone.read_card(about="血糖测定").last.get_by_test_id("card-open").click()
    phone.sees_heading("报告详情")
    phone.sees(ITEM)
    phone.sees("3.9")
    phone.shot("report")
    look_at_the_list(phone)
    look_at_the_curve(phone)
    address = see_who_has_looked(phone)

    friend = Phone(browser, hospital, "2")
    friend.follow()
    friend.open_menu("个人中心", "我的报告")
    friend.press("立即绑定")
    friend.bind(FRIEND)
    assert friend.heading_of(address) == "页面不存在"
    assert phone.heading_of(address) == "报告详情"
    assert phone.problems == []


def look_at_the_list(phone: Phone) -> None:
    phone.open_menu("个人中心", "我的报告")
    phone.page.get_by_role("navigation", name="报告种类").get_by_role("link", name="日常检查").click()
    expect(phone.page.locator(".report-card")).to_have_count(2)
    phone.sees("1项异常")
    phone.page.locator(".report-card").first.click()


def look_at_the_curve(phone: Phone) -> None:
    phone.sees("偏高")
    phone.page.get_by_role("link", name=re.compile(f"{ITEM}|曲线")).first.click()
    expect(phone.page.locator("main svg").first).to_be_visible()
    phone.sees("6.8")
    phone.sees("5.2")
    phone.shot("curve")


def see_who_has_looked(phone: Phone) -> str:
    phone.open_menu("个人中心", "我的报告")
    phone.page.get_by_role("navigation", name="报告种类").get_by_role("link", name="日常检查").click()
    card = phone.page.locator(".report-card").first
    address = card.get_attribute("href") or ""
    card.click()
    phone.press(re.compile("谁看过这份报告"))
    expect(phone.page.locator("main")).to_contain_text(re.compile("次|今天|2026"))
    return address
