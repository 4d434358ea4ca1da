"""The clients against the sandbox over real HTTP: the other side, written by others from the same description."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.app import create_app
from sandbox.config import load
from sandbox.server import Server
from sandbox.world import World
from tests.fakes.platform import private_pem, public_pem, rsa_key
from tests.fakes.store import MemoryStore
from wxapp.core import clock
from wxapp.sms.client import Sms
from wxapp.sms.config import SmsConfig
from wxapp.sms.errors import ConfigurationFault as SmsConfigurationFault
from wxapp.sms.errors import RateLimited, TemplateFault
from wxapp.wechat.callback import Callback
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.config import OfficialAccountConfig, PayConfig
from wxapp.wechat.errors import (
    BadOpenid,
    ConfigurationFault,
    NotSubscribed,
    OAuthCodeInvalid,
    QuotaExceeded,
    Rejected,
    TokenInvalid,
    Unavailable,
    WindowClosed,
)
from wxapp.wechat.jssdk import JsSdk
from wxapp.wechat.menu import Entry, Kind, build
from wxapp.wechat.oauth import USERINFO, OAuth
from wxapp.wechat.pay.client import Pay
from wxapp.wechat.pay.errors import (
    BillNotReady,
    NoticeRefused,
    OrderClosed,
    OrderPaid,
    PayMisconfigured,
    PayNotFound,
    PayRefused,
    PayUnknown,
)
from wxapp.wechat.pay.values import Order, RefundOrder, RefundState, TradeState
from wxapp.wechat.pushes import Kind as PushKind
from wxapp.wechat.replies import Text
from wxapp.wechat.values import Choice, TemplateMessage

APPID, MCHID, SERIAL = "wx0123456789abcdef", "1900000001", "PUB_KEY_ID_0000000000000000000000000007"
AES_KEY, TOKEN, SECRET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "tokenofthetests", "secret-of-the-tests"
APIV3_KEY = "0123456789abcdef0123456789ABCDEF"

SANDBOX_TOML = """
[server]
port = {port}
public_url = "{url}"
[backend]
url = "{backend}"
[official_account]
appid = "{appid}"
secret = "{secret}"
original_id = "gh_0123456789ab"
name = "示例医院"
token = "{token}"
aes_key = "{aes_key}"
mode = "safe"
[pay]
mchid = "{mchid}"
apiv3_key = "{apiv3_key}"
merchant_serial = "0123456789ABCDEF"
merchant_public_key_file = "merchant.pem"
platform_private_key_file = "platform.pem"
platform_key_id = "{serial}"
probe_rate = 0
fee_bp = 0
[sms]
secret_id = "sms-id"
secret_key = "sms-key"
sdk_app_id = "1400000000"
sign_name = "示例医院"
[[sms.templates]]
id = "1001"
text = "验证码{{1}}，{{2}}分钟内有效。"
[[templates]]
template_id = "T1"
title = "下单成功通知"
content = "单号：{{{{character_string1.DATA}}}}\\n项目：{{{{thing2.DATA}}}}\\n"
[[people]]
id = "1"
name = "张三"
nickname = "三三"
phone = "13800000001"
follows = true
[[people]]
id = "2"
name = "李四"
phone = "13800000002"
snapshot = true
[timing]
refund_delay = 0
template_event_delay = 0
callback_timeout = 2
"""


@dataclass
class Backend:
    """Our web process, as far as it is needed: keeps what comes in, answers as told."""

    answer: Callable[[Request], Response] = lambda _: Response(status=204)
    seen: list[tuple[str, dict[str, str], dict[str, str], bytes]] = field(default_factory=list)

    def wait_for(self, path: str) -> tuple[dict[str, str], dict[str, str], bytes]:
        """Take the next request to a path: query, headers, body."""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for number, (found, *parts) in enumerate(self.seen):
                if found == path:
                    del self.seen[number]
                    return parts[0], parts[1], parts[2]
            time.sleep(0.01)
        raise AssertionError(f"nothing came to {path}")


@dataclass
class Outside:
    """The running sandbox and our clients of it."""

    url: str
    backend_url: str
    world: World
    backend: Backend
    config: OfficialAccountConfig
    store: MemoryStore
    account: OfficialAccount
    oauth: OAuth
    callback: Callback
    pay: Pay
    sms: Sms

    def openid(self, person: str = "1") -> str:
        return self.world.person(person).openid_for(APPID)

    def control(self, door: str, /, **fields: Any) -> Any:
        answer = requests.post(f"{self.url}/__sandbox/{door}", json=fields, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def seen(self, door: str) -> Any:
        """Look into the sandbox."""
        return requests.get(f"{self.url}/__sandbox/{door}", timeout=5).json()

    def calls(self, endpoint: str) -> int:
        """Count what came to an endpoint."""
        return len(self.seen(f"calls?direction=in&endpoint={endpoint}"))

    def log_in(self, person: str, *, scope: str = "snsapi_base") -> str:
        """Open the authorize page in the person's browser and return the code."""
        link = self.oauth.authorize_url(return_url=f"{self.backend_url}/wechat/login/return", state="s1", scope=scope)
        parts = urlsplit(link)
        headers = {"Host": f"p-{person}.localhost:{parts.port}"}
        address = link.partition("#")[0]
        if scope == USERINFO:
            answer = requests.post(address, data={"answer": "allow"}, headers=headers, allow_redirects=False, timeout=5)
        else:
            answer = requests.get(address, headers=headers, allow_redirects=False, timeout=5)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert query["state"] == ["s1"]
        return query["code"][0]

    def pay_order(self, out_trade_no: str, *, amount_fen: int = 1230) -> None:
        """Place an order and pay it in the person's payment sheet."""
        prepay_id = self.pay.order(self.order(out_trade_no, amount_fen=amount_fen))
        params = self.pay.jsapi_params(prepay_id).for_bridge()
        sheet = self.control("pay/sheet", person="1", params=params)
        assert sheet["amount_fen"] == amount_fen
        self.control("pay/confirm", person="1", prepay_id=prepay_id)

    def order(self, out_trade_no: str, *, amount_fen: int = 1230) -> Order:
        return Order(
            out_trade_no=out_trade_no,
            description="入职体检套餐",
            amount_fen=amount_fen,
            openid=self.openid(),
            notify_url=f"{self.backend_url}/pay/notify/wechat",
            expires_at=clock.now() + timedelta(minutes=30),
            attach="HOSP",
        )

    def refund_order(self, no: str, *, of: str, refund_fen: int = 230) -> RefundOrder:
        return RefundOrder(no, of, refund_fen, 1230, f"{self.backend_url}/pay/notify/wechat-refund", "客户取消")


