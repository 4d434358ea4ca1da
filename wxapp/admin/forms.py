"""Input of the shell's own forms."""

from __future__ import annotations

from pydantic import Field

from wxapp.core.forms import Form


class SearchForm(Form):
    """The search box of the top bar."""

    q: str = Field("", title="搜索内容", max_length=60)
