"""Staff pages: who fetches whom (司机分配)."""

from __future__ import annotations

from flask import request, url_for
from markupsafe import Markup

from wxapp.admin import audit, dashboard, menu, shell
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm, refusal
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.visits import plugs
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.listings import COUNTED, STAGES, visit_url
from wxapp.visits.models import Pickup, PickupStatus, Stage, Visit
from wxapp.visits.pickup_forms import AssignForm, CancelPickupForm, TripForm, WishForm
from wxapp.visits.queries.crew import who_may
from wxapp.visits.queries.pickups import (
    assigned_pickups,
    count_waiting,
    find_pickup,
    get_fetched,
    get_trip,
    pickup_rows,
    waiting_pickups,
)
from wxapp.visits.queries.procedures import contact_of
from wxapp.visits.services import pickups as services
from wxapp.visits.services.pickups import Seen, Wish

S = PickupStatus
STATES = {
    S.WAITING: Badge(S.WAITING.label, "amber"),
    S.ASSIGNED: Badge(S.ASSIGNED.label, "blue"),
    S.ON_THE_WAY: Badge(S.ON_THE_WAY.label, "blue"),
    S.ON_BOARD: Badge(S.ON_BOARD.label, "green"),
    S.DELIVERED: Badge(S.DELIVERED.label, "green"),
    S.CANCELLED: Badge(S.CANCELLED.label, "grey"),
}
P = Permission.PICKUP_ASSIGN
_SEARCH = Filter("q", "查找", placeholder="姓名、手机号或编号，须完整", is_private=True)
_DAY = Filter("day", "接送日期", kind="day")


def driver_options() -> list[tuple[str, str]]:
    return [(str(member.id), member.name) for member in who_may(Permission.PICKUP_DRIVE)]


def trip_url(pickup_id: int) -> str:
    return url_for("visits_admin.trip_page", pickup_id=pickup_id)


_COLUMNS = (
    Column("at", "接送时间", kind="moment", sort=(Pickup.at, Pickup.id)),
    Column("patient", "客户", below=lambda row: row.phone),
    Column("place", "接送地点", below=lambda row: row.note),
    Column("people", "人数", kind="number"),
    Column("appointed_at", "预约到院", kind="moment"),
    Column("visit_no", "编号", kind="code", link=lambda row: visit_url(row.visit_id)),
)
WAITING = Table(
    "visits.pickups_waiting",
    count_up_to=COUNTED,
    title="待分配客户",
    columns=_COLUMNS,
    filters=(_SEARCH, _DAY),
    sort="at",
    key=Pickup.id,
    make_all=pickup_rows,
    empty="没有等待分配司机的客户",
    page_size=50,
)
ASSIGNED = Table(
    "visits.pickups_assigned",
    count_up_to=COUNTED,
    title="已分配客户",
    columns=(
        *_COLUMNS,
        Column("driver", "司机"),
        Column("status", "接送状态", kind="badge", badges=STATES),
        Column("stage", "到院单", kind="badge", badges=STAGES),
    ),
    filters=(
        _SEARCH,
        _DAY,
        Filter("driver", "司机", kind="choice", choices=driver_options),
        Filter(
            "status", "接送状态", kind="choice", choices=[(one.value, one.label) for one in S if one is not S.WAITING]
        ),
    ),
    actions=(Action("变更", lambda row: trip_url(row.id), P),),
    sort="at",
    key=Pickup.id,
    make_all=pickup_rows,
    empty="没有已分配的接送",
)


@interface("driver.waiting", GET="/pc/driver/waiting", permission=P)
def waiting_list() -> Page:
    """Who wants to be fetched and has no driver; one or several are given to one at once."""
    back = refusal()
    return Page(
        "visits/admin/pickups_waiting.html",
        table=WAITING.load(waiting_pickups),
        _form=ShownForm(AssignForm, options={"driver_id": driver_options()}),
        _chosen=back.typed.getlist("pickups") if back else [],
        _ask_anyway="anyway" in request.form or _has_overlap(),
    )


def _has_overlap() -> bool:
    back = refusal()
    return back is not None and "anyway" in back.errors


@interface("driver.assign", POST="/pc/driver/assign", permission=P, audit="分配司机", form_page=waiting_list)
def assign_drivers() -> Done:
    """Give the chosen pickups to a driver."""
    return _assign()


def _assign() -> Done:
    form = read_form(AssignForm)
    wanted = [Seen(*one) for one in form.pickups]
    services.assign(wanted, form.driver_id, by=current_staff(), anyway=form.anyway)
    audit.about(f"driver:{form.driver_id}", "接送" + "、".join(str(one.id) for one in wanted))
    return Done(f"已分配{len(wanted)}位客户，司机会收到通知")


@interface("driver.assigned", GET="/pc/driver/assigned", permission=P)
def assigned_list() -> Page:
    """The trips that drivers have, of today and later; by filter others, too."""
    return Page("visits/admin/pickups_assigned.html", table=ASSIGNED.load(assigned_pickups))


# --- one trip --------------------------------------------------------------------------------------------------------