@dataclass
class Running:
    """What is started once for all tests of this file."""

    url: str
    backend_url: str
    backend: Backend
    world: World


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("sandbox")
    backend = Backend()

    @Request.application
    def web(request: Request) -> Response:
        backend.seen.append((request.path, request.args.to_dict(), dict(request.headers), request.get_data()))
        return backend.answer(request)

    listener = make_server("127.0.0.1", 0, web, threaded=True)
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, backend_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{listener.server_port}"
    (folder / "merchant.pem").write_text(public_pem(rsa_key("merchant")))
    (folder / "platform.pem").write_text(private_pem(rsa_key(SERIAL)))
    (folder / "sandbox.toml").write_text(
        SANDBOX_TOML.format(
            port=port, url=url, backend=backend_url, appid=APPID, secret=SECRET, token=TOKEN, aes_key=AES_KEY,
            mchid=MCHID, apiv3_key=APIV3_KEY, serial=SERIAL,
        ),
        encoding="utf-8",
    )  # fmt: skip
    app = create_app(load(folder / "sandbox.toml"))
    server = Server(app, host="127.0.0.1", port=port)
    server.start()
    yield Running(url, backend_url, backend, app.extensions["world"])
    server.stop()
    listener.shutdown()
    listener.server_close()


@pytest.fixture
def outside(running: Running, real_clock) -> Outside:
    """A sandbox that has forgotten the test before, and new clients of it."""
    url = running.url
    requests.post(f"{url}/__sandbox/reset", timeout=5).raise_for_status()
    requests.post(f"{url}/__sandbox/pay/settings", json={"probe_rate": 0}, timeout=5).raise_for_status()
    signer = requests.get(f"{url}/__sandbox/pay/settings", timeout=5).json()
    running.backend.seen.clear()
    running.backend.answer = Backend.answer
    config = OfficialAccountConfig(
        appid=APPID, secret=SECRET, token=TOKEN, original_id="gh_0123456789ab", aes_keys=(AES_KEY,),
        api_url=url, open_url=url, mp_url=url,
    )  # fmt: skip
    store = MemoryStore()
    sms_config = SmsConfig(
        secret_id="sms-id", secret_key="sms-key", sdk_app_id="1400000000", sign_name="示例医院", url=f"{url}/sms"
    )
    return Outside(
        url=url,
        backend_url=running.backend_url,
        world=running.world,
        backend=running.backend,
        config=config,
        store=store,
        account=OfficialAccount(config, store=store, now=clock.now),
        oauth=OAuth(config, now=clock.now),
        callback=Callback(config, store=store, now=clock.now),
        pay=merchant(url, signer["serial"], signer["public_key"]),
        sms=Sms(sms_config, now=clock.now),
    )


