"""How a poster looks: a white card on the brand's colour, with the goods' cover or a large QR code in its middle.

Sizes are pixels of the finished picture, which telephones show at half of that.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from wxapp.core.money import yuan
from wxapp.h5.posters import letters, shapes
from wxapp.h5.posters.poster import Poster

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

VERSION = 1
"""Goes up with every change of how a poster looks; posters that are kept are drawn anew then."""

WIDTH, HEIGHT = 750, 1334
MIDDLE = WIDTH // 2
LEFT, TOP, RIGHT, BOTTOM = 40, 232, 710, 1290
"""The card."""
PADDING = 44
INNER = RIGHT - LEFT - 2 * PADDING
COVER_BOTTOM = TOP + 502
NOTCH = 18

# As in tokens.css.
BRAND, BRAND_STRONG, BRAND_DEEP, BRAND_SOFT = "#0a8f7a", "#087663", "#07594c", "#e3f4f0"
SURFACE, LINE, INK, INK_2, INK_3, PRICE = "#ffffff", "#c5cfcd", "#15211f", "#4b5a57", "#66736f", "#b3420a"
HALO_TOP, HALO_BOTTOM = "#179582", "#156256"
"""The ground where it is a little lighter."""
RAMPS = [
    *((BRAND, BRAND_DEEP, 32), (HALO_TOP, HALO_BOTTOM, 32), (BRAND_SOFT, BRAND, 10), (SURFACE, "#000000", 2)),
    *((SURFACE, INK, 12), (SURFACE, INK_2, 8), (SURFACE, INK_3, 8), (SURFACE, BRAND_STRONG, 8), (SURFACE, PRICE, 10)),
    (SURFACE, LINE, 2),
]
"""The colours of everything but the cover: smooth edges of letters are mixtures with the ground."""


def draw_poster(poster: Poster) -> bytes:
    """Return the poster as a PNG.

    :raises ValueError: what the QR code has to say is too long for it
    """
    sheet = _Sheet(poster)
    cover = shapes.open_cover(poster.picture, RIGHT - LEFT, COVER_BOTTOM - TOP)
    if cover is None:
        _draw_invitation(sheet, poster)
    else:
        _draw_goods(sheet, poster, cover)
    return shapes.png(sheet.image, RAMPS, cover)


class _Sheet:
    """The ground with what all posters have, and the pens to go on with."""

    def __init__(self, poster: Poster) -> None:
        from PIL import Image, ImageDraw

        shade = Image.linear_gradient("L").resize((1, HEIGHT))
        column = Image.composite(Image.new("RGB", shade.size, BRAND_DEEP), Image.new("RGB", shade.size, BRAND), shade)
        self.image = column.resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
        self.pen = ImageDraw.Draw(self.image)
        self._fonts: dict[tuple[int, bool], FreeTypeFont] = {}
        for x, y, radius in ((704, 60, 190), (60, 250, 120), (560, 1300, 240)):
            halo = Image.new("L", (2 * radius + 1, 2 * radius + 1))
            ImageDraw.Draw(halo).ellipse((0, 0, 2 * radius, 2 * radius), 14)  # so faint that it needs no smoothing
            self.image.paste(SURFACE, (x - radius, y - radius), halo)
        self.card = shapes.rounded(RIGHT - LEFT, BOTTOM - TOP, 32)
        self._draw_head(poster)

    def font(self, size: int, *, is_bold: bool = False) -> FreeTypeFont:
        """Return a font, opened once for this poster."""
        found = self._fonts.get((size, is_bold))
        if found is None:
            found = self._fonts[size, is_bold] = letters.font(size, is_bold=is_bold)
        return found

    def _draw_head(self, poster: Poster) -> None:
        """Draw whose poster it is and what it calls for."""
        name_font = self.font(30)
        name = letters.one_line(poster.hospital, name_font, 560)
        self._draw_mark(LEFT + 6, 52)
        self.pen.text((LEFT + 66, 75), name, SURFACE, name_font, anchor="lm")
        for size in (60, 54, 48, 42):  # smaller before something is left out
            font = self.font(size, is_bold=True)
            if font.getlength(letters.drawable(poster.headline)) <= RIGHT - LEFT - 12:
                break
        self.pen.text(
            (LEFT + 6, 162), letters.one_line(poster.headline, font, RIGHT - LEFT - 12), SURFACE, font, anchor="lm"
        )

    def _draw_mark(self, x: int, y: int) -> None:
        self.image.paste(SURFACE, (x, y), shapes.rounded(46, 46, 12))
        self.pen.rectangle((x + 18, y + 10, x + 27, y + 35), BRAND)
        self.pen.rectangle((x + 10, y + 18, x + 35, y + 27), BRAND)

    def draw_card(self, fold: int | None, cover: Image | None = None) -> None:
        """Draw the card like a ticket: with a notch on both sides where it folds."""
        if fold is not None:
            notch = shapes.disc(NOTCH)
            for x in (-NOTCH, RIGHT - LEFT - NOTCH):
                self.card.paste(0, (x, fold - TOP - NOTCH), notch)
        self.image.paste(SURFACE, (LEFT, TOP), self.card)
        if cover is not None:
            self.image.paste(cover, (LEFT, TOP), self.card.crop((0, 0, *cover.size)))
        if fold is not None:
            for x in range(LEFT + 2 * NOTCH, RIGHT - 2 * NOTCH - 4, 16):
                self.pen.rectangle((x, fold - 1, x + 8, fold), LINE)

    def draw_lines(self, lines: list[str], x: int, top: int, step: int, font: FreeTypeFont, colour: str) -> int:
        """Draw lines one below the other, from the left; return where the next one begins."""
        for line in lines:
            self.pen.text((x, top + step // 2), line, colour, font, anchor="lm")
            top += step
        return top

    def draw_centred(self, lines: list[str], top: int, step: int, font: FreeTypeFont, colour: str) -> int:
        """Draw lines one below the other in the middle; return where the next one begins."""
        for line in lines:
            self.pen.text((MIDDLE, top + step // 2), line, colour, font, anchor="mm")
            top += step
        return top

    def draw_code(self, text: str, most: int, *, right: int | None = None, middle: int) -> None:
        """Draw the QR code, its modules ending at the right, or in the middle of the card."""
        code = shapes.qr_code(text, most)
        left = MIDDLE - code.width // 2 if right is None else right - code.width
        self.image.paste(code, (left, middle - code.height // 2))

    def draw_price(self, poster: Poster, baseline: int, *, is_centred: bool) -> None:
        """Draw the price with small decimals, and the old one struck through where it is higher."""
        if poster.price_fen is None:
            return
        whole, _, part = yuan(poster.price_fen).partition(".")
        small, large, plain = self.font(38, is_bold=True), self.font(66, is_bold=True), self.font(28)
        pieces = [("¥", small), (whole, large), (f".{part}", small)]
        width = sum(font.getlength(text) for text, font in pieces)
        original_fen = poster.original_fen or 0
        old = f"¥{yuan(original_fen)}" if original_fen > poster.price_fen else ""
        room = 20 + plain.getlength(old)
        if not old or width + room > INNER:
            old, room = "", 0
        x = MIDDLE - (width + room) / 2 if is_centred else LEFT + PADDING
        for text, font in pieces:
            self.pen.text((x, baseline), text, PRICE, font, anchor="ls")
            x += font.getlength(text)
        if old:
            self.pen.text((x + 20, baseline), old, INK_3, plain, anchor="ls")
            self.pen.rectangle((x + 17, baseline - 11, x + room + 3, baseline - 10), INK_3)


def _draw_goods(sheet: _Sheet, poster: Poster, cover: Image) -> None:
    """The cover above, title and price below it, who sends it and the QR code at the bottom."""
    fold = 976
    sheet.draw_card(fold, cover)
    left = LEFT + PADDING
    title_font = sheet.font(36, is_bold=True)
    title = letters.wrap(poster.title, title_font, INNER, most=2)
    price = 0 if poster.price_fen is None else 92
    top = (COVER_BOTTOM + fold - 52 * len(title) - price) // 2
    top = sheet.draw_lines(title, left, top, 52, title_font, INK)
    sheet.draw_price(poster, top + 74, is_centred=False)

    middle, side = (fold + BOTTOM) // 2, 272
    sheet.draw_code(poster.code, side, right=RIGHT - PADDING + 24, middle=middle)
    room = INNER - side
    inviter_font, hint_font, day_font = sheet.font(34, is_bold=True), sheet.font(28), sheet.font(23)
    inviter = letters.wrap(poster.inviter, inviter_font, room, most=2)
    hint = letters.wrap(poster.hint, hint_font, room, most=2)
    day = _valid_until(poster.valid_until)
    top = middle - (48 * len(inviter) + 14 + 40 * len(hint) + 10 + 34 * len(day)) // 2
    top = sheet.draw_lines(inviter, left, top, 48, inviter_font, INK)
    top = sheet.draw_lines(hint, left, top + 14, 40, hint_font, BRAND_STRONG)
    sheet.draw_lines(day, left, top + 10, 34, day_font, INK_3)


def _draw_invitation(sheet: _Sheet, poster: Poster) -> None:
    """Who sends it and what it is about above a large QR code."""
    inviter_font, title_font = sheet.font(46, is_bold=True), sheet.font(34)
    inviter = letters.wrap_evenly(poster.inviter, inviter_font, INNER, most=2)
    title = letters.wrap_evenly(poster.title, title_font, INNER, most=3)
    price = 0 if poster.price_fen is None else 90
    above = 64 * len(inviter) + 14 * bool(inviter and title) + 50 * len(title) + price
    fold = TOP + above + 84 if above else TOP
    sheet.draw_card(fold if above else None)
    top = (TOP + fold - above) // 2
    top = sheet.draw_centred(inviter, top, 64, inviter_font, INK) + 14 * bool(inviter and title)
    top = sheet.draw_centred(title, top, 50, title_font, INK_2)
    sheet.draw_price(poster, top + 74, is_centred=True)

    hint_font, day_font = sheet.font(34, is_bold=True), sheet.font(26)
    hint = letters.wrap_evenly(poster.hint, hint_font, INNER, most=2)
    day = _valid_until(poster.valid_until)
    below = 48 * len(hint) + 38 * len(day)
    foot = BOTTOM - 60 - below
    sheet.draw_code(poster.code, min(foot - fold - 20, 560), middle=(fold + foot) // 2 + 6)
    top = sheet.draw_centred(hint, foot, 48, hint_font, BRAND_STRONG)
    sheet.draw_centred(day, top, 38, day_font, INK_3)


def _valid_until(day: date | None) -> list[str]:
    return [] if day is None else [f"二维码有效期至{day.year}年{day.month}月{day.day}日"]
