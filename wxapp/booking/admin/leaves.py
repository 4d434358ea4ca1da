"""Staff pages: leaves and days on which the house is closed."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.booking import listings
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import affected_sessions, decision_of, listing_affected, who_options
from wxapp.booking.models import Leave
from wxapp.booking.services.leaves import Absence, add_leave, remove_leave
from wxapp.booking.staff_forms import LeaveForm
from wxapp.core import clock
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages

LEAVES = Table(
    "booking.leaves",
    title="休假与停诊日",
    columns=(
        Column("first_day", "开始", kind="day", sort=Leave.first_day),
        Column("last_day", "结束", kind="day"),
        Column("who", "医生或项目", value=lambda row: row.who or "全院"),
        Column("reason", "说明"),
        Column("made_by", "登记人", kind="actor"),
        Column("made_at", "登记时间", kind="moment"),
    ),
    filters=(Filter("is_past", "已结束的", kind="checked"),),
    actions=(
        Action(
            "撤销",
            lambda row: url_for("booking_admin.drop_leave", leave_id=row.id),
            Permission.ROSTER_WRITE,
            post=True,
            confirm="撤销后将按每周排班重新生成这些日期的班次，已停诊的预约不会恢复，确定吗？",
            tone="danger",
            when=lambda row: row.last_day >= clock.today(),
        ),
    ),
    sort="first_day",
    key=Leave.id,
    empty="没有登记的休假",
)


@interface("booking.leaves", GET="/pc/booking/leaves", permission=Permission.BOOKING_READ)
def leaves() -> Page:
    """Leaves to come, and a form for a new one."""
    form = ShownForm(
        LeaveForm,
        options={"who": who_options()},
        kinds={"who": "select"},
        help={"who": "不选则为全院停诊", "why": "仅内部可见"},
    )
    return Page(
        "booking/admin/leaves.html",
        table=LEAVES.load(listings.leaves_for_staff),
        form=form,
        affected=affected_sessions(),
    )


@interface(
    "booking.leave_add",
    POST="/pc/booking/leaves",
    permission=Permission.ROSTER_WRITE,
    audit="登记休假",
    form_page=leaves,
)
def create_leave() -> Done:
    """Write a leave down; sessions with bookings are kept or closed as staff chose."""
    form = read_form(LeaveForm)
    physician_id, project_id = listings.split_who(form.who)
    absence = Absence(physician_id, project_id, form.first_day, form.last_day, form.why)
    by = current_staff().actor
    with listing_affected():
        leave_id = once("booking.add_leave", form, lambda: str(add_leave(absence, by=by, decision=decision_of(form))))
    forget_public_pages()
    audit.about(f"leave:{leave_id}", f"{form.who or '全院'} {form.first_day}至{form.last_day}")
    return Done("休假已登记", location=url_for("booking_admin.leaves"), id=int(leave_id))


@interface(
    "booking.leave_remove",
    POST="/pc/booking/leaves/<int:leave_id>/remove",
    permission=Permission.ROSTER_WRITE,
    audit="撤销休假",
)
def drop_leave(leave_id: int) -> Done:
    """Take a leave back; the roster makes its sessions again."""
    made = remove_leave(leave_id)
    forget_public_pages()
    return Done(f"休假已撤销，重新生成{made}个班次", location=url_for("booking_admin.leaves"))


menu.entry("预约", "休假与停诊日", "booking_admin.leaves", Permission.BOOKING_READ, 70)
