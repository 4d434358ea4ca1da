"""Which number gets its message: pure decisions, in Tencent's codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sandbox.config import Sms, SmsTemplate
from sandbox.sms.state import Text

OK = "Ok"
MESSAGES = {
    OK: "send success",
    "LimitExceeded.PhoneNumberThirtySecondLimit": "单个手机号30秒内下发短信条数超过设定的上限",
    "LimitExceeded.PhoneNumberOneHourLimit": "单个手机号1小时内下发短信条数超过设定的上限",
    "LimitExceeded.PhoneNumberDailyLimit": "单个手机号日下发短信条数超过设定的上限",
    "LimitExceeded.PhoneNumberSameContentDailyLimit": "单个手机号下发相同内容超过设定的上限",
    "FailedOperation.PhoneNumberInBlacklist": "手机号在免打扰名单库中",
    "FailedOperation.InsufficientBalanceInSmsPackage": "套餐包余量不足",
    "FailedOperation.SignatureIncorrectOrUnapproved": "签名未审批或格式错误",
    "FailedOperation.TemplateIncorrectOrUnapproved": "模板未审批或内容不匹配",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": "请求内容与审核通过的模板内容不匹配",
    "FailedOperation.ContainSensitiveWord": "短信内容中含有敏感词",
    "FailedOperation.MarketingSendTimeConstraint": "营销短信发送时间限制：8:00-22:00",
    "InvalidParameterValue.IncorrectPhoneNumber": "手机号格式错误",
}

_CHINA = timedelta(hours=8)


def domestic(number: str) -> str | None:
    """Return a mainland number as E.164, None if it is none."""
    match = re.fullmatch(r"(?:\+86|0086|86)?(1[3-9]\d{9})", number)
    return f"+86{match[1]}" if match else None


def rendered(template: SmsTemplate, params: Sequence[str]) -> str | None:
    """Return the text with its parameters put in; None if their number doesn't match."""
    places = {int(place) for place in re.findall(r"\{(\d+)\}", template.text)}
    if places != set(range(1, len(params) + 1)):
        return None
    return re.sub(r"\{(\d+)\}", lambda match: params[int(match[1]) - 1], template.text)


def parts_of(text: str) -> int:
    """Return how many messages a text is billed as: 70 characters, or 67 a part if it is longer."""
    return 1 if len(text) <= 70 else -(-len(text) // 67)


def refusal_by_limit(sent: Iterable[Text], *, phone: str, text: str, now: float, limits: Sms) -> str | None:
    """Return the limit that another message to this number would break. A day is a calendar day in China."""
    to_phone = [each for each in sent if each.phone == phone]
    today = [each for each in to_phone if _day(each.at) == _day(now)]
    counts = (
        (limits.thirty_second_limit, sum(each.at > now - 30 for each in to_phone), "PhoneNumberThirtySecondLimit"),
        (limits.hourly_limit, sum(each.at > now - 3600 for each in to_phone), "PhoneNumberOneHourLimit"),
        (limits.daily_limit, len(today), "PhoneNumberDailyLimit"),
        (
            limits.same_content_daily_limit,
            sum(each.text == text for each in today),
            "PhoneNumberSameContentDailyLimit",
        ),
    )
    for limit, count, name in counts:
        if limit is not None and count >= limit:
            return f"LimitExceeded.{name}"
    return None


def _day(moment: float) -> str:
    return (datetime.fromtimestamp(moment, UTC) + _CHINA).strftime("%Y-%m-%d")
