"""对账: the day three ways, what differs, and the ledger's checks."""

from __future__ import annotations

from datetime import date, timedelta

from flask import url_for

from wxapp.admin import audit, identity, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.tables import Action, Table
from wxapp.core import actors, clock
from wxapp.core.errors import DomainError, NotFound
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.payments import listings, queries, services
from wxapp.payments.admin.door import DIFFERENCE_STATES, interface, subject_url
from wxapp.payments.forms import ResolveForm
from wxapp.payments.invariants import check_all
from wxapp.payments.models import Difference, DifferenceStatus
from wxapp.payments.rules import Kind
from wxapp.payments.services.reconciliation import get_difference
from wxapp.payments.subjects import label_of
from wxapp.wallet import queries as wallet
from wxapp.wechat.pay.errors import BillNotReady, PayError

menu.entry("财务", "渠道对账", "payments_admin.reconciliation", Permission.LEDGER_READ, 30)
menu.entry("财务", "对账差异", "payments_admin.differences", Permission.LEDGER_READ, 40)
menu.entry("财务", "账务检查", "payments_admin.ledger", Permission.LEDGER_READ, 50)

KINDS = {kind.value: kind.label for kind in Kind}


class BillUnavailable(DomainError):
    code, status, message = "bill_unavailable", 409, "账单暂时取不到，请稍后再试"


DIFFERENCES = Table(
    "payments.differences",
    title="对账差异",
    columns=(
        Column("day", "日期", "day", sort=Difference.day),
        Column("kind", "类型", value=lambda row: KINDS.get(row.kind, row.kind)),
        Column("reference", "单号", "code", link=lambda row: _url(row.id)),
        Column("channel_fen", "渠道", "money"),
        Column("ours_fen", "业务", "money"),
        Column("ledger_fen", "账务", "money"),
        Column("status", "状态", "badge", badges=DIFFERENCE_STATES),
        Column("owner", "负责人", value=lambda row: _name(row.owner_id)),
        Column("found_at", "发现时间", sort=Difference.found_at),
    ),
    filters=(
        Filter(
            "status",
            "状态",
            "choice",
            choices=[(s.value, DIFFERENCE_STATES[s].label) for s in DifferenceStatus],
        ),
        Filter("kind", "类型", "choice", choices=list(KINDS.items())),
        Filter("day", "日期", "day"),
    ),
    actions=(Action("处理", lambda row: _url(row.id), Permission.DIFFERENCE_HANDLE),),
    sort="-found_at",
    key=Difference.id,
    empty="没有对账差异",
)


def _url(difference_id: int) -> str:
    return url_for("payments_admin.difference", difference_id=difference_id)


def _name(owner_id: int | None) -> str:
    return identity.actor_name(actors.staff(owner_id)) if owner_id is not None else ""


# --- days ------------------------------------------------------------------------------------------------------------


@interface("payments.reconciliation", GET="/pc/reconciliation", permission=Permission.LEDGER_READ)
def reconciliation() -> Page:
    yesterday = clock.today() - timedelta(days=1)
    return Page(
        "payments/admin/reconciliation.html",
        bills=listings.bills(),
        open_differences=listings.count_differences(),
        payouts=listings.payouts_stuck(),
        _subject_url=subject_url,
        yesterday=yesterday,
    )


@interface("payments.reconciliation_day", GET="/pc/reconciliation/<day>", permission=Permission.LEDGER_READ)
def reconciliation_day(day: str) -> Page:
    when = _day(day)
    bill, takings = listings.find_bill(when), queries.takings(when)
    return Page(
        "payments/admin/reconciliation_day.html",
        day=when,
        bill=bill,
        totals=listings.three_ways(when, bill, takings),
        takings=takings,
        table=DIFFERENCES.load(lambda **_: listings.differences_for_staff(day=when)),
        can_compare=when < clock.today(),
    )


