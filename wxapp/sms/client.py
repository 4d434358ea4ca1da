"""Tencent Cloud SMS, action SendSms of version 2021-01-11. Source: wechat.md part 10."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from wxapp.core.outgoing import CallFailed, Outgoing
from wxapp.sms.config import SmsConfig
from wxapp.sms.errors import Unavailable, error_for
from wxapp.sms.interfaces import Now
from wxapp.sms.signature import CONTENT_TYPE, authorization
from wxapp.sms.values import SmsReceipt, SmsResult

MOST_NUMBERS = 200
_LONGEST_CONTEXT = 511
_MOBILE = re.compile(r"1\d{10}")


class Sms:
    """Sends messages by approved templates. Safe to share between threads."""

    def __init__(self, config: SmsConfig, *, now: Now, http: Outgoing | None = None) -> None:
        self._config = config
        self._now = now
        self._http = http or Outgoing(config.limits, proxy=config.proxy)

    def send(self, phone: str, *, template_id: str, params: Sequence[str], context: str = "") -> SmsReceipt:
        """Send one message and return its receipt.

        :raises SmsError: by what to do about it; Unavailable with ``sent`` True must not be repeated blindly.
        """
        (result,) = self.send_all([phone], template_id=template_id, params=params, context=context)
        if result.error is not None:
            raise result.error
        assert result.receipt is not None
        return result.receipt

    def send_all(
        self, phones: Sequence[str], *, template_id: str, params: Sequence[str], context: str = ""
    ) -> list[SmsResult]:
        """Send the same message to up to 200 mainland numbers and return what came of each, in their order.

        :raises SmsError: the whole call was refused or had no answer.
        """
        check(phones, context)
        answer = self._call(
            {
                "PhoneNumberSet": [f"+86{phone}" for phone in phones],
                "SmsSdkAppId": self._config.sdk_app_id,
                "SignName": self._config.sign_name,
                "TemplateId": template_id,
                "TemplateParamSet": list(params),
                "SessionContext": context,
            }
        )
        statuses = answer.get("SendStatusSet")
        rows = [row for row in statuses if isinstance(row, dict)] if isinstance(statuses, list) else []
        by_number = {str(row.get("PhoneNumber", "")).removeprefix("+86"): row for row in rows}
        return [_result(phone, by_number.get(phone), str(answer.get("RequestId", ""))) for phone in phones]

    def _call(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(fields, ensure_ascii=False).encode()
        timestamp = int(self._now().timestamp())
        host = urlsplit(self._config.url).netloc
        headers = {
            "Authorization": authorization(
                secret_id=self._config.secret_id,
                secret_key=self._config.secret_key,
                service="sms",
                host=host,
                timestamp=timestamp,
                body=body,
            ),
            "Content-Type": CONTENT_TYPE,
            "Host": host,
            "X-TC-Action": "SendSms",
            "X-TC-Version": "2021-01-11",
            "X-TC-Region": self._config.region,
            "X-TC-Timestamp": str(timestamp),
        }
        try:
            response = self._http.request("POST", self._config.url + "/", data=body, headers=headers)
        except CallFailed as error:
            raise Unavailable(error.reason, sent=error.sent) from None
        try:
            answer = json.loads(response.content)["Response"]
            fault = answer.get("Error")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Unavailable(f"HTTP {response.status_code} without a usable answer", sent=True) from None
        if fault is not None:
            code, text = (
                (str(fault.get(name, "")) for name in ("Code", "Message")) if isinstance(fault, dict) else ("", "")
            )
            raise error_for(code, text, str(answer.get("RequestId", "")))
        if response.status_code != 200:
            raise Unavailable(f"HTTP {response.status_code}", sent=True)
        return dict(answer)


def check(phones: Sequence[str], context: str) -> None:
    """Raise ValueError for numbers or a context that Tencent would refuse for their form."""
    if not 1 <= len(phones) <= MOST_NUMBERS or len(set(phones)) != len(phones):
        raise ValueError("1 to 200 different numbers are needed")
    if not all(_MOBILE.fullmatch(phone) for phone in phones):
        raise ValueError("a mainland mobile number has eleven digits and begins with 1")
    if len(context.encode()) > _LONGEST_CONTEXT:
        raise ValueError("the context is too long")


def _result(phone: str, row: Mapping[str, Any] | None, request_id: str) -> SmsResult:
    if row is None:
        return SmsResult(
            phone, error=Unavailable("the answer leaves this number out", sent=True, request_id=request_id)
        )
    code = str(row.get("Code", ""))
    if code != "Ok":
        return SmsResult(phone, error=error_for(code, str(row.get("Message", "")), request_id))
    fee = row.get("Fee")
    return SmsResult(phone, SmsReceipt(str(row.get("SerialNo", "")), fee if isinstance(fee, int) else 1))
