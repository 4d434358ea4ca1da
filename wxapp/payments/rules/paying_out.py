"""Rules of paying people."""

from __future__ import annotations

from datetime import datetime, timedelta

from wxapp.core.money import yuan

SEND_IS_OVER_AFTER = timedelta(minutes=10)
"""A call takes ten seconds at most, and WeChat refuses one whose signature is older than five minutes. After this a
number that WeChat does not know never arrived."""

SEND_BEGINS_WITHIN = timedelta(minutes=1)
"""A worker that slept longer between claiming and calling does not call any more: what it has claimed may have been
put back and paid by hand meanwhile."""

WECHAT_TAKES, PERSON_TAKES = timedelta(hours=1), timedelta(hours=26)
"""Longer than WeChat works on a transfer, and than it waits for the person and then closes. After this people look."""

NAME_FROM_FEN = 200_000
"""From 2000 yuan on WeChat wants the real name: wechat.md 7.8."""

LONGEST_REMARK = 32

_SENTENCES = {
    "ACCOUNT_FROZEN": "您的微信支付账户已被冻结，请在微信支付中处理后再试",
    "ACCOUNT_NOT_EXIST": "您的微信尚未开通零钱，请先开通微信支付",
    "REAL_NAME_CHECK_FAIL": "您的微信尚未实名认证，请先在微信支付中完成实名认证",
    "NAME_NOT_CORRECT": "收款人姓名与微信实名不一致",
    "OPENID_INVALID": "收款微信账号无效，请联系客服",
    "TRANSFER_QUOTA_EXCEED": "超过单笔转账限额，请减少金额后再试",
    "DAY_RECEIVED_COUNT_EXCEED": "您今天的微信收款次数已达上限，请明天再试",
    "DAY_RECEIVED_QUOTA_EXCEED": "您今天的微信收款金额已达上限，请明天再试",
    "REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED": "您的微信收款额度已达上限，请在微信支付中提升额度后再试",
    "MERCHANT_REJECT": "付款已被医院取消",
    "MERCHANT_NOT_CONFIRM": "付款未在规定时间内办理，请联系客服",
    "MCH_CANCEL": "付款已被医院取消",
    "OVERDUE_CLOSE": "超过24小时未确认收款，付款已关闭",
    "USER_CANCEL": "您已取消收款",
    "PAYEE_ACCOUNT_ABNORMAL": "您的微信支付账户异常，请在微信支付中处理后再试",
    "PAYER_ACCOUNT_ABNORMAL": "医院付款账户暂时异常，请联系客服",
    "TRANSFER_RISK": "微信支付出于安全考虑未完成本次转账，请稍后再试",
    "BUDGET_NOT_ENOUGH": "医院付款账户余额不足，请联系客服",
}
_OTHERWISE = "微信支付未能完成本次付款，请稍后再试或联系客服"


def fail_sentence(reason: str) -> str:
    """Return what people are told when WeChat gives this reason."""
    return _SENTENCES.get(reason, _OTHERWISE)


def never_arrived(sent_at: datetime | None, *, now: datetime) -> bool:
    """Whether "no such transfer" means that there will be none: no call of ours can still be on its way."""
    return sent_at is None or now >= sent_at + SEND_IS_OVER_AFTER


def is_stale(claimed_at: datetime, *, now: datetime) -> bool:
    """Whether a claim is too old for a call to begin: the question for the payout tells that it never arrived."""
    return now > claimed_at + SEND_BEGINS_WITHIN


def leaves_nothing(code: str, message: str) -> bool:
    """Whether a refusal to send speaks against there being a transfer of this number at WeChat."""
    return code != "ALREADYEXISTS" and "已存在" not in message


def name_problem(amount_fen: int, real_name: str) -> str:
    """Return why WeChat would not take this amount without a name, or nothing."""
    if amount_fen >= NAME_FROM_FEN and not real_name:
        return f"{yuan(NAME_FROM_FEN)}元及以上须填写收款人真实姓名"
    return ""


def bill_problem(
    *, told_fen: int | None, told_openid: str, told_bill_no: str, amount_fen: int, openid: str, bill_no: str
) -> str:
    """Compare what WeChat tells of a transfer with ours; return what differs, or nothing.

    Amount, person and WeChat's number are compared as far as WeChat names them and we know them.
    """
    if told_fen is not None and told_fen != amount_fen:
        return "金额不符"
    if told_openid and told_openid != openid:
        return "收款人不符"
    if told_bill_no and bill_no and told_bill_no != bill_no:
        return "微信单号不符"
    return ""
