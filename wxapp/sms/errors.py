"""What Tencent Cloud SMS may say no with, as classes that the message centre acts upon. Source: wechat.md part 10."""

from __future__ import annotations


class SmsError(Exception):
    """The message was not accepted. ``code`` is Tencent's, empty when there was no answer."""

    def __init__(self, code: str, message: str, request_id: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.request_id = request_id


class RateLimited(SmsError):
    """Too many for this number, or too many calls: wait ``retry_after`` seconds at least."""

    def __init__(self, code: str, message: str, request_id: str = "", *, retry_after: int = 60) -> None:
        super().__init__(code, message, request_id)
        self.retry_after = retry_after


class Blacklisted(SmsError):
    """The number refuses messages. Never retry."""


class BadNumber(SmsError):
    """The number is none. Never retry."""


class TemplateFault(SmsError):
    """Signature, template or its values: wrong, and stays wrong until people change it."""


class ConfigurationFault(SmsError):
    """Keys, rights or the package of messages: nothing will be sent until people act. Alarm."""


class Unavailable(SmsError):
    """No answer that could be used. ``sent`` False: certainly not sent. True: the message may be on its way."""

    def __init__(self, reason: str, *, sent: bool, code: str = "", request_id: str = "") -> None:
        super().__init__(code, reason, request_id)
        self.sent = sent


_RETRY_AFTER = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30,
    "LimitExceeded.PhoneNumberOneHourLimit": 3600,
    "LimitExceeded.PhoneNumberDailyLimit": 86400,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": 86400,
    "LimitExceeded.PhoneNumberCountLimit": 86400,
    "LimitExceeded.AppDailyLimit": 86400,
    "LimitExceeded.AppMainlandChinaDailyLimit": 86400,
    "FailedOperation.MarketingSendTimeConstraint": 3600,
    "RequestLimitExceeded": 60,
}

_TABLE: dict[str, type[SmsError]] = {
    "FailedOperation.PhoneNumberInBlacklist": Blacklisted,
    "FailedOperation.PhoneNumberOnBlacklist": Blacklisted,
    "InvalidParameterValue.IncorrectPhoneNumber": BadNumber,
    "FailedOperation.InsufficientBalanceInSmsPackage": ConfigurationFault,
    "FailedOperation.SignatureIncorrectOrUnapproved": TemplateFault,
    "FailedOperation.TemplateIncorrectOrUnapproved": TemplateFault,
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": TemplateFault,
    "FailedOperation.ContainSensitiveWord": TemplateFault,
}

_BY_GROUP: dict[str, type[SmsError]] = {
    "AuthFailure": ConfigurationFault,
    "UnauthorizedOperation": ConfigurationFault,
    "UnsupportedOperation": ConfigurationFault,
    "InvalidParameter": TemplateFault,
    "InvalidParameterValue": TemplateFault,
    "MissingParameter": TemplateFault,
}
"""Codes are a group, a dot and the case; what the table above does not name is judged by its group."""


def error_for(code: str, message: str, request_id: str) -> SmsError:
    """Return the typed error of a code other than Ok."""
    group = code.partition(".")[0]
    if code in _RETRY_AFTER or group in ("LimitExceeded", "RequestLimitExceeded"):
        return RateLimited(code, message, request_id, retry_after=_RETRY_AFTER.get(code, 3600))
    if group == "InternalError":
        return Unavailable(message, sent=True, code=code, request_id=request_id)
    return _TABLE.get(code, _BY_GROUP.get(group, SmsError))(code, message, request_id)
