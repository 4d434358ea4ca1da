"""Methods, banks and lenders (银行配置)."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.admin.versions import save_version
from wxapp.core import clock
from wxapp.core.db import db, insert_row, transaction
from wxapp.core.errors import Invalid
from wxapp.hospital.errors import InUse, NameTaken
from wxapp.hospital.models import Method, MethodKind
from wxapp.hospital.services.names import check_name

MOST_PERIODS = 120
FEE_BY = {"": "无手续费", "hospital": "医院承担", "patient": "客户承担"}


@dataclass(frozen=True)
class MethodText:
    """What staff write of a method, bank or lender.

    :ivar periods: how many months it offers; only lenders have any
    :ivar fee_by: ``hospital``, ``patient`` or empty
    """

    name: str
    kind: MethodKind
    periods: tuple[int, ...] = ()
    least_fen: int = 1
    most_fen: int = 100_000_000
    fee_by: str = ""
    position: int = 100
    is_active: bool = True


def add_method(text: MethodText, *, by: str) -> int:
    """Add a way in which money comes in and return its key.

    :raises Invalid: a comma in the name, limits the wrong way round, or a lender without periods
    :raises NameTaken: a method, bank or lender has this name
    """
    with transaction():
        try:
            return insert_row(Method, **_values(text, by))
        except IntegrityError:
            raise NameTaken(field="name") from None


def change_method(method_id: int, text: MethodText, *, seen_version: int, by: str) -> None:
    """Change a method; what was collected by it keeps the name it had.

    :raises InUse: its kind is to change, which would give old payments another meaning
    :raises NameTaken: another one has this name
    :raises Stale: somebody else has changed it since the form was shown
    """
    with transaction():
        kind = db.session.scalar(sa.select(Method.kind).where(Method.id == method_id))
        if kind is not None and kind is not text.kind:
            raise InUse("类型不能修改，请停用后新增一个", field="kind")
        try:
            save_version(Method, method_id, seen=seen_version, **_values(text, by))
        except IntegrityError:
            raise NameTaken(field="name") from None


def _values(text: MethodText, by: str) -> dict[str, object]:
    errors = {}
    if text.most_fen < text.least_fen:
        errors["most"] = "最高金额不能低于最低金额"
    if text.kind.is_loan and not text.periods:
        errors["periods"] = "请填写可选期数，例如 6 12 24"
    if not text.kind.is_loan and text.periods:
        errors["periods"] = "只有分期机构才有期数"
    if any(not 1 <= one <= MOST_PERIODS for one in text.periods):
        errors["periods"] = f"期数应在1至{MOST_PERIODS}之间"
    if text.fee_by not in FEE_BY:
        errors["fee_by"] = "手续费承担方不在可选范围内"
    if errors:
        raise Invalid(errors)
    return {
        "name": check_name(text.name, "name"),
        "kind": text.kind,
        "periods": " ".join(str(one) for one in sorted(set(text.periods))),
        "least_fen": text.least_fen,
        "most_fen": text.most_fen,
        "fee_by": text.fee_by,
        "position": text.position,
        "is_active": text.is_active,
        "changed_at": clock.now(),
        "changed_by": by,
    }
