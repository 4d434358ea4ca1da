"""Rich text as staff write it: cleaned when it is written, so that pages may show it as it stands in the table.

What stays is plain formatting, links and our own pictures. Scripts, handlers, styles, frames and foreign pictures go.
"""

from __future__ import annotations

import html
import re

import nh3
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

MAX_LENGTH = 50_000
"""So many characters a text may have as it is typed."""

RichText = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
"""Column type: MySQL's TEXT holds 64 kB, which a long text in Chinese reaches."""

ALLOWED_TAGS = {
    *("p", "br", "h3", "h4", "strong", "b", "em", "i", "u", "s", "blockquote", "ul", "ol", "li", "a", "img", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ALLOWED_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
LINK_SCHEMES = {"https", "http", "tel"}

_BLOCK = re.compile(r"<(?:p|h3|h4|ul|ol|table|blockquote)>")
_PICTURE = re.compile(r"/media/[\w-]{1,60}")
_VISIBLE = re.compile(r"<(?:img [^>]*src=|hr\b)")
_WITHOUT_WORDS = re.compile(r'<img (src="/media/[\w-]+")>')
"""A picture that nobody has described would be read out by its address."""
_SPACE = re.compile(r"\s+")
_END_OF_LINE = re.compile(r"(?=</(?:p|li|h3|h4|td|th|tr|blockquote)>|<br)")


def clean(text: str) -> str:
    """Return rich text with nothing in it but plain formatting, links and our own pictures; "" when nothing is to see.

    A text without paragraphs, as it is typed where no editor runs, gets one per line. Cleaning twice changes nothing.
    """
    cleaned = _clean(text)
    if not _BLOCK.search(cleaned):
        cleaned = _clean("".join(f"<p>{line.strip()}</p>" for line in cleaned.splitlines() if line.strip()))
    return cleaned if plain(cleaned) or _VISIBLE.search(cleaned) else ""


def _clean(text: str) -> str:
    cleaned = nh3.clean(
        text,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        attribute_filter=_kept_value,
        url_schemes=LINK_SCHEMES,
        link_rel="noopener noreferrer",
    )
    return _WITHOUT_WORDS.sub(r'<img \1 alt="">', cleaned).strip()


def _kept_value(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if _PICTURE.fullmatch(value) else None
    if name == "href" and value.lstrip().startswith(("//", "/\\", "\\")):  # a foreign host without its scheme
        return None
    return value


def plain(text: str, *, most: int = 0) -> str:
    """Return the words of rich text in one line; with ``most`` at most so many characters, then an ellipsis."""
    words = html.unescape(nh3.clean(_END_OF_LINE.sub(" ", text), tags=set()))
    line = _SPACE.sub(" ", words.replace("\N{NO-BREAK SPACE}", " ")).strip()
    return line if not most or len(line) <= most else line[: most - 1].rstrip() + "…"
