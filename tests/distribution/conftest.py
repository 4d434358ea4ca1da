"""Fixtures of distribution's tests."""

from tests.patients.conftest import account, oauth, sms, wechat_browser, weixin

__all__ = ["account", "oauth", "sms", "wechat_browser", "weixin"]
