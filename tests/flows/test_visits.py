"""Visits walk through the house: seven browsers with seven roles, two visits at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect, sync_playwright

from tests.flows.front_house import Customer, House
from tests.flows.hospital import Hospital
from tests.flows.visits_house import furnish
from wxapp.visits.models import StepKind

CUSTOMERS = (Customer("宋雨桐", "13800008101"), Customer("何佳宁", "13800008102"))


def walk(hospital: Hospital, chromium: str, customer: Customer) -> str:
    """Lead a customer from intake to leaving; returns the number of the visit."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        house = House(browser, hospital, customer)
        house.add()
        house.confirm_arrival()
        house.take_picture("拍照室", "preoperative")
        house.take_picture("检验科", "blood")
        house.triage()
        house.quote()
        house.review()
        house.plan()
        house.collect()
        house.operate()
        house.leave()
        expect(house.ended_steps()).to_have_count(len(StepKind))
        expect(house.desk("售后", f"/pc/visits/{house.visit_id}").page.locator("h1")).to_contain_text("已离店")
        browser.close()
        return house.visit_no


def test_two_visits_at_once_walk_through_seven_roles(hospital: Hospital, chromium: str) -> None:
    furnish(hospital)
    with ThreadPoolExecutor(2) as pool:
        numbers = list(pool.map(lambda customer: walk(hospital, chromium, customer), CUSTOMERS))
    assert len(set(numbers)) == 2
    assert hospital.ledger_is_right()
