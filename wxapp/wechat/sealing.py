"""Signatures and encryption of the server callback. Source: wechat.md 1.1 and 1.2.

The cipher is wechatpy's; the checks around it are ours: wechatpy compares signatures with ``!=``, slices by an
unchecked padding and length, and draws its random bytes from a generator that can be predicted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from wechatpy.crypto import PrpCrypto, WeChatCrypto

_BLOCK = 32
_PREFIX = 16 + 4  # random bytes, then the length of the message


class Unsealable(Exception):
    """The cipher text was not made with this key for this account, or was damaged."""


def signature(*parts: str) -> str:
    """Return the SHA-1 signature: the parts sorted and joined."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_same(left: str, right: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def unseal(cipher_text: str, *, aes_key: str, appid: str) -> bytes:
    """Return the message inside.

    :raises Unsealable: wrong key, padding, length or account.
    """
    try:
        sealed = base64.b64decode(cipher_text, validate=True)
    except (binascii.Error, ValueError):
        raise Unsealable("not base64") from None
    if not sealed or len(sealed) % 16:
        raise Unsealable("not a whole number of blocks")
    plain: bytes = PrpCrypto(base64.b64decode(aes_key + "=")).cipher.decrypt(sealed)
    pad = plain[-1]
    if not 1 <= pad <= _BLOCK or len(plain) < _PREFIX + pad or plain[-pad:] != bytes([pad]) * pad:
        raise Unsealable("bad padding")
    content = plain[_PREFIX:-pad]
    (length,) = struct.unpack(">I", plain[16:_PREFIX])
    # A length over the end leaves no appid to compare.
    if not hmac.compare_digest(content[length:], appid.encode()):
        raise Unsealable("made for another account")
    return content[:length]


class _Cipher(PrpCrypto):  # type: ignore[misc]  # wechatpy has no types
    def get_random_string(self) -> bytes:
        return secrets.token_bytes(16)


class Sealer(WeChatCrypto):  # type: ignore[misc]  # wechatpy has no types
    """Seals replies."""

    def seal(self, message: str, *, timestamp: int) -> str:
        """Return the encrypted and signed reply document around the message."""
        sealed: str = self._encrypt_message(message, secrets.token_hex(8), str(timestamp), _Cipher)
        return sealed
