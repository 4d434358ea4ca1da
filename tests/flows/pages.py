"""What one sees and presses: the phone with the patients' pages in it, and the desks of the staff."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from urllib.parse import urljoin

from playwright.sync_api import Browser, FilePayload, FrameLocator, Locator, Page, expect

from tests.flows.hospital import PASSWORD, Hospital
from wxapp.demo.content.people import DemoPatient

PATIENCE = 15_000
"""Milliseconds for anything to show; messages wait for the scheduler."""

expect.set_options(timeout=PATIENCE)

_READ_PICTURE = """async (shown) => {
  await shown.decode();
  const bytes = new Uint8Array(await (await fetch(shown.src)).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


class Phone:
    """A person's telephone: the chat with the hospital, and the pages that it opens."""

    def __init__(self, browser: Browser, hospital: Hospital, person: str) -> None:
        """Open the phone page and choose a person."""
        context = browser.new_context(viewport={"width": 375, "height": 720}, locale="zh-CN")
        context.set_default_timeout(PATIENCE)
        self.screen = context.new_page()
        self.problems: list[str] = []
        self.screen.on("pageerror", lambda error: self.problems.append(str(error)))
        self.screen.goto(f"{hospital.sandbox}/phone")
        if f"person={person}" not in self.screen.url:
            self._press("switch-person")
            self._press(f"person-{person}")
        expect(self.screen.get_by_test_id("screen-home")).to_be_visible()

    @property
    def page(self) -> FrameLocator:
        """The hospital's page in the phone's browser."""
        return self.screen.frame_locator("[data-testid=browser-page]")

    def _press(self, name: str) -> None:
        self.screen.get_by_test_id(name).click()

    def _close_page(self) -> None:
        if self.screen.get_by_test_id("browser-close").is_visible():
            self._press("browser-close")

    def follow(self) -> Locator:
        """Follow the hospital's account; returns the greeting."""
        self._press("chat-hospital")
        self._press("follow-here")
        return self.screen.get_by_test_id("line-them").last

    def open_menu(self, group: str, entry: str) -> None:
        """Tap an entry of the account's menu."""
        self._close_page()
        menu = self.screen.get_by_test_id("menu")
        menu.get_by_role("button", name=group).click()
        menu.get_by_role("list").get_by_role("button", name=entry, exact=True).click()
        self.sees_heading()

    def sees_heading(self, text: str | re.Pattern[str] = re.compile(".")) -> None:
        expect(self.page.locator("h1").first).to_have_text(text)

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button, or what looks like one."""
        self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first.click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def shot(self, name: str) -> None:
        """Keep a picture of the screen where ``WXAPP_SHOTS`` names a folder, to be looked at."""
        if folder := os.environ.get("WXAPP_SHOTS"):
            self.screen.screenshot(path=f"{folder}/{name}.png")

    def picture(self, name: str | re.Pattern[str]) -> bytes:
        """Return a picture of the page as it came, to be sent to somebody."""
        shown = self.page.get_by_role("img", name=name)
        expect(shown).to_be_visible()
        found: str = shown.evaluate(_READ_PICTURE)
        return base64.b64decode(found)

    def scan(self, picture: bytes) -> None:
        """Scan a code in a picture that somebody has sent; the chat opens with what the hospital answers."""
        self._close_page()
        if (back := self.screen.get_by_test_id("chat-back")).is_visible():
            back.click()
        self._press("scan-open")
        self.screen.get_by_test_id("scan-file").set_input_files(
            FilePayload(name="sent.png", mimeType="image/png", buffer=picture)
        )
        expect(self.screen.get_by_test_id("screen-chat")).to_be_visible()

    def open_article(self, title: str) -> None:
        """Tap the card with a link that the hospital has sent."""
        self.screen.get_by_test_id("news-article").filter(has_text=title).last.click()
        self.sees_heading()

    def write(self, text: str) -> None:
        """Send a text to the hospital's account."""
        self._close_page()
        if (toggle := self.screen.get_by_test_id("toggle-input")).is_visible():
            toggle.click()
        self.screen.get_by_test_id("say").fill(text)
        self._press("say-send")

    def heading_of(self, path: str) -> str:
        """Return what stands on top of the page of an address that somebody has sent."""
        frame = self.screen.frame(url=re.compile("//p-"))
        assert frame is not None
        sent = self.screen.context.new_page()
        sent.goto(urljoin(frame.url, path))
        return sent.locator("h1").first.inner_text()

    def bind(self, person: DemoPatient) -> None:
        """Fill in the form of the binding."""
        self.fill("就诊人姓名", person.name)
        self.fill("身份证号或病历号", person.id_number)
        self.fill("在医院登记的手机号", person.phone)
        self.press("获取验证码")
        self.fill("短信验证码", self.read_code_of_sms())
        self.page.get_by_role("checkbox", name=re.compile("我已阅读并同意")).check()
        self.press("提交")
        self.sees("绑定成功")

    def read_code_of_sms(self) -> str:
        """Return the six digits of the message that has just come."""
        banner = self.screen.get_by_test_id("banner-sms")
        expect(banner).to_contain_text(re.compile(r"\d{6}"))
        found = re.search(r"\d{6}", banner.inner_text())
        assert found is not None
        return found.group()

    def read_card(self, *, about: str) -> Locator:
        """Wait in the chat for the template message about an order; returns its card."""
        self._close_page()
        return self.screen.get_by_test_id("template-card").filter(has_text=about)

    # --- WeChat Pay ---

    def refuse_to_pay(self) -> None:
        self.page.get_by_test_id("pay-cancel").click()

    def confirm_payment(self, amount: str) -> None:
        expect(self.page.get_by_test_id("pay-amount")).to_have_text(f"¥{amount}")
        self.page.get_by_test_id("pay-confirm").click()
        self.page.get_by_test_id("pay-done").click()

    # --- buying ---

    def place_order(self, goods: str) -> None:
        """From the menu to the page where one pays."""
        self.open_menu("为你服务", "体检商城")
        self.press(goods)
        self.sees_heading(goods)
        self.press("立即购买")
        self.sees_heading("确认订单")
        self.press("生成订单")
        self.sees_heading("支付")

    def choose_way(self, way: str) -> None:
        self.page.get_by_role("radio", name=way).check()
        self.press("确认支付")

    def read_order(self, state: str) -> str:
        """Wait for the order's page in this state; returns the order's number."""
        self.sees_heading("订单详情")
        expect(self.page.locator(".order-state__label")).to_have_text(state)
        number = self.page.get_by_text(re.compile(r"^N\d{13}$")).first
        return number.inner_text()


@dataclass
class Desk:
    """A member of staff at a computer."""

    page: Page

    @classmethod
    def log_in(cls, browser: Browser, hospital: Hospital, username: str) -> Desk:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{hospital.web}/pc/login")
        page.get_by_label("账号").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.locator(".topbar__name")).to_have_text(username)
        return cls(page)

    @property
    def _main(self) -> Locator:
        return self.page.get_by_role("main")

    def open_menu(self, entry: str) -> None:
        menu = self.page.get_by_role("complementary", name="主菜单")
        menu.get_by_role("link", name=entry, exact=True).click()

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button or a link of the page's middle."""
        button = self._main.get_by_role("button", name=name, exact=True)
        button.or_(self._main.get_by_role("link", name=name, exact=True)).first.click()

    def fill(self, label: str, text: str) -> None:
        self._main.get_by_label(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose from a list by what the option says, or a part of it."""
        field = self._main.get_by_label(label).last  # those of filters come first
        text = field.locator("option").filter(has_text=option).first.inner_text()
        field.select_option(label=text)

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page where ``WXAPP_SHOTS`` names a folder, to be looked at."""
        if folder := os.environ.get("WXAPP_SHOTS"):
            self.page.screenshot(path=f"{folder}/desk-{name}.png", full_page=True)

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def agree(self, question: str) -> None:
        """Answer the question that a grave step asks first."""
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_contain_text(question)
        dialog.get_by_role("button", name="确定").click()

    def find_row(self, text: str) -> Locator:
        return self._main.get_by_role("row").filter(has_text=text)

    def find(self, text: str) -> None:
        """Type into the search of the page's list."""
        self._main.get_by_role("searchbox").first.fill(text)
        self.press("查询")
