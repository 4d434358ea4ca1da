"""Settings of videos and recordings (视频音频设置)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from wxapp.admin.services import change_settings, typed_form
from wxapp.core import settings
from wxapp.core.db import transaction
from wxapp.core.errors import Stale
from wxapp.core.settings import Setting
from wxapp.hospital.settings import MEDIA


def save_media(typed: Mapping[str, str], *, seen: str, by: str) -> list[Setting[Any]]:
    """Keep what was typed, all or nothing; return the settings that changed. Each is in the audit log.

    :param seen: what :func:`media_mark` said when the page was opened; empty for a program that has seen none
    :raises Invalid: values that their settings refuse, by the name of the setting
    :raises Stale: somebody else has changed one of them meanwhile
    """
    with transaction():
        settings.forget()  # what another process wrote in the last seconds counts too
        if seen and seen != media_mark():
            raise Stale
        return change_settings(typed, seen={}, by=by)


def media_mark() -> str:
    """Return a mark that changes with any of these settings."""
    told = "\n".join(f"{setting.name}={typed_form(setting, setting())}" for setting in MEDIA)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
