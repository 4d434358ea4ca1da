"""Receivers, templates and messages for tests."""

from __future__ import annotations

import json
from typing import Any

from wxapp.core import clock
from wxapp.core.db import db, transaction
from wxapp.messages import catalogue, receivers
from wxapp.messages.entry import Channel
from wxapp.messages.models import Delivery, Message, Template
from wxapp.messages.receivers import Address, Receiver
from wxapp.messages.services import notify

OPENID = "oTESTER0000000000000000000{:02d}"
PHONE = "1380000{:04d}"


def make_receiver(number: int = 1, *, openids: int = 1, phone: bool = True) -> Receiver:
    """Return a receiver of the kind ``tester`` with so many openids and perhaps a phone."""
    found = [Address(Channel.OA_TEMPLATE, OPENID.format(number * 10 + n)) for n in range(openids)]
    if phone:
        found.append(Address(Channel.SMS, PHONE.format(number)))
    _reached[number] = found
    return Receiver("tester", number)


_reached: dict[int, list[Address]] = {}
receivers.register("tester", lambda number: _reached.get(number, []))


def make_template(code: str = "pt_order_0000001", channel: Channel = Channel.OA_TEMPLATE, **over: Any) -> Template:
    """Return a template with the catalogue's own lines."""
    lines = [[line.key, line.label, line.pattern] for line in catalogue.find(code).lines(channel)]
    values: dict[str, Any] = {
        "code": code,
        "channel": channel.value,
        "template_id": f"{code}-{channel}"[:64],
        "lines": json.dumps(lines),
        "changed_at": clock.now(),
        "changed_by": "staff:1",
        **over,
    }
    with transaction():
        template = Template(**values)
        db.session.add(template)
    return template


def order_context(**over: Any) -> dict[str, Any]:
    return {
        "order_no": "HM26030200001",
        "items": "入职体检套餐",
        "amount": 29900,
        "status": "已支付",
        "hint": "请携带身份证",
        "at": clock.now(),
        **over,
    }


def moved_context(**over: Any) -> dict[str, Any]:
    return {
        "booking_no": "YY26030200001",
        "patient": "张*",
        "department": "体检中心",
        "starts_at": clock.now(),
        "place": "门诊楼2层",
        "reason": "医生临时有手术",
        **over,
    }


def tell(
    code: str = "pt_order_0000001", receiver: Receiver | None = None, context: dict[str, Any] | None = None, **more: Any
) -> Message:
    """Tell something in a transaction of its own and return the message."""
    if context is None:
        context = moved_context() if code == "pt_booking_0000003" else order_context()
    with transaction():
        message_id = notify(code, receiver or make_receiver(), context, **more)
    return db.session.get_one(Message, message_id)


def deliveries(message: Message | None = None, channel: Channel | None = None) -> list[Delivery]:
    """Return deliveries as they are now, those of the site left out unless asked for."""
    db.session.expire_all()
    found = db.session.query(Delivery).order_by(Delivery.id).all()
    wanted = [each for each in found if message is None or each.message_id == message.id]
    return [each for each in wanted if (each.channel == channel if channel else each.channel != Channel.SITE)]