@interface("driver.trip", GET="/pc/driver/trips/<int:pickup_id>", permission=P)
def trip_page(pickup_id: int) -> Page:
    """One pickup with its place, and what can be done about it; the look is logged."""
    looked_at("pickup", pickup_id, "接送地点")  # first: what is loaded before a change is loaded again after it
    found, pickup = get_trip(pickup_id)
    visit = found.visit
    steps = history(pickup)
    remember_names([pickup.created_by, *(step.actor for step in steps)])
    is_expected = visit.stage is Stage.BOOKED
    return Page(
        "visits/admin/pickup.html",
        state=pickup.status,
        patient=contact_of(found.patient),
        at=pickup.at,
        place=pickup.place,
        people=pickup.people,
        note=pickup.note,
        driver=pickup.driver_name,
        _pickup=pickup,
        _visit=visit,
        _steps=steps,
        _state=STATES[pickup.status],
        _stage=STAGES[visit.stage],
        _states={one.value: badge.label for one, badge in STATES.items()},
        _form=ShownForm(AssignForm, values={"driver_id": pickup.driver_id}, options={"driver_id": driver_options()}),
        _cancel=ShownForm(CancelPickupForm),
        _can_assign=is_expected and pickup.status in (S.WAITING, S.ASSIGNED),
        _can_edit=is_expected and pickup.status in (S.WAITING, S.ASSIGNED),
        _can_take_back=is_expected and pickup.status is S.ASSIGNED,
        _can_cancel=pickup.status in (S.WAITING, S.ASSIGNED, S.ON_THE_WAY),
        _can_restore=is_expected and pickup.status is S.CANCELLED,
        _ask_anyway=_has_overlap(),
        _visit_url=visit_url(visit.id),
    )


@interface(
    "driver.change",
    POST="/pc/driver/trips/<int:pickup_id>/assign",
    permission=P,
    audit="变更司机",
    form_page=trip_page,
)
def change_driver(pickup_id: int) -> Done:
    """Give one pickup to a driver, or to another one."""
    done = _assign()
    done.location = trip_url(pickup_id)
    return done


@interface(
    "driver.take_back",
    POST="/pc/driver/trips/<int:pickup_id>/take-back",
    permission=P,
    audit="退回待分配",
    form_page=trip_page,
)
def take_back_trip(pickup_id: int) -> Done:
    """Take a pickup from its driver."""
    form = read_form(TripForm)
    services.take_back(Seen(pickup_id, form.version), by=current_staff())
    return Done("已退回待分配，司机会收到通知", location=trip_url(pickup_id))


@interface(
    "driver.cancel",
    POST="/pc/driver/trips/<int:pickup_id>/cancel",
    permission=P,
    audit="取消接送",
    form_page=trip_page,
)
def cancel_trip(pickup_id: int) -> Done:
    """Cancel a pickup."""
    form = read_form(CancelPickupForm)
    services.cancel(Seen(pickup_id, form.version), why=form.why, by=current_staff())
    audit.about(f"pickup:{pickup_id}", form.why)
    return Done("接送已取消", location=trip_url(pickup_id))


@interface(
    "driver.restore",
    POST="/pc/driver/trips/<int:pickup_id>/restore",
    permission=P,
    audit="恢复接送",
    form_page=trip_page,
)
def restore_trip(pickup_id: int) -> Done:
    """Let a cancelled pickup wait again."""
    form = read_form(TripForm)
    services.restore(Seen(pickup_id, form.version), by=current_staff())
    return Done("已恢复为待分配", location=trip_url(pickup_id))


# --- the wish --------------------------------------------------------------------------------------------------------


@interface("driver.wish_page", GET="/pc/driver/wish", permission=P)
def wish_page() -> Page:
    """Where and when a patient wants to be fetched, to be entered or changed; the look is logged."""
    visit_id = asked_id()
    looked_at("visit", visit_id, "接送地点")
    found = get_fetched(visit_id=visit_id)
    visit, pickup = found.visit, found.pickup
    values = {"at": visit.appointed_at, "people": 1}
    if pickup is not None:
        values = {name: getattr(pickup, name) for name in ("place", "at", "people", "note")}
    return Page(
        "visits/admin/pickup_wish.html",
        patient=contact_of(found.patient),
        _visit=visit,
        _pickup=pickup,
        _form=ShownForm(WishForm, values=values),
        _visit_url=visit_url(visit.id),
    )


@interface("driver.wish", POST="/pc/driver/wish", permission=P, audit="登记接送", form_page=wish_page)
def keep_wish() -> Done:
    """Enter or change where and when a patient wants to be fetched."""
    form = read_form(WishForm)
    wish = Wish(form.place, form.at, form.people, form.note)
    pickup_id = services.wish_for(form.id, wish, by=current_staff(), seen=form.version)
    audit.about(f"visit:{form.id}")
    return Done("接送信息已保存", location=trip_url(pickup_id))


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _panel(visit: Visit) -> Markup | None:
    """Return the pickup for the page of its visit, as long as it matters."""
    if visit.stage not in (Stage.BOOKED, Stage.ARRIVED):
        return None
    pickup = find_pickup(visit.id)
    if pickup is None and visit.stage is not Stage.BOOKED:
        return None
    shown = {"pickup": pickup, "visit": visit, "state": STATES[pickup.status] if pickup else None}
    return Markup(shell.render("visits/admin/_pickup_panel.html", shown))  # noqa: S704 - a template of ours


plugs.panel("pickup", Permission.VISIT_READ, _panel, 40)


def _cards(waiting: int, today: int) -> dashboard.Card:
    return dashboard.Card(
        "待分配司机", str(waiting), f"今日未完成接送{today}", url_for("visits_admin.waiting_list"), "map-pin",
        "attention" if waiting else "plain",
    )  # fmt: skip


dashboard.dashboard_counts(31, P, count_waiting, _cards)
menu.group("司机分配", "map-pin", 4)
menu.entry("司机分配", "待分配客户", "visits_admin.waiting_list", P, 10)
menu.entry("司机分配", "已分配客户", "visits_admin.assigned_list", P, 20)
