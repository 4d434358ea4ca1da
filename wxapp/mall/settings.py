"""What staff may change about the mall."""

from __future__ import annotations

from wxapp.core.settings import Setting

UNPAID_MINUTES = Setting(
    "mall.unpaid_minutes", "未付款订单保留分钟数", 30, kind="int", group="体检商城", minimum=5, maximum=1440
)
HOSPITAL_DAYS = Setting(
    "mall.hospital_days", "到院支付订单保留天数", 7, kind="int", group="体检商城", minimum=1, maximum=90
)
MAX_UNPAID = Setting("mall.max_unpaid", "每人未付款订单上限", 5, kind="int", group="体检商城", minimum=1, maximum=50)
BRING_ALONG = Setting(
    "mall.bring_along",
    "到院支付须知",
    "请携带身份证，到一楼收费处出示订单二维码付款。",
    kind="long_text",
    group="体检商城",
    max_length=200,
)
CLOSING_SOON_MINUTES = Setting(
    "mall.closing_soon_minutes", "未付款提醒提前分钟数", 10, kind="int", group="体检商城", minimum=1, maximum=60
)
