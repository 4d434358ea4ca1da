"""Staff's interfaces of patients, their bindings and balance passwords, WeChat users, and the account's menu."""

from wxapp.patients.admin import account_menu, patients, replies, start, wechat_users
from wxapp.patients.admin.door import blueprint

__all__ = ["account_menu", "blueprint", "patients", "replies", "start", "wechat_users"]