@cache
def merchant(url: str, serial: str, public_key: str) -> Pay:
    """Return the client, kept because checking RSA keys takes long."""
    config = PayConfig(
        appid=APPID, mchid=MCHID, merchant_serial="0123456789ABCDEF", private_key=private_pem(rsa_key("merchant")),
        apiv3_key=APIV3_KEY, public_keys={serial: public_key}, pay_url=url,
    )  # fmt: skip
    return Pay(config, now=clock.now)


# --- the account


def test_a_template_message_is_accepted_and_its_result_told(outside: Outside):
    message = TemplateMessage(
        outside.openid(), "T1", {"character_string1": "HOSP0001", "thing2": "入职体检套餐"}, "outbox-1"
    )
    msgid = outside.account.send_template(message)
    query, _, body = outside.backend.wait_for("/wechat/callback")
    push = outside.callback.receive(query, body)
    assert (push.kind, push.msg_id, push.status) == (PushKind.TEMPLATE_RESULT, str(msgid), "success")
    assert outside.account.send_template(message) > 0
    assert len([line for line in outside.seen("people/1/chat?chat=hospital") if line["kind"] == "template"]) == 1


def test_the_templates_of_the_account_are_known(outside: Outside):
    (template,) = outside.account.templates()
    assert (template.template_id, template.keys) == ("T1", ("character_string1", "thing2"))


def test_refusals_have_their_class(outside: Outside):
    good = {"character_string1": "HOSP0001", "thing2": "套餐"}

    def send(openid: str = outside.openid(), template_id: str = "T1", **values: str) -> int:
        return outside.account.send_template(TemplateMessage(openid, template_id, {**good, **values}, "m"))

    with pytest.raises(NotSubscribed):
        send(outside.openid("2"))
    with pytest.raises(BadOpenid):
        send("o-nobody")
    with pytest.raises(Rejected) as unknown:
        send(template_id="T9")
    assert unknown.value.field == "template_id"
    with pytest.raises(Rejected) as wrong:
        send(thing2="字" * 21)
    assert wrong.value.field == "thing2"
    assert wrong.value.rid


def test_quota_and_reply_window_have_their_class(outside: Outside):
    outside.control("quotas", path="/cgi-bin/message/template/send", limit=0)
    with pytest.raises(QuotaExceeded) as caught:
        outside.account.send_template(
            TemplateMessage(outside.openid(), "T1", {"character_string1": "1", "thing2": "套"}, "m")
        )
    assert clock.now() < caught.value.until <= clock.now() + timedelta(days=1)
    with pytest.raises(WindowClosed):
        outside.account.send_text(outside.openid(), "您好")


def test_a_dead_token_is_replaced_once_and_the_call_succeeds(outside: Outside):
    outside.store.set(f"wechat:token:{APPID}", "dead", ttl=1000)
    assert outside.account.follower(outside.openid()).is_following is True
    assert outside.store.get(f"wechat:token:{APPID}") != "dead"


def test_a_token_that_ends_early_is_replaced(outside: Outside):
    outside.account.menu()
    outside.control("clock", advance=7300)
    assert outside.account.menu() is None


def test_a_wrong_secret_is_told_apart(outside: Outside):
    config = OfficialAccountConfig(appid=APPID, secret="wrong", token=TOKEN, aes_keys=(AES_KEY,), api_url=outside.url)
    with pytest.raises(ConfigurationFault):
        OfficialAccount(config, store=MemoryStore(), now=clock.now).menu()


def test_the_menu_is_published_read_and_removed(outside: Outside):
    menu = build(
        [
            Entry("挂号", Kind.VIEW, url="https://h.test/booking"),
            Entry("服务", entries=(Entry("联系我们", Kind.CLICK, key="contact"),)),
        ]
    )
    assert outside.account.menu() is None
    outside.account.create_menu(menu)
    assert outside.account.menu() is not None
    outside.account.delete_menu()
    assert outside.account.menu() is None


def test_a_code_is_made_shown_and_scanned(outside: Outside):
    code = outside.account.create_qrcode("scene-1", expires_in=600)
    assert code.expires_in == 600
    assert outside.account.create_qrcode("door", expires_in=None).expires_in is None
    assert len(outside.account.qrcode_image(code.ticket)) > 100
    with pytest.raises(Rejected):
        outside.account.qrcode_image("unknown")
    outside.control("people/1/scan", text=code.url)
    query, _, body = outside.backend.wait_for("/wechat/callback")
    push = outside.callback.receive(query, body)
    assert (push.kind, push.scene, push.ticket) == (PushKind.SCAN, "scene-1", code.ticket)


