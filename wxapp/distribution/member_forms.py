"""Input of the page 会员归属."""

from __future__ import annotations

from pydantic import Field

from wxapp.core.forms import Form, FormKey


class MoveMemberForm(Form):
    """Whose member somebody is from now on. ``seen`` is whose the page showed, 0 nobody's."""

    form_key: FormKey = ""
    seen: int = Field(0, title="原归属", ge=0)
    code: str = Field("", title="新分销员的邀请码", max_length=20)
    is_nobodys: bool = Field(False, title="不再归属任何分销员")
    reason: str = Field(title="变更原因", min_length=2, max_length=200)
