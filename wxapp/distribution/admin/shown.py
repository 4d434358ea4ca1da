"""What the staff's pages of distributors share: a row as they show it, and the colours of its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from wxapp.admin.cells import Badge
from wxapp.core.masking import masked_name, masked_phone
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.queries import people
from wxapp.distribution.queries.people import Person

STATES = {
    DistributorStatus.APPLIED: Badge("待审核", "amber"),
    DistributorStatus.ACTIVE: Badge("正常", "green"),
    DistributorStatus.FROZEN: Badge("已冻结", "red"),
    DistributorStatus.REFUSED: Badge("未通过", "grey"),
    DistributorStatus.CLOSED: Badge("已退出", "grey"),
}
FIND = "姓名、手机号（须完整）或邀请码"


def url_of(distributor_id: int) -> str:
    return url_for("distribution_admin.distributor", distributor_id=distributor_id)


def tree_url(distributor_id: int) -> str:
    return url_for("distribution_admin.tree_of", distributor_id=distributor_id)


def named(person: Person | None) -> str:
    """Return how one distributor is called beside another: masked, with the code."""
    return f"{masked_name(person.name)}（{person.code}）" if person is not None else ""


@dataclass(frozen=True)
class DistributorRow:
    """A distributor as lists and pages show one: masked."""

    id: int
    code: str
    name: str
    phone: str
    nickname: str
    status: DistributorStatus
    inviter_id: int | None
    inviter: str
    direct: int
    is_returning: bool
    reason: str
    applied_at: datetime
    decided_at: datetime | None
    decided_by: str

    @property
    def url(self) -> str:
        return url_of(self.id)

    @property
    def tree_url(self) -> str:
        return tree_url(self.id)


def rows_of(found: list[Distributor]) -> list[DistributorRow]:
    """Return rows for a list, with two questions for all of them."""
    return made_of(found, people.persons([row.id for row in found] + [row.inviter_id for row in found]))


def made_of(found: list[Distributor], known: Mapping[int, Person]) -> list[DistributorRow]:
    """Return rows of distributors who are known already, with their inviters."""
    direct = people.direct_counts([row.id for row in found])
    return [
        DistributorRow(
            row.id,
            row.code,
            masked_name(row.name),
            masked_phone(row.phone),
            known[row.id].nickname or "微信用户",
            row.status,
            row.inviter_id,
            named(known.get(row.inviter_id)) if row.inviter_id else "",
            direct.get(row.id, 0),
            row.is_returning,
            row.reason,
            row.applied_at,
            row.decided_at,
            row.decided_by,
        )
        for row in found
    ]


def row_of(row: Distributor) -> DistributorRow:
    return rows_of([row])[0]
