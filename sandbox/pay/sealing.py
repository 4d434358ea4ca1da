"""AES-256-GCM of notifications and certificates under the APIv3 key (wechat.md 7.3, 7.7)."""

from __future__ import annotations

import base64
import secrets
import string

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALGORITHM = "AEAD_AES_256_GCM"
_LETTERS = string.ascii_letters + string.digits


def nonce_text(length: int = 12) -> str:
    """Return a random text; GCM wants 12 bytes, so 12 letters."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def seal(plain: bytes, *, apiv3_key: str, associated_data: str, nonce: str | None = None) -> dict[str, str]:
    """Encrypt; the cipher text is base64 with the 16-byte tag at its end."""
    nonce = nonce or nonce_text()
    ciphertext = AESGCM(apiv3_key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())
    return {
        "algorithm": ALGORITHM,
        "nonce": nonce,
        "associated_data": associated_data,
        "ciphertext": base64.b64encode(ciphertext).decode(),
    }
