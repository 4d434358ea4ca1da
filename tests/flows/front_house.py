"""What each role does with a visit, on its own pages."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import timedelta

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, expect

from tests.flows.hospital import Hospital
from tests.flows.pages import Desk
from tests.flows.visits_house import LENDER, PROJECTS, ROLES
from wxapp.core import clock

DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Customer:
    """Who comes."""

    name: str
    phone: str


class House:
    """Seven browsers, each with somebody of another role signed in, and the visit that they are about."""

    def __init__(self, browser: Browser, hospital: Hospital, customer: Customer) -> None:
        self.customer = customer
        self.web = hospital.web
        self.desks = {role: Desk.log_in(browser, hospital, role) for role in ROLES}
        self.visit_no = ""
        self.visit_id = ""

    def desk(self, role: str, path: str = "") -> Desk:
        """Return somebody's browser, on a page of the house."""
        desk = self.desks[role]
        if path:
            desk.page.goto(f"{self.web}{path}")
        return desk

    def visit_page(self, role: str) -> Desk:
        return self.desk(role, f"/pc/visits/{self.visit_id}")

    def next_step(self, role: str, label: str) -> Desk:
        """Press the big button of the visit's page."""
        desk = self.visit_page(role)
        desk.page.get_by_label("下一步").get_by_role("link", name=label).click()
        return desk

    # --- front desk ---

    def add(self) -> None:
        desk = self.desk("前台")
        desk.open_menu("添加客户")
        desk.fill("客户电话", self.customer.phone)
        desk.fill("客户姓名", self.customer.name)
        desk.fill("生日", "1996-05-21")
        tick(desk, "性别", "女")
        for label, option in (("开发部门", "开发部"), ("主开发人", "开发"), ("医院标签", "普通客户")):
            desk.choose(label, option)
        for label, text in (("省", "安和省"), ("来源", "熟人介绍"), ("开发号", "anhe_01"), ("定金", "200.00")):
            desk.page.get_by_label(label, exact=False).first.fill(text)
        desk.choose("定金收款方式", "现金")
        tick(desk, "陪同", "售后")
        tick(desk, "意向项目", "眼部整形")
        desk.press("添加客户")
        expect(desk.page).to_have_url(re.compile(r"/pc/visits/\d+"))
        self.visit_id = DIGITS.findall(desk.page.url)[-1]
        shown = desk.page.get_by_text(re.compile(r"HOSP\d+")).first.inner_text()
        self.visit_no = re.search(r"HOSP\d+", shown).group()  # type: ignore[union-attr]
        desk.sees("已预约")

    def confirm_arrival(self) -> None:
        desk = self.next_step("前台", "确认到店")
        desk.press("客户已到店")
        self.stands("前台", "已到店")

    def collect(self) -> None:
        """The deposit, one loan, the rest in cash."""
        desk = self.next_step("前台", "收银")
        rows = desk.page.locator("[data-row]")
        expect(rows.first).to_be_visible()
        expect(rows.nth(1).locator("[data-amount]")).to_have_value("6000")
        desk.press(re.compile("确认收"))
        self.stands("前台", "已收银")

    # --- diagnostics ---

    def take_picture(self, role: str, kind: str) -> None:
        desk = self.desk(role)
        desk.open_menu("客户列表")
        desk.find_row(self.visit_no).get_by_role("link").first.click()
        section = desk.page.locator(f"#{kind}")
        section.locator("input[type=file]").set_input_files(a_picture(f"{kind}.jpg"))
        expect(section.locator("[data-shot]")).to_have_count(1)

    # --- triage, consultation, review ---

    def triage(self) -> None:
        desk = self.desk("超管")
        desk.open_menu("分诊列表")
        desk.find_row(self.visit_no).get_by_role("link", name="分诊").click()
        desk.page.locator(".consultant").filter(has_text="咨询师").click()
        desk.press("确认分诊")
        self.stands("超管", "已分诊")

    def quote(self) -> None:
        desk = self.desk("咨询师")
        desk.open_menu("咨询列表")
        desk.find_row(self.visit_no).get_by_role("link", name="接待").click()
        for name in PROJECTS:
            desk.page.get_by_label("添加项目").fill(name)
            desk.page.get_by_role("option").filter(has_text=name).first.click()
            expect(desk.page.locator("[data-quote-row]").filter(has_text=name)).to_be_visible()
        expect(desk.page.locator("[data-quote-total]")).to_contain_text("13800.00")
        desk.page.get_by_label("折后价").fill("12800")
        desk.page.get_by_label("备注").last.fill("三项同做")
        desk.press("提交报价")
        self.stands("咨询师", "待审核")

    def review(self) -> None:
        desk = self.desk("超管")
        desk.open_menu("审核列表")
        desk.find_row(self.visit_no).get_by_role("link", name="审核").click()
        desk.sees(re.compile("12800.00"))
        desk.press("通过")
        self.stands("超管", "审核通过")

    def plan(self) -> None:
        desk = self.desk("咨询师", f"/pc/consultation/pay?id={self.visit_id}")
        rows = desk.page.locator("[data-plan-row]")
        planned = (("定金", "200.00", "", ""), (LENDER, "6000.00", "12", "31"), ("现金", "6600.00", "", ""))
        for number, (method, amount, periods, day) in enumerate(planned):
            row = rows.nth(number)
            if not row.is_visible():
                desk.press("添加一笔")
            row.locator("[data-plan-method]").select_option(method)
            row.locator("[data-plan-amount]").fill(amount)
            if periods:
                row.get_by_label(re.compile("期数")).fill(periods)
                row.get_by_label(re.compile("还款日")).fill(day)
        desk.press("保存付款计划")
        desk.sees("付款计划已保存")

    # --- operation and leaving ---

    def operate(self) -> None:
        desk = self.desk("超管")
        desk.open_menu("手术列表")
        desk.find_row(self.visit_no).get_by_role("link", name="安排").click()
        desk.choose("主刀医生", "医生")
        desk.choose("护士", "护士")
        desk.fill("手术室", "1号手术室")
        soon = clock.local(clock.now() + timedelta(minutes=30))
        desk.fill("计划时间", f"{soon:%Y-%m-%dT%H:%M}")
        desk.page.get_by_label("已签署知情同意书").check()
        desk.press("保存安排")
        desk.press("手术开始")
        desk.agree("现在开始手术")
        desk.press("手术结束")
        desk.agree("现在结束手术")
        desk.sees("手术结束")

    def leave(self) -> None:
        desk = self.desk("售后主管")
        desk.open_menu("离店列表")
        desk.find_row(self.visit_no).get_by_role("link", name="办理离店").click()
        desk.page.get_by_label("检查结果已交给客户").check()
        desk.page.get_by_label(re.compile("药品与用药说明已交给客户")).check()
        desk.press("确认离店")
        self.stands("售后主管", "已离店")

    # --- looking ---

    def stands(self, role: str, label: str) -> None:
        """See on the visit's page where it stands."""
        desk = self.visit_page(role)
        expect(desk.page.locator("h1")).to_contain_text(label)

    def ended_steps(self) -> Locator:
        """Return the steps that the visit's page shows with their beginning and end."""
        times = self.visit_page("前台").page.locator(".visit-steps__time")
        return times.filter(has_text=re.compile(r"\d\d:\d\d – \d\d:\d\d"))


def tick(desk: Desk, group: str, option: str) -> None:
    """Choose one of several."""
    choices = desk.page.get_by_role("group", name=re.compile(group))
    choices.get_by_text(option, exact=True).first.click()


def a_picture(name: str) -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", (320, 240), (200, 160, 140)).save(file, "JPEG")
    return FilePayload(name=name, mimeType="image/jpeg", buffer=file.getvalue())
