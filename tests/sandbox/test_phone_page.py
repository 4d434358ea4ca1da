"""The phone in a real browser: what a person sees and does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright
from werkzeug.wrappers import Request, Response

from sandbox.account import jssdk
from sandbox.account.codes import picture
from sandbox.config import Config
from sandbox.world import World
from tests.sandbox.pay import merchant
from tests.sandbox.surroundings import Backend

POLICY = "default-src 'self'; frame-ancestors 'none'"
MENU = [
    {"type": "view", "name": "商城", "url": "BASE/mall"},
    {"name": "更多", "sub_button": [{"type": "click", "name": "客服", "key": "kf"}]},
]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 375, "height": 700})
    context.set_default_timeout(5_000)
    made = context.new_page()
    problems: list[str] = []
    made.on("pageerror", lambda error: problems.append(str(error)))
    made.on("console", lambda told: problems.append(told.text) if "Content Security Policy" in told.text else None)
    yield made
    context.close()
    assert problems == []


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "merchant.pem").write_bytes(merchant.public_pem(merchant.merchant_key()))
    (tmp_path / "platform.pem").write_bytes(merchant.private_pem(merchant.platform_key()))
    pay = {
        "mchid": merchant.MCHID,
        "apiv3_key": merchant.APIV3_KEY,
        "merchant_serial": merchant.SERIAL,
        "merchant_public_key_file": tmp_path / "merchant.pem",
        "platform_private_key_file": tmp_path / "platform.pem",
        "probe_rate": 0,
    }
    return {"official_account": {"appid": merchant.APPID, "mode": "plain"}, "pay": pay}


@pytest.fixture
def token(http: FlaskClient) -> str:
    asked = {"grant_type": "client_credential", "appid": merchant.APPID, "secret": "secret-of-the-account"}
    return str(http.post("/cgi-bin/stable_token", json=asked).json["access_token"])


def show(backend: Backend, pages: dict[str, str]) -> None:
    """Let the backend answer these paths with pages; everything else is empty."""

    def answer(request: Request) -> Response:
        if request.path not in pages:
            return Response("")
        mime = "text/javascript" if request.path.endswith(".js") else "text/html"
        return Response(pages[request.path], mimetype=mime, headers={"Content-Security-Policy": POLICY})

    backend.answer = answer


def html(title: str, body: str) -> str:
    return f'<!doctype html><html lang="zh-CN"><head><title>{title}</title></head><body>{body}</body></html>'


def open_chat(page: Page, live: str, person: str = "1") -> None:
    page.goto(f"{live}/phone?person={person}")
    page.get_by_test_id("chat-hospital").click()


def web(page: Page) -> FrameLocator:
    return page.frame_locator("[data-testid=browser-page]")


def test_a_stranger_follows_speaks_and_is_answered(page: Page, live: str, backend: Backend, world: World) -> None:
    openid = world.openid(world.person("2"))
    reply = (
        f"<xml><ToUserName>{openid}</ToUserName><FromUserName>gh_aaaaaaaaaaaa</FromUserName><CreateTime>1</CreateTime>"
        f'<MsgType>text</MsgType><Content><![CDATA[请看<a href="{backend.url}/mall">商城</a> <b>]]></Content></xml>'
    )
    backend.answer = lambda request: Response(reply if b"[text]" in request.get_data() else "")
    open_chat(page, live, "2")
    page.get_by_test_id("follow-here").click()
    page.get_by_test_id("say").fill("在吗")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("line-me")).to_contain_text("在吗")
    expect(page.get_by_test_id("line-them")).to_contain_text("请看商城 <b>")
    show(backend, {"/mall": html("体检商城", "<h1>套餐</h1>")})
    page.get_by_test_id("text-link").click()
    expect(web(page).locator("h1")).to_have_text("套餐")
    expect(page.get_by_test_id("browser-title")).to_have_text("体检商城")
    page.get_by_test_id("browser-back").click()
    expect(page.get_by_test_id("screen-chat")).to_be_visible()
    page.get_by_test_id("profile-open").click()
    page.get_by_test_id("unfollow").click()
    expect(page.get_by_test_id("follow")).to_be_visible()


def test_the_menu_works_by_key_and_leads_to_pages(
    page: Page, live: str, call: Any, backend: Backend, world: World
) -> None:
    menu = json.loads(json.dumps(MENU).replace("BASE", backend.url))
    assert call("/cgi-bin/menu/create", {"button": menu})["errcode"] == 0
    show(backend, {"/mall": html("商城", '<a href="/two">下一页</a>'), "/two": html("第二页", "<p>二</p>")})
    open_chat(page, live)
    page.get_by_test_id("menu-1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("menu-1-0")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("menu-1")).to_be_focused()
    page.get_by_test_id("menu-0").click()
    web(page).get_by_text("下一页").click()
    expect(page.get_by_test_id("browser-title")).to_have_text("第二页")
    page.get_by_test_id("browser-back").click()
    expect(page.get_by_test_id("browser-title")).to_have_text("商城")
    page.get_by_test_id("browser-close").click()
    expect(page.get_by_test_id("menu")).to_be_visible()


def test_a_card_a_text_and_a_scan(
    page: Page, live: str, call: Any, backend: Backend, world: World, tmp_path: Path
) -> None:
    show(backend, {"/orders/1": html("订单", "<p>详情</p>")})
    page.goto(f"{live}/phone?person=1")
    page.get_by_test_id("chats").wait_for()
    data = {"character_string1": {"value": "HX1"}, "thing2": {"value": "体检"}, "time3": {"value": "10:00"}}
    message = {"touser": world.openid(world.person("1")), "template_id": "category", "data": data}
    call("/cgi-bin/message/template/send", message | {"url": f"{backend.url}/orders/1"})
    page.get_by_test_id("banner-hospital").click()
    expect(page.get_by_test_id("template-card")).to_contain_text("HX1")
    page.get_by_test_id("card-open").click()
    expect(web(page).locator("p")).to_have_text("详情")
    world.deliver_text("13800000001", "【测试医院】验证码 123456")
    expect(page.get_by_test_id("banner-sms")).to_contain_text("123456")
    page.get_by_test_id("browser-close").click()
    page.get_by_test_id("chat-back").click()
    expect(page.get_by_test_id("unread-sms")).to_contain_text("1")
    page.get_by_test_id("chat-sms").click()
    expect(page.get_by_test_id("banner-sms")).to_have_count(0)
    page.get_by_test_id("chat-back").click()
    expect(page.get_by_test_id("unread-sms")).to_have_count(0)
    asked = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "door"}}}
    (tmp_path / "code.jpg").write_bytes(picture(call("/cgi-bin/qrcode/create", asked)["url"]))
    page.get_by_test_id("scan-open").click()
    page.get_by_test_id("scan-text").fill("nonsense")
    page.get_by_test_id("scan-ok").click()
    expect(page.get_by_test_id("scan-error")).to_contain_text("无法识别")
    page.get_by_test_id("scan-file").set_input_files(tmp_path / "code.jpg")
    expect(page.get_by_test_id("screen-chat")).to_be_visible()
    backend.wait_for(2)
    assert b"<EventKey><![CDATA[door]]></EventKey>" in backend.posts()[-1].get_data()


class TestPaying:
    SCRIPT = """
      go.onclick = () => WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(go.dataset.pay), (r) => {
        out.textContent = r.err_msg; });
      document.addEventListener("WeixinJSBridgeReady", () => { ready.textContent = "ready"; });
    """

    def open_order(self, page: Page, live: str, backend: Backend, sandbox: Flask, **spoilt: str) -> merchant.Merchant:
        shop = merchant.Merchant(sandbox)
        order = shop.order(notify_url=f"{backend.url}/pay/notify/wechat")
        parameters = shop.page_parameters(order.json["prepay_id"]) | spoilt
        body = f"""<button id="go" data-pay='{json.dumps(parameters)}'>支付</button><p id="out"></p><p id="ready"></p>
          <script src="/pay.js"></script>"""
        show(backend, {"/order": html("订单", body), "/pay.js": self.SCRIPT})
        page.goto(f"{live}/phone?person=1")
        page.get_by_test_id("scan-open").click()
        page.get_by_test_id("scan-text").fill(f"{backend.url}/order")
        page.keyboard.press("Enter")
        expect(web(page).locator("#ready")).to_have_text("ready")
        web(page).locator("#go").click()
        return shop

    def test_who_confirms_has_paid(self, page: Page, live: str, backend: Backend, sandbox: Flask) -> None:
        shop = self.open_order(page, live, backend, sandbox)
        expect(web(page).get_by_test_id("pay-payee")).to_have_text("测试医院")
        expect(web(page).get_by_test_id("pay-amount")).to_have_text("¥100.00")
        expect(web(page).get_by_test_id("pay-confirm")).to_be_focused()
        page.keyboard.press("Enter")
        web(page).get_by_test_id("pay-done").click()
        expect(web(page).locator("#out")).to_have_text("get_brand_wcpay_request:ok")
        assert shop.query().json["trade_state"] == "SUCCESS"

    def test_who_cancels_has_not(self, page: Page, live: str, backend: Backend, sandbox: Flask) -> None:
        shop = self.open_order(page, live, backend, sandbox)
        web(page).get_by_test_id("pay-cancel").click()
        expect(web(page).locator("#out")).to_have_text("get_brand_wcpay_request:cancel")
        assert shop.query().json["trade_state"] == "NOTPAY"

    def test_a_wrong_signature_opens_no_sheet(self, page: Page, live: str, backend: Backend, sandbox: Flask) -> None:
        self.open_order(page, live, backend, sandbox, paySign="AAAA")
        expect(web(page).get_by_test_id("pay-problem")).to_contain_text("签名")
        web(page).get_by_test_id("pay-problem-close").click()
        expect(web(page).locator("#out")).to_have_text("get_brand_wcpay_request:fail")


def test_wx_config_is_checked_and_the_window_closes(
    page: Page, live: str, http: FlaskClient, token: str, config: Config, backend: Backend
) -> None:
    query = {"access_token": token, "type": "jsapi"}
    ticket = http.get("/cgi-bin/ticket/getticket", query_string=query).json["ticket"]
    signed = jssdk.signature(ticket=ticket, noncestr="n", timestamp="1700000000", url=f"{backend.url}/good")
    given = {"appId": merchant.APPID, "timestamp": 1_700_000_000, "nonceStr": "n", "signature": signed}
    given["jsApiList"] = ["updateAppMessageShareData"]
    script = f"""
      wx.config({json.dumps(given)});
      wx.error((problem) => {{ problems.textContent = problem.errMsg; }});
      wx.ready(() => wx.updateAppMessageShareData({{ title: "t", success: (r) => {{ out.textContent = r.errMsg; }},
        fail: (r) => {{ out.textContent = r.errMsg; }} }}));
      go.onclick = () => WeixinJSBridge.call("closeWindow");
    """
    body = '<p id="problems"></p><p id="out"></p><button id="go">关</button><script src="/s.js"></script>'
    show(backend, {"/good": html("好", body), "/bad": html("坏", body), "/s.js": script})
    open_chat(page, live)
    for path, out, problems in (
        ("/bad", "the permission value is offline verifying", "config:invalid signature"),
        ("/good", "updateAppMessageShareData:ok", ""),
    ):
        page.get_by_test_id("chat-back").click()
        page.get_by_test_id("scan-open").click()
        page.get_by_test_id("scan-text").fill(f"{backend.url}{path}")
        page.keyboard.press("Enter")
        expect(web(page).locator("#out")).to_contain_text(out)
        expect(web(page).locator("#problems")).to_have_text(problems)
        web(page).locator("#go").click()
        expect(page.get_by_test_id("screen-home")).to_be_visible()
        page.get_by_test_id("chat-hospital").click()


def test_a_transfer_is_confirmed_on_wechats_page(page: Page, sandbox: Flask, backend: Backend, live: str) -> None:
    seller = merchant.Merchant(sandbox)
    fields = {
        "appid": merchant.APPID,
        "out_bill_no": "BILL0001",
        "transfer_scene_id": "1005",
        "openid": seller.openid(),
        "transfer_amount": 5_000,
        "transfer_remark": "佣金提现",
        "transfer_scene_report_infos": [
            {"info_type": name, "info_content": "推广"} for name in ("岗位类型", "报酬说明")
        ],
    }
    package = seller.call("POST", "/v3/fund-app/mch-transfer/transfer-bills", fields).json["package_info"]
    given = json.dumps({"mchId": merchant.MCHID, "appId": merchant.APPID, "package": package})
    script = f"""
      go.onclick = () => WeixinJSBridge.invoke("requestMerchantTransfer", {given},
        (result) => {{ out.textContent += result.err_msg + " "; }});
    """
    body = '<p id="out"></p><button id="go">收款</button><script src="/s.js"></script>'
    show(backend, {"/w": html("提现", body), "/s.js": script})
    page.goto(f"{live}/phone?person=1")
    page.get_by_test_id("scan-open").click()
    page.get_by_test_id("scan-text").fill(f"{backend.url}/w")
    page.keyboard.press("Enter")
    web(page).locator("#go").click()
    expect(web(page).get_by_test_id("transfer-amount")).to_have_text("¥50.00")
    expect(web(page).get_by_test_id("transfer-remark")).to_have_text("佣金提现")
    web(page).get_by_test_id("transfer-cancel").click()
    expect(web(page).locator("#out")).to_have_text("requestMerchantTransfer:ok")
    web(page).locator("#go").click()
    web(page).get_by_test_id("transfer-confirm").click()
    web(page).get_by_test_id("transfer-done").click()
    expect(web(page).get_by_test_id("transfer-sheet")).to_have_count(0)
    truth = sandbox.test_client().get("/__sandbox/pay/transfers").json["transfers"][0]["state"]
    assert truth in {"TRANSFERING", "SUCCESS"}
    page.goto(f"{live}/control")
    expect(page.get_by_test_id("transfers")).to_contain_text("BILL0001")


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_sticks_out(page: Page, live: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    for path in ("/phone?person=1", "/phone?person=1#hospital", "/control"):
        page.goto(live + path)
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_person_is_added_and_switched_to(page: Page, live: str) -> None:
    page.goto(f"{live}/phone?person=1")
    page.get_by_test_id("switch-person").click()
    page.get_by_test_id("add-person").click()
    page.get_by_test_id("person-name").fill("赵六")
    page.get_by_test_id("person-phone").fill("13800000006")
    page.get_by_test_id("person-save").click()
    page.wait_for_url("**/phone?person=4")
    page.get_by_test_id("switch-person").click()
    expect(page.get_by_test_id("person-4")).to_have_attribute("aria-current", "page")


def test_a_fault_is_ordered_and_calls_are_watched(page: Page, live: str, call: Any) -> None:
    page.goto(f"{live}/control")
    page.get_by_test_id("fault-endpoint").fill("cgi-bin/menu/create")
    page.get_by_test_id("fault-kind").select_option("quota")
    page.get_by_test_id("fault-order").click()
    expect(page.get_by_test_id("faults")).to_contain_text("cgi-bin/menu/create")
    assert call("/cgi-bin/menu/create", {"button": []})["errcode"] == 45009
    page.get_by_role("button", name="POST cgi-bin/menu/create").click()
    expect(page.get_by_test_id("calls")).to_contain_text("45009")
