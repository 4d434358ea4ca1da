"""Staff's interfaces of stored value: accounts, statements, the counter, cards, what waits for a second person."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin import audit, dashboard, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Badge, Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import Interfaces
from wxapp.admin.presses import once
from wxapp.admin.tables import Action, Table
from wxapp.core.forms import read_form, row_key
from wxapp.core.masking import masked_name
from wxapp.core.money import yuan
from wxapp.core.permissions import Permission
from wxapp.patients import staff_links
from wxapp.patients.queries import get_patient
from wxapp.wallet import listings, queries, services, settings
from wxapp.wallet.forms import CardForm, PayBackForm, RejectForm, TopUpForm
from wxapp.wallet.models import PATIENT, Account, CounterStatus, Movement
from wxapp.wallet.services.counter import METHODS

blueprint = Interfaces("wallet", __name__)
interface = blueprint.interface

menu.entry("收银", "储值账户", "wallet_admin.accounts", Permission.WALLET_READ, 20)
menu.entry("收银", "储值复核", "wallet_admin.waiting", Permission.WALLET_RECHARGE, 30)

MOVEMENTS = {Movement.TOP_UP: Badge("充值", "green"), Movement.PAY_BACK: Badge("退储值", "amber")}
STATES = {
    CounterStatus.REQUESTED: Badge("待复核", "amber"),
    CounterStatus.DONE: Badge("已完成", "green"),
    CounterStatus.REJECTED: Badge("已驳回", "grey"),
}
_OPTIONS = list(METHODS.items())


def _url(patient_id: int) -> str:
    return url_for("wallet_admin.account", patient_id=patient_id)


ACCOUNTS = Table(
    "wallet.accounts",
    title="储值账户",
    columns=(
        Column("record_no", "病历号", "code", link=lambda row: _url(row.patient_id)),
        Column("patient", "患者"),
        Column("balance_fen", "余额", "money", sort=Account.balance_fen),
        Column("is_frozen", "状态", "badge", badges={True: Badge("已冻结", "red"), False: Badge("正常", "green")}),
        Column("opened_at", "开户时间", sort=Account.opened_at),
    ),
    filters=(
        Filter("q", "查找", placeholder="姓名、手机号、病历号或卡号，须完整", is_private=True),
        Filter("has_balance", "有余额", "checked"),
        Filter("is_frozen", "已冻结", "checked"),
    ),
    actions=(Action("查看", lambda row: _url(row.patient_id), Permission.WALLET_READ),),
    sort="-opened_at",
    key=Account.id,
    make=listings.AccountRow.of,
    empty="还没有储值账户；在患者页面可为患者充值开户",
)

WAITING = Table(
    "wallet.waiting",
    title="待复核",
    columns=(
        Column("no", "单号", "code"),
        Column("movement", "类型", "badge", badges=MOVEMENTS),
        Column("patient", "患者", link=lambda row: _url(row.patient_id)),
        Column("amount_fen", "金额", "money"),
        Column("method", "方式", value=lambda row: METHODS[row.method]),
        Column("note", "备注"),
        Column("requested_by", "经办人", "actor"),
        Column("requested_at", "时间"),
    ),
    actions=(
        Action(
            "通过",
            lambda row: url_for("wallet_admin.approve", no=row.no),
            Permission.WALLET_RECHARGE,
            post=True,
            confirm="确定通过吗？款项将立即入账。",
            when=lambda row: row.requested_by != current_staff().actor,
        ),
        Action("驳回", lambda row: url_for("wallet_admin.reject_form", no=row.no), Permission.WALLET_RECHARGE),
    ),
    empty="没有等待复核的充值或退款",
    is_exportable=False,
)


@interface("wallet.accounts", GET="/pc/wallet", permission=Permission.WALLET_READ)
def accounts() -> Page:
    return Page(
        "wallet/admin/accounts.html",
        table=ACCOUNTS.load(listings.accounts_for_staff),
        total_fen=queries.stored_value_total(),
        mode=settings.MODE_LABELS[settings.mode()],
    )


@interface("wallet.account", GET="/pc/wallet/<int:patient_id>", permission=Permission.WALLET_READ)
def account(patient_id: int) -> Page:
    """Show a patient's stored value; a patient without an account gets one with the first top-up."""
    patient = get_patient(patient_id)
    found = queries.find_account(PATIENT, patient_id)
    before = request.args.get("before", type=row_key)
    lines = queries.statement_of(found.id, before_id=before, limit=31) if found else []
    return Page(
        "wallet/admin/account.html",
        patient={"id": patient.id, "record_no": patient.record_no, "name": masked_name(patient.name)},
        balance_fen=found.balance_fen if found else 0,
        is_frozen=found.is_frozen if found else False,
        card=queries.card_of(found.id) if found else None,
        lines=lines[:30],
        next_before=lines[29].id if len(lines) > 30 else None,
        movements=listings.movement_rows(queries.movements_of(found.id)) if found else [],
        mode=settings.mode().value,
        _has_account=found is not None,
        _movements=MOVEMENTS,
        _states=STATES,
        _methods=METHODS,
        _top_up=ShownForm(
            TopUpForm,
            kinds={"amount": "money"},
            options={"method": _OPTIONS},
            help={"amount": f"当日合计超过{yuan(settings.TOP_UP_ALONE())}元须另一人复核"},
        ),
        _pay_back=ShownForm(PayBackForm, kinds={"back_amount": "money"}, options={"back_method": _OPTIONS}),
    )


