"""Changes of the shell's own: settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wxapp.admin import audit
from wxapp.core import settings
from wxapp.core.db import transaction
from wxapp.core.errors import Invalid, Stale
from wxapp.core.money import yuan
from wxapp.core.settings import Setting


def typed_form(setting: Setting[Any], value: Any) -> str:
    """Return a value as it stands in the field of its setting."""
    if setting.kind == "bool":
        return "1" if value else "0"
    return yuan(value) if setting.kind == "fen" else str(value)


def shown_form(setting: Setting[Any], value: Any) -> str:
    """Return a value for people."""
    if setting.kind == "bool":
        return "开启" if value else "关闭"
    if setting.kind == "fen":
        return f"{yuan(value)}元"
    return dict(setting.choices).get(value, str(value)) or "（空）"


def change_settings(typed: Mapping[str, str], *, seen: Mapping[str, str], by: str) -> list[Setting[Any]]:
    """Keep what was typed for some settings, all or none; return those that changed.

    :param seen: what the page showed when it was opened, for the settings where that is known
    :raises Invalid: an unknown name, or values that their settings refuse, each beside its field
    :raises Stale: somebody else has changed one of them meanwhile
    """
    known = {setting.name: setting for setting in settings.declared()}
    wanted: list[tuple[Setting[Any], Any]] = []
    errors: dict[str, str] = {}
    for name, text in typed.items():
        if name not in known:
            errors[name] = "没有这个设置"
            continue
        try:
            wanted.append((known[name], known[name].parse(text)))
        except Invalid as error:
            errors.update(error.errors)
    if errors:
        raise Invalid(errors)
    with transaction():
        settings.forget()  # what another process wrote in the last seconds counts too
        changed = [(setting, setting(), value) for setting, value in wanted if setting() != value]
        for setting, old, value in changed:
            if seen.get(setting.name, typed_form(setting, old)).strip() != typed_form(setting, old):
                raise Stale(f"“{setting.label}”已被他人修改为“{shown_form(setting, old)}”，请确认后再提交")
            settings.write(setting, value, by=by)
            told = f"{setting.label}：{shown_form(setting, old)} → {shown_form(setting, value)}"
            audit.record("setting.change", f"setting:{setting.name}", told, by=by)
    return [setting for setting, _, _ in changed]
