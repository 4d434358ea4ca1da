"""What staff may change about leaving and pickups."""

from __future__ import annotations

from wxapp.core.settings import Setting

_GROUP = "到院"

CARE_TEXT = Setting(
    "visits.care_text",
    "离店注意事项",
    "请按医嘱用药并保持治疗部位清洁干燥，24小时内不要沾水。\n"
    "一周内避免剧烈运动、饮酒和辛辣食物。\n"
    "如有红肿加重、发热或其他不适，请立即与我们联系。\n"
    "请按约定日期复诊。",
    kind="long_text",
    group=_GROUP,
    help="印在注意事项单上，客户在微信中也能看到；每行一条",
    max_length=2000,
)
PICKUP_MINUTES = Setting(
    "visits.pickup_minutes",
    "接送间隔提醒分钟数",
    60,
    kind="int",
    group=_GROUP,
    help="同一司机两次接送的时间差少于这个数时提醒",
    minimum=10,
    maximum=480,
)
