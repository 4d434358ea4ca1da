"""What administrators may change about price review."""

from __future__ import annotations

from wxapp.core.settings import Setting

OWN_QUOTES = Setting(
    "visits.review_own_quotes",
    "允许审核自己的报价",
    False,
    kind="bool",
    group="到院",
    help="关闭时，报价须由报价人以外的同事审核；只有一人值班的门诊可以开启",
)
