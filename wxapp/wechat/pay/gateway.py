"""wechatpayv3 over our own way out.

The library knows paths, parameters and how to sign; the exchange itself is replaced: within limits, without
redirects, answers verified over the raw bytes by our table of keys, and errors typed. It would otherwise wait for
ever, fetch certificates for an unknown serial, and raise a bare Exception after the money has moved (wechat-sdk.md).
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import requests
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core
from wechatpayv3.type import RequestType
from wechatpayv3.utils import rsa_sign

from wxapp.core.outgoing import CallFailed, Outgoing
from wxapp.wechat.config import PayConfig
from wxapp.wechat.interfaces import Now
from wxapp.wechat.pay.errors import NOT_FINAL, RATE_CODES, NoticeRefused, PayRateLimited, PayUnknown, plain, refusal
from wxapp.wechat.pay.signature import SCHEME, Verifier, load_private_key, public_key_pem

_ORDER = "/v3/pay/transactions/jsapi"


class Gateway(Core):  # type: ignore[misc]  # wechatpayv3 has no types
    """The library's connection to WeChat Pay, with the exchange replaced."""

    def __init__(self, config: PayConfig, *, private_key: str, verifier: Verifier, http: Outgoing, now: Now) -> None:
        self._serial = next(iter(config.public_keys))
        super().__init__(
            config.mchid, config.merchant_serial, private_key, config.apiv3_key,
            public_key=public_key_pem(config.public_keys[self._serial]), public_key_id=self._serial,
        )  # fmt: skip
        self._gate_way = config.pay_url
        self._verifier = verifier
        self._max_bill_bytes = config.max_bill_bytes
        self._http = http
        self._now = now

    def _update_certificates(self) -> None:
        """Do nothing: there are no platform certificates in public-key mode, and nobody may make us ask for them."""

    def request(self, path: str, method: RequestType = RequestType.GET, data: Any = None, **options: Any) -> Any:
        """Exchange one request. Returns the object of the answer, or the bytes of a download (``skip_verify``).

        :raises PayError: by what the caller must do.
        """
        is_download = bool(options.get("skip_verify"))
        # Signed and sent are the very same bytes.
        body = json.dumps(data) if data is not None else ""
        response = self._exchange(path, method, body, max_bytes=self._max_bill_bytes if is_download else 0)
        if is_download:
            return response.content
        fault = self._fault_of(response)
        if fault and (method is RequestType.GET or path == _ORDER):
            # WeChat signs an answer wrongly now and then, to see who checks; these may be asked a second time.
            response = self._exchange(path, method, body)
            fault = self._fault_of(response)
        if fault:
            raise PayUnknown(f"the answer is not signed as it should be: {fault}")
        return _object(response) if response.status_code == 200 else {}

    def _exchange(self, path: str, method: RequestType, body: str, *, max_bytes: int = 0) -> requests.Response:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "wxapp",
            "Authorization": self._authorization(path, method, body),
            "Wechatpay-Serial": self._serial,
        }
        url = self._gate_way + path
        try:
            response = self._http.request(
                method.value, url, data=body.encode() or None, headers=headers, max_bytes=max_bytes
            )
        except CallFailed as error:
            raise PayUnknown(error.reason, sent=error.sent) from None
        if response.status_code not in (200, 204):
            raise _failure(response)
        return response

    def _fault_of(self, response: requests.Response) -> str:
        """Return why the signature of an answer does not fit, "" if it does."""
        try:
            self._verifier.check(dict(response.headers), response.content)
        except NoticeRefused as refused:
            return refused.reason.value
        return ""

    def _authorization(self, path: str, method: RequestType, body: str) -> str:
        """Sign a request (wechat.md 7.1). Ours, because the library's reads the clock by itself."""
        timestamp, nonce = int(self._now().timestamp()), secrets.token_hex(16)
        signature = rsa_sign(self._private_key, f"{method.value}\n{path}\n{timestamp}\n{nonce}\n{body}\n")
        return (
            f'{SCHEME} mchid="{self._mchid}",nonce_str="{nonce}",timestamp="{timestamp}",'
            f'serial_no="{self._cert_serial_no}",signature="{signature}"'
        )


class PayLibrary(WeChatPay):  # type: ignore[misc]  # wechatpayv3 has no types
    """wechatpayv3 on our gateway. Its methods return what ``Gateway.request`` returns."""

    def __init__(self, config: PayConfig, *, verifier: Verifier, http: Outgoing, now: Now) -> None:
        private_key, serial = load_private_key(config.private_key), next(iter(config.public_keys))
        super().__init__(
            WeChatPayType.JSAPI, config.mchid, private_key, config.merchant_serial, config.appid, config.apiv3_key,
            public_key=public_key_pem(config.public_keys[serial]), public_key_id=serial,
        )  # fmt: skip
        self._core = Gateway(config, private_key=private_key, verifier=verifier, http=http, now=now)


def _failure(response: requests.Response) -> Exception:
    """Return what an answer without success means. Only a 4xx that carries a code of WeChat Pay is a clear no."""
    status = response.status_code
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        answer = None
    code = answer.get("code") if isinstance(answer, dict) else None
    if status == 429 or (isinstance(code, str) and plain(code) in RATE_CODES):
        return PayRateLimited(f"HTTP {status} {code or ''}")
    if not (400 <= status < 500 and isinstance(code, str) and code) or plain(code) in NOT_FINAL:
        return PayUnknown(f"HTTP {status} {code or ''}")
    message = str(answer.get("message", ""))
    return refusal(code, message, status=status, request_id=response.headers.get("Request-ID", ""))


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise PayUnknown("the answer is no JSON object")
    return answer
