"""Texts of the website."""

from __future__ import annotations

from wxapp.core.settings import Setting

SLOGAN = Setting("website.slogan", "首页标语", "用心守护每一位就诊人", group="医院", max_length=30)
OPENING_HOURS = Setting("website.opening_hours", "门诊时间", "周一至周日 8:00–17:30", group="医院", max_length=60)
