"""How a push looks on the wire: three modes, XML or JSON, right or wrong on purpose."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sandbox.callback import crypto

Fields = Mapping[str, Any]


class Twist(StrEnum):
    """What can be wrong with one push."""

    WRONG_SIGNATURE = "wrong_signature"
    WRONG_MSG_SIGNATURE = "wrong_msg_signature"
    FOREIGN_APPID = "foreign_appid"
    BROKEN_PADDING = "broken_padding"
    CUT_CIPHER = "cut_cipher"
    DIFFERING_PLAIN = "differing_plain"
    """Compatible mode: the plain fields say something else than the encrypted ones."""
    STALE = "stale"
    """Signed rightly, but an hour ago."""
    DOCTYPE = "doctype"
    """The XML declares and uses an entity that names a file."""
    HUGE = "huge"
    """A body of 5 MB."""
    NOT_XML = "not_xml"
    DUPLICATE = "duplicate"
    """Delivered twice in parallel."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What a push is signed and encrypted with."""

    mode: str
    token: str
    aes_key: str
    appid: str


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One delivery, ready to be posted."""

    query: dict[str, str]
    body: bytes
    mime: str


def pack(fields: Fields, keys: Keys, *, twists: Collection[Twist] = (), as_json: bool = False) -> Envelope:
    """Make a delivery with a new timestamp and nonce."""
    moment = str(int(time.time()) - (3600 if Twist.STALE in twists else 0))
    nonce = str(secrets.randbelow(10**10))
    signature = crypto.sign(keys.token, moment, nonce)
    query = {"signature": signature, "timestamp": moment, "nonce": nonce, "openid": str(fields["FromUserName"])}
    if Twist.WRONG_SIGNATURE in twists:
        query["signature"] = _wrong(signature)
    plain = _plain(fields, twists, as_json=as_json)
    mime = "application/json" if as_json else "text/xml"
    if keys.mode == "plain":
        return Envelope(query=query, body=plain.encode(), mime=mime)
    sealed = crypto.encrypt(
        keys.aes_key,
        "wx" + "0" * 16 if Twist.FOREIGN_APPID in twists else keys.appid,
        plain,
        pad_byte=0 if Twist.BROKEN_PADDING in twists else None,
    )
    if Twist.CUT_CIPHER in twists:
        sealed = sealed[: len(sealed) // 2 // 4 * 4 - 4]
    msg_signature = crypto.sign(keys.token, moment, nonce, sealed)
    broken = {Twist.WRONG_MSG_SIGNATURE, Twist.WRONG_SIGNATURE} & set(twists)
    query |= {"encrypt_type": "aes", "msg_signature": _wrong(msg_signature) if broken else msg_signature}
    outer: dict[str, Any] = {"ToUserName": fields["ToUserName"], "Encrypt": sealed}
    if keys.mode == "compatible":
        shown = _altered(fields) if Twist.DIFFERING_PLAIN in twists else fields
        outer = {**shown, "Encrypt": sealed}
    body = json.dumps(outer, ensure_ascii=False) if as_json else xml(outer)
    return Envelope(query=query, body=body.encode(), mime=mime)


def xml(fields: Fields) -> str:
    """Write ``<xml>…</xml>``: numbers bare, texts as CDATA, a list as a repeated element."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Fields) -> str:
    return "".join(
        f"<{name}>{_content(one)}</{name}>"
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    )


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _plain(fields: Fields, twists: Collection[Twist], *, as_json: bool) -> str:
    if Twist.NOT_XML in twists:
        return "<xml><ToUserName>" + str(fields["ToUserName"])
    if Twist.HUGE in twists:
        fields = {**fields, "Content": "大" * (5 * 1024 * 1024 // 3 + 1)}
    if as_json:
        return json.dumps(fields, ensure_ascii=False)
    if Twist.DOCTYPE in twists:
        inner = _elements({name: value for name, value in fields.items() if name != "Content"})
        entity = '<!DOCTYPE xml [<!ENTITY leak SYSTEM "file:///etc/hostname">]>'
        return f"{entity}<xml>{inner}<Content>&leak;</Content></xml>"
    return xml(fields)


def _altered(fields: Fields) -> dict[str, Any]:
    kept = {"ToUserName", "MsgType", "CreateTime"}
    return {
        name: value if name in kept or not isinstance(value, str) else f"{value}_changed"
        for name, value in fields.items()
    }


def _wrong(signature: str) -> str:
    return ("0" if signature[0] != "0" else "1") + signature[1:]
