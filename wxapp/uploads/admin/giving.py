"""Giving pictures out, to members of staff who may see what they are attached to."""

from __future__ import annotations

from flask import request, send_file
from flask.wrappers import Response

from wxapp.admin import audit, identity
from wxapp.core import files
from wxapp.core.errors import Forbidden, NotFound
from wxapp.uploads import queries, registry, services
from wxapp.uploads.admin.door import blueprint

SMALL = "small"
"""Key in the address that asks for the small picture."""


@blueprint.get(f"{services.ROOT}/<day>/<name>")
def give(day: str, name: str) -> Response:
    """Answer with a picture, or with its small one for lists (``?small=1``).

    Each look at a whole one is logged; of small ones the page that shows them logs the look.

    :raises SignInRequired: nobody is signed in
    :raises NotFound: no such picture, or not one that this person may see
    """
    staff = identity.current_staff()
    if staff.must_visit:
        raise Forbidden("请先修改初始密码或完成两步验证设置")
    upload = queries.get_upload(f"{services.ROOT}/{day}/{name}")
    if not registry.is_seen_by(upload, staff):
        raise NotFound
    is_small = SMALL in request.args
    file = queries.file_of(upload, is_small=is_small)
    if not is_small and upload.subject:
        kind, _, number = upload.subject.partition(":")
        audit.looked_at(kind, number, f"图片{upload.id}")
    try:
        response = send_file(files.path_of(file.token), mimetype=file.content_type, etag=file.sha256, conditional=True)
    except FileNotFoundError:
        raise NotFound from None
    # A browser asks each time: who has lost the right gets nothing more, everybody else not even the bytes.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
