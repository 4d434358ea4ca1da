"""项目设置 / 导入与导出: projects as a table in a file."""

from __future__ import annotations

from collections import Counter

from flask import Response, request

from wxapp.admin import audit
from wxapp.admin.answers import Page
from wxapp.admin.fields import ShownForm
from wxapp.admin.identity import current_staff
from wxapp.core import clock
from wxapp.core.errors import Forbidden, Invalid
from wxapp.core.forms import read_form
from wxapp.core.permissions import Permission
from wxapp.hospital import listings, project_sheet, queries
from wxapp.hospital.admin.door import interface
from wxapp.hospital.admin.shown import exam_options
from wxapp.hospital.forms import ImportForm
from wxapp.hospital.services import import_projects
from wxapp.hospital.services.importing import Outcome

P = Permission.HOSPITAL_WRITE
TONES = {Outcome.ADDED: "green", Outcome.CHANGED: "blue", Outcome.SAME: "grey", Outcome.REFUSED: "red"}
MOST_EXPORTED = 20_000


@interface("hospital.project_import", GET="/pc/config/project/import", permission=P)
def import_page() -> Page:
    """Where a file is chosen."""
    return Page(
        "hospital/admin/import.html",
        form=ShownForm(ImportForm, values={"is_trial": True}),
        columns=project_sheet.COLUMNS,
        must=project_sheet.MUST,
        most_lines=project_sheet.MOST_LINES,
    )


@interface("hospital.project_import_file", POST="/pc/config/project/import", permission=P,
           audit="导入项目", form_page=import_page)  # fmt: skip
def import_file() -> Page:
    """Import a file line by line and tell what became of each. The same file again changes nothing."""
    form = read_form(ImportForm)
    chosen = request.files.get("file")
    if chosen is None or not chosen.filename:
        raise Invalid({"file": "请选择CSV文件"})
    lines = project_sheet.read_csv(chosen.stream.read(project_sheet.MOST_BYTES + 1))
    if not lines:
        raise Invalid({"file": "文件里没有项目"})
    results = import_projects(lines, by=current_staff().actor, is_trial=form.is_trial)
    counts = Counter(result.outcome for result in results)
    told = "，".join(f"{outcome.label}{counts[outcome]}行" for outcome in Outcome if counts[outcome])
    audit.about("hospital_project", f"{'只检查，' if form.is_trial else ''}{told}")
    return Page(
        "hospital/admin/import_done.html",
        is_trial=form.is_trial,
        counts={outcome.value: counts[outcome] for outcome in Outcome},
        results=[
            {"line": one.line, "name": one.name, "outcome": one.outcome.value, "reason": one.reason} for one in results
        ],
        _outcomes=[(outcome.label, counts[outcome], TONES[outcome]) for outcome in Outcome],
        _results=[(one, TONES[one.outcome]) for one in results],
    )


@interface("hospital.project_export", GET="/pc/config/project/export", permission=P)
def export_projects() -> Response:
    """All projects as a file that can be imported again.

    :raises Forbidden: this person may not export tables
    """
    if not current_staff().may(Permission.TABLE_EXPORT):
        audit.record("table.export", "hospital.projects", "CSV", result=audit.DENIED)
        raise Forbidden("您没有导出表格的权限")
    projects = listings.all_projects(limit=MOST_EXPORTED)
    raw = project_sheet.to_csv(
        projects,
        categories=queries.category_names({one.category_id for one in projects}),
        departments=dict(exam_options()),
    )
    audit.record("table.export", "hospital.projects", f"CSV，{len(projects)}行")
    stamp = clock.local(clock.now()).strftime("%Y%m%d-%H%M%S")
    response = Response(raw, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=projects-{stamp}.csv"
    return response
