"""Staff pages: the pictures of a visit (医技科)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from wxapp.admin import audit, shell
from wxapp.admin.answers import Done, Page
from wxapp.admin.audit import looked_at
from wxapp.admin.identity import Staff, current_staff, remember_names
from wxapp.admin.interface import ANY_STAFF, wants_json
from wxapp.admin.presses import once
from wxapp.admin.wire import read_wire
from wxapp.core.errors import Forbidden, Invalid
from wxapp.core.forms import read_form
from wxapp.core.masking import masked_name, masked_phone
from wxapp.core.permissions import Permission
from wxapp.patients.queries import get_patient
from wxapp.uploads import registry
from wxapp.uploads import services as uploads
from wxapp.uploads.pictures import MAX_BYTES
from wxapp.visits import plugs
from wxapp.visits.admin.asked import asked_id
from wxapp.visits.admin.door import interface
from wxapp.visits.admin.exams import exam_url
from wxapp.visits.diagnostics_forms import MOST_PICTURES, AddForm, ArrangeForm, PicturesForm
from wxapp.visits.listings import STAGES
from wxapp.visits.models import ExamKind, Picture, Stage, Visit
from wxapp.visits.queries import get_visit
from wxapp.visits.queries.around import Group
from wxapp.visits.queries.pictures import (
    all_pictures_of,
    departments,
    kinds_for,
    may_see_pictures,
    needed_by,
    pictures_of,
    visits_with_pictures,
)
from wxapp.visits.services import diagnostics
from wxapp.visits.wire import wire_visit

MOST_FILES = 10
"""So many files may come with one form; pages with scripts send them one by one."""

registry.may_see("visit", may_see_pictures)


@dataclass(frozen=True)
class Section:
    """One kind of pictures as the page shows it."""

    kind: ExamKind
    label: str
    pictures: list[Picture]
    replaced: list[Picture]
    may_upload: bool
    missing: int


@interface("physical.info", GET="/pc/physical/info", permission=Permission.DIAGNOSTICS_WRITE, is_wire=True)
def exam_page() -> Page:
    """The pictures of a visit by kind, with what was replaced; the look is logged."""
    staff = current_staff()
    visit = get_visit(asked_id(), seen_by=staff)
    looked_at("visit", visit.id, "检查图片")
    patient = get_patient(visit.patient_id)
    sections = _sections(visit, staff)
    remember_names([one.replaced_by for section in sections for one in section.replaced])
    return Page(
        "visits/admin/exam.html",
        info=wire_visit(visit, whole=False, groups={Group.PICTURES}) if wants_json() else {},
        _visit=visit,
        _stage=STAGES[visit.stage],
        _name=masked_name(patient.name),
        _phone=masked_phone(patient.phone),
        _record_no=patient.record_no,
        _sections=sections,
        _is_open=visit.stage not in (Stage.BOOKED, Stage.REFUSED),
        _largest=MAX_BYTES,
    )


def _sections(visit: Visit, staff: Staff) -> list[Section]:
    working = departments()
    own = kinds_for(staff, working)
    present, replaced = all_pictures_of(visit.id)
    needed = needed_by([visit], working)[visit.id]
    # One that was switched off is shown while it has pictures.
    kinds = [*working, *(kind for kind in ExamKind if kind not in working and present[kind])]
    return [
        Section(
            kind,
            working[kind].label if kind in working else kind.label,
            present[kind],
            replaced.get(kind, []),
            may_upload=kind in own,
            missing=max(0, needed.get(kind, 0) - len(present[kind])),
        )
        for kind in kinds
    ]


@interface(
    "physical.save_img",
    POST="/pc/physical/save_img",
    permission=Permission.DIAGNOSTICS_WRITE,
    audit="保存检查图片",
    form_page=exam_page,
    is_wire=True,
)
def save_pictures() -> Done:
    """Make uploads the list of a kind; an empty one only with ``clear``, as it may be a program's mistake."""
    form = read_wire(PicturesForm)
    staff = current_staff()
    get_visit(form.id, seen_by=staff)
    if not form.images and not form.clear:
        raise Invalid({"images": "请选择图片；如需清空此类图片，请同时传clear=1"})
    diagnostics.save_pictures(form.id, form.kind, form.images, by=staff)
    audit.about(f"visit:{form.id}", f"{form.kind.label}{len(form.images)}张")
    return Done(location=_section_url(form.id, form.kind))


