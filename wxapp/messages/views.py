"""Site messages (站内信) and what a receiver turns off, in the official account."""

from __future__ import annotations

from collections.abc import Sequence

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.core import clock
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form, wants_json
from wxapp.h5 import registry
from wxapp.h5.identity import User, current_user
from wxapp.h5.notices import notice
from wxapp.h5.shell import Pages
from wxapp.messages import queries, receivers
from wxapp.messages.forms import PreferenceForm, ReadAllForm
from wxapp.messages.models import Message
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import preferences

pages = Pages("messages", __name__)


def _own() -> list[Receiver]:
    return receivers.owned_by(current_user())


def _unread(user: User) -> int:
    return queries.unread_count(receivers.owned_by(user))


registry.me_entry("消息通知", "messages.site_messages", "bell", 10, badge=_unread)


@pages.page("/me/messages")
def site_messages() -> ResponseReturnValue:
    """One's site messages, newest first; as JSON for a client that asks for it."""
    own = _own()
    before, only_unread = request.args.get("before", ""), request.args.get("unread") == "1"
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise NotFound
    found = queries.inbox(own, before=int(before) if before else None, unread_only=only_unread)
    unread = queries.unread_count(own)
    if wants_json():
        messages = [_wire(message) for message in found.messages]
        return jsonify(messages=messages, unread=unread, next_before=found.next_before)
    return render_template(
        "messages/site_messages.html", inbox=found, unread=unread, only_unread=only_unread, is_first=not before,
        has_receiver=current_user().current_patient_id is not None,
    )  # fmt: skip


def _wire(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "code": message.code,
        "title": message.title,
        "body": message.body,
        "path": message.path,
        "is_read": message.read_at is not None,
        "at": clock.local(message.created_at).isoformat(timespec="seconds"),
    }


@pages.page("/me/messages/<int:message_id>")
def site_message(message_id: int) -> ResponseReturnValue:
    """Open a message: it is read now. One that has a page leads there at once."""
    message = preferences.read_message(_own(), message_id)
    if wants_json():
        return jsonify(_wire(message))
    if message.path and request.args.get("stay") != "1":
        return redirect(message.path)
    return render_template("messages/site_message.html", message=message)


@pages.action("/me/messages/read")
def read_all() -> ResponseReturnValue:
    """Mark as read what the page showed and what is older."""
    count = preferences.read_all(_own(), up_to=read_form(ReadAllForm).up_to)
    if wants_json():
        return jsonify(read=count)
    notice("已全部标为已读")
    return redirect(url_for("messages.site_messages"), 303)


@pages.page("/me/messages/settings")
def message_settings() -> ResponseReturnValue:
    """What reaches one outside the site."""
    own = _own()
    off = {code for receiver in own for code in queries.turned_off(receiver)}
    has_patient = current_user().current_patient_id is not None
    entries = queries.switchable(_kinds(own)) if has_patient else []
    return render_template("messages/message_settings.html", entries=entries, off=off, has_receiver=has_patient)


@pages.action("/me/messages/settings", shown_again_by=message_settings)
def save_message_settings() -> ResponseReturnValue:
    """Keep what one wants and what not."""
    own, wanted = _own(), read_form(PreferenceForm).wanted
    for entry in queries.switchable(_kinds(own)):
        for receiver in own:
            preferences.set_preference(receiver, entry.code, wanted=entry.code in wanted)
    notice("提醒设置已保存")
    return redirect(url_for("messages.message_settings"), 303)


def _kinds(own: Sequence[Receiver]) -> set[str]:
    return {receiver.kind for receiver in own}
