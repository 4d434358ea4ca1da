"""Texts of the website."""

from __future__ import annotations

from wxapp.core.settings import Setting

SLOGAN = Setting("website.slogan", "首页标语", "用心守护每一位就诊人", group="医院", max_length=30)
ABOUT = Setting(
    "website.about",
    "医院简介",
    "医院设有体检中心、内科、外科、妇产科、口腔科、医学影像科与检验科，提供健康体检、门诊与住院服务。"
    "您可以在这里选购体检套餐、在线付款，并随时查看订单与余额。",
    kind="long_text",
    group="医院",
    max_length=4000,
)
OPENING_HOURS = Setting("website.opening_hours", "门诊时间", "周一至周日 8:00–17:30", group="医院", max_length=60)
