"""The accounts of the house: fixed numbers, so that the hot path needs no look-up.

Numbers up to 999 are kept for these. A channel's balance is negative by what lies there for us; a clearing account
is zero when nothing is under way.
"""

from __future__ import annotations

from dataclasses import dataclass

LAST_HOUSE_ID = 999


@dataclass(frozen=True)
class House:
    """One account of the house."""

    id: int
    name: str
    label: str


_ALL = (
    House(1, "channel.wechat", "微信支付"),
    House(2, "channel.cash", "现金"),
    House(3, "channel.card", "刷卡"),
    House(4, "channel.transfer", "银行转账"),
    House(5, "channel.wechat_code", "微信收款码"),
    House(6, "channel.alipay_code", "支付宝收款码"),
    House(20, "clearing.refund", "退款在途"),
    House(21, "clearing.late", "迟到款待处理"),
    House(22, "clearing.pay_back", "退储值在途"),
    House(23, "clearing.recharge", "在线充值在途"),
    House(24, "clearing.withdrawal", "提现在途"),
    House(25, "clearing.commission_tax", "佣金代扣税待缴"),
    House(26, "receivable.loan", "分期贷款应收"),
    House(27, "liability.deposit", "定金待抵扣"),
    House(40, "house.mall", "体检商城收入"),
    House(41, "house.commission", "分销佣金支出"),
    House(42, "house.withdrawal_fee", "提现手续费收入"),
    House(43, "house.visits", "到院诊疗收入"),
    House(44, "house.retail", "零售收入"),
    House(LAST_HOUSE_ID, "house.reserved", "编号保留"),
)

HOUSE_BY_NAME = {house.name: house for house in _ALL}
HOUSE_BY_ID = {house.id: house for house in _ALL}


def house_account(name: str) -> int:
    """Return the number of an account of the house.

    :raises KeyError: there is no such account
    """
    return HOUSE_BY_NAME[name].id


def is_house(account_id: int) -> bool:
    return account_id <= LAST_HOUSE_ID
