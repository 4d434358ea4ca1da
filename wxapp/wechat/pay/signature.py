"""Checking what WeChat Pay signed: answers and notices alike. Source: wechat.md 7.2, 7.3.

wechatpayv3 would accept a signature of any age, and fetch certificates for a serial that it doesn't know, so that
anybody could make us send requests. Here the serial must be in our table, and the clock must agree.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from wxapp.wechat.interfaces import Now
from wxapp.wechat.pay.errors import NoticeReason, NoticeRefused

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW = 300
"""Seconds that a signature may be old or early."""
_SECONDS = re.compile(r"[0-9]{1,12}")


class Verifier:
    """Checks signatures against the public keys that we have, by serial."""

    def __init__(self, public_keys: Mapping[str, str | Path], now: Now) -> None:
        self._keys = {serial: load_public_key(key) for serial, key in public_keys.items()}
        self._now = now

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Return if the body was signed just now by a key of ours. Never uses the network.

        :raises NoticeRefused: it was not.
        """
        given = {name.lower(): value for name, value in headers.items()}
        if given.get("wechatpay-signature-type", SCHEME) != SCHEME:
            raise NoticeRefused(NoticeReason.BAD_SIGNATURE)
        key = self._keys.get(given.get("wechatpay-serial", ""))
        if key is None:
            raise NoticeRefused(NoticeReason.UNKNOWN_SERIAL)
        timestamp, nonce = given.get("wechatpay-timestamp", ""), given.get("wechatpay-nonce", "")
        if not _SECONDS.fullmatch(timestamp) or abs(self._now().timestamp() - int(timestamp)) > WINDOW:
            raise NoticeRefused(NoticeReason.STALE)
        message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        try:
            signature = base64.b64decode(given.get("wechatpay-signature", ""), validate=True)
            key.verify(signature, message, PKCS1v15(), SHA256())
        except (binascii.Error, ValueError, InvalidSignature):
            raise NoticeRefused(NoticeReason.BAD_SIGNATURE) from None


def load_public_key(source: str | Path) -> RSAPublicKey:
    """Load a PEM public key from text or a file.

    :raises ValueError: it is none, or not RSA.
    """
    try:
        key = load_pem_public_key(_pem(source))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, RSAPublicKey):
        return key
    raise ValueError("a WeChat Pay public key is an RSA key in PEM")


def public_key_pem(source: str | Path) -> str:
    """Return a public key as PEM text."""
    return load_public_key(source).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def load_private_key(source: str | Path) -> str:
    """Load the merchant's PEM private key from text or a file and return it as PKCS#8, which wechatpayv3 needs.

    :raises ValueError: it is none, has a password, or is not RSA.
    """
    try:
        key = load_pem_private_key(_pem(source), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, RSAPrivateKey):
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    raise ValueError("the merchant's key is an RSA private key in PEM without password")


def _pem(source: str | Path) -> bytes:
    return source.read_bytes() if isinstance(source, Path) else source.encode()
