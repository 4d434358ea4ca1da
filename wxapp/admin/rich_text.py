"""Pictures inside rich text: the editor sends each one here as it is put in, and writes its address into the text."""

from __future__ import annotations

from flask import request, url_for

from wxapp.admin.answers import Done
from wxapp.admin.identity import current_staff
from wxapp.admin.interface import ANY_STAFF, Interfaces
from wxapp.core import files
from wxapp.core.errors import Forbidden, Invalid
from wxapp.core.permissions import Permission

blueprint = Interfaces("rich_text", __name__)
interface = blueprint.interface

WRITERS = (Permission.WEBSITE_WRITE, Permission.GOODS_WRITE)
"""Who writes rich text may put pictures into it; one right of these is enough."""


@interface("rich_text.add_picture", POST="/pc/rich-text/pictures", permission=ANY_STAFF, audit="上传图文图片")
def add_picture() -> Done:
    """Keep one picture for everybody to see, at most 1600 pixels wide or high; ``url`` is its address.

    :raises Forbidden: who is signed in writes no rich text
    """
    staff = current_staff()
    if not any(staff.may(permission) for permission in WRITERS):
        raise Forbidden
    upload = request.files.get("picture")
    if upload is None or not upload.filename:
        raise Invalid({"picture": "请选择图片"})
    picture = files.read_picture(upload.stream)
    kept = files.keep_picture(picture, name=upload.filename, by=staff.actor)
    return Done("图片已上传", location=url_for("admin_admin.start"), url=url_for("media", token=kept.token))