@interface(
    "payments.compare_day",
    POST="/pc/reconciliation/<day>",
    permission=Permission.DIFFERENCE_HANDLE,
    audit="重新对账",
    form_page=reconciliation_day,
)
def compare_day(day: str) -> Done:
    when = _day(day)
    try:
        count = services.compare_day(when)
    except BillNotReady:
        raise BillUnavailable("账单还在生成，次日10点后可取") from None
    except PayError:
        raise BillUnavailable from None
    audit.about(f"bill:{when}", f"差异{count}笔")
    return Done(
        f"对账完成，差异{count}笔",
        location=url_for("payments_admin.reconciliation_day", day=when.isoformat()),
        differences=count,
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if not 2000 <= day.year < 2200:  # at the ends of the calendar a day has no bounds
        raise NotFound
    return day


# --- cases -----------------------------------------------------------------------------------------------------------


@interface("payments.differences", GET="/pc/differences", permission=Permission.LEDGER_READ)
def differences() -> Page:
    return Page("payments/admin/differences.html", table=DIFFERENCES.load(listings.differences_for_staff))


@interface("payments.difference", GET="/pc/differences/<int:difference_id>", permission=Permission.LEDGER_READ)
def difference(difference_id: int) -> Page:
    found = get_difference(difference_id)
    attempt = queries.find_attempt(found.reference)
    part = queries.find_part(found.reference)
    payout = queries.find_payout(found.reference)
    return Page(
        "payments/admin/difference.html",
        difference=found,
        kind=KINDS.get(found.kind, found.kind),
        owner=_name(found.owner_id),
        state=DIFFERENCE_STATES[found.status].label,
        is_open=found.status is DifferenceStatus.OPEN,
        _tone=DIFFERENCE_STATES[found.status].tone,
        _payment_no=queries.get_due_by_id(attempt.payment_order_id).no if attempt else "",
        _refund_no=listings.refund_no_of(part.refund_id) if part else "",
        _payout_url=subject_url(payout) if payout else "",
        _payout_label=label_of(payout.subject_kind) if payout else "",
        _form=ShownForm(ResolveForm),
    )


@interface(
    "payments.own_difference",
    POST="/pc/differences/<int:difference_id>/own",
    permission=Permission.DIFFERENCE_HANDLE,
    audit="认领对账差异",
)
def own_difference(difference_id: int) -> Done:
    services.assign_difference(difference_id, owner_id=current_staff().id)
    audit.about(f"difference:{difference_id}")
    return Done("已认领", location=_url(difference_id))


@interface(
    "payments.resolve_difference",
    POST="/pc/differences/<int:difference_id>/resolve",
    permission=Permission.DIFFERENCE_HANDLE,
    audit="处理对账差异",
    form_page=difference,
)
def resolve_difference(difference_id: int) -> Done:
    form = read_form(ResolveForm)
    services.resolve_difference(difference_id, by=current_staff().actor, note=form.note)
    audit.about(f"difference:{difference_id}", form.note)
    return Done("已处理", location=_url(difference_id))


# --- the ledger ------------------------------------------------------------------------------------------------------


@interface("payments.ledger", GET="/pc/ledger", permission=Permission.LEDGER_READ)
def ledger() -> Page:
    return _ledger_page(checks=None)


@interface("payments.check_ledger", POST="/pc/ledger/check", permission=Permission.LEDGER_READ, audit="账务检查")
def check_ledger() -> Page:
    """Recompute every invariant now; the job does it each night."""
    checks = check_all()
    broken = [check.name for check in checks if not check.holds]
    audit.about("ledger", "全部通过" if not broken else f"未通过：{'、'.join(broken)}"[:200])
    return _ledger_page(checks=checks)


def _ledger_page(checks: object) -> Page:
    return Page(
        "payments/admin/ledger.html",
        checks=checks,
        accounts=wallet.house_balances(clock.today()),
        stored_value_fen=wallet.stored_value_total(),
        closings=wallet.closings(limit=14),
    )
