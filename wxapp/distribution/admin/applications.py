"""Applications to become a distributor, and what is decided about them."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.distribution.admin.distributors import decide, deciding_page, distributor
from wxapp.distribution.admin.door import interface
from wxapp.distribution.admin.shown import FIND, STATES, rows_of, url_of
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.people_forms import ApproveForm
from wxapp.distribution.queries import people as queries
from wxapp.distribution.services import people

APPLICATIONS = Table(
    "distribution.applications",
    title="分销申请",
    columns=(
        Column("name", "姓名", link=lambda row: row.url, below=lambda row: row.nickname),
        Column("phone", "手机号"),
        Column("inviter", "邀请人", link=lambda row: url_of(row.inviter_id) if row.inviter_id else ""),
        Column(
            "status",
            "状态",
            "badge",
            badges=STATES,
            below=lambda row: row.reason or ("曾是分销员" if row.is_returning else ""),
        ),
        Column("applied_at", "申请时间", "moment", sort=Distributor.applied_at),
        Column("decided_at", "办理时间", "moment", sort=Distributor.decided_at),
        Column("decided_by", "办理人", "actor"),
    ),
    filters=(
        Filter("q", "查找", placeholder=FIND, is_private=True),
        Filter("refused", "只看未通过的", "checked"),
    ),
    actions=(
        Action(
            "审核",
            lambda row: row.url,
            Permission.DISTRIBUTION_REVIEW,
            when=lambda row: row.status is DistributorStatus.APPLIED,
        ),
    ),
    sort="applied_at",
    key=Distributor.id,
    make_all=rows_of,
    empty="没有待审核的申请",
)


@interface("distribution.applications", GET="/pc/distribution/applications", permission=Permission.DISTRIBUTION_READ)
def applications() -> Page:
    """Applications that wait, the oldest first; others on demand."""
    return Page("distribution/admin/applications.html", table=APPLICATIONS.load(queries.applications_for_staff))


@interface(
    "distribution.approve",
    POST="/pc/distribution/distributors/<int:distributor_id>/approve",
    permission=Permission.DISTRIBUTION_REVIEW,
    audit="通过分销申请",
    form_page=distributor,
)
def approve(distributor_id: int) -> Done:
    form, by = read_form(ApproveForm), current_staff().actor

    def work() -> str:
        people.approve(distributor_id, by=by)
        return ""

    once("distribution.approve", form, work, distributor=distributor_id)
    audit.about(f"distributor:{distributor_id}")
    return Done("已通过，申请人会收到通知", location=url_for("distribution_admin.applications"))


@interface(
    "distribution.refuse_form",
    GET="/pc/distribution/distributors/<int:distributor_id>/refuse",
    permission=Permission.DISTRIBUTION_REVIEW,
)
def refuse_form(distributor_id: int) -> Page:
    return deciding_page(
        distributor_id, "不通过申请", "原因会通过公众号消息告知申请人，申请人修改后可以重新提交。", "refuse"
    )


@interface(
    "distribution.refuse",
    POST="/pc/distribution/distributors/<int:distributor_id>/refuse",
    permission=Permission.DISTRIBUTION_REVIEW,
    audit="不通过分销申请",
    form_page=refuse_form,
)
def refuse(distributor_id: int) -> Done:
    back = url_for("distribution_admin.applications")
    return decide("distribution.refuse", distributor_id, people.refuse, "已答复申请人", back=back)


menu.entry("分销", "分销申请", "distribution_admin.applications", Permission.DISTRIBUTION_READ, 10)
