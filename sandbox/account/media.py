"""Temporary media: three days, then the id is dead."""

from __future__ import annotations

import base64
import secrets

from flask import Response, request

from sandbox.account.api import Body, blueprint, interface
from sandbox.account.errors import ApiError
from sandbox.account.state import Media
from sandbox.endpoints import world
from sandbox.world import World

LIFE = 3 * 86_400
MEGA = 1024 * 1024
ALLOWED = {
    "image": (10 * MEGA, {"image/png", "image/jpeg", "image/gif"}),
    "voice": (2 * MEGA, {"audio/amr", "audio/mpeg", "audio/mp3"}),
    "video": (10 * MEGA, {"video/mp4"}),
    "thumb": (64 * 1024, {"image/jpeg"}),
}


@interface("/cgi-bin/media/upload", method="POST")
def upload() -> Body:
    """Take a file."""
    kind = request.args.get("type", "")
    if kind not in ALLOWED:
        raise ApiError(40004)
    largest, mimes = ALLOWED[kind]
    media_id = _keep(world(), kind, largest=largest, mimes=mimes)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: media_id, "created_at": int(world().now())}


@interface("/cgi-bin/media/uploadimg", method="POST")
def upload_picture() -> Body:
    """Take a picture for the text of an article; its address never expires."""
    media_id = _keep(world(), "article", largest=MEGA, mimes={"image/png", "image/jpeg"})
    return {"url": f"{world().config.server.public_url}/mmbiz/{media_id}"}


@interface("/cgi-bin/media/get")
def get() -> Body | Response:
    """Return a file; of a video only where it lies."""
    media_id = request.args.get("media_id", "")
    if not media_id:
        raise ApiError(41006)
    media = find(world(), media_id)
    if media.kind == "video":
        return {"video_url": f"{world().config.server.public_url}/mmbiz/{media_id}"}
    response = Response(base64.b64decode(media.content), mimetype=media.mime)
    response.headers["Content-Disposition"] = f'attachment; filename="{media_id}"'
    return response


@blueprint.get("/mmbiz/<media_id>")
def picture(media_id: str) -> Response:
    """Show a file to a browser."""
    media = world().account.media.get(media_id)
    if media is None:
        return Response("", status=404)
    return Response(base64.b64decode(media.content), mimetype=media.mime)


def find(world: World, media_id: str) -> Media:
    """Return a file that is still kept.

    :raises ApiError: 40007, unknown or older than three days.
    """
    with world.lock:
        media = world.account.media.get(media_id)
        if media is None or media.created_at + LIFE <= world.now():
            raise ApiError(40007)
        return media


def _keep(world: World, kind: str, *, largest: int, mimes: set[str]) -> str:
    upload = request.files.get("media")
    if upload is None:
        raise ApiError(41005)
    content = upload.read()
    if not content or len(content) > largest:
        raise ApiError(40006)
    if upload.mimetype not in mimes:
        raise ApiError(40005)
    media_id = secrets.token_urlsafe(48)
    with world.change():
        world.account.media[media_id] = Media(
            kind=kind,
            content=base64.b64encode(content).decode(),
            mime=upload.mimetype,
            filename=upload.filename or "",
            created_at=world.now(),
        )
    return media_id
