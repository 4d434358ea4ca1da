"""The other side of the server callback: makes pushes as WeChat does, and opens our replies.

Written after the description only, with nothing of the library that the application uses.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from wxapp.core import clock
from wxapp.wechat.config import OfficialAccountConfig


@dataclass(frozen=True)
class PushRequest:
    """A request to the callback: post ``body`` with ``query``."""

    query: dict[str, str]
    body: bytes


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def xml(fields: dict[str, object]) -> str:
    return "<xml>" + "".join(_element(name, value) for name, value in fields.items()) + "</xml>"


def _element(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{name}>" + "".join(_element(*item) for item in value.items()) + f"</{name}>"
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    return f"<{name}>{escape(str(value))}</{name}>"


def seal(message: bytes, *, aes_key: str, appid: str, pad: bytes | None = None) -> str:
    """Encrypt as WeChat does; ``pad`` replaces the right padding."""
    plain = os.urandom(16) + struct.pack(">I", len(message)) + message + appid.encode()
    size = 32 - len(plain) % 32
    return encrypt(plain + (bytes([size]) * size if pad is None else pad), aes_key)


def encrypt(plain: bytes, aes_key: str) -> str:
    key = base64.b64decode(aes_key + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def open_sealed(cipher_text: str, *, aes_key: str) -> tuple[str, str]:
    """Return the message and the appid."""
    key = base64.b64decode(aes_key + "=")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(cipher_text)) + decryptor.finalize()
    content = plain[20 : -plain[-1]]
    (length,) = struct.unpack(">I", plain[16:20])
    return content[:length].decode(), content[length:].decode()


@dataclass
class FakeCallback:
    """Sends pushes of one account, as its configuration says."""

    config: OfficialAccountConfig
    openid: str = "o-person-1"
    _nonces: int = field(default=0)

    def query(self, *, age: int = 0) -> dict[str, str]:
        self._nonces += 1
        timestamp, nonce = str(int(clock.now().timestamp()) - age), f"n{self._nonces}"
        return {
            "signature": sha1(self.config.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": self.openid,
        }

    def fields(self, **changes: object) -> dict[str, object]:
        return {
            "ToUserName": self.config.original_id,
            "FromUserName": self.openid,
            "CreateTime": int(clock.now().timestamp()),
            **changes,
        }

    def text(self, content: str, *, msg_id: int = 1_234_567_890_123_456, age: int = 0) -> PushRequest:
        return self.push(self.fields(MsgType="text", Content=content, MsgId=msg_id), age=age)

    def event(self, event: str, *, age: int = 0, **fields: object) -> PushRequest:
        return self.push(self.fields(MsgType="event", Event=event, **fields), age=age)

    def push(self, fields: dict[str, object], *, age: int = 0) -> PushRequest:
        """Make the request in the mode of the account, with the present key."""
        if self.config.mode == "plain":
            return PushRequest(self.query(age=age), xml(fields).encode())
        sealed = seal(xml(fields).encode(), aes_key=self.config.aes_keys[0], appid=self.config.appid)
        outer = {**(fields if self.config.mode == "compatible" else {}), "ToUserName": self.config.original_id}
        return self.sealed(sealed, outer, age=age)

    def sealed(self, sealed: str, outer: dict[str, object] | None = None, *, age: int = 0) -> PushRequest:
        """Make the request around an encrypted message, signed rightly."""
        query = self.query(age=age)
        signed = sha1(self.config.token, query["timestamp"], query["nonce"], sealed)
        body = xml({**(outer or {"ToUserName": self.config.original_id}), "Encrypt": sealed})
        return PushRequest({**query, "encrypt_type": "aes", "msg_signature": signed}, body.encode())

    def open_reply(self, body: str, *, aes_key: str = "") -> dict[str, str]:
        """Return the fields of a reply, checking its signature; an article's are flattened."""
        root = ET.fromstring(body)
        if self.config.mode != "plain":
            outer = {child.tag: child.text or "" for child in root}
            signed = sha1(self.config.token, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
            assert outer["MsgSignature"] == signed
            message, appid = open_sealed(outer["Encrypt"], aes_key=aes_key or self.config.aes_keys[0])
            assert appid == self.config.appid
            root = ET.fromstring(message)
        return {element.tag: element.text or "" for element in root.iter() if len(element) == 0}
