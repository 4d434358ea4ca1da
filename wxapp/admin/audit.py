"""Writing the audit log, and checking that nobody rewrote it (checklist S-59 to S-61).

The door sees to it that every POST, denial, log-in and export leaves a row. Services write what a door can't know,
e.g. which right a role lost: then that is the row of the request. :func:`looked_at` notes a look at personal data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context, request
from sqlalchemy.exc import IntegrityError

from wxapp.admin import identity
from wxapp.admin.models import AuditHead, AuditRow
from wxapp.core import clock, crypto
from wxapp.core.db import change, db, transaction

OK, REFUSED, DENIED = "ok", "refused", "denied"
RESULTS = {OK: "成功", REFUSED: "未通过", DENIED: "越权拒绝"}

LABELS: dict[str, str] = {"audit.look": "查看个人信息", "table.export": "导出表格"}
"""Chinese names of actions; interfaces and services add theirs with :func:`label`."""

_START = "0" * 64


def label(action: str, text: str) -> None:
    """Name an action for the audit page."""
    LABELS[action] = text


def label_of(action: str) -> str:
    return LABELS.get(action, action)


def record(action: str, subject: str = "", detail: str = "", *, result: str = OK, by: str | None = None) -> None:
    """Add a row, inside the caller's transaction if there is one: then it is kept if and only if the change is.

    :param subject: ``kind:id`` of what it was done to
    :param detail: for people; never a password, code, token, full number or medical text
    :param by: the actor; who is signed in, unless given
    """
    staff = identity.find_staff()
    in_request = has_request_context()
    with transaction():
        number, previous = _next()
        row = AuditRow(
            number=number,
            at=clock.now(),
            actor=by or (staff.actor if staff else "nobody"),
            action=action[:80],
            subject=_one_line(subject)[:120],
            result=result,
            detail=_one_line(detail)[:500],
            address=(request.remote_addr or "")[:45] if in_request else "",
            request_no=g.get("request_no", "") if in_request else "",
        )
        row.digest = digest_of(row, previous)
        db.session.add(row)
        if in_request:
            g.audit_rows = g.get("audit_rows", 0) + 1
        change(sa.update(AuditHead).where(AuditHead.id == 1).values(digest=row.digest))


def looked_at(subject_kind: str, subject_id: int | str, what: str) -> None:
    """Note that somebody looked at personal data, e.g. ``looked_at("patient", 5, "完整手机号")``."""
    record("audit.look", f"{subject_kind}:{subject_id}", what)


def about(subject: str, detail: str = "") -> None:
    """Tell the door what this request's own audit row is about; better than the numbers in its path."""
    g.audit_about = (subject, detail)


def _next() -> tuple[int, str]:
    """Take the next place in the chain; whoever else writes waits until this transaction ends."""
    step = sa.update(AuditHead).where(AuditHead.id == 1).values(number=AuditHead.number + 1)
    if not change(step):
        try:
            with db.session.begin_nested():
                db.session.execute(sa.insert(AuditHead).values(id=1, number=0, digest=_START))
        except IntegrityError:  # somebody else began the chain in this moment
            pass
        change(step)
    head = db.session.execute(sa.select(AuditHead.number, AuditHead.digest).where(AuditHead.id == 1)).one()
    return head.number, head.digest


def digest_of(row: Any, previous: str) -> str:
    """Return the keyed digest; the key is not in the database, so nobody with the database alone can make one."""
    told = [row.number, row.at.isoformat(timespec="milliseconds"), row.actor, row.action, row.subject, row.result]
    text = json.dumps([previous, *told, row.detail, row.address, row.request_no], ensure_ascii=False)
    return crypto.blind_index(hashlib.sha256(text.encode()).hexdigest(), context="admin_audit.digest")


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- checking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What a check of the whole log found.

    :ivar broken_at: number of the first row that was changed or is missing; None when all is well
    """

    rows: int
    broken_at: int | None
    reason: str = ""

    @property
    def is_intact(self) -> bool:
        return self.broken_at is None


def verify() -> Verdict:
    """Read the log from its beginning and compare every digest, number and the end."""
    previous, expected = _START, 1
    # The head first: rows that are written meanwhile lie behind it and are left for the next check.
    head = db.session.execute(sa.select(AuditHead.number, AuditHead.digest)).one_or_none()
    last = head.number if head else 0
    for row in _rows(last):
        if row.number != expected:
            return Verdict(expected - 1, expected, "缺少记录")
        if row.digest != digest_of(row, previous):
            return Verdict(expected - 1, expected, "内容被改动")
        previous, expected = row.digest, expected + 1
    if expected - 1 != last:
        return Verdict(expected - 1, expected, "末尾的记录缺失")
    if head is not None and head.digest != previous:
        return Verdict(expected - 1, last, "末尾校验值不符")
    beyond = db.session.scalar(sa.select(sa.func.count()).where(AuditRow.number > last)) if head is None else 0
    if beyond:
        return Verdict(0, 1, "校验起点缺失")
    return Verdict(last, None)


def _rows(last: int, *, at_once: int = 1000) -> Iterator[Any]:
    columns = sa.select(*sa.inspect(AuditRow).columns)
    seen = 0
    while seen < last:
        page = db.session.execute(
            columns.where(AuditRow.number > seen, AuditRow.number <= last).order_by(AuditRow.number).limit(at_once)
        ).all()
        if not page:
            return
        yield from page
        seen = page[-1].number
