"""Template messages (模板消息)."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox.account import value_rules
from sandbox.account.api import Body, done, interface, json_body
from sandbox.account.basics import known
from sandbox.account.errors import ApiError
from sandbox.account.state import SentTemplate
from sandbox.callback.pusher import Pusher
from sandbox.config import Template
from sandbox.endpoints import world
from sandbox.faults import Kind
from sandbox.people import HOSPITAL, Person
from sandbox.world import World

EVENT = "TEMPLATESENDJOBFINISH"
REPEAT_WINDOW = 600
OLD_VALUE = 20
KEEP = 5_000


@interface("/cgi-bin/message/template/send", method="POST")
def send() -> Body:
    """Accept a message; whether it arrived is told by an event."""
    here = world()
    body = json_body()
    person = known(body.get("touser"))
    template = _template(here, body.get("template_id"))
    if not person.follows:
        raise ApiError(43004)
    if person.blacklisted:
        raise ApiError(43019)
    values = _values(template, body.get("data"))
    url = body.get("url") or ""
    if not isinstance(url, str) or (url and not url.startswith(("http://", "https://"))):
        raise ApiError(40035, "invalid parameter: url")
    client_msg_id = str(body.get("client_msg_id") or "")
    with here.change():
        if (before := _repeated(here, person, client_msg_id)) is not None:
            return done(msgid=before.msgid)
        message = SentTemplate(
            msgid=2_000_000_000_000_000_000 + secrets.randbelow(10**18),
            person_id=person.id,
            template_id=template.template_id,
            url=url,
            values=values,
            client_msg_id=client_msg_id,
            at=here.now(),
        )
        here.account.sent_templates.append(message)
        del here.account.sent_templates[:-KEEP]
    if here.faults.take(f"callback/{EVENT}", {Kind.EARLY}):
        deliver(here, message, template)
    else:
        here.later(here.config.timing.template_event_delay, deliver, here, message, template)
    return done(msgid=message.msgid)


@interface("/cgi-bin/template/get_all_private_template")
def get_all() -> Body:
    """List the templates of the account."""
    listed = [
        {
            "template_id": template.template_id,
            "title": template.title,
            "primary_industry": template.primary_industry,
            "deputy_industry": template.deputy_industry,
            "content": template.content,
            "example": template.example,
        }
        for template in world().config.templates
    ]
    return {"template_list": listed}


def deliver(world: World, message: SentTemplate, template: Template) -> None:
    """Show the card on the phone, or not, and tell the backend what became of the message."""
    person = world.person(message.person_id)
    ordered = world.faults.take(f"callback/{EVENT}", {Kind.ERROR})
    if ordered:
        status = ordered[0].message or "failed: system failed"
    else:
        status = "failed:user block" if person.blocks_messages or not person.follows else "success"
    with world.change():
        message.status = status
        if status == "success":
            rows = rows_shown(template, message.values)
            world.post(
                person, chat=HOSPITAL, side="them", kind="template", title=template.title, rows=rows, url=message.url
            )
    pusher: Pusher = world.pusher
    pusher.run(pusher.new(person, EVENT, {"Event": EVENT, "MsgID": message.msgid, "Status": status}))


def rows_shown(template: Template, values: dict[str, str]) -> list[list[str]]:
    """Return label and value of each line of the card, as a client shows them.

    Old templates: ``first`` and ``remark`` are not shown, a value ends at a line break and is folded past 20
    characters.
    """
    old = value_rules.is_old(value_rules.keys_of(template.content))
    rows, end = [], 0
    for placeholder in value_rules.PLACEHOLDER.finditer(template.content):
        label = template.content[end : placeholder.start()].strip().rstrip(":：").strip()
        end = placeholder.end()
        key = placeholder.group(1)
        if key in {"first", "remark"}:
            continue
        value = values.get(key, "")
        if old:
            value = value.split("\n", 1)[0]
            value = value if len(value) <= OLD_VALUE else value[:OLD_VALUE] + "…"
        rows.append([label or key, value])
    return rows


def _template(world: World, template_id: object) -> Template:
    found = next((template for template in world.config.templates if template.template_id == template_id), None)
    if found is None:
        raise ApiError(40037)
    return found


def _values(template: Template, data: Any) -> dict[str, str]:
    if not isinstance(data, dict):
        raise ApiError(47001)
    keys = value_rules.keys_of(template.content)
    old = value_rules.is_old(keys)
    values: dict[str, str] = {}
    for key in keys:
        item = data.get(key)
        value = item.get("value") if isinstance(item, dict) else None
        text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        if not old and not value_rules.is_valid(key, text, allowed=template.values):
            raise ApiError(47003, f"argument invalid! data.{key}.value invalid")
        values[key] = text
    return values


def _repeated(world: World, person: Person, client_msg_id: str) -> SentTemplate | None:
    """Return the message that went out under this client_msg_id in the last ten minutes."""
    if not client_msg_id:
        return None
    since = world.now() - REPEAT_WINDOW
    for message in reversed(world.account.sent_templates):
        if message.at < since:
            return None
        if message.client_msg_id == client_msg_id and message.person_id == person.id:
            return message
    return None
