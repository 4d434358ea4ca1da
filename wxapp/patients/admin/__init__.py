"""Staff's interfaces of patients, bindings, balance passwords, WeChat users, privacy, and the account's menu."""

from wxapp.patients.admin import account_menu, consents, erasures, patients, replies, start, wechat_users
from wxapp.patients.admin.door import blueprint

__all__ = ["account_menu", "blueprint", "consents", "erasures", "patients", "replies", "start", "wechat_users"]