@interface(
    "physical.add",
    POST="/pc/physical/add",
    permission=Permission.DIAGNOSTICS_WRITE,
    audit="添加检查图片",
    form_page=exam_page,
    largest_upload=MOST_FILES * MAX_BYTES,
)
def add_pictures() -> Done:
    """Put further pictures behind those that are there: sent before one by one, or as files with the form.

    Of several files those that can be read are kept, and the others are named.
    """
    form = read_wire(AddForm)
    staff = current_staff()
    get_visit(form.id, seen_by=staff)
    sent = [file for file in request.files.getlist("files") if file.filename]
    if not sent and not form.images:
        raise Invalid({"files": "请选择图片文件"})
    paths, refused = _stored(sent, by=staff.actor)
    if refused and not paths:
        raise Invalid({"files": "；".join(refused)})
    wanted = (*form.images, *paths)
    count = int(once("physical.add", form, lambda: str(_add(form, wanted, staff))))
    audit.about(f"visit:{form.id}", f"{form.kind.label}{count}张")
    told = f"已添加{count}张{form.kind.label}图片"
    return Done("；".join([told, *refused]), location=_section_url(form.id, form.kind), count=count)


def _add(form: AddForm, paths: Sequence[str], staff: Staff) -> int:
    return diagnostics.add_pictures(form.id, form.kind, paths, by=staff)


def _stored(sent: Sequence[FileStorage], *, by: str) -> tuple[list[str], list[str]]:
    """Store files and return their addresses, and a sentence for each that is no picture."""
    if len(sent) > MOST_FILES:
        raise Invalid({"files": f"一次最多选择{MOST_FILES}张图片"})
    paths: list[str] = []
    refused: list[str] = []
    for file in sent:
        name = (file.filename or "")[:60]
        try:
            paths.append(uploads.store_picture(file.stream, name=name, by=by).path)
        except Invalid as error:
            refused.append(f"{name}：{error.message}")
    return paths, refused


@interface(
    "physical.arrange",
    POST="/pc/physical/arrange",
    permission=Permission.DIAGNOSTICS_WRITE,
    audit="调整检查图片",
    form_page=exam_page,
)
def arrange_pictures() -> Done:
    """Put the pictures of a kind in another order, and take some out; those stay as history."""
    form = read_form(ArrangeForm)
    staff = current_staff()
    get_visit(form.id, seen_by=staff)
    if len(form.place) != len(form.picture):
        raise Invalid({"place": "请为每张图片填写顺序"})
    known = {picture.id: picture.path for picture in pictures_of(form.id)[form.kind]}
    places = sorted(zip(form.place, range(len(form.place)), form.picture, strict=True))
    paths = [known[number] for _, _, number in places if number in known and number not in form.out]
    diagnostics.save_pictures(form.id, form.kind, paths, by=staff, seen=form.picture)
    audit.about(f"visit:{form.id}", f"{form.kind.label}{len(paths)}张，移出{len(form.out)}张")
    return Done("图片已更新", location=_section_url(form.id, form.kind))


def _section_url(visit_id: int, kind: ExamKind) -> str:
    return f"{exam_url(visit_id)}#{kind.value}"


# --- before and after ------------------------------------------------------------------------------------------------


@interface("physical.compare", GET="/pc/physical/compare", permission=ANY_STAFF)
def compare_page() -> Page:
    """Two pictures of a patient side by side, of one visit or of two; the look is logged.

    :raises Forbidden: who is signed in may not see the pictures of this visit
    """
    staff = current_staff()
    visit = get_visit(asked_id(), seen_by=staff)
    if not may_see_pictures(staff, visit.id):
        raise Forbidden
    looked_at("visit", visit.id, "对比照片")
    patient = get_patient(visit.patient_id)
    found = visits_with_pictures(visit.patient_id, staff)
    every = {picture.id: picture for _, pictures in found for picture in pictures}
    before, after = _first_two(found)
    return Page(
        "visits/admin/compare.html",
        _visit=visit,
        _name=masked_name(patient.name),
        _record_no=patient.record_no,
        _found=found,
        _days={one.id: one.day for one, _ in found},
        _left=every.get(_asked_picture("left"), before),
        _right=every.get(_asked_picture("right"), after),
    )


def _first_two(found: list[tuple[Visit, list[Picture]]]) -> tuple[Picture | None, Picture | None]:
    """Return the oldest and the newest photo of before an operation, else of all pictures."""
    every = [picture for _, pictures in reversed(found) for picture in pictures]
    photos = [picture for picture in every if picture.kind is ExamKind.PREOPERATIVE] or every
    return (photos[0], photos[-1]) if photos else (None, None)


def _asked_picture(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


# --- elsewhere -------------------------------------------------------------------------------------------------------


def _panel(visit: Visit) -> Markup | None:
    """Return the pictures for the page of their visit."""
    if visit.stage is Stage.BOOKED or not may_see_pictures(current_staff(), visit.id):
        return None
    present = {kind: pictures for kind, pictures in pictures_of(visit.id).items() if pictures}
    shown = {
        "visit": visit,
        "pictures": present,
        "most": MOST_PICTURES,
        "url": exam_url(visit.id) if current_staff().may(Permission.DIAGNOSTICS_WRITE) else "",
        "compare_url": url_for("visits_admin.compare_page", id=visit.id),
    }
    return Markup(shell.render("visits/admin/_pictures_panel.html", shown))  # noqa: S704 - a template of ours


plugs.panel("pictures", Permission.VISIT_READ, _panel, 20)
