"""Pictures that devices leave as files: taken in, matched with a visit by the number in their name, or parked."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import actors, clock
from wxapp.core.db import change, db, insert_row, transaction
from wxapp.core.errors import DomainError, Invalid
from wxapp.hospital.rules.file_names import number_in
from wxapp.uploads import services as uploads
from wxapp.uploads.models import Upload
from wxapp.visits.errors import FileHandled
from wxapp.visits.models import DeviceFile, ExamKind, FileStatus
from wxapp.visits.queries.device_files import find_device_file, get_device_file, visits_of_number
from wxapp.visits.rules import subjects
from wxapp.visits.services import diagnostics

BY = actors.system("device_import")
NO_NUMBER = "文件名中没有编号"


@dataclass(frozen=True)
class Found:
    """A file as it lay in the folder of a department."""

    kind: ExamKind
    name: str
    content: bytes
    pattern: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def number(self) -> str:
        return number_in(self.pattern, self.name) or "" if self.pattern else ""


def subject_of(file_id: int) -> str:
    """Return what the upload of a parked file is attached to."""
    return f"device_file:{file_id}"


def take_file(found: Found) -> FileStatus:
    """Take a file in, and put it into the visit that its name means; what can't be matched is parked.

    The same content of a department comes in once, however often it is found: a crash between this and the removal of
    the file does no harm. A parked one whose name has become right is matched.

    :raises NoRoom: the disk is full; the file is found again
    """
    known = find_device_file(found.kind, found.sha256)
    if known is None:
        known = _take_new(found)
    elif known.status is FileStatus.PARKED and found.number and found.number != known.number:
        with transaction():
            change(sa.update(DeviceFile).where(DeviceFile.id == known.id).values(name=found.name, number=found.number))
        db.session.refresh(known)
    return _match_by_number(known) if known.status is FileStatus.PARKED else known.status


def _take_new(found: Found) -> DeviceFile:
    try:
        upload = uploads.store_picture(io.BytesIO(found.content), name=found.name, by=BY)
    except Invalid as error:
        return _write(found, FileStatus.UNREADABLE, None, reason=error.message)
    return _write(found, FileStatus.PARKED, upload, reason="" if found.number else NO_NUMBER)


def _write(found: Found, status: FileStatus, upload: Upload | None, *, reason: str) -> DeviceFile:
    try:
        with transaction():
            file_id = insert_row(
                DeviceFile,
                kind=found.kind,
                name=found.name[:200],
                sha256=found.sha256,
                number=found.number,
                status=status,
                reason=reason[:100],
                upload_id=upload.id if upload else None,
                found_at=clock.now(),
            )
            if upload is not None:
                uploads.attach([upload.path], subject=subject_of(file_id), by=BY)
    except IntegrityError:  # another run took the same file in this moment; what was stored here is cleared away
        known = find_device_file(found.kind, found.sha256)
        if known is None:
            raise
        return known
    return get_device_file(file_id)


def _match_by_number(file: DeviceFile) -> FileStatus:
    if not file.number:
        return file.status
    visits = visits_of_number(file.number)
    if len(visits) != 1:
        why = f"编号{file.number}有多张进行中的到院单" if visits else f"没有编号为{file.number}且已到店的到院单"
        return _stay_parked(file, why)
    try:
        match_file(file.id, visits[0].id, by=BY)
    except DomainError as error:
        return _stay_parked(file, error.message)
    return FileStatus.MATCHED


def _stay_parked(file: DeviceFile, why: str) -> FileStatus:
    with transaction():
        parked = sa.update(DeviceFile).where(DeviceFile.id == file.id, DeviceFile.status == FileStatus.PARKED)
        change(parked.values(reason=why[:100]))
    return FileStatus.PARKED


def match_file(file_id: int, visit_id: int, *, by: str) -> None:
    """Put a parked file's picture into a visit.

    :raises FileHandled: somebody else has matched or discarded it
    :raises NotExaminable: the patient has not arrived, or the visit was refused
    """
    file = get_device_file(file_id)
    with transaction():
        visit = diagnostics.hold_for_pictures(visit_id)
        _move(file.id, {FileStatus.PARKED}, FileStatus.MATCHED, by=by, visit_id=visit.id, reason="")
        upload = _upload_of(file)
        uploads.hand_over(upload.id, old=subject_of(file.id), new=subjects.subject_of(visit.id))
        diagnostics.add_attached(visit, file.kind, [upload], by=by)


def unmatch_file(file_id: int, *, why: str, by: str) -> None:
    """Take a picture out of a visit to which it does not belong; it is parked again. History keeps where it was.

    :raises FileHandled: it is matched with nothing
    """
    file = get_device_file(file_id)
    if file.visit_id is None:
        raise FileHandled
    with transaction():
        visit = diagnostics.hold_for_pictures(file.visit_id)
        _move(file.id, {FileStatus.MATCHED}, FileStatus.PARKED, by=by, visit_id=None, reason=f"取消匹配：{why}"[:100])
        upload = _upload_of(file)
        diagnostics.take_out(visit, upload.id, by=by)
        uploads.hand_over(upload.id, old=subjects.subject_of(visit.id), new=subject_of(file.id))


def discard_file(file_id: int, *, why: str, by: str) -> None:
    """Put a file aside that is nobody's picture.

    :raises FileHandled: it was matched or discarded before
    """
    file = get_device_file(file_id)
    with transaction():
        _move(file.id, {FileStatus.PARKED, FileStatus.UNREADABLE}, FileStatus.DISCARDED, by=by, reason=why[:100])


def _move(file_id: int, old: set[FileStatus], new: FileStatus, *, by: str, **values: object) -> None:
    step = sa.update(DeviceFile).where(DeviceFile.id == file_id, DeviceFile.status.in_(old))
    if not change(step.values(status=new, handled_at=clock.now(), handled_by=by, **values)):
        raise FileHandled


def _upload_of(file: DeviceFile) -> Upload:
    return db.session.get_one(Upload, file.upload_id)
