"""视频音频设置: where videos and recordings go, how long they stay, who may play them."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import settings
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import check_roles, role_options
from wxapp.hospital.forms import MediaForm
from wxapp.hospital.services.media import media_mark, save_media

P = Permission.HOSPITAL_WRITE
ROLES = ("play_roles", "download_roles")
MANY = (*ROLES, "video_formats", "recording_formats")
"""Fields with boxes to tick; their settings keep the words with blanks between."""
PREFIX = "media."

menu.entry("医院配置", "视频音频设置", "hospital_admin.media_page", P, 60)


@interface("hospital.media", GET="/pc/config/media", permission=P)
def media_page() -> Page:
    """The settings as one form."""
    values: dict[str, object] = {}
    for setting in settings.MEDIA:
        name, value = setting.name.removeprefix(PREFIX), setting()
        values[name] = str(value).split() if name in MANY else value
    options = {
        "video_formats": [(one, one) for one in settings.VIDEO_ENDINGS],
        "recording_formats": [(one, one) for one in settings.RECORDING_ENDINGS],
        **{name: role_options() for name in ROLES},
    }
    form = ShownForm(
        MediaForm,
        values=values | {"seen": media_mark()},
        options=options,
        help={setting.name.removeprefix(PREFIX): setting.help for setting in settings.MEDIA} | dict.fromkeys(MANY, ""),
    )
    return Page("hospital/admin/media.html", form=form, seen=media_mark())


@interface("hospital.media_save", POST="/pc/config/media", permission=P,
           audit="修改视频音频设置", form_page=media_page)  # fmt: skip
def save_media_settings() -> Done:
    """Keep the settings."""
    form = read_form(MediaForm)
    for name in ROLES:
        check_roles(getattr(form, name), name)
    typed = {}
    for setting in settings.MEDIA:
        value = getattr(form, setting.name.removeprefix(PREFIX))
        typed[setting.name] = " ".join(value) if isinstance(value, tuple) else _typed(value)
    try:
        changed = save_media(typed, seen=form.seen, by=current_staff().actor)
    except Invalid as error:
        raise Invalid({name.removeprefix(PREFIX): text for name, text in error.errors.items()}) from None
    labels = "、".join(setting.label for setting in changed)
    audit.about("hospital_media", labels or "没有变化")
    return Done(f"已保存：{labels}" if changed else "没有变化", location=url_for(".media_page"))


def _typed(value: str | bool) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value
