"""What stands on a poster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Poster:
    """Everything that is drawn; two equal posters are the same picture.

    Texts may be of any length and hold any characters: what doesn't fit ends in "…", what the font doesn't know is
    left out. A picture that can't be opened is left out, too.

    :ivar headline: the call, in one line, e.g. ``邀请您成为分销员``
    :ivar code: what the QR code says
    :ivar inviter: who sends this, e.g. ``张* 邀请您``
    :ivar title: of the goods; two lines beside a picture, three without one
    :ivar picture: the goods' cover as it is stored
    :ivar original_fen: shown struck through when it is more than the price
    :ivar valid_until: the last day on which the QR code works
    """

    hospital: str
    headline: str
    code: str
    inviter: str = ""
    title: str = ""
    picture: bytes | None = None
    price_fen: int | None = None
    original_fen: int | None = None
    valid_until: date | None = None
    hint: str = "长按识别二维码"
