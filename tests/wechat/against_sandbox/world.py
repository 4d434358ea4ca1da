"""The sandbox and our clients of it, over real HTTP: the other side, written by others from the same description."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from werkzeug.wrappers import Request, Response

from sandbox.world import World
from tests.fakes.store import MemoryStore
from wxapp.core import clock
from wxapp.sms.client import Sms
from wxapp.wechat.callback import Callback
from wxapp.wechat.client import OfficialAccount
from wxapp.wechat.config import OfficialAccountConfig
from wxapp.wechat.oauth import USERINFO, OAuth
from wxapp.wechat.pay.client import Pay
from wxapp.wechat.pay.values import Order, RefundOrder, TransferOrder

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
transfer_delay = 0
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

    def transfer_order(self, no: str, *, amount_fen: int = 5000, real_name: str = "张三") -> TransferOrder:
        return TransferOrder(
            out_bill_no=no,
            openid=self.openid(),
            amount_fen=amount_fen,
            remark="佣金提现",
            scene_id="1005",
            reports=(("岗位类型", "推广员"), ("报酬说明", "推广服务佣金")),
            notify_url=f"{self.backend_url}/pay/notify/wechat-transfer",
            real_name=real_name,
        )

    def confirm_transfer(self, package: str) -> None:
        """Confirm on WeChat's page, as the person's page opens it."""
        params = {"mchId": MCHID, "appId": APPID, "package": package}
        self.control("pay/transfer/open", person="1", params=params)
        self.control("pay/transfer/confirm", person="1", package=package)
