"""Giving private files out, for the doors that have looked whose they are."""

from __future__ import annotations

from flask import send_file
from flask.wrappers import Response

from wxapp.core import files
from wxapp.reports.models import Revision
from wxapp.reports.queries import contents
from wxapp.reports.queries.contents import Known
from wxapp.reports.services import document_pages


def picture(revision: Revision, position: int) -> Response:
    """:raises NotFound: no such picture"""
    return _give(contents.get_picture(revision.id, position).token)


def page(revision: Revision, number: int) -> Response:
    """:raises NoSuchPage: no such page, or it can't be drawn"""
    return _give(document_pages.token_of_page(revision.document_token, number))


def original(report: Known, revision: Revision) -> Response:
    """Give the PDF, to be kept by whoever asked, never to be opened within our pages."""
    response = _give(revision.document_token, name=f"{report.no}.pdf")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _give(token: str, *, name: str = "") -> Response:
    file = files.private_file(token)
    response = send_file(
        files.path_of(file.token),
        mimetype=file.content_type,
        as_attachment=bool(name),
        download_name=name or None,
        etag=file.sha256,
        conditional=True,
    )
    # A browser asks each time: who has lost the right gets nothing more, everybody else not even the bytes.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
