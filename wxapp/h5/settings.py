"""Settings that every page shows: who the hospital is and how it is reached."""

from __future__ import annotations

from wxapp.core.settings import Setting

HOSPITAL_NAME = Setting("hospital.name", "医院名称", "示例医院", group="医院", max_length=30, is_required=True)
HOSPITAL_PHONE = Setting("hospital.phone", "联系电话", "", group="医院", max_length=30)
HOSPITAL_ADDRESS = Setting("hospital.address", "医院地址", "", group="医院", max_length=120)
