"""Signatures of the Pay API v3: requests (theirs over ours), answers and notifications (ours over theirs).

RSA PKCS#1 v1.5 with SHA-256 in base64. Pure functions; keys are given.
Source: wechat.md 7.1, 7.2 and 7.4 (client call).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE_PREFIX = "WECHATPAY/SIGNTEST/"
FRESH_SECONDS = 300

_PART = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*')
_NEEDED = {"mchid", "nonce_str", "timestamp", "serial_no", "signature"}


class BadAuthorization(Exception):
    """The Authorization header can't be read, or isn't of our scheme."""


@dataclass(frozen=True)
class Authorization:
    mchid: str
    nonce_str: str
    timestamp: int
    serial_no: str
    signature: str


def parse_authorization(header: str) -> Authorization:
    """Read the header, its parts in any order.

    :raises BadAuthorization: other scheme, a part missing, doubled or unknown, a time stamp that is no number.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme != SCHEME:
        raise BadAuthorization(f"Authorization不是{SCHEME}")
    parts: dict[str, str] = {}
    for piece in rest.split(","):
        match = _PART.fullmatch(piece)
        if match is None or match[1] in parts:
            raise BadAuthorization("Authorization格式错误")
        parts[match[1]] = match[2]
    if set(parts) != _NEEDED:
        raise BadAuthorization("Authorization字段不全")
    if not re.fullmatch(r"[0-9]{1,12}", parts["timestamp"]):
        raise BadAuthorization("时间戳格式错误")
    return Authorization(
        mchid=parts["mchid"],
        nonce_str=parts["nonce_str"],
        timestamp=int(parts["timestamp"]),
        serial_no=parts["serial_no"],
        signature=parts["signature"],
    )


def lines(*parts: str | bytes) -> bytes:
    """Join to the string that is signed: each part ended by a line feed, the last too."""
    return b"".join((part.encode() if isinstance(part, str) else part) + b"\n" for part in parts)


def request_message(*, method: str, target: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """Return what a request's signature covers; ``target`` is path and query as sent, without host."""
    return lines(method, target, str(timestamp), nonce, body)


def answer_message(*, timestamp: int, nonce: str, body: bytes) -> bytes:
    return lines(str(timestamp), nonce, body)


def client_message(*, appid: str, timestamp: str, nonce: str, package: str) -> bytes:
    """Return what ``paySign`` covers when the page calls the cashier."""
    return lines(appid, timestamp, nonce, package)


def sign(key: RSAPrivateKey, message: bytes) -> str:
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Tell whether the base64 signature is right; anything that isn't base64 is simply wrong."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def probe(signature: str) -> str:
    """Turn a right signature into one of WeChat's probes, which must fail verification."""
    return PROBE_PREFIX + signature[len(PROBE_PREFIX) :]


def spoilt(signature: str) -> str:
    """Return another base64 signature of the same length that doesn't fit."""
    raw = bytearray(base64.b64decode(signature))
    raw[-1] ^= 0x01
    return base64.b64encode(bytes(raw)).decode()
