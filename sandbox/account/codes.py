"""QR codes with a scene."""

from __future__ import annotations

import io
import secrets
from typing import Any

import qrcode
import zxingcpp
from flask import Response, request
from PIL import Image, UnidentifiedImageError

from sandbox.account.api import Body, blueprint, interface, json_body
from sandbox.account.errors import ApiError
from sandbox.account.state import SceneCode
from sandbox.endpoints import endpoint, world
from sandbox.world import World

LONGEST = 2_592_000
URL = "http://weixin.qq.com/q/"


@interface("/cgi-bin/qrcode/create", method="POST")
def create() -> Body:
    """Make a code."""
    here = world()
    body = json_body()
    action = body.get("action_name")
    if action not in {"QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}:
        raise ApiError(40052)
    info = body.get("action_info")
    wanted = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(wanted, dict):
        raise ApiError(40053)
    permanent = "LIMIT" in action
    scene = _text_scene(wanted) if "STR" in action else _number_scene(wanted, largest=100_000 if permanent else 2**32)
    life = None if permanent else _life(here, body.get("expire_seconds"))
    with here.change():
        if permanent:
            for ticket, code in here.account.codes.items():
                if code.expires_at is None and code.scene == scene:
                    return {"ticket": ticket, "url": code.url}
            if (
                sum(code.expires_at is None for code in here.account.codes.values())
                >= here.config.limits.permanent_codes
            ):
                raise ApiError(45029)
        ticket = "gQ" + secrets.token_urlsafe(64) + "=="
        code = SceneCode(
            scene=scene,
            url=URL + "02" + secrets.token_urlsafe(12),
            created_at=here.now(),
            expires_at=None if life is None else here.now() + life,
        )
        here.account.codes[ticket] = code
    return {"ticket": ticket, **({} if life is None else {"expire_seconds": life}), "url": code.url}


@blueprint.get("/cgi-bin/showqrcode")
@endpoint("cgi-bin/showqrcode")
def show() -> Response:
    """Draw a code; it may have expired, that shows only on scanning."""
    code = world().account.codes.get(request.args.get("ticket", ""))
    if code is None:
        return Response("", status=404)
    return Response(picture(code.url), mimetype="image/jpg")


def picture(text: str) -> bytes:
    """Return a JPEG of a QR code."""
    out = io.BytesIO()
    qrcode.make(text, box_size=10, border=4).get_image().convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def read_picture(content: bytes) -> str | None:
    """Return what the first QR code in a picture says; None if there is none or it is no picture."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            found = zxingcpp.read_barcodes(
                picture.convert("RGB"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
            )
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None
    return next((str(code.text) for code in found if code.text), None)


def find(world: World, text: str) -> tuple[str, SceneCode] | None:
    """Return ticket and code for a scanned URL or a pasted ticket; None if it is none of ours."""
    with world.lock:
        if text in world.account.codes:
            return text, world.account.codes[text]
        return next(((ticket, code) for ticket, code in world.account.codes.items() if code.url == text), None)


def _number_scene(scene: dict[str, Any], *, largest: int) -> str:
    number = scene.get("scene_id")
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= min(largest, 2**32 - 1):
        raise ApiError(40053)
    return str(number)


def _text_scene(scene: dict[str, Any]) -> str:
    text = scene.get("scene_str")
    if not isinstance(text, str) or not 1 <= len(text) <= 64:
        raise ApiError(40053)
    return text


def _life(world: World, seconds: Any) -> int:
    if seconds is None:
        return world.config.limits.default_code_life
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= LONGEST:
        raise ApiError(40035, "invalid parameter: expire_seconds")
    return seconds
