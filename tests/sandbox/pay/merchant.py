"""A merchant and his backend, written from the reference with ``cryptography`` alone."""

from __future__ import annotations

import base64
import functools
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from werkzeug.test import TestResponse

from sandbox.pay.envelopes import Envelope
from sandbox.pay.outbox import Reply

MCHID = "1900000001"
APPID = "wx0000000000000001"
SERIAL = "5157F09EFDC096DE15EBE81A47057A72ABCDEF01"
APIV3_KEY = "k" * 32
NOTIFY_URL = "http://127.0.0.1:8000/pay/notify/wechat"
REFUND_URL = "http://127.0.0.1:8000/pay/notify/wechat-refund"


@functools.cache
def merchant_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def platform_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed(text: str) -> str:
    """Sign as the merchant."""
    return base64.b64encode(merchant_key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(headers: Any, body: bytes, key: rsa.RSAPublicKey | None = None) -> bool:
    """Check an answer's or a notification's signature as the reference says."""
    text = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + body + b"\n"
    try:
        (key or platform_key().public_key()).verify(
            base64.b64decode(headers["Wechatpay-Signature"]), text, padding.PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def opened(resource: dict[str, str], key: str = APIV3_KEY) -> bytes:
    return AESGCM(key.encode()).decrypt(
        resource["nonce"].encode(),
        base64.b64decode(resource["ciphertext"]),
        resource.get("associated_data", "").encode(),
    )


@dataclass
class Merchant:
    """Calls the sandbox with Flask's test client; the signature can be spoilt on purpose."""

    app: Flask

    def authorization(
        self, method: str, target: str, body: bytes, *, serial: str = SERIAL, mchid: str = MCHID, shift: int = 0
    ) -> str:
        timestamp, nonce = int(time.time()) + shift, secrets.token_hex(16)
        signature = signed(f"{method}\n{target}\n{timestamp}\n{nonce}\n{body.decode()}\n")
        return (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{serial}"'
        )

    def call(
        self,
        method: str,
        target: str,
        fields: Any = None,
        *,
        headers: dict[str, str] | None = None,
        send: bytes | None = None,
        **spoilt: Any,
    ) -> TestResponse:
        """Call; ``send`` replaces the body after signing, ``headers`` replace or (empty) drop ours."""
        body = b"" if fields is None else json.dumps(fields, ensure_ascii=False).encode()
        sent = {
            "Authorization": self.authorization(method, target, body, **spoilt),
            "Accept": "application/json",
            "User-Agent": "test",
            "Content-Type": "application/json",
        }
        sent |= headers or {}
        return self.app.test_client().open(
            target,
            method=method,
            data=body if send is None else send,
            headers={name: value for name, value in sent.items() if value},
        )

    def openid(self, person: str = "1", appid: str = APPID) -> str:
        return str(self.app.extensions["world"].person(person).openid_for(appid))

    def order(self, number: str = "ORDER-0001", **other: Any) -> TestResponse:
        fields: dict[str, Any] = {
            "appid": APPID,
            "mchid": MCHID,
            "description": "体检套餐",
            "out_trade_no": number,
            "notify_url": NOTIFY_URL,
            "amount": {"total": 10_000, "currency": "CNY"},
            "payer": {"openid": self.openid()},
        }
        fields |= other
        return self.call("POST", "/v3/pay/transactions/jsapi", {k: v for k, v in fields.items() if v is not ...})

    def query(self, number: str = "ORDER-0001") -> TestResponse:
        return self.call("GET", f"/v3/pay/transactions/out-trade-no/{number}?mchid={MCHID}")

    def close(self, number: str = "ORDER-0001") -> TestResponse:
        return self.call("POST", f"/v3/pay/transactions/out-trade-no/{number}/close", {"mchid": MCHID})

    def refund(
        self,
        number: str = "REFUND-1",
        *,
        fen: int = 10_000,
        order: str = "ORDER-0001",
        total: int = 10_000,
        **other: Any,
    ) -> TestResponse:
        fields: dict[str, Any] = {
            "out_trade_no": order,
            "out_refund_no": number,
            "notify_url": REFUND_URL,
            "amount": {"refund": fen, "total": total, "currency": "CNY"},
        }
        fields |= other
        return self.call("POST", "/v3/refund/domestic/refunds", {k: v for k, v in fields.items() if v is not ...})

    def find_refund(self, number: str = "REFUND-1") -> TestResponse:
        return self.call("GET", f"/v3/refund/domestic/refunds/{number}")

    def page_parameters(self, prepay_id: str, *, appid: str = APPID) -> dict[str, str]:
        """Return what our page hands to the WeChat client."""
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        package = f"prepay_id={prepay_id}"
        return {
            "appId": appid,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": signed(f"{appid}\n{timestamp}\n{nonce}\n{package}\n"),
        }


@dataclass
class Received:
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def plain(self) -> dict[str, Any]:
        return dict(json.loads(opened(self.message["resource"])))

    @property
    def is_genuine(self) -> bool:
        return verifies(self.headers, self.body)


@dataclass
class Backend:
    """Takes notifications; ``answers`` are given in turn, then always 204."""

    answers: list[Reply] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    meanwhile: Callable[[], None] | None = None

    def receive(self, url: str, sent: Envelope, timeout: float) -> Reply:
        self.received.append(Received(url, dict(sent.headers), sent.body))
        if self.meanwhile is not None:
            self.meanwhile()
        return self.answers.pop(0) if self.answers else Reply(204)

    @property
    def events(self) -> list[str]:
        return [each.message["event_type"] for each in self.received]
