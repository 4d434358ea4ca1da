"""One effect for one key, however often a form is sent (reliability 3.2).

The key is kept in the same transaction as the effect: no key without effect, no effect without key. A refusal keeps
no key, so a corrected form may be sent with the same one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from wxapp.core import clock
from wxapp.core.db import BigId, Model, UTCDateTime, insert_row, run, transaction
from wxapp.core.errors import DomainError


class KeyReused(DomainError):
    code, status, message = "idempotency_key_reused", 422, "这次提交与之前的内容不同，请刷新页面后重新提交"


class IdempotencyRow(Model):
    """A key that was used, and what its caller was answered."""

    __tablename__ = "core_idempotency"
    __table_args__ = (sa.UniqueConstraint("scope", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scope: Mapped[str] = mapped_column(sa.String(120), comment="who and which use case")
    key: Mapped[str] = mapped_column(sa.String(80))
    fingerprint: Mapped[str] = mapped_column(sa.String(64), comment="hash of what was asked")
    answer: Mapped[str] = mapped_column(sa.String(200), comment="e.g. the number of the order that was made")
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


def fingerprint(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


def find_answer(scope: str, key: str, asked: str) -> str | None:
    """Return what was answered to this key before, or None.

    :raises KeyReused: the key came with something else
    """
    row = run(_ANSWER, scope=scope, key=key).one_or_none()
    if row is None:
        return None
    if row.fingerprint != asked:
        raise KeyReused
    answer: str = row.answer
    return answer


_ANSWER = sa.select(IdempotencyRow.fingerprint, IdempotencyRow.answer).where(
    IdempotencyRow.scope == sa.bindparam("scope"), IdempotencyRow.key == sa.bindparam("key")
)


_KEEP = sa.update(IdempotencyRow).where(IdempotencyRow.id == sa.bindparam("row_id")).values(answer=sa.bindparam("what"))


def once(
    scope: str, key: str, asked: Mapping[str, Any], work: Callable[[], str], *, was_looked_up: bool = False
) -> str:
    """Do the work once for this key and return its answer, now and at every repetition.

    The work runs inside one transaction with the key. Of two at the same moment one works, the other waits for
    it and returns its answer.

    :param was_looked_up: the caller has just asked :func:`find_answer` himself
    """
    print_ = fingerprint(asked)
    if not was_looked_up and (answer := find_answer(scope, key, print_)) is not None:
        return answer
    try:
        with transaction():
            # The unique key decides who works.
            row_id = insert_row(IdempotencyRow, scope=scope, key=key, fingerprint=print_, answer="", at=clock.now())
            answer = work()
            run(_KEEP, row_id=row_id, what=answer)
            return answer
    except IntegrityError:
        if (answer := find_answer(scope, key, print_)) is not None:
            return answer
        raise
