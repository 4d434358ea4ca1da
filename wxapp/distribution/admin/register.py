"""The register of approved promoters (推广员名册): who may promote, since when, admitted by whom, under which words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wxapp.admin import audit, menu
from wxapp.admin.answers import Page
from wxapp.admin.cells import Column
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Table
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.distribution.admin.door import interface
from wxapp.distribution.admin.shown import FIND, STATES, url_of
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.queries import people


@dataclass(frozen=True)
class Promoter:
    """A line of the register. Name and phone are whole only for those who may see them."""

    id: int
    no: str
    name: str
    phone: str
    code: str
    status: DistributorStatus
    reason: str
    agreement_version: str
    agreed_at: datetime
    decided_at: datetime | None
    decided_by: str


def _lines(found: list[Distributor]) -> list[Promoter]:
    sees_all = current_staff().may(Permission.DISTRIBUTION_REVIEW)
    return [
        Promoter(
            row.id,
            f"T{row.id:06d}",
            row.name if sees_all else masked_name(row.name),
            row.phone if sees_all else masked_phone(row.phone),
            row.code,
            row.status,
            row.reason,
            row.agreement_version,
            row.agreed_at,
            row.decided_at,
            row.decided_by,
        )
        for row in found
    ]


REGISTER = Table(
    "distribution.register",
    title="推广员名册",
    columns=(
        Column("no", "编号", "code", link=lambda row: url_of(row.id), sort=Distributor.id),
        Column("name", "姓名"),
        Column("phone", "手机号"),
        Column("code", "邀请码", "code"),
        Column("status", "状态", "badge", badges=STATES),
        Column("reason", "状态说明"),
        Column("decided_at", "核准日期", "day", sort=Distributor.decided_at),
        Column("decided_by", "核准人", "actor"),
        Column("agreement_version", "协议版本"),
        Column("agreed_at", "签署日期", "day"),
    ),
    filters=(
        Filter("q", "查找", placeholder=FIND, is_private=True),
        Filter(
            "status", "状态", "choice", choices=tuple((one.value, STATES[one].label) for one in people.WAS_ADMITTED)
        ),
        Filter("since", "核准从", "day"),
        Filter("until", "核准至", "day"),
    ),
    sort="no",
    key=Distributor.id,
    make_all=_lines,
    empty="还没有核准的推广员",
)


@interface("distribution.register", GET="/pc/distribution/register", permission=Permission.DISTRIBUTION_READ)
def register() -> Page:
    """The register; a look at whole names and phones is logged."""
    sees_all = current_staff().may(Permission.DISTRIBUTION_REVIEW)
    if sees_all:
        audit.looked_at("register", "promoters", "推广员名册（完整姓名与手机号）")
    return Page("distribution/admin/register.html", table=REGISTER.load(people.register), sees_all=sees_all)


menu.entry("分销", "推广员名册", "distribution_admin.register", Permission.DISTRIBUTION_READ, 30)
