"""Letters on a poster: the fonts, which characters they know, and where a line may end."""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FONTS = Path(__file__).resolve().parents[2] / "fonts"
"""Filled by scripts/setup.py."""
_REGULAR = FONTS / "NotoSansSC-Regular.ttf"
_BOLD = FONTS / "NotoSansSC-Bold.ttf"

LONGEST_TEXT = 200
"""Characters that are looked at; no line of a poster holds as many."""

ELLIPSIS = "…"
_NEVER_FIRST = frozenset("，。、；：？！）》」』】〉〕”’…—～·％‰℃,.;:?!)]}%")
_NEVER_LAST = frozenset("（《「『【〈〔“‘([{¥￥$#")


def font(size: int, *, is_bold: bool = False) -> FreeTypeFont:
    """Open a font. The file is mapped, not read: closed after each poster it costs no memory in between."""
    from PIL import ImageFont

    path = _BOLD if is_bold else _REGULAR
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """Return a text in one line, without what can't be drawn: emoji, control characters, unknown scripts."""
    kept = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text[:LONGEST_TEXT])
        if character.isspace() or _is_known(character)
    )
    return " ".join(kept.split())


def one_line(text: str, face: FreeTypeFont, width: float) -> str:
    """Return as much of a text as fits into one line, with "…" where something is left out."""
    return next(iter(wrap(text, face, width, most=1)), "")


def wrap(text: str, face: FreeTypeFont, width: float, *, most: int) -> list[str]:
    """Return a text in at most so many lines, with "…" where something is left out.

    A line ends between two Chinese characters or two words, never before a closing sign or after an opening one.
    """
    pieces = list(_pieces(drawable(text), face, width))
    lines = _filled(pieces, width)
    return lines if len(lines) <= most else [*lines[: most - 1], _cut(lines[most - 1], face, width)]


def wrap_evenly(text: str, face: FreeTypeFont, width: float, *, most: int) -> list[str]:
    """Return a text in at most so many lines, about as wide as each other: no single character in the last one."""
    pieces = list(_pieces(drawable(text), face, width))
    lines = _filled(pieces, width)
    if len(lines) > most:
        return wrap(text, face, width, most=most)
    tries = (_filled(pieces, width * percent / 100) for percent in range(52, 100, 4))
    return next((even for even in tries if len(even) == len(lines)), lines)


@dataclass(frozen=True)
class _Piece:
    """What stays together on a line, as wide as it is drawn inside of a line and at its end."""

    text: str
    width: float
    last_width: float


def _filled(pieces: list[_Piece], width: float) -> list[str]:
    lines: list[str] = []
    line, used = "", 0.0
    for piece in pieces:
        if line and used + piece.last_width > width:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line, used = line + piece.text, used + piece.width
    return [*lines, line.rstrip()] if line else lines


def _pieces(text: str, face: FreeTypeFont, width: float) -> Iterator[_Piece]:
    """Cut a text where a line may end; what is wider than a line is cut between any two characters."""
    for word in _words(text):
        wide = face.getlength(word)
        if wide > width:
            yield from (_Piece(character, face.getlength(character), face.getlength(character)) for character in word)
        else:
            bare = word.rstrip()
            yield _Piece(word, wide, wide if bare == word else face.getlength(bare))


def _words(text: str) -> Iterator[str]:
    word = ""
    for character in text:
        if word and _may_part(word[-1], character):
            yield word
            word = ""
        word += character
    if word:
        yield word


def _may_part(before: str, after: str) -> bool:
    if after.isspace() or after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    return before.isspace() or not (before.isascii() and after.isascii())


def _cut(line: str, face: FreeTypeFont, width: float) -> str:
    """Return a line that ends in "…" and still fits."""
    while line and face.getlength(line + ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip(" " + "".join(_NEVER_FIRST | _NEVER_LAST)) + ELLIPSIS


# --- what the font knows ---------------------------------------------------------------------------------------------


def _is_known(character: str) -> bool:
    if unicodedata.category(character).startswith("C") or "\ufe00" <= character <= "\ufe0f":
        return False
    starts, ends = _ranges()
    at = bisect_right(starts, ord(character)) - 1
    return at >= 0 and ord(character) <= ends[at]


@cache
def _ranges() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first and last characters of all runs that the font has signs for, from its own table."""
    table = _character_map(_REGULAR)
    (maps,) = struct.unpack_from(">H", table, 2)
    for number in range(maps):
        (at,) = struct.unpack_from(">L", table, 8 + 8 * number)
        if struct.unpack_from(">H", table, at)[0] == 12:  # the format that covers all of Unicode
            (runs,) = struct.unpack_from(">L", table, at + 12)
            groups = [struct.unpack_from(">2L", table, at + 16 + 12 * run) for run in range(runs)]
            return tuple(first for first, _ in groups), tuple(last for _, last in groups)
    raise ValueError(f"{_REGULAR.name} has no table of characters that is understood")


def _character_map(path: Path) -> bytes:
    with path.open("rb") as file:
        (tables,) = struct.unpack(">4xH6x", file.read(12))
        for _ in range(tables):
            tag, offset, length = struct.unpack(">4s4x2L", file.read(16))
            if tag == b"cmap":
                file.seek(offset)
                return file.read(length)
    raise ValueError(f"{path.name} is no font")
