"""Channels that leave the house: each hands one parcel to its platform and understands the answer.

A channel knows no database and no clock. It returns the platform's number of the message, or raises what is to
be done: :class:`Retry`, :class:`Rejected` or :class:`NoConsent`. Source of the codes: wechat.md 2.2 and part 10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from wxapp.messages.entry import Channel, Line
from wxapp.messages.rules.values import SMS_TYPE, filled, fitted, type_of_key
from wxapp.sms import connected as sms
from wxapp.sms import errors as sms_errors
from wxapp.wechat import connected as wechat
from wxapp.wechat import errors as wechat_errors
from wxapp.wechat.values import TemplateMessage

PAUSE_OF_FAULT = timedelta(minutes=1)
"""How long a channel rests whose account or keys must be put right by people."""


@dataclass(frozen=True)
class Parcel:
    """All that a channel needs; ``client_msg_id`` stays the same for every try."""

    channel: Channel
    address: str
    template_id: str
    values: Sequence[tuple[str, str]]
    url: str
    client_msg_id: str


class NotSent(Exception):
    """The platform did not take the parcel; ``code`` is its error code, ``reason`` a sentence for staff."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Retry(NotSent):
    """Later. ``wait`` says how long at least; a channel that ``pauses`` rests altogether until then.

    With ``counts`` False the platform only asked to wait, and the try does not count.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        wait: timedelta | None = None,
        until: datetime | None = None,
        counts: bool = True,
        pauses: bool = False,
    ) -> None:
        super().__init__(code, reason)
        self.wait = wait
        self.until = until
        self.counts = counts
        self.pauses = pauses


class Rejected(NotSent):
    """It will never be taken as it is: a dead letter. ``stops_template``: nor will any other by this template."""

    def __init__(self, code: str, reason: str, *, stops_template: bool = False) -> None:
        super().__init__(code, reason)
        self.stops_template = stops_template


class NoConsent(NotSent):
    """This person can't be reached this way now: never again this way, the next channel at once."""


class Sender(Protocol):
    """A channel."""

    def send(self, parcel: Parcel) -> str:
        """Return the platform's number of the message.

        :raises NotSent: one of the three
        """
        ...


class OaTemplate:
    """Template messages of the official account. A repeat within ten minutes reaches the person once."""

    def send(self, parcel: Parcel) -> str:
        message = TemplateMessage(
            openid=parcel.address,
            template_id=parcel.template_id,
            values=dict(parcel.values),
            message_id=parcel.client_msg_id,
            url=parcel.url,
        )
        try:
            return str(wechat.official_account().send_template(message))
        except wechat_errors.WechatError as error:
            raise _of_wechat(error) from error


def _of_wechat(error: wechat_errors.WechatError) -> NotSent:
    code = str(error.errcode) if error.errcode is not None else "no_answer"
    match error:
        case wechat_errors.NotReachable():
            return NoConsent(code, _WECHAT_WORDS.get(code, "微信暂时不能向此人发送消息"))
        case wechat_errors.QuotaExceeded():
            return Retry(code, "公众号当日发送额度已用完", until=error.until, counts=False, pauses=True)
        case wechat_errors.RateLimited():
            return Retry(code, "每分钟调用次数已达上限", wait=timedelta(minutes=1), counts=False, pauses=True)
        case wechat_errors.Unavailable():
            return Retry(code, f"微信没有给出结果：{error.errmsg}")
        case wechat_errors.TokenInvalid() | wechat_errors.ConfigurationFault():
            return Retry(code, f"公众号配置有误：{error.errmsg}", wait=PAUSE_OF_FAULT, pauses=True)
        case wechat_errors.Rejected():
            what = f"（{error.field}）" if error.field else ""
            stops = error.advice is wechat_errors.Advice.ALARM
            words = "模板编号无效" if stops else f"模板内容不符合要求{what}"
            return Rejected(code, f"{words}：{error.errmsg}", stops_template=stops)
    return Rejected(code, f"微信拒绝：{error.errmsg}")


_WECHAT_WORDS: Mapping[str, str] = {
    "43004": "未关注公众号",
    "50005": "未关注公众号",
    "43019": "此人在公众号黑名单中",
    "43101": "用户拒收或订阅次数已用完",
    "48002": "用户拒收消息",
    "40003": "openid无效",
    "50002": "用户受限",
}


class Sms:
    """Short messages. The platform has no key against repeats, so an unknown outcome is not tried again blindly."""

    def send(self, parcel: Parcel) -> str:
        try:
            receipt = sms.client().send(
                parcel.address,
                template_id=parcel.template_id,
                params=[value for _, value in parcel.values],
                context=parcel.client_msg_id,
            )
        except sms_errors.SmsError as error:
            raise _of_sms(error) from error
        except ValueError as error:  # the client refuses what can't be a number
            raise NoConsent("bad_number", "手机号码无效") from error
        return receipt.serial_no


def _of_sms(error: sms_errors.SmsError) -> NotSent:
    code = error.code[:40] or "no_answer"
    match error:
        case sms_errors.RateLimited():
            return Retry(code, "短信发送频率受限", wait=timedelta(seconds=error.retry_after))
        case sms_errors.Blacklisted():
            return NoConsent(code, "该号码拒收短信")
        case sms_errors.BadNumber():
            return NoConsent(code, "手机号码无效")
        case sms_errors.ConfigurationFault():
            return Retry(code, f"短信服务配置有误：{error.message}", wait=PAUSE_OF_FAULT, pauses=True)
        case sms_errors.Unavailable():
            answered = bool(error.code) or error.message.startswith("HTTP 5")
            if error.sent and not answered:
                return Rejected("unknown_outcome", "短信平台没有应答，结果未知，请核实后再重发")
            return Retry(code, f"短信平台暂不可用：{error.message}")
        case sms_errors.TemplateFault():
            stops = error.code in {
                "FailedOperation.TemplateIncorrectOrUnapproved",
                "FailedOperation.SignatureIncorrectOrUnapproved",
            }
            return Rejected(code, f"短信模板或签名有误：{error.message}", stops_template=stops)
    return Rejected(code, f"短信平台拒绝：{error.message}")


CHANNELS: Mapping[Channel, Sender] = {Channel.OA_TEMPLATE: OaTemplate(), Channel.SMS: Sms()}
"""The channels that exist. Others of the catalogue belong to later parts of the product and are passed over."""

SURVIVES_REPEAT = {Channel.OA_TEMPLATE}
"""Channels whose platform knows a repeated parcel."""


def rendered(channel: Channel, lines: Sequence[Line], texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the values of a template, each as its type allows it.

    :raises BadPattern: a line names a field that the message lacks
    :raises BadValue: a value can't be made to fit
    """
    kind_of = type_of_key if channel is Channel.OA_TEMPLATE else lambda key: SMS_TYPE
    return [(line.key, fitted(kind_of(line.key), filled(line.pattern, texts))) for line in lines]
