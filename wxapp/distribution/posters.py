"""What pages with a poster have in common: the scene behind it, and what they show while WeChat is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for

from wxapp.core import clock
from wxapp.core.addresses import absolute
from wxapp.core.errors import Unavailable
from wxapp.core.limits import Limit
from wxapp.distribution.models import Distributor, Scene, SceneKind
from wxapp.distribution.services.scenes import link_of, scene_of

POSTERS = Limit("distribution.posters", count=120, seconds=60)
"""Per distributor: each may have to be drawn."""


@dataclass(frozen=True)
class Shown:
    """The link of a scene, which always works, and whether there is a poster.

    :ivar path: what the page passes on by WeChat's script
    :ivar problem: why there is no poster now, "" while there is one
    """

    path: str
    link: str
    valid_until: date | None
    problem: str


def page_of(distributor: Distributor, kind: SceneKind, goods_id: int = 0) -> Shown:
    """Return what the page of a poster shows; without WeChat the link is there and the poster is not."""
    problem = ""
    try:
        scene = scene_of(distributor, kind, goods_id)
    except Unavailable as error:
        scene, problem = link_of(distributor, kind, goods_id), error.message
    path = url_for("distribution.open_shared", token=scene.token)
    return Shown(path, absolute(path), None if problem else valid_until(scene), problem)


def valid_until(scene: Scene) -> date | None:
    """Return the last day on which the QR code works from morning to evening."""
    if scene.expires_at is None:
        return None
    return clock.hospital_day(scene.expires_at) - timedelta(days=1)
