"""Pictures of a visit: putting them in, putting them in order, taking them out. What was there stays as history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from wxapp.admin.identity import Staff
from wxapp.core import clock
from wxapp.core.db import change, insert_rows, transaction
from wxapp.core.errors import Forbidden, Invalid, Stale
from wxapp.uploads import services as uploads
from wxapp.uploads.models import Upload
from wxapp.visits.errors import NotExaminable
from wxapp.visits.models import ExamKind, Picture, Stage, Visit
from wxapp.visits.queries.pictures import departments, kinds_for, present_of
from wxapp.visits.rules.subjects import subject_of
from wxapp.visits.services import stages

MOST_OF_A_KIND = 60
"""More pictures of one kind are a mistake or an attack."""
BY_DEVICE = "设备导入"
"""What stands for who took a picture that came from a device."""


def save_pictures(
    visit_id: int, kind: ExamKind, paths: Sequence[str], *, by: Staff, seen: Sequence[int] | None = None
) -> None:
    """Make these uploads the list of a kind, in this order. What is no longer in it is kept as history.

    Pictures that stay keep who took them. The first picture of a visit that has just arrived begins its examination.

    :param seen: ids of the pictures that the page showed, in their order; None: the caller saw no page
    :raises Forbidden: the department lets other roles upload
    :raises Invalid: too many, or a path that is no upload of this person's or of this visit
    :raises NotExaminable: the patient has not arrived, or the visit was refused
    :raises Stale: somebody else has changed the list meanwhile
    """
    _check_department(kind, by)
    with transaction():
        visit = hold_for_pictures(visit_id)
        present = present_of(visit_id, kind)
        if seen is not None and list(seen) != [picture.id for picture in present]:
            raise Stale("图片已被他人更新，请刷新后重试")
        attached = uploads.attach(paths, subject=subject_of(visit_id), by=by.actor)
        _replace(visit, kind, present, _named(attached), by=by.actor, taken_by=by)


def add_pictures(visit_id: int, kind: ExamKind, paths: Sequence[str], *, by: Staff) -> int:
    """Put uploads behind those that are there, and return how many were new; what is in the list stays where it is.

    Of two people who add at once both pictures are kept.

    :raises: as :func:`save_pictures`, but for ``Stale``
    """
    _check_department(kind, by)
    with transaction():
        visit = hold_for_pictures(visit_id)
        attached = uploads.attach(paths, subject=subject_of(visit_id), by=by.actor)
        return add_attached(visit, kind, attached, by=by.actor, taken_by=by)


def add_attached(
    visit: Visit, kind: ExamKind, attached: Sequence[Upload], *, by: str, taken_by: Staff | None = None
) -> int:
    """Put what is attached to this held visit behind the pictures of a kind; return how many were new.

    :param taken_by: who took them; None for a device
    """
    present = present_of(visit.id, kind)
    wanted = {picture.upload_id: picture.path for picture in present} | _named(attached)
    _replace(visit, kind, present, wanted, by=by, taken_by=taken_by)
    return len(wanted) - len(present)


def take_out(visit: Visit, upload_id: int, *, by: str) -> int:
    """Take a picture out of the lists of a held visit, and return how many rows that were."""
    gone = sa.update(Picture).where(
        Picture.visit_id == visit.id, Picture.upload_id == upload_id, Picture.replaced_at.is_(None)
    )
    return change(gone.values(replaced_at=clock.now(), replaced_by=by))


def hold_for_pictures(visit_id: int) -> Visit:
    """Return a visit that pictures may be put into, locked until the transaction ends.

    :raises NotExaminable: the patient has not arrived, or the visit was refused
    """
    visit = stages.hold(visit_id)
    if visit.stage is Stage.BOOKED:
        raise NotExaminable("客户尚未到店，请先由前台确认到店")
    if visit.stage is Stage.REFUSED:
        raise NotExaminable("到院单已拒绝，不能上传图片")
    return visit


def _check_department(kind: ExamKind, by: Staff) -> None:
    working = departments()
    if kind not in working:
        raise Invalid({"kind": f"{kind.label}已停用，请联系管理员"})
    if kind not in kinds_for(by, working):
        raise Forbidden(f"您的岗位不能上传{working[kind].label}图片")


def _named(uploaded: Sequence[Upload]) -> dict[int, str]:
    """Return the addresses of uploads by their ids, in their order."""
    return {upload.id: upload.path for upload in uploaded}


def _replace(
    visit: Visit,
    kind: ExamKind,
    present: Sequence[Picture],
    wanted: Mapping[int, str],
    *,
    by: str,
    taken_by: Staff | None,
) -> None:
    if len(wanted) > MOST_OF_A_KIND:
        raise Invalid({"images": f"每类图片不能超过{MOST_OF_A_KIND}张"})
    now = clock.now()
    place = {upload_id: position for position, upload_id in enumerate(wanted)}
    for picture in present:
        row = sa.update(Picture).where(Picture.id == picture.id)
        if picture.upload_id not in place:
            change(row.values(replaced_at=now, replaced_by=by))
        elif picture.position != place[picture.upload_id]:
            change(row.values(position=place[picture.upload_id]))
    there = {picture.upload_id for picture in present}
    new = [upload_id for upload_id in wanted if upload_id not in there]
    insert_rows(
        Picture,
        [
            {
                "visit_id": visit.id,
                "kind": kind,
                "position": place[upload_id],
                "upload_id": upload_id,
                "path": wanted[upload_id],
                "taken_by": taken_by.id if taken_by else None,
                "taken_by_name": taken_by.name if taken_by else BY_DEVICE,
                "taken_at": now,
            }
            for upload_id in new
        ],
    )
    if new and visit.stage is Stage.ARRIVED:
        stages.move(visit, Stage.EXAMINING, by=by)
    else:
        change(sa.update(Visit).where(Visit.id == visit.id).values(changed_at=now))  # lists that keep up show it
