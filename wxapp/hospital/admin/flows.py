"""流程设置: the steps of a visit, in versions."""

from __future__ import annotations

from flask import url_for

from wxapp.admin import audit, menu
from wxapp.admin.answers import Done, Page
from wxapp.admin.cells import Column
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.admin.presses import once
from wxapp.admin.tables import Table
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import listings, queries
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import check_roles, role_options, role_words
from wxapp.hospital.flow_forms import FlowForm, flow_in, values_of
from wxapp.hospital.models import Flow
from wxapp.hospital.rules import flows
from wxapp.hospital.services import save_flow

menu.entry("医院配置", "流程设置", "hospital_admin.flow_page", Permission.HOSPITAL_WRITE, 10)

VERSIONS = Table(
    "hospital.flows",
    title="历史版本",
    columns=(
        Column("id", "版本", "code", link=lambda row: url_for("hospital_admin.flow_version", flow_id=row.id)),
        Column("made_by", "修改人", "actor"),
        Column("made_at", "生效时间", "moment"),
    ),
    sort="-id",
    key=Flow.id,
    empty="还没有修改过，使用系统内置的流程",
    is_exportable=False,
)


@interface("hospital.flow", GET="/pc/config/flow", permission=Permission.HOSPITAL_WRITE)
def flow_page() -> Page:
    """The flow in force as a form, and every version before."""
    flow_id = queries.newest_flow_id()
    flow = queries.flow_of(flow_id)
    roles = role_options()
    options = {f"{name}_roles": roles for name in flows.STEPS}
    values = values_of(flow) | {"seen": flow_id or 0}
    return Page(
        "hospital/admin/flow.html",
        form=ShownForm(FlowForm, values=values, options=options),
        version=flow_id or 0,
        table=VERSIONS.load(listings.flow_versions),
        _steps=[(name, flows.LABELS[name], name in flows.ALWAYS_ON) for name in flows.STEPS],
    )


@interface("hospital.flow_save", POST="/pc/config/flow", permission=Permission.HOSPITAL_WRITE,
           audit="修改到院流程", form_page=flow_page)  # fmt: skip
def change_flow() -> Done:
    """Put a new version in force."""
    form = read_form(FlowForm)
    flow = flow_in(form)
    for step in flow.steps:
        check_roles(step.roles, f"{step.name}_roles")
    before = queries.flow_of(form.seen) if form.seen == queries.newest_flow_id() else flows.BUILT_IN
    by = current_staff().actor
    flow_id = int(once("hospital.save_flow", form, lambda: str(save_flow(flow, seen=form.seen, by=by))))
    told = "；".join(f"{one.where}{one.what} {one.before} → {one.after}" for one in flows.changes(before, flow))
    audit.about(f"hospital_flow:{flow_id}", told)
    return Done("新流程已生效；已到院的客户继续使用原来的流程", location=url_for(".flow_page"), id=flow_id)


@interface("hospital.flow_version", GET="/pc/config/flow/<int:flow_id>", permission=Permission.HOSPITAL_WRITE)
def flow_version(flow_id: int) -> Page:
    """A version, and in what it differs from the one before."""
    row = listings.get(Flow, flow_id)
    flow, before = flows.from_text(row.steps), queries.flow_of(row.follows or None)
    labels = dict(role_options())
    changes = [
        flows.Change(one.where, one.what, role_words(one.before.split(), labels), role_words(one.after.split(), labels))
        if one.what == flows.ROLES
        else one
        for one in flows.changes(before, flow)
    ]
    return Page(
        "hospital/admin/flow_version.html",
        version=row.id,
        follows=row.follows,
        made_at=row.made_at,
        made_by=row.made_by,
        changes=changes,
        is_newest=row.id == queries.newest_flow_id(),
        review=flows.review_words(flow.review_below_bp),
        _steps=[(flows.LABELS[step.name], step, role_words(step.roles, labels)) for step in flow.steps],
    )