def test_media_go_there_and_come_back(outside: Outside):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    media_id = outside.account.upload_media("image", name="a.png", content=picture, content_type="image/png")
    assert outside.account.download_media(media_id).content == picture
    with pytest.raises(Rejected):
        outside.account.download_media("unknown")


def test_a_page_is_signed_with_a_ticket_of_the_sandbox(outside: Outside):
    page = JsSdk(APPID, outside.account, store=outside.store, now=clock.now).config_for(f"{outside.backend_url}/mall")
    assert len(page.signature) == 40


def test_a_conversation_is_answered_in_the_chat(outside: Outside):
    def reply(request: Request) -> Response:
        push = outside.callback.receive(request.args.to_dict(), request.get_data())
        return Response(outside.callback.render(push, Text(f"收到：{push.content}")))

    outside.backend.answer = reply
    said = outside.control("people/1/say", text="您好 <b>")
    assert said is not None
    query, _, _ = outside.backend.wait_for("/wechat/callback")
    assert query["encrypt_type"] == "aes"
    outside.backend.answer = lambda _: Response("")
    outside.account.send_text(outside.openid(), "稍后为您安排")
    outside.account.send_choices(outside.openid(), head="满意吗", choices=[Choice("1", "满意")], tail="谢谢")
    texts = str(outside.world.snapshot())
    assert "收到：您好" in texts
    assert "稍后为您安排" in texts


def test_the_address_passes_the_check_of_the_console(outside: Outside):
    outside.backend.answer = lambda request: Response(outside.callback.verify_url(request.args.to_dict()))
    assert outside.control("callback/verify")["passed"] is True


@pytest.mark.parametrize("kind", ["status", "act_then_status", "cut_body"])
def test_a_fault_of_the_network_is_unavailable(outside: Outside, kind: str):
    outside.control("faults", endpoint="cgi-bin/user/info", kind=kind)
    with pytest.raises(Unavailable):
        outside.account.follower(outside.openid())
    assert outside.account.follower(outside.openid()).is_following is True


def test_endless_40001_ends_after_one_refresh_and_one_retry(outside: Outside):
    outside.control("faults", endpoint="cgi-bin/user/info", kind="error", code="40001", count=10)
    with pytest.raises(TokenInvalid):
        outside.account.follower(outside.openid())
    assert (outside.calls("cgi-bin/user/info"), outside.calls("cgi-bin/stable_token")) == (2, 2)


# --- log-in


def test_a_person_logs_in_once_with_each_code(outside: Outside):
    code = outside.log_in("1")
    identity = outside.oauth.exchange(code)
    assert (identity.openid, identity.is_snapshot_user) == (outside.openid(), False)
    with pytest.raises(OAuthCodeInvalid):
        outside.oauth.exchange(code)
    with pytest.raises(OAuthCodeInvalid):
        outside.oauth.exchange("never-given")


def test_a_person_who_agrees_shows_a_name_and_a_snapshot_is_marked(outside: Outside):
    identity = outside.oauth.exchange(outside.log_in("1", scope=USERINFO))
    profile = outside.oauth.profile(identity)
    assert (profile.openid, profile.nickname) == (outside.openid(), "三三")
    assert outside.oauth.exchange(outside.log_in("2", scope=USERINFO)).is_snapshot_user is True


# --- payments


