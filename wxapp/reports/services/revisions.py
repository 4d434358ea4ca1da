"""Writing down what a report says. Nothing here is ever changed afterwards."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from wxapp.core import clock
from wxapp.core.crypto import blind_index
from wxapp.core.db import db, insert_row
from wxapp.core.errors import Invalid
from wxapp.reports import rules
from wxapp.reports.incoming import Flag, IncomingReport, IncomingValue, Progress
from wxapp.reports.models import Picture, Revision, Value

_CONTEXT = "reports_revision.fingerprint"
_ABNORMAL = frozenset(Flag) - {Flag.NONE, Flag.NORMAL}

_LIMITS = {
    "report_no": (64, "报告编号"),
    "title": (80, "报告名称"),
    "record_no": (60, "病历号"),
    "patient_name": (60, "姓名"),
    "department": (60, "科室"),
    "ordered_by": (60, "申请医生"),
    "reported_by": (60, "报告医生"),
    "conclusion": (8000, "结论"),
    "advice": (8000, "建议"),
}
_VALUE_LIMITS = {
    "name": (120, "项目名称"),
    "text": (4000, "结果"),
    "code": (60, "项目编码"),
    "number": (rules.MOST_DIGITS, "数值"),
    "unit": (40, "单位"),
    "reference": (200, "参考范围"),
    "low": (rules.MOST_DIGITS, "参考下限"),
    "high": (rules.MOST_DIGITS, "参考上限"),
    "group": (60, "分组"),
    "note": (2000, "备注"),
}


@dataclass(frozen=True)
class KeptPicture:
    """A picture that lies on disk."""

    token: str
    width: int
    height: int


@dataclass(frozen=True)
class Attachments:
    """What lies on disk of a revision."""

    document_token: str = ""
    document_pages: int = 0
    document_size: int = 0
    pictures: tuple[KeptPicture, ...] = ()

    @property
    def tokens(self) -> list[str]:
        return [token for token in (self.document_token, *(one.token for one in self.pictures)) if token]


def checked(incoming: IncomingReport) -> IncomingReport:
    """Return the report as it can be kept: blanks gone, flags that follow from numbers filled in.

    :raises Invalid: something is missing, too long, or no number where one is meant
    """
    errors: dict[str, str] = {}
    plain = replace(incoming, **{name: getattr(incoming, name).strip() for name in _LIMITS})
    for name, (most, label) in _LIMITS.items():
        if len(getattr(plain, name)) > most:
            errors[name] = f"{label}不能超过{most}个字"
    for name in ("report_no", "title"):
        if not getattr(plain, name):
            errors[name] = f"请填写{_LIMITS[name][1]}"
    if len(plain.values) > rules.MOST_VALUES:
        errors["values"] = f"一份报告最多{rules.MOST_VALUES}个项目"
    if len(plain.pictures) > rules.MOST_PICTURES:
        errors["pictures"] = f"一份报告最多{rules.MOST_PICTURES}张图片"
    if not errors:
        plain = replace(plain, values=tuple(_value(one, line, errors) for line, one in enumerate(plain.values, 1)))
    if errors:
        raise Invalid(errors)
    return plain


def _value(given: IncomingValue, line: int, errors: dict[str, str]) -> IncomingValue:
    value = replace(given, **{name: getattr(given, name).strip() for name in _VALUE_LIMITS})
    for name, (most, label) in _VALUE_LIMITS.items():
        if len(getattr(value, name)) > most:
            errors.setdefault("values", f"第{line}项的{label}不能超过{most}个字")
    if not value.name:
        errors.setdefault("values", f"第{line}项没有项目名称")
    # Values of one code make a curve; where the sender has no codes, those of one name do.
    value = replace(value, code=value.code or value.name[:60])
    for name in ("number", "low", "high"):
        if getattr(value, name) and rules.parse_number(getattr(value, name)) is None:
            errors.setdefault("values", f"第{line}项的{_VALUE_LIMITS[name][1]}不是数字")
    if value.flag is Flag.NONE:
        side = rules.side_of(value.number, low=value.low, high=value.high)
        if side == Flag.NONE:
            side = rules.side_of_words(value.text, reference=value.reference)
        value = replace(value, flag=Flag(side))
    return value


def fingerprint(incoming: IncomingReport, *, kept: Sequence[str] = ()) -> str:
    """Return what tells one content from another, without what it says.

    When the report was issued, and whether its sender calls it a correction, is no part of what it says.

    :param kept: files that an earlier revision brought
    """
    said = dataclasses.asdict(replace(incoming, document=b"", pictures=(), issued_at=None, progress=Progress.FINAL))
    said["is_preliminary"] = incoming.progress is Progress.PRELIMINARY
    said["files"] = [hashlib.sha256(raw).hexdigest() for raw in (incoming.document, *incoming.pictures)]
    said["kept"] = sorted(kept)
    return blind_index(json.dumps(said, sort_keys=True, default=_plain, ensure_ascii=False), context=_CONTEXT)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def was_said(report_id: int, print_: str) -> bool:
    """Whether a revision of this report says exactly this."""
    here = (Revision.report_id == report_id, Revision.fingerprint == print_)
    return db.session.scalar(sa.select(Revision.id).where(*here).limit(1)) is not None


def write_revision(
    report_id: int, number: int, incoming: IncomingReport, attachments: Attachments, *, print_: str, by: str, why: str
) -> int:
    """Add a revision with its values and pictures inside the caller's transaction; return its key."""
    revision_id = insert_row(
        Revision,
        report_id=report_id,
        number=number,
        progress=incoming.progress,
        kind=incoming.kind,
        given_record_no=incoming.record_no,
        given_name=incoming.patient_name,
        title=incoming.title,
        department=incoming.department,
        ordered_by=incoming.ordered_by,
        reported_by=incoming.reported_by,
        collected_at=incoming.collected_at,
        issued_at=incoming.issued_at,
        conclusion=incoming.conclusion,
        advice=incoming.advice,
        value_count=len(incoming.values),
        abnormal_count=sum(1 for value in incoming.values if value.flag in _ABNORMAL),
        picture_count=len(attachments.pictures),
        document_token=attachments.document_token,
        document_pages=attachments.document_pages,
        document_size=attachments.document_size,
        fingerprint=print_,
        made_at=clock.now(),
        made_by=by,
        why=why,
    )
    _insert_many(Value, [_columns(revision_id, at, one) for at, one in enumerate(incoming.values, 1)])
    pictures = [
        {"revision_id": revision_id, "position": at, **dataclasses.asdict(one)}
        for at, one in enumerate(attachments.pictures, 1)
    ]
    _insert_many(Picture, pictures)
    return revision_id


def _insert_many(model: type[Value | Picture], rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.connection().execute(sa.insert(model.__table__), rows)  # type: ignore[arg-type]


def _columns(revision_id: int, position: int, value: IncomingValue) -> dict[str, Any]:
    return {
        "revision_id": revision_id,
        "position": position,
        "section": value.group,
        "code": value.code,
        "name": value.name,
        "text": value.text,
        "number": value.number or None,
        "unit": value.unit,
        "reference": value.reference,
        "low": value.low,
        "high": value.high,
        "flag": value.flag,
        "note": value.note or None,
    }
