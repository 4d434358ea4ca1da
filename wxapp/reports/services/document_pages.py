"""Pages of documents as pictures: WeChat on Android shows no PDF. Drawn when first asked for, then kept privately."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wxapp.core import clock, documents, files
from wxapp.core.db import db, transaction
from wxapp.reports.models import DocumentPage

MOST_SHOWN = 60
"""Further pages are in the original only."""

BY = "system:report_pages"


def token_of_page(document_token: str, number: int) -> str:
    """Return the private file that shows a page of a document.

    Two who ask at the same moment both draw; the unique key keeps one of the pictures.

    :raises NoSuchPage: there is no such page, or it can't be drawn
    """
    if not 1 <= number <= MOST_SHOWN:
        raise documents.NoSuchPage
    if (known := _known(document_token, number)) is not None:
        return known
    picture = documents.draw_page(document_token, number)
    file = files.keep_picture(picture, name=f"第{number}页", by=BY, is_public=False)
    try:
        with transaction():
            row = DocumentPage(document_token=document_token, number=number, token=file.token, made_at=clock.now())
            with db.session.begin_nested():
                db.session.add(row)
    except IntegrityError:
        files.discard([file.token])
        return _known(document_token, number) or ""
    except BaseException as error:  # e.g. a deadlock: the door asks once more
        files.discard_after(error, [file.token])
        raise
    return file.token


def _known(document_token: str, number: int) -> str | None:
    return db.session.scalar(
        sa.select(DocumentPage.token).where(
            DocumentPage.document_token == document_token, DocumentPage.number == number
        )
    )
