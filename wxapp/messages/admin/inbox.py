"""What a member of staff is told: the own site messages, and how many are unread."""

from __future__ import annotations

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wxapp.admin import shell
from wxapp.admin.answers import Done, Page
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import ANY_STAFF, wants_json
from wxapp.core.errors import NotFound
from wxapp.core.forms import read_form, row_key
from wxapp.messages import queries
from wxapp.messages.admin.door import interface
from wxapp.messages.forms import ReadAllForm
from wxapp.messages.receivers import Receiver
from wxapp.messages.services import preferences


def _own() -> list[Receiver]:
    return [Receiver("staff", current_staff().id)]


@interface("messages.own", GET="/pc/inbox", permission=ANY_STAFF)
def own_messages() -> Page:
    """One's own site messages, newest first."""
    try:
        before = row_key(request.args["before"]) if "before" in request.args else None
    except ValueError:
        raise NotFound from None
    found = queries.inbox(_own(), before=before)
    return Page(
        "messages/admin/inbox.html",
        list=[
            {
                "id": message.id,
                "title": message.title,
                "body": message.body,
                "path": message.path,
                "is_read": message.read_at is not None,
                "created_at": message.created_at,
            }
            for message in found.messages
        ],
        next_before=found.next_before,
        _unread=queries.unread_count(_own()),
        _is_first=before is None,
    )


@interface("messages.own_unread", GET="/pc/inbox/unread", permission=ANY_STAFF)
def own_unread() -> ResponseReturnValue:
    """Tell how many of one's own messages are unread; the top of each page asks."""
    return jsonify(code=1, msg="ok", unread=queries.unread_count(_own()))


@interface("messages.open_own", POST="/pc/inbox/<int:inbox_message_id>/open", permission=ANY_STAFF, audit="打开站内信")
def open_own(inbox_message_id: int) -> ResponseReturnValue | Done:
    """Mark a message as read and lead to its page."""
    message = preferences.read_message(_own(), inbox_message_id)
    if wants_json():
        return Done(path=message.path)
    return redirect(message.path or url_for("messages_admin.own_messages"), 303)


@interface("messages.read_own", POST="/pc/inbox/read", permission=ANY_STAFF, audit="全部标为已读",
           form_page=own_messages)  # fmt: skip
def read_own() -> Done:
    """Mark as read what the page showed and what is older."""
    count = preferences.read_all(_own(), up_to=read_form(ReadAllForm).up_to)
    return Done(f"{count}条消息已标为已读", location=url_for("messages_admin.own_messages"))


shell.use_inbox("messages_admin.own_messages", "messages_admin.own_unread")
