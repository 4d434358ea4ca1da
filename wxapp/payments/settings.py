"""What staff may change about paying."""

from __future__ import annotations

from wxapp.core.settings import Setting

GROUP = "支付"

WECHAT_ON = Setting("payments.wechat_on", "微信支付", True, kind="bool", group=GROUP)
WECHAT_OFF_TEXT = Setting(
    "payments.wechat_off_text", "微信支付关闭时的说明", "微信支付维护中，请选择其他方式", group=GROUP
)
BALANCE_ON = Setting("payments.balance_on", "余额支付", True, kind="bool", group=GROUP)
BALANCE_OFF_TEXT = Setting(
    "payments.balance_off_text", "余额支付关闭时的说明", "余额支付维护中，请选择其他方式", group=GROUP
)
HOSPITAL_ON = Setting("payments.hospital_on", "到院支付", True, kind="bool", group=GROUP)
HOSPITAL_OFF_TEXT = Setting(
    "payments.hospital_off_text", "到院支付关闭时的说明", "到院支付暂停，请选择其他方式", group=GROUP
)
PASSWORD_FREE = Setting(
    "payments.password_free",
    "余额支付免密金额（元）",
    0,
    kind="fen",
    group=GROUP,
    maximum=100_000,
    help="不超过此金额的余额支付不需要输入余额密码；0表示每次都要输入",
)
LATE_MINUTES = Setting(
    "payments.late_minutes",
    "迟到付款自动退回等待分钟数",
    10,
    kind="int",
    group=GROUP,
    minimum=1,
    maximum=1440,
    help="订单关闭后才到账的钱，超过此时间无人处理则自动原路退回",
)
