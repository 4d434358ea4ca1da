r"""Character sets of messages: what MSH-18 calls them, and which one a message is written in.

In GBK and GB 18030 the second byte of a character may be ``|``, ``^``, ``\\`` or ``~``: a message has to be decoded
before it is split, though what it is written in stands in one of its fields.
"""

from __future__ import annotations

import re

NAMES = {
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB 18030-2000": "gb18030",
    "GB18030-2000": "gb18030",
    "GB 18030": "gb18030",
    "GB18030": "gb18030",
    "GBK": "gb18030",
    "CP936": "gb18030",
    "GB2312": "gb18030",
    "GB 2312": "gb18030",
    "GB 2312-80": "gb18030",
    "ISO IR58": "gb18030",
} | {f"8859/{part}": f"iso8859-{part}" for part in range(1, 16) if part != 12}
"""Codec by the name in MSH-18 (table 0211, and what senders write); GB 18030 holds all of GBK and GB 2312."""

_ENDS = re.compile(rb"[\r\n]")


class Undecodable(ValueError):
    """The bytes are not of the character set, or nobody knows it; the text says so in Chinese."""


def header_of(raw: bytes) -> bytes:
    """Return the bytes of the first segment."""
    return _ENDS.split(raw, 1)[0]


def charset_of(raw: bytes, *, default: str) -> str:
    """Return the codec in which a message is written: the one that its header names when it is read in that one.

    :raises Undecodable: it names one that is not known
    """
    header = header_of(raw)
    unknown = ""
    for codec in ("utf-8", "gb18030", "latin-1"):
        name = _named(header, codec)
        if not name:
            continue
        found = NAMES.get(name)
        if found is None:
            unknown = name
        elif codec in {found, "latin-1"} or header.isascii():
            return found
    if unknown:
        raise Undecodable(f"不支持MSH-18中的字符集“{unknown[:30]}”")
    return default


def _named(header: bytes, codec: str) -> str:
    """Return what MSH-18 says when the header is read in this codec, "" when it says nothing."""
    try:
        text = header.decode(codec)
    except UnicodeDecodeError:
        return ""
    fields = text.split(text[3:4] or "|")
    first = re.split(r"[~^]", fields[17])[0] if len(fields) > 17 else ""
    return " ".join(first.upper().split())


def decoded(raw: bytes, codec: str) -> str:
    """:raises Undecodable: not of this character set"""
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        shown = next((name for name, known in NAMES.items() if known == codec and name != "UNICODE"), codec)
        raise Undecodable(f"报文不是有效的{shown}编码（第{error.start + 1}字节）") from None
