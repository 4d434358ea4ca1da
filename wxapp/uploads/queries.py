"""Reads of uploads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from wxapp.core.db import db
from wxapp.core.errors import NotFound
from wxapp.core.files import File
from wxapp.uploads.models import Upload


def get_upload(path: str) -> Upload:
    """Return an upload by its address.

    :raises NotFound: we gave out no such address
    """
    found = db.session.scalars(sa.select(Upload).where(Upload.path == path)).one_or_none()
    if found is None:
        raise NotFound
    return found


def path_of(upload_id: int) -> str:
    """Return the address of an upload."""
    return db.session.get_one(Upload, upload_id).path


def file_of(upload: Upload, *, is_small: bool = False) -> File:
    """Return the stored file, or the small picture for lists if there is one."""
    file_id = upload.small_file_id if is_small and upload.small_file_id is not None else upload.file_id
    return db.session.get_one(File, file_id)


def uploads_by_path(paths: Iterable[str]) -> dict[str, Upload]:
    """Return those of these addresses that are ours, as they are now."""
    wanted = set(paths)
    asked = sa.select(Upload).where(Upload.path.in_(wanted)).execution_options(populate_existing=True)
    rows = db.session.scalars(asked) if wanted else ()
    return {upload.path: upload for upload in rows}


def left_behind(before: datetime, limit: int) -> list[int]:
    """Return uploads that were never attached to anything and are older, the oldest first."""
    wanted = (
        sa.select(Upload.id)
        .where(Upload.attached_at.is_(None), Upload.uploaded_at < before)
        .order_by(Upload.uploaded_at)
        .limit(limit)
    )
    return list(db.session.scalars(wanted))
