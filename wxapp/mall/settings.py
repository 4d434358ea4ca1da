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
SHIPPING_KIND = Setting(
    "mall.shipping_kind",
    "小程序订单的发货方式",
    "4",
    group="体检商城",
    help="小程序收款须向微信上报发货后才结算",
    choices=(("4", "用户自提（到院使用）"), ("3", "虚拟商品")),
)
USE_WITHIN_MONTHS = Setting(
    "mall.use_within_months",
    "建议使用期限（月）",
    0,
    kind="int",
    group="体检商城",
    help="付款后超过此期限仍未用完的订单会提醒患者，不会作废；0为不提醒",
    maximum=60,
)
POPULAR_SEARCHES = Setting(
    "mall.popular_searches",
    "热门搜索",
    "入职体检 彩超 肿瘤筛查 血常规",
    group="体检商城",
    help="搜索框下方显示的词，用空格隔开，最多10个",
    max_length=120,
)
