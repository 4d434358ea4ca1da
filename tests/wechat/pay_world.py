"""A WeChat Pay that answers as told, signed; shared by the tests of orders, bills and notices."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import responses

from tests.fakes.platform import APIV3_KEY, Platform, private_pem, public_pem, rsa_key
from wxapp.core import clock
from wxapp.wechat.config import PayConfig
from wxapp.wechat.pay.client import Pay

PAY = "https://pay.test"
APPID = "wx0123456789abcdef"
MCHID = "1900000001"
OLD_SERIAL, NEW_SERIAL = "PUB_KEY_ID_0000000001", "PUB_KEY_ID_0000000002"


def pay_config(**changes: Any) -> PayConfig:
    values: dict[str, Any] = {
        "appid": APPID,
        "mchid": MCHID,
        "merchant_serial": "0123456789ABCDEF",
        "private_key": private_pem(rsa_key("merchant")),
        "apiv3_key": APIV3_KEY,
        "public_keys": {serial: public_pem(rsa_key(serial)) for serial in (OLD_SERIAL, NEW_SERIAL)},
        "pay_url": PAY,
    }
    return PayConfig(**{**values, **changes})


@cache
def merchant() -> Pay:
    """Return the client, made once a run: checking RSA keys takes long, and it keeps no state."""
    return Pay(pay_config(), now=clock.now)


class PayServer:
    """Answers and remembers requests, after checking their signature."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.platform = Platform()
        self.requests: list[Any] = []

    def answer(
        self,
        method: str,
        path: str,
        fields: Any = None,
        *,
        status: int = 200,
        body: bytes | None = None,
        signed: bool = True,
        **how: Any,
    ) -> None:
        """Add the next answer of an endpoint; ``how`` goes into its signature."""
        content = (
            body if body is not None else b"" if fields is None else json.dumps(fields, ensure_ascii=False).encode()
        )

        def reply(request: Any) -> tuple[int, dict[str, str], bytes]:
            self.platform.check_request(request)
            self.requests.append(request)
            headers = self.platform.headers(content, **how) if signed else {"Content-Type": "application/json"}
            return status, headers, content

        self.mock.add_callback(method, f"{PAY}{path}", reply)

    def sent(self, number: int = -1) -> Any:
        return json.loads(self.requests[number].body)


def transaction(**changes: Any) -> dict[str, Any]:
    """Return an order as WeChat tells of it, paid with 12.30 yuan."""
    return {
        "appid": APPID,
        "mchid": MCHID,
        "out_trade_no": "HOSP0001",
        "transaction_id": "4200000001",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": "a",
        "success_time": "2026-03-02T10:00:00+08:00",
        "payer": {"openid": "o1"},
        "amount": {"total": 1230, "payer_total": 1230, "currency": "CNY", "payer_currency": "CNY"},
        **changes,
    }


def refund_fields(**changes: Any) -> dict[str, Any]:
    """Return a refund as the interface tells of it."""
    return {
        "refund_id": "5000000001",
        "out_refund_no": "HOSPR0001",
        "transaction_id": "4200000001",
        "out_trade_no": "HOSP0001",
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": "2026-03-02T10:00:00+08:00",
        "status": "PROCESSING",
        "amount": {"total": 1230, "refund": 230, "payer_total": 1230, "payer_refund": 230, "currency": "CNY"},
        **changes,
    }
