"""What staff may change about distribution. Rates have versions and two people: see ``Terms``."""

from __future__ import annotations

from wxapp.core.settings import Setting

GROUP = "分销"

IS_OPEN = Setting(
    "distribution.is_open",
    "开展分销",
    default=True,
    kind="bool",
    group=GROUP,
    help="关闭后不再接受申请，新订单不计佣；已产生的佣金照常结算和提现",
)
DEPTH = Setting(
    "distribution.depth",
    "佣金层级",
    1,
    kind="int",
    group=GROUP,
    minimum=1,
    maximum=2,
    help="1：只有分销员本人；2：加上其直接邀请人。依《禁止传销条例》不能更多，开启第二级前请咨询法务",
)
REVIEW_APPLICATIONS = Setting(
    "distribution.review_applications", "分销申请需审核", default=True, kind="bool", group=GROUP
)
NEEDS_CODE = Setting("distribution.needs_code", "申请时必须填写邀请码", default=False, kind="bool", group=GROUP)
ATTRIBUTION_DAYS = Setting(
    "distribution.attribution_days", "商品分享有效天数", 15, kind="int", group=GROUP, minimum=1, maximum=90,
    help="顾客打开分享后这些天内下单，算作该分销员的订单；以最后一次打开的分享为准",
)  # fmt: skip
WAIT_DAYS = Setting(
    "distribution.wait_days", "佣金结算等待天数", 7, kind="int", group=GROUP, minimum=0, maximum=90,
    help="订单完成后再过这些天，佣金转为可提现",
)  # fmt: skip
OWN_ORDERS_PAY = Setting(
    "distribution.own_orders_pay", "分销员本人购买也计佣", default=False, kind="bool", group=GROUP,
    help="指打开自己的分享后购买；关闭时这样的订单不计佣，也不算别人的",
)  # fmt: skip
ORDER_CAP = Setting(
    "distribution.order_cap", "每笔订单佣金上限（元）", 200_000, kind="fen", group=GROUP, minimum=1,
    help="一笔订单各级佣金合计不超过此数",
)  # fmt: skip
MONTH_CAP = Setting(
    "distribution.month_cap", "每人每月佣金上限（元）", 2_000_000, kind="fen", group=GROUP, minimum=1,
    help="按顾客付款的月份计，超出的部分不入账；退款冲回不腾出额度",
)  # fmt: skip
REWARD = Setting(
    "distribution.reward", "邀请奖励（元）", 0, kind="fen", group=GROUP, maximum=10_000,
    help="被邀请的分销员首笔佣金结算后发给邀请人；0为不发。仅因拉人而付费属于传销，请咨询法务",
)  # fmt: skip
REWARDS_PER_DAY = Setting(
    "distribution.rewards_per_day", "每人每日邀请奖励次数上限", 5, kind="int", group=GROUP, minimum=1, maximum=100
)
WITHDRAWAL_LEAST = Setting(
    "distribution.withdrawal_least", "单次提现下限（元）", 1_000, kind="fen", group=GROUP, minimum=30
)
WITHDRAWAL_MOST = Setting(
    "distribution.withdrawal_most", "单次提现上限（元）", 20_000, kind="fen", group=GROUP, minimum=30,
    help="不要超过商户号“商家转账”的单笔限额，微信默认200元",
)  # fmt: skip
WITHDRAWALS_PER_DAY = Setting(
    "distribution.withdrawals_per_day", "每人每日提现次数", 3, kind="int", group=GROUP, minimum=1, maximum=20
)
WITHDRAWAL_FEE = Setting(
    "distribution.withdrawal_fee", "提现手续费（万分之）", 0, kind="int", group=GROUP, maximum=1_000,
    help="例如60为提现金额的0.6%",
)  # fmt: skip
WITHDRAWAL_TAX = Setting(
    "distribution.withdrawal_tax", "代扣税率（万分之）", 0, kind="int", group=GROUP, maximum=4_500,
    help="大于0时提现须填写身份证号，用于申报",
)  # fmt: skip
REVIEW_WITHDRAWALS = Setting(
    "distribution.review_withdrawals", "提现需审核", default=True, kind="bool", group=GROUP,
    help="关闭后提交即由微信转账，不经人工",
)  # fmt: skip
