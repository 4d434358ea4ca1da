"""确认收款 in a browser: what WeChat's page answers is a hint, and outside WeChat people are told where to go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright

from wxapp.app import create_app

SCRIPT = Path(create_app.__code__.co_filename).parent / "static/js/pages/payout.js"
PARAMS = {"mchId": "1900000001", "appId": "wx0000000000000001", "package": 'a"b<c=='}
BRIDGE = """
window.asked = [];
window.WeixinJSBridge = { invoke(name, params, tell) {
  window.asked.push([name, params]); tell({ err_msg: "requestMerchantTransfer:" + window.outcome }); } };
"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(app: Flask, browser: Browser) -> Iterator[Page]:
    """The fragment on a page of its own, without its script."""
    fragment = app.jinja_env.get_template("payments/_confirm_payout.html").module
    made = browser.new_page()
    made.set_default_timeout(5_000)
    made.set_content(f"<main>{fragment.confirm_payout(PARAMS, after='#asked')}</main>")  # type: ignore[attr-defined]
    yield made
    made.close()


def test_wechats_page_gets_what_the_server_gave(page: Page) -> None:
    page.evaluate(BRIDGE + "window.outcome = 'ok';")
    page.add_script_tag(path=SCRIPT)
    page.get_by_role("button", name="确认收款").click()
    assert page.evaluate("window.asked") == [["requestMerchantTransfer", PARAMS]]
    expect(page.get_by_role("status")).to_have_text("正在查询收款结果…")
    assert page.url.endswith("#asked")


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("cancel", "您还没有确认收款"), ("fail", "没有打开微信的收款页面"), ("function_not_exist", "没有打开")],
)
def test_who_has_not_seen_it_can_try_again(page: Page, outcome: str, told: str) -> None:
    page.evaluate(BRIDGE + f"window.outcome = '{outcome}';")
    page.add_script_tag(path=SCRIPT)
    button = page.get_by_role("button", name="确认收款")
    for _ in range(2):
        button.click()
    expect(page.get_by_role("status")).to_contain_text(told)
    assert len(page.evaluate("window.asked")) == 2
    assert not page.url.endswith("#asked")


def test_a_late_bridge_opens_the_button(page: Page) -> None:
    page.add_script_tag(path=SCRIPT)
    expect(page.get_by_role("button", name="确认收款")).to_be_disabled()
    page.evaluate(BRIDGE + "document.dispatchEvent(new Event('WeixinJSBridgeReady'));")
    expect(page.get_by_role("button", name="确认收款")).to_be_enabled()


def test_outside_wechat_people_are_told_where_to_go(page: Page) -> None:
    page.clock.install()
    page.add_script_tag(path=SCRIPT)
    page.clock.fast_forward(3_000)
    expect(page.get_by_role("status")).to_have_text("请在微信中打开本页面确认收款")
    expect(page.get_by_role("button", name="确认收款")).to_be_disabled()
