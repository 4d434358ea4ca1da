"""Input of the pages of payments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wxapp.core.forms import Form


class WayForm(Form):
    way: Literal["wechat", "balance", "hospital"] = Field(title="支付方式")


class PasswordForm(Form):
    password: str = Field("", title="余额密码", pattern=r"^\d{6}$")
