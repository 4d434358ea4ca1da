"""Staff pages: the weekly roster."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.fields import ShownForm, money_text
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.booking import hours, listings, settings
from wxapp.booking.admin.door import interface
from wxapp.booking.admin.shown import WEEKDAYS, affected_sessions, decision_of, listing_affected, who_options
from wxapp.booking.models import Plan
from wxapp.booking.services import rosters
from wxapp.booking.services.rosters import Line, Work
from wxapp.booking.staff_forms import CopyForm, EndForm, NewPlanForm, PlanForm
from wxapp.core import clock
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.h5.kept import forget_public_pages

_KINDS = {
    "starts": "text",
    "ends": "text",
    "release_at": "text",
    "fee": "money",
    "weekdays": "checks",
    "valid_until": "date",
}
_HELP = {
    "starts": "例如 08:30；上午、下午请分两条",
    "slot_minutes": "每个号占用的时间",
    "capacity": "同一时间可预约几人",
    "fee": "仅供患者查看，到院支付",
    "valid_until": "不填则一直有效",
    "release_days": "就诊日前几天开放预约",
    "place": "不填时使用项目的地点",
}


@interface("booking.plans", GET="/pc/booking/plans", permission=Permission.BOOKING_READ)
def plans() -> Page:
    """The week: who works when."""
    departments = listings.departments()
    department = request.args.get("department", "")
    rows = listings.weekly_roster(clock.today(), department=department if department in departments else "")
    return Page(
        "booking/admin/plans.html",
        rows=rows,
        weekdays=hours.WEEKDAYS,
        departments=departments,
        department=department,
    )


@interface("booking.plan_new", GET="/pc/booking/plans/new", permission=Permission.ROSTER_WRITE)
def new_plan_form() -> Page:
    """An empty form, with what most rosters have."""
    values = {
        "who": request.args.get("who", ""),
        "starts": "08:30",
        "ends": "12:00",
        "slot_minutes": 30,
        "capacity": 4,
        "valid_from": clock.today(),
        "release_days": settings.RELEASE_DAYS(),
        "release_at": hours.minute_text(settings.RELEASE_HOUR() * 60),
    }
    form = ShownForm(
        NewPlanForm, values=values, options={"who": who_options(), "weekdays": WEEKDAYS}, kinds=_KINDS, help=_HELP
    )
    return Page("booking/admin/plan_new.html", form=form)


@interface(
    "booking.plan_add",
    POST="/pc/booking/plans/new",
    permission=Permission.ROSTER_WRITE,
    audit="新增排班",
    form_page=new_plan_form,
)
def add_plan() -> Done:
    """Put a line on the roster for several weekdays; its sessions are made at once."""
    form = read_form(NewPlanForm)
    physician_id, project_id = listings.split_who(form.who)
    line = _line(form, physician_id, project_id, weekday=form.weekdays[0])
    by = current_staff().actor
    made = once("booking.add_plan", form, lambda: _told(rosters.add_plans(line, form.weekdays, by=by)))
    forget_public_pages()
    audit.about(f"plan:{made}", form.who)
    return Done("排班已添加，号源已生成", location=url_for("booking_admin.plans"), ids=made)


def _told(plan_ids: list[int]) -> str:
    return ",".join(map(str, plan_ids))


def _line(form: NewPlanForm | PlanForm, physician_id: int | None, project_id: int | None, *, weekday: int) -> Line:
    if form.valid_until and form.valid_until < form.valid_from:
        raise Invalid({"valid_until": "截止日期不能早于生效日期"})
    work = Work(
        physician_id, project_id, form.starts, form.ends, form.slot_minutes, form.capacity, form.place, form.fee or 0
    )
    return Line(work, weekday, form.valid_from, form.valid_until, form.release_days, form.release_at)


@interface("booking.plan", GET="/pc/booking/plans/<int:plan_id>", permission=Permission.BOOKING_READ)
def plan_form(plan_id: int) -> Page:
    """One line of the roster, with what can be done with it."""
    plan = listings.get_plan(plan_id)
    form = ShownForm(
        PlanForm, values=_values(plan), options={"weekday": WEEKDAYS}, kinds={**_KINDS, "weekday": "select"}, help=_HELP
    )
    others = [(value, name) for value, name in WEEKDAYS if value != str(plan.weekday)]
    return Page(
        "booking/admin/plan.html",
        plan=plan,
        who=listings.get_who(plan.physician_id, plan.project_id),
        form=form,
        affected=affected_sessions(),
        changed_by=plan.changed_by,
        _copy_form=ShownForm(
            CopyForm, options={"weekdays": others}, kinds={"weekdays": "checks", "valid_until": "date"}
        ),
        _end_form=ShownForm(EndForm, values={"last_day": clock.today()}),
        _weekday=hours.WEEKDAYS[plan.weekday],
        _is_ending="last_day" in request.form,
    )


def _values(plan: Plan) -> dict[str, object]:
    return {
        "weekday": str(plan.weekday),
        "starts": hours.minute_text(plan.starts_minute),
        "ends": hours.minute_text(plan.ends_minute),
        "slot_minutes": plan.slot_minutes,
        "capacity": plan.capacity,
        "place": plan.place,
        "fee": money_text(plan.fee_fen) if plan.fee_fen else "",
        "valid_from": plan.valid_from,
        "valid_until": plan.valid_until,
        "release_days": plan.release_days,
        "release_at": hours.minute_text(plan.release_minute),
    }


@interface(
    "booking.plan_change",
    POST="/pc/booking/plans/<int:plan_id>",
    permission=Permission.ROSTER_WRITE,
    audit="修改排班",
    form_page=plan_form,
)
def change_plan(plan_id: int) -> Done:
    """Change a line; sessions with bookings that no longer fit are kept or closed as staff chose."""
    form = read_form(PlanForm)
    plan = listings.get_plan(plan_id)
    line = _line(form, plan.physician_id, plan.project_id, weekday=form.weekday)
    with listing_affected():
        rosters.change_plan(
            plan_id, line, seen_version=form.version, by=current_staff().actor, decision=decision_of(form)
        )
    forget_public_pages()
    return Done("排班已保存", location=url_for("booking_admin.plans"))


@interface(
    "booking.plan_copy",
    POST="/pc/booking/plans/<int:plan_id>/copy",
    permission=Permission.ROSTER_WRITE,
    audit="复制排班",
    form_page=plan_form,
)
def copy_plan(plan_id: int) -> Done:
    """Repeat a line on other weekdays."""
    form = read_form(CopyForm)
    by = current_staff().actor
    made = once(
        "booking.copy_plan", form, lambda: _told(rosters.copy_plan(plan_id, form.weekdays, by=by)), plan=plan_id
    )
    forget_public_pages()
    return Done("排班已复制", location=url_for("booking_admin.plans"), ids=made)


@interface(
    "booking.plan_end",
    POST="/pc/booking/plans/<int:plan_id>/end",
    permission=Permission.ROSTER_WRITE,
    audit="终止排班",
    form_page=plan_form,
)
def end_plan(plan_id: int) -> Done:
    """End a line after a day."""
    form = read_form(EndForm)
    with listing_affected():
        rosters.end_plan(
            plan_id,
            last_day=form.last_day,
            seen_version=form.version,
            by=current_staff().actor,
            decision=decision_of(form),
        )
    forget_public_pages()
    return Done("排班已终止", location=url_for("booking_admin.plans"))


menu.entry("预约", "每周排班", "booking_admin.plans", Permission.BOOKING_READ, 60)
