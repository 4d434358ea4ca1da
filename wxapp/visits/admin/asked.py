"""Which row the address or the form names."""

from __future__ import annotations

from flask import request

from wxapp.core.errors import NotFound
from wxapp.core.forms import row_key


def asked_id(name: str = "id") -> int:
    """Return the number that the address or the form names; pages are opened by the keys their forms send.

    :raises NotFound: none, or no number
    """
    try:
        return row_key(request.values.get(name, ""))
    except ValueError:
        raise NotFound("没有这条记录") from None
