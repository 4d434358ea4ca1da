"""Fixtures of distribution's tests."""

from tests.patients.conftest import account, oauth, wechat_browser, weixin

__all__ = ["account", "oauth", "wechat_browser", "weixin"]
