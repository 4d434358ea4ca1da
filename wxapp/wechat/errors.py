"""What WeChat may say no with, as classes that the message centre and the doors act upon.

One table gives each code its class and its advice. Source: the codes of the official account's interface,
reference/wechat.md 2.2, 4 and 6. ``errmsg`` is never compared as a whole; only its ``rid`` and the name of
the refused field are read from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum

BEIJING = timezone(timedelta(hours=8))
"""Daily quotas start anew at midnight in this zone."""

_RID = re.compile(r"\brid:\s*([0-9A-Za-z-]+)")
_FIELD = re.compile(r"data\.(\w+)\.value|\bfield[: ]+(\w+)")


class Advice(StrEnum):
    """What to do about an error."""

    RETRY = "retry"  # with back-off, at most three times
    WAIT = "wait"  # for the next minute, with jitter
    STOP = "stop"  # until the quota starts anew; alarm; next channel
    NEXT_CHANNEL = "next_channel"  # never retry; try another way to reach the person
    FIX = "fix"  # the request is wrong and stays wrong; put it aside
    LOG_IN = "log_in"  # send the person through the log-in again
    ALARM = "alarm"  # the account or its settings; nothing will work until people act


class WechatError(Exception):
    """WeChat did not do what it was asked. ``errcode`` is None when there was no answer."""

    advice = Advice.FIX

    def __init__(self, errcode: int | None, errmsg: str = "", rid: str = "", *, advice: Advice | None = None) -> None:
        super().__init__(f"{type(self).__name__} {errcode}: {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
        self.rid = rid
        if advice is not None:
            self.advice = advice


class TokenInvalid(WechatError):
    """The access token was refused, and a fresh one as well."""

    advice = Advice.ALARM


class ConfigurationFault(WechatError):
    """Appid, secret, list of addresses, or rights of the account: no call will succeed until it is put right."""

    advice = Advice.ALARM


class NotReachable(WechatError):
    """This person can't be reached this way now. Never retry; try the next channel."""

    advice = Advice.NEXT_CHANNEL


class NotSubscribed(NotReachable):
    """The person does not follow the account: mark it."""


class NoConsent(NotReachable):
    """The person refuses such messages, or has used up the consents given: the consent counter is 0."""


class WindowClosed(NotReachable):
    """The time or the number of customer-service messages after the person's last action is used up."""


class BadOpenid(NotReachable):
    """No such openid in this account: mark it as bad."""


class QuotaExceeded(WechatError):
    """The daily quota of this interface is used up; ``until`` says when it starts anew (midnight in Beijing)."""

    advice = Advice.STOP

    def __init__(self, errcode: int | None, errmsg: str = "", rid: str = "", *, until: datetime) -> None:
        super().__init__(errcode, errmsg, rid)
        self.until = until


class RateLimited(WechatError):
    """Too many calls in this minute."""

    advice = Advice.WAIT


class Rejected(WechatError):
    """The content is wrong and stays wrong: template, field, menu, link. ``field`` names the culprit if known."""

    def __init__(
        self, errcode: int | None, errmsg: str = "", rid: str = "", *, field: str = "", advice: Advice | None = None
    ) -> None:
        super().__init__(errcode, errmsg, rid, advice=advice)
        self.field = field


class PaymentUnseen(WechatError):
    """The payment is not known there, or not yet: it may take minutes until it is."""

    advice = Advice.RETRY


class AlreadyShipped(WechatError):
    """WeChat knows already that this payment was delivered."""


class MediaGone(Rejected):
    """The media_id is unknown or older than three days: upload again."""


class OAuthCodeInvalid(WechatError):
    """The log-in code (or what came of it) is invalid, used or too old: the person logs in again."""

    advice = Advice.LOG_IN


class Unavailable(WechatError):
    """No answer that could be used: network, 5xx, or "system busy".

    ``sent`` False: certainly nothing has happened. ``sent`` True: the outcome is unknown, the call may have worked.
    """

    advice = Advice.RETRY

    def __init__(self, errmsg: str, *, sent: bool, errcode: int | None = None, rid: str = "") -> None:
        super().__init__(errcode, errmsg, rid)
        self.sent = sent


_Row = tuple[type[WechatError], Advice | None]

