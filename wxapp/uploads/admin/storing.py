"""Sending a picture, one at a time, before it is attached to what it belongs to."""

from __future__ import annotations

from flask import Response, jsonify, request

from wxapp.admin import audit
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import ANY_STAFF
from wxapp.core.errors import Invalid
from wxapp.uploads import services
from wxapp.uploads.admin.door import interface
from wxapp.uploads.pictures import FIELD, MAX_BYTES


@interface(
    "common.upload_one",
    POST="/pc/common/upload_one",
    permission=ANY_STAFF,
    audit="上传图片",
    is_wire=True,
    largest_upload=MAX_BYTES,
)
def upload_one() -> Response:
    """Keep a picture; ``message`` is the address by which it is attached.

    :raises Invalid: no file, or none that :func:`services.store_picture` takes
    """
    sent = request.files.get(FIELD)
    if sent is None or not sent.filename:
        raise Invalid({FIELD: "请选择图片文件"})
    upload = services.store_picture(sent.stream, name=sent.filename, by=current_staff().actor)
    audit.about(f"upload:{upload.id}")
    return jsonify(success=1, message=upload.path)
