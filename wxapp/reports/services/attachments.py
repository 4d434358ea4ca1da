"""What lies on disk of a report: the original as PDF and pictures, given out only by this package's handlers."""

from __future__ import annotations

import io

from wxapp.core import documents, files
from wxapp.reports.incoming import IncomingReport
from wxapp.reports.services.revisions import Attachments, KeptPicture


def keep(incoming: IncomingReport, *, by: str) -> Attachments:
    """Open, check and keep a report's document and pictures; before the transaction that writes their names.

    :raises Invalid: one of them can't be shown; nothing is kept then
    :raises NoRoom: the disk is full
    """
    pictures = [files.read_picture(io.BytesIO(raw), field="pictures") for raw in incoming.pictures]
    document = documents.read_document(incoming.document) if incoming.document else None
    kept: list[str] = []
    try:
        names = []
        for at, picture in enumerate(pictures, 1):
            file = files.keep_picture(picture, name=f"报告图片{at}", by=by, is_public=False)
            kept.append(file.token)
            names.append(KeptPicture(file.token, picture.width, picture.height))
        if document is None:
            return Attachments(pictures=tuple(names))
        file = documents.keep_document(document, name="报告.pdf", by=by)
        return Attachments(file.token, document.pages, file.size, tuple(names))
    except BaseException:
        files.discard(kept)
        raise


def discard(attachments: Attachments) -> None:
    """Remove files whose report was not written."""
    files.discard(attachments.tokens)


def discard_after(error: BaseException, attachments: Attachments) -> None:
    """Remove files whose report was surely not written, as this error has ended its transaction."""
    files.discard_after(error, attachments.tokens)