_TABLE: Mapping[int, _Row] = {
    40001: (TokenInvalid, None),
    40014: (TokenInvalid, None),
    42001: (TokenInvalid, None),
    40013: (ConfigurationFault, None),
    40125: (ConfigurationFault, None),
    40164: (ConfigurationFault, None),
    40243: (ConfigurationFault, None),
    41004: (ConfigurationFault, None),
    45035: (ConfigurationFault, None),
    48001: (ConfigurationFault, None),
    48004: (ConfigurationFault, None),
    61004: (ConfigurationFault, None),
    89501: (ConfigurationFault, None),
    89503: (ConfigurationFault, None),
    89506: (ConfigurationFault, None),
    89507: (ConfigurationFault, None),
    40003: (BadOpenid, None),
    43004: (NotSubscribed, None),
    50005: (NotSubscribed, None),
    43019: (NotReachable, None),
    50002: (NotReachable, None),
    43101: (NoConsent, None),
    48002: (NoConsent, None),
    45015: (WindowClosed, None),
    45047: (WindowClosed, None),
    45009: (QuotaExceeded, None),
    45011: (RateLimited, None),
    40029: (OAuthCodeInvalid, None),
    40163: (OAuthCodeInvalid, None),
    42003: (OAuthCodeInvalid, None),
    40030: (OAuthCodeInvalid, None),
    42002: (OAuthCodeInvalid, None),
    42007: (OAuthCodeInvalid, None),
    40036: (Rejected, Advice.ALARM),
    40037: (Rejected, Advice.ALARM),
    40007: (MediaGone, None),
    41006: (MediaGone, None),
    46001: (MediaGone, None),
    41001: (Rejected, None),
    43002: (Rejected, None),
    44002: (Rejected, None),
    45002: (Rejected, None),
    45010: (Rejected, None),
    45064: (Rejected, None),
    45109: (Rejected, None),
    47001: (Rejected, None),
    47003: (Rejected, None),
    41030: (Rejected, None),
    40035: (Rejected, None),
    40053: (Rejected, None),
    40054: (Rejected, None),
    40055: (Rejected, None),
    40169: (Rejected, None),
    # Delivery of mini-program orders.
    10060001: (PaymentUnseen, None),
    10060002: (AlreadyShipped, None),
    10060003: (AlreadyShipped, None),
    10060023: (AlreadyShipped, None),
    10060012: (Rejected, Advice.RETRY),
    **dict.fromkeys((10060004, 10060005, 10060006, 10060007, 10060008, 10060009, 10060014, 10060031), (Rejected, None)),
    **dict.fromkeys((268485216, 268485228), (Rejected, Advice.RETRY)),
    268485224: (Rejected, None),
    **dict.fromkeys(range(40016, 40029), (Rejected, None)),  # menu
}

_FIELD_OF = {40036: "template_id", 40037: "template_id", 41030: "page", 40169: "scene"}


def error_for(errcode: int, errmsg: str, *, now: datetime) -> WechatError:
    """Return the typed error of a non-zero errcode; a code that we don't know becomes a plain WechatError."""
    rid = found[1] if (found := _RID.search(errmsg)) else ""
    if errcode == -1:
        return Unavailable(errmsg, sent=True, errcode=-1, rid=rid)
    cls, advice = _TABLE.get(errcode, (WechatError, None))
    if cls is QuotaExceeded:
        return QuotaExceeded(errcode, errmsg, rid, until=quota_reset(now))
    if issubclass(cls, Rejected):
        return cls(errcode, errmsg, rid, field=_FIELD_OF.get(errcode) or _field(errmsg), advice=advice)
    return cls(errcode, errmsg, rid, advice=advice)


def token_error_for(errcode: int, errmsg: str, *, now: datetime) -> WechatError:
    """Return the error of the token interface, where 40001 means that our secret is wrong."""
    error = error_for(errcode, errmsg, now=now)
    if isinstance(error, TokenInvalid):
        return ConfigurationFault(errcode, errmsg, error.rid)
    return error


def quota_reset(now: datetime) -> datetime:
    """Return the next midnight in Beijing."""
    tomorrow = now.astimezone(BEIJING).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, BEIJING)


def _field(errmsg: str) -> str:
    found = _FIELD.search(errmsg)
    return (found[1] or found[2] or "") if found else ""
