"""What the message centre does on hearing of a push."""

from __future__ import annotations

from wxapp.core.events import on
from wxapp.messages import services
from wxapp.messages.events import PushReceived
from wxapp.wechat.pushes import Kind


@on(PushReceived)
def keep_template_result(event: PushReceived) -> None:
    """A template message was delivered, or not."""
    if event.kind == Kind.TEMPLATE_RESULT and event.msg_id:
        services.template_result(event.msg_id, event.status)