@interface(
    "wallet.top_up",
    POST="/pc/wallet/<int:patient_id>/top-up",
    permission=Permission.WALLET_RECHARGE,
    audit="柜台充值",
    form_page=account,
)
def top_up(patient_id: int) -> Done:
    form = read_form(TopUpForm)
    get_patient(patient_id)
    no = once(
        "wallet.top_up",
        form,
        lambda: (
            services.top_up_at_counter(
                patient_id=patient_id,
                amount_fen=form.amount,
                method=form.method,
                by=current_staff().actor,
                note=form.note,
            ).no
        ),
        patient=patient_id,
    )
    audit.about(f"patient:{patient_id}", f"{METHODS[form.method]}{yuan(form.amount)}元，{no}")
    waits = queries.get_movement(no).status is CounterStatus.REQUESTED
    return Done("已提交，等待另一人复核" if waits else "充值成功", location=_url(patient_id), no=no, waits=waits)


@interface(
    "wallet.pay_back",
    POST="/pc/wallet/<int:patient_id>/pay-back",
    permission=Permission.WALLET_RECHARGE,
    audit="申请退储值",
    form_page=account,
)
def pay_back(patient_id: int) -> Done:
    form = read_form(PayBackForm)
    get_patient(patient_id)
    no = once(
        "wallet.pay_back",
        form,
        lambda: (
            services.request_pay_back(
                patient_id=patient_id,
                amount_fen=form.back_amount,
                method=form.back_method,
                by=current_staff().actor,
                note=form.back_note,
            ).no
        ),
        patient=patient_id,
    )
    audit.about(f"patient:{patient_id}", f"{METHODS[form.back_method]}{yuan(form.back_amount)}元，{no}")
    return Done("已提交，等待另一人复核", location=_url(patient_id), no=no)


@interface(
    "wallet.issue_card",
    POST="/pc/wallet/<int:patient_id>/card",
    permission=Permission.WALLET_RECHARGE,
    audit="发放充值卡",
)
def issue_card(patient_id: int) -> Done:
    """Hand a card out; the first balance password is issued on the patient's page."""
    form = read_form(CardForm)
    get_patient(patient_id)
    by = current_staff().actor
    no = once("wallet.issue_card", form, lambda: services.issue_card(patient_id, by=by).no, patient=patient_id)
    audit.about(f"patient:{patient_id}", f"卡号{no}")
    return Done(f"已发卡，卡号{no}；请在患者页面发放初始余额密码", location=_url(patient_id), card_no=no)


@interface(
    "wallet.freeze",
    POST="/pc/wallet/<int:patient_id>/freeze",
    permission=Permission.WALLET_RECHARGE,
    audit="冻结储值账户",
)
def freeze(patient_id: int) -> Done:
    return _set_frozen(patient_id, is_frozen=True)


@interface(
    "wallet.thaw",
    POST="/pc/wallet/<int:patient_id>/thaw",
    permission=Permission.WALLET_RECHARGE,
    audit="解冻储值账户",
)
def thaw(patient_id: int) -> Done:
    return _set_frozen(patient_id, is_frozen=False)


def _set_frozen(patient_id: int, *, is_frozen: bool) -> Done:
    get_patient(patient_id)
    services.set_frozen(services.patient_account(patient_id), is_frozen)
    audit.about(f"patient:{patient_id}")
    return Done("已冻结，账户不能支付" if is_frozen else "已解冻", location=_url(patient_id))


# --- the second person -----------------------------------------------------------------------------------------------


@interface("wallet.waiting", GET="/pc/wallet/waiting", permission=Permission.WALLET_RECHARGE)
def waiting() -> Page:
    return Page(
        "wallet/admin/waiting.html", table=WAITING.load(lambda: listings.movement_rows(queries.movements_waiting()))
    )


@interface(
    "wallet.approve",
    POST="/pc/wallet/waiting/<no>/approve",
    permission=Permission.WALLET_RECHARGE,
    audit="复核通过储值",
)
def approve(no: str) -> Done:
    movement = services.approve_movement(no, by=current_staff().actor)
    audit.about(f"patient:{movement.patient_id}", f"{no}，{yuan(movement.amount_fen)}元")
    return Done("已通过", location=url_for("wallet_admin.waiting"))


@interface("wallet.reject_form", GET="/pc/wallet/waiting/<no>", permission=Permission.WALLET_RECHARGE)
def reject_form(no: str) -> Page:
    (row,) = listings.movement_rows([queries.get_movement(no)])
    return Page(
        "wallet/admin/reject.html",
        movement=row,
        kind=MOVEMENTS[row.movement].label,
        method=METHODS[row.method],
        is_mine=row.requested_by == current_staff().actor,
        is_waiting=row.status is CounterStatus.REQUESTED,
        _form=ShownForm(RejectForm),
    )


@interface(
    "wallet.reject",
    POST="/pc/wallet/waiting/<no>/reject",
    permission=Permission.WALLET_RECHARGE,
    audit="驳回储值",
    form_page=reject_form,
)
def reject(no: str) -> Done:
    form = read_form(RejectForm)
    movement = services.reject_movement(no, by=current_staff().actor, reason=form.reason)
    audit.about(f"patient:{movement.patient_id}", f"{no}，{form.reason}")
    return Done("已驳回", location=url_for("wallet_admin.waiting"))


def movements_waiting(count: int) -> dashboard.Card | None:
    if not count:
        return None
    return dashboard.Card(
        "储值待复核", str(count), "充值或退储值", url_for("wallet_admin.waiting"), "wallet", "attention"
    )


staff_links.register("储值账户", "wallet_admin.account", "wallet", Permission.WALLET_READ, 10)
dashboard.dashboard_counts(25, Permission.WALLET_RECHARGE, lambda: [queries.count_waiting()], movements_waiting)