def test_an_order_is_paid_told_refunded_and_billed(outside: Outside):
    pay, backend = outside.pay, outside.backend
    outside.pay_order("HOSP000001")
    query, headers, body = backend.wait_for("/pay/notify/wechat")
    assert query == {}
    told = pay.payment_notice(headers, body).payment
    assert told == pay.query("HOSP000001")
    assert (told.state, told.total_fen, told.openid, told.attach) == (
        TradeState.SUCCESS,
        1230,
        outside.openid(),
        "HOSP",
    )
    with pytest.raises(NoticeRefused):
        pay.payment_notice(headers, body.replace(b"{", b"{ ", 1))
    with pytest.raises(NoticeRefused):
        pay.refund_notice(headers, body)
    with pytest.raises(OrderPaid):
        pay.close("HOSP000001")
    with pytest.raises(OrderPaid):
        pay.order(outside.order("HOSP000001"))

    order = outside.refund_order("HOSPR00001", of="HOSP000001")
    assert pay.refund(order).refund_fen == 230
    _, headers, body = backend.wait_for("/pay/notify/wechat-refund")
    ended = pay.refund_notice(headers, body).refund
    assert (ended.state, ended.out_refund_no, ended.refund_fen) == (RefundState.SUCCESS, "HOSPR00001", 230)
    assert pay.query_refund("HOSPR00001").state is RefundState.SUCCESS
    assert pay.refund(order).out_refund_no == "HOSPR00001"  # a repeat pays nothing
    with pytest.raises(PayRefused):
        pay.refund(outside.refund_order("HOSPR00002", of="HOSP000001", refund_fen=1001))
    assert pay.query("HOSP000001").state is TradeState.REFUND

    day = clock.today()
    with pytest.raises((BillNotReady, PayRefused)):
        pay.trade_bill(day)
    outside.control("clock", advance=2 * 24 * 3600)
    outside.backend.seen.clear()
    payment, refund = pay.trade_bill(day).rows
    assert (payment.out_trade_no, payment.order_fen, payment.openid) == ("HOSP000001", 1230, outside.openid())
    assert (refund.out_refund_no, refund.refund_fen, refund.is_refund) == ("HOSPR00001", 230, True)
    assert sorted(row.amount_fen for row in pay.fund_flow_bill(day).rows) == [-230, 1230]
    assert pay.trade_bill(day + timedelta(days=1)).rows == ()


def test_an_order_is_closed_and_can_not_be_had_again(outside: Outside):
    pay = outside.pay
    pay.order(outside.order("HOSP000002"))
    assert pay.order(outside.order("HOSP000002"))
    assert pay.query("HOSP000002").state is TradeState.NOTPAY
    pay.close("HOSP000002")
    pay.close("HOSP000002")
    assert pay.query("HOSP000002").state is TradeState.CLOSED
    with pytest.raises((OrderClosed, PayRefused)):
        pay.order(outside.order("HOSP000002"))
    with pytest.raises(PayNotFound):
        pay.query("HOSP999999")
    with pytest.raises(PayNotFound):
        pay.query_refund("HOSPR99999")
    with pytest.raises(PayRefused):
        pay.refund(outside.refund_order("HOSPR00009", of="HOSP000002"))


def test_another_order_under_the_same_number_is_refused(outside: Outside):
    order = outside.order("HOSP000003")
    outside.pay.order(order)
    with pytest.raises(PayRefused):
        outside.pay.order(outside.order("HOSP000003", amount_fen=1))


def test_a_refund_whose_answer_is_unverifiable_happened_all_the_same(outside: Outside):
    outside.pay_order("HOSP000004")
    outside.control("pay/settings", probe_rate=1)
    with pytest.raises(PayUnknown):
        outside.pay.refund(outside.refund_order("HOSPR00004", of="HOSP000004"))
    with pytest.raises(PayUnknown):
        outside.pay.query_refund("HOSPR00004")
    outside.control("pay/settings", probe_rate=0)
    assert outside.pay.query_refund("HOSPR00004").refund_fen == 230


def test_a_key_that_the_merchant_does_not_know_yet_is_not_believed(outside: Outside):
    outside.pay_order("HOSP000005")
    fresh = outside.control("pay/keys/rotate")
    with pytest.raises(PayUnknown):
        outside.pay.query("HOSP000005")
    keys = {**outside.pay._config.public_keys, fresh["serial"]: fresh["public_key"]}
    config = PayConfig(**{**outside.pay._config.__dict__, "public_keys": keys})
    assert Pay(config, now=clock.now).query("HOSP000005").total_fen == 1230


def test_a_clock_that_is_wrong_is_a_fault_of_ours(outside: Outside):
    wrong = Pay(outside.pay._config, now=lambda: clock.now() + timedelta(minutes=10))
    with pytest.raises(PayMisconfigured):
        wrong.order(outside.order("HOSP000006"))


# --- sms


def test_a_message_is_sent_and_the_next_one_within_half_a_minute_is_not(outside: Outside):
    assert outside.sms.send("13800000001", template_id="1001", params=["123456", "5"]).serial_no
    with pytest.raises(RateLimited) as caught:
        outside.sms.send("13800000001", template_id="1001", params=["654321", "5"])
    assert caught.value.retry_after == 30
    with pytest.raises(TemplateFault):
        outside.sms.send("13800000002", template_id="1001", params=["only one"])
    with pytest.raises(TemplateFault):
        outside.sms.send("13800000002", template_id="9999", params=[])


def test_a_wrong_key_for_sms_is_a_configuration_fault(outside: Outside):
    config = SmsConfig(**{**outside.sms._config.__dict__, "secret_key": "wrong"})
    with pytest.raises(SmsConfigurationFault):
        Sms(config, now=clock.now).send("13800000001", template_id="1001", params=["1", "5"])
