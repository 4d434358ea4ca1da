"""Distributors: the list, one with what happened, freezing, freeing, closing, and another inviter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for

from wxapp.admin import audit, menu, search
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.core.states import StatusChange, history
from wxapp.distribution.admin.door import interface
from wxapp.distribution.admin.shown import FIND, STATES, made_of, named, row_of, rows_of, url_of
from wxapp.distribution.models import Distributor, DistributorStatus
from wxapp.distribution.people_forms import MoveForm, ReasonForm
from wxapp.distribution.queries import corrections as correction_queries
from wxapp.distribution.queries import people as queries
from wxapp.distribution.queries import withdrawals
from wxapp.distribution.services import people
from wxapp.staff.queries import is_staff_phone

S = DistributorStatus

DISTRIBUTORS = Table(
    "distribution.distributors",
    title="分销员",
    columns=(
        Column("code", "邀请码", "code", link=lambda row: row.url),
        Column("name", "姓名", below=lambda row: row.nickname),
        Column("phone", "手机号"),
        Column("status", "状态", "badge", badges=STATES, below=lambda row: row.reason),
        Column("inviter", "上级", link=lambda row: url_of(row.inviter_id) if row.inviter_id else ""),
        Column("direct", "直接下级", "number", link=lambda row: row.tree_url),
        Column("applied_at", "申请时间", "moment", sort=Distributor.applied_at),
        Column("decided_at", "成为分销员", "moment", sort=Distributor.decided_at),
    ),
    filters=(
        Filter("q", "查找", placeholder=FIND, is_private=True),
        Filter(
            "status", "状态", "choice", choices=tuple((one.value, STATES[one].label) for one in queries.WAS_ADMITTED)
        ),
    ),
    actions=(Action("详情", lambda row: row.url, Permission.DISTRIBUTION_READ),),
    sort="-decided_at",
    key=Distributor.id,
    make_all=rows_of,
    empty="还没有分销员",
)


@interface("distribution.distributors", GET="/pc/distribution/distributors", permission=Permission.DISTRIBUTION_READ)
def distributors() -> Page:
    """Who is or was a distributor."""
    return Page("distribution/admin/distributors.html", table=DISTRIBUTORS.load(queries.distributors_for_staff))


@interface(
    "distribution.distributor",
    GET="/pc/distribution/distributors/<int:distributor_id>",
    permission=Permission.DISTRIBUTION_READ,
)
def distributor(distributor_id: int) -> Page:
    """One distributor or applicant, masked as in the lists."""
    return _page_of(distributor_id)


@interface(
    "distribution.reveal",
    POST="/pc/distribution/distributors/<int:distributor_id>/reveal",
    permission=Permission.DISTRIBUTION_REVIEW,  # nobody can review a name that he can't read
    audit="查看分销员完整信息",
)
def reveal_distributor(distributor_id: int) -> Page:
    """Show the whole name and phone, this once; the look is logged."""
    found = queries.get_distributor(distributor_id)
    audit.looked_at("distributor", distributor_id, "姓名、手机号")
    return _page_of(distributor_id, full={"name": found.name, "phone": found.phone})


def _said(step: StatusChange) -> str:
    """Return what a move of the status is called."""
    words = {(S.APPLIED, S.ACTIVE): "通过申请", (S.FROZEN, S.ACTIVE): "解除冻结", (S.APPLIED, S.REFUSED): "不通过申请"}
    old, new = S(step.old), S(step.new)
    return words.get((old, new)) or {S.APPLIED: "重新申请", S.FROZEN: "冻结", S.CLOSED: "退出分销"}[new]


def _page_of(distributor_id: int, full: dict[str, str] | None = None) -> Page:
    found = queries.get_distributor(distributor_id)
    moves = people.moves_of(distributor_id)
    named_here = [distributor_id, found.inviter_id]
    known = queries.persons(named_here + [one for move in moves for one in (move.old_id, move.new_id)])
    standing = withdrawals.standing_of(distributor_id)
    may_write = current_staff().may(Permission.DISTRIBUTION_WRITE)
    steps, corrections = history(found), correction_queries.corrections_of(distributor_id)
    done_by = [*(step.actor for step in steps), *(move.by for move in moves), *(row.actor for row in corrections)]
    remember_names([found.decided_by, *done_by])
    return Page(
        "distribution/admin/distributor.html",
        distributor=made_of([found], known)[0],
        agreement_version=found.agreement_version,
        agreed_at=found.agreed_at,
        available_fen=standing.available_fen,
        pending_fen=standing.pending_fen,
        on_its_way_fen=standing.on_its_way_fen,
        works_here=is_staff_phone(found.phone),
        moves=[
            {
                "at": move.at,
                "by": move.by,
                "reason": move.reason,
                "old": named(known.get(move.old_id or 0)) or "无",
                "new": named(known.get(move.new_id or 0)) or "无",
            }
            for move in moves
        ],
        full=full,
        _state=STATES[found.status],
        _steps=[(step, _said(step)) for step in steps],
        _corrections=corrections,
        _may_correct=may_write and bool(found.phone),
        _may_review=found.status is S.APPLIED and current_staff().may(Permission.DISTRIBUTION_REVIEW),
        _may_freeze=may_write and found.status is S.ACTIVE,
        _may_unfreeze=may_write and found.status is S.FROZEN,
        _may_move=may_write and found.status in queries.WAS_ADMITTED,
        _may_close=may_write and found.status in {S.ACTIVE, S.FROZEN},
    )


# --- freezing, freeing, closing --------------------------------------------------------------------------------------


def deciding_page(distributor_id: int, title: str, text: str, action: str, *, tone: str = "danger") -> Page:
    """Return the page that asks for the reason of a decision."""
    found = queries.get_distributor(distributor_id)
    return Page(
        "distribution/admin/decide.html",
        distributor=row_of(found),
        title=title,
        text=text,
        action=url_for(f"distribution_admin.{action}", distributor_id=distributor_id),
        form=ShownForm(ReasonForm),
        _state=STATES[found.status],
        _tone=tone,
    )


def decide(use_case: str, distributor_id: int, decision: Callable[..., None], message: str, *, back: str = "") -> Done:
    """Carry a decision out once for each form, with its reason."""
    form, by = read_form(ReasonForm), current_staff().actor

    def work() -> str:
        decision(distributor_id, reason=form.reason, by=by)
        return ""

    once(use_case, form, work, distributor=distributor_id)
    audit.about(f"distributor:{distributor_id}", form.reason)
    return Done(message, location=back or url_of(distributor_id))


@interface(
    "distribution.freeze_form",
    GET="/pc/distribution/distributors/<int:distributor_id>/freeze",
    permission=Permission.DISTRIBUTION_WRITE,
)
def freeze_form(distributor_id: int) -> Page:
    text = "冻结后不能推广、邀请和提现，新订单不再计佣；此前订单的佣金照常结算。分销员会在分销中心看到原因。"
    if fen := withdrawals.on_its_way_fen(distributor_id):
        text += f"已提交的提现¥{yuan(fen)}不会随之停止，需要拦下的请到提现管理驳回或撤销。"
    return deciding_page(distributor_id, "冻结分销员", text, "freeze")


@interface(
    "distribution.freeze",
    POST="/pc/distribution/distributors/<int:distributor_id>/freeze",
    permission=Permission.DISTRIBUTION_WRITE,
    audit="冻结分销员",
    form_page=freeze_form,
)
def freeze(distributor_id: int) -> Done:
    return decide("distribution.freeze", distributor_id, people.freeze, "已冻结")


@interface(
    "distribution.unfreeze_form",
    GET="/pc/distribution/distributors/<int:distributor_id>/unfreeze",
    permission=Permission.DISTRIBUTION_WRITE,
)
def unfreeze_form(distributor_id: int) -> Page:
    return deciding_page(
        distributor_id,
        "解除冻结",
        "解除后可以继续推广、邀请和提现。冻结期间的订单不补计佣金。",
        "unfreeze",
        tone="primary",
    )


@interface(
    "distribution.unfreeze",
    POST="/pc/distribution/distributors/<int:distributor_id>/unfreeze",
    permission=Permission.DISTRIBUTION_WRITE,
    audit="解除冻结分销员",
    form_page=unfreeze_form,
)
def unfreeze(distributor_id: int) -> Done:
    return decide("distribution.unfreeze", distributor_id, people.unfreeze, "已解除冻结")


@interface(
    "distribution.close_form",
    GET="/pc/distribution/distributors/<int:distributor_id>/close",
    permission=Permission.DISTRIBUTION_WRITE,
)
def close_form(distributor_id: int) -> Page:
    return deciding_page(
        distributor_id,
        "退出分销",
        "用于本人申请退出，或终止其资格。退出后不再产生新的佣金，已有的余额仍可提现；以后可以重新申请。",
        "close",
    )


@interface(
    "distribution.close",
    POST="/pc/distribution/distributors/<int:distributor_id>/close",
    permission=Permission.DISTRIBUTION_WRITE,
    audit="退出分销",
    form_page=close_form,
)
def close(distributor_id: int) -> Done:
    return decide("distribution.close", distributor_id, people.close, "已退出分销")


# --- another inviter -------------------------------------------------------------------------------------------------


@interface(
    "distribution.move_form",
    GET="/pc/distribution/distributors/<int:distributor_id>/move",
    permission=Permission.DISTRIBUTION_WRITE,
)
def move_form(distributor_id: int) -> Page:
    found = queries.get_distributor(distributor_id)
    help_lines = {"inviter": "新上级须为正常状态的分销员；留空表示没有上级"}
    return Page(
        "distribution/admin/move.html",
        distributor=row_of(found),
        form=ShownForm(MoveForm, help=help_lines),
        version=found.version,
        _state=STATES[found.status],
    )


@interface(
    "distribution.move_inviter",
    POST="/pc/distribution/distributors/<int:distributor_id>/move",
    permission=Permission.DISTRIBUTION_WRITE,
    audit="变更上级",
    form_page=move_form,
)
def move_inviter(distributor_id: int) -> Done:
    """Give a distributor another inviter; what was ordered before stays as it is."""
    form, by = read_form(MoveForm), current_staff().actor
    inviter = queries.find_by_code(form.inviter) if form.inviter else None
    if form.inviter and inviter is None:
        raise Invalid({"inviter": "没有这个邀请码"})
    inviter_id = inviter.id if inviter is not None else None

    def work() -> str:
        people.move_inviter(distributor_id, inviter_id=inviter_id, reason=form.reason, seen=form.version, by=by)
        return ""

    once("distribution.move_inviter", form, work, distributor=distributor_id)
    audit.about(f"distributor:{distributor_id}", f"新上级{form.inviter or '无'}，{form.reason}")
    return Done("上级已变更", location=url_of(distributor_id))


def _find(text: str) -> list[search.Hit]:
    found: Any = queries.found_people(text, limit=search.MOST)
    return [
        search.Hit(f"{masked_name(row.name)}　{row.code}", url_of(row.id), STATES[row.status].label) for row in found
    ]


search.register("分销员", Permission.DISTRIBUTION_READ, _find)
menu.entry("分销", "分销员", "distribution_admin.distributors", Permission.DISTRIBUTION_READ, 15)
