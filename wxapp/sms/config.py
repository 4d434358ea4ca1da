"""What the SMS client must be told. Built by the application from config.toml."""

from __future__ import annotations

from dataclasses import dataclass, field

from wxapp.core.outgoing import Limits


@dataclass(frozen=True)
class SmsConfig:
    """An application of Tencent Cloud SMS. ``sign_name`` is the approved signature, without brackets."""

    secret_id: str
    secret_key: str = field(repr=False)
    sdk_app_id: str
    sign_name: str
    url: str = "https://sms.tencentcloudapi.com"
    region: str = "ap-guangzhou"
    limits: Limits = field(default_factory=Limits)
    proxy: str = ""

    def __post_init__(self) -> None:
        if not (self.secret_id and self.secret_key and self.sdk_app_id and self.sign_name):
            raise ValueError("secret_id, secret_key, sdk_app_id and sign_name must be set")
        if not self.url.startswith(("https://", "http://")) or self.url.endswith("/"):
            raise ValueError("a base URL has a scheme and no last slash")
