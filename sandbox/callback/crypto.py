"""Encryption and signatures of callbacks (消息加解密), written from the published description."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadCipher(Exception):
    """The text can't be decrypted with this key, or its padding, length or AppID is wrong."""


def sign(*parts: str) -> str:
    """Return the SHA-1 of the sorted and joined parts, as hex."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def same(wanted: str, given: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(wanted.encode(), given.encode())


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def encrypt(aes_key: str, appid: str, message: str, *, pad_byte: int | None = None) -> str:
    """Encrypt a message for an AppID; the result is base64.

    ``pad_byte`` overrides the value of the padding, to make a broken one.
    """
    raw = message.encode()
    plain = os.urandom(16) + len(raw).to_bytes(4, "big") + raw + appid.encode()
    pad = BLOCK - len(plain) % BLOCK
    plain += bytes([pad if pad_byte is None else pad_byte]) * pad
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def decrypt(aes_key: str, appid: str, text: str) -> str:
    """Return the message.

    :raises BadCipher: anything about it is wrong.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadCipher("not base64") from error
    if not raw or len(raw) % 16:
        raise BadCipher("cut cipher text")
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(raw) + decryptor.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad or len(plain) < 20 + pad:
        raise BadCipher("bad padding")
    plain = plain[:-pad]
    length = int.from_bytes(plain[16:20], "big")
    if 20 + length > len(plain):
        raise BadCipher("bad length")
    if plain[20 + length :].decode(errors="replace") != appid:
        raise BadCipher("foreign AppID")
    try:
        return plain[20 : 20 + length].decode()
    except UnicodeDecodeError as error:
        raise BadCipher("not UTF-8") from error
