"""The blueprint that the modules of this folder share, and what all their forms need."""

from __future__ import annotations

from flask import request

from wxapp.h5.shell import Pages

pages = Pages("patients", "wxapp.patients")

CODE_SENT = "验证码已发送，5分钟内有效"


def address() -> str:
    """Return where a request comes from, for limits."""
    return request.remote_addr or ""
