"""Terms (佣金设置): every version, proposing a new one, and what the second person decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request, url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.filters import Filter
from wxapp.admin.identity import current_staff, remember_names
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core.errors import Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.core.states import history
from wxapp.distribution import settings
from wxapp.distribution.admin.door import interface
from wxapp.distribution.admin.terms_words import STATES, actors_of, both_rates, pays_text, source_of
from wxapp.distribution.models import Scope, Terms, TermsStatus, TermsWay
from wxapp.distribution.queries import promoted as goods
from wxapp.distribution.queries import terms as queries
from wxapp.distribution.services import terms as services
from wxapp.distribution.services.terms import Proposal
from wxapp.distribution.terms_forms import DecideForm, ProposalForm, RefuseForm, read_subject, subject_of
from wxapp.h5.kept import forget_public_pages

P = Permission


@dataclass(frozen=True)
class TermsRow:
    """A version as the list shows it."""

    id: int
    subject: str
    rates: str
    status: TermsStatus
    note: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    valid_from: datetime | None
    valid_until: datetime | None


def _rows(rows: list[Terms]) -> list[TermsRow]:
    names = goods.subject_names((row.scope, row.scope_id) for row in rows)
    return [
        TermsRow(
            row.id,
            names.get((row.scope, row.scope_id), ""),
            both_rates(row),
            row.status,
            row.note,
            row.proposed_by,
            row.proposed_at,
            row.decided_by or "",
            row.valid_from,
            row.valid_until,
        )
        for row in rows
    ]


def _url(terms_id: int) -> str:
    return url_for("distribution_admin.terms_page", terms_id=terms_id)


TERMS = Table(
    "distribution.terms",
    title="佣金设置",
    columns=(
        Column("id", "版本", "code", link=lambda row: _url(row.id), sort=Terms.id),
        Column("subject", "适用范围", below=lambda row: row.note),
        Column("rates", "每笔佣金"),
        Column("status", "状态", "badge", badges=STATES),
        Column("proposed_by", "提交人", "actor"),
        Column("proposed_at", "提交时间", "moment", sort=Terms.proposed_at),
        Column("decided_by", "确认人", "actor"),
        Column("valid_from", "生效", "moment", sort=Terms.valid_from),
        Column("valid_until", "失效", "moment", sort=Terms.valid_until),
    ),
    filters=(
        Filter("status", "状态", "choice", choices=[(one.value, one.label) for one in TermsStatus]),
        Filter("scope", "范围", "choice", choices=[(one.value, one.label) for one in Scope]),
    ),
    sort="-id",
    key=Terms.id,
    make_all=_rows,
    empty="还没有佣金设置，所有商品都不计佣",
)


@interface("distribution.terms", GET="/pc/distribution/terms", permission=P.DISTRIBUTION_READ)
def terms_list() -> Page:
    """Every version of what sales pay, with who proposed and confirmed it."""
    return Page("distribution/admin/terms.html", table=TERMS.load(queries.versions), depth=settings.DEPTH())


# --- proposing -------------------------------------------------------------------------------------------------------

_HELP = {
    "way": "固定金额按每件计算；“跟随上一级设置”用于结束商品或分类的单独设置",
    "seller": "按比例时填百分数，例如 10 或 2.5；固定金额时填元；不计佣填0",
    "inviter": "填法同上；佣金层级为2时才会产生",
    "note": "为什么调整，确认人和以后查询的人都会看到",
}


@interface("distribution.terms_new", GET="/pc/distribution/terms/new", permission=P.COMMISSION_PROPOSE)
def new_terms() -> Page:
    """An empty form; the address may name what the terms are for."""
    options = {"subject": [(subject_of(scope, number), name) for scope, number, name in goods.proposable()]}
    values = {"subject": request.args.get("subject", ""), "way": TermsWay.PERCENT, "inviter": ""}
    form = ShownForm(ProposalForm, values=values, options=options, help=_HELP)
    return Page("distribution/admin/terms_form.html", form=form, depth=settings.DEPTH())


@interface(
    "distribution.terms_propose",
    POST="/pc/distribution/terms/new",
    permission=P.COMMISSION_PROPOSE,
    audit="提交佣金设置",
    form_page=new_terms,
)
def propose_terms() -> Done:
    """Propose terms; another person confirms them."""
    form = read_form(ProposalForm)
    subject = read_subject(form.subject)
    if subject is None:
        raise Invalid({"subject": "请选择适用范围"})
    if form.seller is None and form.way is not TermsWay.INHERIT:
        raise Invalid({"seller": "请填写分销员佣金，不计佣请填0"})
    proposal = Proposal(*subject, way=form.way, seller=form.seller or 0, inviter=form.inviter, note=form.note)
    by = current_staff().actor
    terms_id = int(once("distribution.propose_terms", form, lambda: str(services.propose(proposal, by=by))))
    audit.about(f"distribution_terms:{terms_id}", f"{form.subject}，{both_rates(queries.get_terms(terms_id))}")
    return Done("已提交，等待另一位同事确认", location=_url(terms_id), id=terms_id)


# --- one version -----------------------------------------------------------------------------------------------------


@interface("distribution.terms_detail", GET="/pc/distribution/terms/<int:terms_id>", permission=P.DISTRIBUTION_READ)
def terms_page(terms_id: int) -> Page:
    """One version: what it gives, what it would change while it is proposed, and what held before."""
    terms = queries.get_terms(terms_id)
    staff = current_staff()
    is_open, is_own = terms.status is TermsStatus.PROPOSED, terms.proposed_by == staff.actor
    subject = (terms.scope, terms.scope_id)
    versions = queries.versions_of(*subject)
    steps = history(terms)
    remember_names([*actors_of(versions), *(step.actor for step in steps)])
    return Page(
        "distribution/admin/terms_page.html",
        terms=terms,
        subject=goods.subject_names([subject]).get(subject, ""),
        rates=both_rates(terms),
        state=STATES[terms.status].label,
        preview=goods.preview(terms) if is_open else [],
        versions=versions,
        _depth=settings.DEPTH(),
        _tone=STATES[terms.status].tone,
        _states=STATES,
        _steps=steps,
        _both_rates=both_rates,
        _source_of=source_of,
        _pays_text=pays_text,
        _is_open=is_open,
        _may_decide=is_open and not is_own and staff.may(P.COMMISSION_CONFIRM),
        _may_take_back=is_open and is_own and staff.may(P.COMMISSION_PROPOSE),
        _refuse_form=ShownForm(RefuseForm),
    )


@interface(
    "distribution.terms_confirm",
    POST="/pc/distribution/terms/<int:terms_id>/confirm",
    permission=P.COMMISSION_CONFIRM,
    audit="确认佣金设置",
    form_page=terms_page,
)
def confirm_terms(terms_id: int) -> Done:
    form, by = read_form(DecideForm), current_staff().actor

    def confirm() -> str:
        services.confirm(terms_id, by=by)
        return str(terms_id)

    once("distribution.confirm_terms", form, confirm, terms=terms_id)
    forget_public_pages()  # the goods' pages say whether they are promoted
    audit.about(f"distribution_terms:{terms_id}", both_rates(queries.get_terms(terms_id)))
    return Done("已生效，从现在起的新订单按此计佣", location=_url(terms_id))


@interface(
    "distribution.terms_refuse",
    POST="/pc/distribution/terms/<int:terms_id>/refuse",
    permission=P.COMMISSION_CONFIRM,
    audit="驳回佣金设置",
    form_page=terms_page,
)
def refuse_terms(terms_id: int) -> Done:
    form, by = read_form(RefuseForm), current_staff().actor

    def refuse() -> str:
        services.refuse(terms_id, reason=form.reason, by=by)
        return str(terms_id)

    once("distribution.refuse_terms", form, refuse, terms=terms_id)
    audit.about(f"distribution_terms:{terms_id}", form.reason)
    return Done("已驳回", location=_url(terms_id))


@interface(
    "distribution.terms_take_back",
    POST="/pc/distribution/terms/<int:terms_id>/take-back",
    permission=P.COMMISSION_PROPOSE,
    audit="撤回佣金设置",
    form_page=terms_page,
)
def take_terms_back(terms_id: int) -> Done:
    form, by = read_form(DecideForm), current_staff().actor

    def take_back() -> str:
        services.take_back(terms_id, by=by)
        return str(terms_id)

    once("distribution.take_terms_back", form, take_back, terms=terms_id)
    audit.about(f"distribution_terms:{terms_id}")
    return Done("已撤回", location=_url(terms_id))


menu.entry("分销", "佣金设置", "distribution_admin.terms_list", P.DISTRIBUTION_READ, 40)
