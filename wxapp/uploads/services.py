"""Storing what staff upload, attaching it to what it belongs to, and clearing away what never was."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import IO

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from wxapp.core import clock, files
from wxapp.core.db import change, db, on_commit, transaction
from wxapp.core.errors import Invalid
from wxapp.core.files import File
from wxapp.uploads import pictures
from wxapp.uploads.models import PICTURE, Upload
from wxapp.uploads.queries import uploads_by_path

ROOT = "/static/upload"
KEPT_UNATTACHED = timedelta(days=2)
"""A page on which pictures were put and which nobody has saved is forgotten after so long."""


def store_picture(stream: IO[bytes], *, name: str, by: str) -> Upload:
    """Keep a picture, opened and written anew as a JPEG, under a name that nobody guesses.

    Until it is attached only who stored it sees it.

    :param name: what the sender called it, for people only
    :raises Invalid: larger than 20 MB, or none of JPEG, PNG, WebP and HEIC by its content
    :raises NoRoom: the disk is full; nothing is kept
    """
    read = pictures.read(stream)
    kept: list[File] = []
    try:
        for picture in (read.whole, read.small):
            size = (picture.width, picture.height)
            kept.append(files.keep(picture.content, content_type="image/jpeg", name=name, by=by, size=size))
        now = clock.now()
        with transaction():
            upload = Upload(
                path=f"{ROOT}/{clock.today():%Y%m%d}/{secrets.token_hex(16)}.jpg",
                file_id=kept[0].id,
                small_file_id=kept[1].id,
                kind=PICTURE,
                uploaded_by=by,
                uploaded_at=now,
            )
            db.session.add(upload)
    except (DBAPIError, files.NoRoom) as error:
        files.discard_after(error, [file.token for file in kept])
        raise
    return upload


def attach(paths: Sequence[str], *, subject: str, by: str) -> list[Upload]:
    """Say what these uploads belong to, in the caller's transaction; return them in this order.

    What is attached to the subject already stays so. The answer to two that attach the same upload to different
    subjects at once is decided by the row itself.

    :param subject: e.g. ``visit:12``; its kind is registered with ``registry.may_see``
    :raises Invalid: a path that is no upload of ours, is somebody else's, or is attached elsewhere
    """
    wanted = list(dict.fromkeys(paths))
    now = clock.now()
    for path in wanted:
        free = sa.and_(Upload.subject == "", Upload.uploaded_by == by)
        taken = change(sa.update(Upload).where(Upload.path == path, free).values(subject=subject, attached_at=now))
        # Asked after the UPDATE, which waits for whoever is attaching the same one in this moment.
        if not taken and not _is_attached_to(path, subject):
            raise Invalid({}, "图片地址无效：不是您上传的图片，或已用在别处，请重新上传")
    found = uploads_by_path(wanted)
    return [found[path] for path in wanted]


def hand_over(upload_id: int, *, old: str, new: str) -> None:
    """Let an upload that is attached to one subject belong to another from now on, in the caller's transaction.

    :raises Invalid: it is not attached to the old one any more
    """
    if not change(sa.update(Upload).where(Upload.id == upload_id, Upload.subject == old).values(subject=new)):
        raise Invalid({}, "图片已被移走，请刷新后重试")


def _is_attached_to(path: str, subject: str) -> bool:
    asked = sa.select(Upload.id).where(Upload.path == path, Upload.subject == subject)
    return db.session.scalar(asked) is not None


def discard_left_behind(upload_id: int) -> int:
    """Remove an upload if it still is attached to nothing; return 1 if it was removed."""
    with transaction():
        upload = db.session.get(Upload, upload_id)
        if upload is None:
            return 0
        file_ids = [number for number in (upload.file_id, upload.small_file_id) if number is not None]
        if not change(sa.delete(Upload).where(Upload.id == upload_id, Upload.attached_at.is_(None))):
            return 0
        tokens = db.session.scalars(sa.select(File.token).where(File.id.in_(file_ids))).all()
        change(sa.delete(File).where(File.id.in_(file_ids)))
        for token in tokens:
            on_commit(files.path_of(token).unlink, True)
    return 1
