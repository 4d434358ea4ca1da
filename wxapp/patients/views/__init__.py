"""Patients' pages; importing this folder registers them, and says who is signed in to the other pages."""

from __future__ import annotations

from wxapp.h5 import identity, registry
from wxapp.patients import queries
from wxapp.patients.views import patients, privacy  # noqa: F401 - their pages register themselves
from wxapp.patients.views.door import pages

__all__ = ["pages"]

identity.use_identity(queries.signed_in_user)

registry.tab("me", "我的", "user", "patients.me", order=5)
registry.me_entry("就诊人管理", "patients.bound", "users", 10, group=registry.ACCOUNT)
registry.me_entry("余额密码", "patients.balance_password", "shield-lock", 20, group=registry.ACCOUNT)
registry.me_entry("隐私", "patients.privacy", "lock", 90, group=registry.ACCOUNT)
registry.menu_entry("个人中心", "个人中心", "patients.me")
