"""Input of the message centre's forms."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, create_model

from wxapp.core.forms import Form, FormKey


class ReadAllForm(Form):
    """``up_to`` is the newest message that the page showed: what came later stays unread."""

    up_to: int = Field(title="消息", ge=1)


class PreferenceForm(Form):
    """The codes that the receiver wants outside the site too."""

    wanted: tuple[str, ...] = Field((), title="消息提醒", max_length=60)


MOST_LINES = 10
"""Lines of a template; WeChat's own templates have at most five, older ones up to ten."""


class _TemplateForm(Form):
    template_id: str = Field(title="模板编号", max_length=64, pattern=r"[A-Za-z0-9_\-]{1,64}")
    is_on: bool = Field(False, title="启用")
    version: int = Field(0, title="版本", ge=0)

    def lines(self) -> list[tuple[str, str]]:
        """Return key and pattern of the lines that are not empty."""
        pairs = [(getattr(self, f"key{n}"), getattr(self, f"pattern{n}")) for n in range(1, MOST_LINES + 1)]
        return [(key, pattern) for key, pattern in pairs if key or pattern]


_SLOTS: dict[str, Any] = {}
for _n in range(1, MOST_LINES + 1):
    _SLOTS[f"key{_n}"] = (str, Field("", title=f"第{_n}行字段", max_length=40))
    _SLOTS[f"pattern{_n}"] = (str, Field("", title=f"第{_n}行内容", max_length=100))

TemplateForm = create_model("TemplateForm", __base__=_TemplateForm, **_SLOTS)
"""A template and its lines: ``key1`` with ``pattern1``, and so on."""


class TrialForm(Form):
    """Where a test goes: an openid, or a mobile number."""

    address: str = Field(title="接收地址", max_length=64, pattern=r"1\d{10}|[A-Za-z0-9_\-]{20,64}")


class ResendForm(Form):
    reason_code: str = Field(title="原因", max_length=40)


class BroadcastForm(Form):
    """What staff tell a group."""

    form_key: FormKey = ""
    title: str = Field(title="标题", max_length=20)
    body: str = Field(title="正文", max_length=500)
    group_name: str = Field(title="接收人群", max_length=40)
    reach: Literal["site", "template"] = Field("site", title="发送方式")
    per_minute: int = Field(300, title="每分钟人数", ge=1, le=6000)
