"""What staff set: the platform's templates, their lines, and which message goes through which channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock
from wxapp.core.db import change, db, transaction
from wxapp.core.errors import Invalid, NotFound, Stale
from wxapp.messages import catalogue
from wxapp.messages.channels import CHANNELS
from wxapp.messages.entry import Channel, Entry, Line
from wxapp.messages.models import Template
from wxapp.messages.rules.values import SMS_TYPE, BadPattern, BadValue, check_line, type_of_key
from wxapp.wechat import connected as wechat
from wxapp.wechat.values import MessageTemplate


def entry_and_channel(code: str, channel: str) -> tuple[Entry, Channel]:
    """Return what a page means by code and channel.

    :raises NotFound: no such message, or it does not go through this channel
    """
    try:
        entry, way = catalogue.find(code), Channel(channel)
    except (KeyError, ValueError):
        raise NotFound from None
    if way not in entry.ways or way not in CHANNELS:
        raise NotFound
    return entry, way


@dataclass(frozen=True)
class Filled:
    """What staff typed for one code and channel; ``version`` 0 means that there was nothing before."""

    template_id: str
    lines: Sequence[tuple[str, str]]
    is_on: bool
    version: int


def save_template(code: str, channel: str, filled: Filled, *, by: str) -> None:
    """Keep a template and its lines, checked so that every message of this code can be rendered.

    Saving takes a fault away: the next message tries the platform again.

    :raises Invalid: beside the line that can't be sent
    :raises Stale: somebody else has saved meanwhile
    """
    entry, way = entry_and_channel(code, channel)
    lines = checked_lines(entry, way, filled.lines)
    values = {
        "template_id": filled.template_id,
        "lines": json.dumps([[line.key, line.label, line.pattern] for line in lines], ensure_ascii=False),
        "is_on": filled.is_on,
        "fault": "",
        "changed_at": clock.now(),
        "changed_by": by,
    }
    with transaction():
        if filled.version:
            same = sa.update(Template).where(
                Template.code == code, Template.channel == way, Template.version == filled.version
            )
            if not change(same.values(version=Template.version + 1, **values)):
                raise Stale
            return
        try:
            with db.session.begin_nested():
                db.session.execute(sa.insert(Template).values(code=code, channel=way.value, version=1, **values))
        except IntegrityError:
            raise Stale from None


def checked_lines(entry: Entry, channel: Channel, typed: Sequence[tuple[str, str]]) -> list[Line]:
    """Return the lines of a mapping.

    :raises Invalid: a key is unknown or used twice, or a pattern can't be rendered within its type; by ``pattern<n>``
    """
    labels = {line.key: line.label for line in entry.lines(channel)}
    lines: list[Line] = []
    errors: dict[str, str] = {}
    for number, (key, pattern) in enumerate(typed):
        try:
            if any(line.key == key for line in lines):
                raise BadPattern(f"字段{key}重复")
            kind = type_of_key(key) if channel is Channel.OA_TEMPLATE else SMS_TYPE
            if channel is Channel.SMS and key != str(number + 1):
                raise BadPattern("短信参数应从1开始依次编号")
            check_line(key, pattern, samples=entry.samples(), kind=kind)
        except (BadPattern, BadValue) as error:
            errors[f"pattern{number + 1}"] = str(error)
        lines.append(Line(key, labels.get(key, ""), pattern))
    if not lines:
        errors["pattern1"] = "请至少填写一行"
    if errors:
        raise Invalid(errors)
    return lines


def switch_channel(code: str, channel: str, *, is_on: bool) -> None:
    """Switch one channel of a message on or off.

    :raises NotFound: nothing has been filled in for it yet
    """
    _, way = entry_and_channel(code, channel)
    with transaction():
        found = sa.update(Template).where(Template.code == code, Template.channel == way)
        if not change(found.values(is_on=is_on, version=Template.version + 1)):
            raise NotFound


def fill_defaults(ids: Mapping[tuple[str, str], str], *, by: str) -> int:
    """Give codes and channels their template ids with the catalogue's own lines; those that have one keep it.

    :param ids: template id by (code, channel)
    """
    now = clock.now()
    done = 0
    with transaction():
        for (code, channel), template_id in ids.items():
            entry, way = entry_and_channel(code, channel)
            known = sa.select(Template.id).where(Template.code == code, Template.channel == way)
            if db.session.execute(known).first() is not None:
                continue
            lines = [[line.key, line.label, line.pattern] for line in entry.lines(way)]
            kept = json.dumps(lines, ensure_ascii=False)
            db.session.add(
                Template(code=code, channel=way, template_id=template_id, lines=kept, changed_at=now, changed_by=by)
            )
            done += 1
    return done


def account_templates() -> list[MessageTemplate]:
    """Ask WeChat which templates the account has. Calls out: not inside a transaction."""
    return wechat.official_account().templates()


def compare_with_account(found: Sequence[MessageTemplate]) -> int:
    """Mark mappings whose template the account no longer has, or whose keys differ; return how many.

    Mappings stay as they are: what was typed is not lost when a template comes back (a marked one is not sent).
    """
    keys_of = {template.template_id: set(template.keys) for template in found}
    marked = 0
    with transaction():
        mapped = db.session.scalars(
            sa.select(Template).where(Template.channel == Channel.OA_TEMPLATE, Template.template_id != "")
        )
        for template in mapped:
            keys = {key for key, _, _ in json.loads(template.lines)}
            template.fault = _fault(keys, keys_of.get(template.template_id))
            marked += bool(template.fault)
    return marked


def _fault(mapped: set[str], asked: set[str] | None) -> str:
    if asked is None:
        return "公众号中已没有此模板"
    if missing := asked - mapped:
        return f"模板字段未填写：{'、'.join(sorted(missing))}"
    return ""
