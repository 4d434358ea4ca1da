"""WeChat Pay's keys and signatures, as the other side has them: signs answers and notices, checks requests.

Written after the description only, with nothing of the library that the application uses.
"""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from wxapp.core import clock

APIV3_KEY = "0123456789abcdef0123456789ABCDEF"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Return the key of this name, made once a run because it takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass
class Platform:
    """Signs as WeChat Pay with the key of ``serial``."""

    serial: str = "PUB_KEY_ID_0000000001"
    apiv3_key: str = APIV3_KEY
    merchant: rsa.RSAPrivateKey = field(default_factory=lambda: rsa_key("merchant"))

    @property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa_key(self.serial)

    def headers(self, body: bytes, *, age: int = 0, signature: str | None = None) -> dict[str, str]:
        timestamp, nonce = str(int(clock.now().timestamp()) - age), os.urandom(8).hex()
        message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        signed = base64.b64encode(self.key.sign(message, padding.PKCS1v15(), SHA256())).decode()
        return {
            "Content-Type": "application/json",
            "Request-ID": "08F-268578816",
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.serial,
            "Wechatpay-Signature": signed if signature is None else signature,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    def notice(
        self, event: str, fields: dict[str, Any], *, bound_to: str | None = "transaction", **changes: Any
    ) -> bytes:
        """Return the body of a notice; ``changes`` replace parts of its resource."""
        nonce = os.urandom(6).hex()
        cipher = AESGCM(self.apiv3_key.encode())
        sealed = cipher.encrypt(nonce.encode(), json.dumps(fields).encode(), (bound_to or "").encode())
        resource = {
            "original_type": "transaction",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": bound_to,
            "nonce": nonce,
            **changes,
        }
        whole = {"id": "EV-1", "event_type": event, "resource_type": "encrypt-resource", "resource": resource}
        return json.dumps(whole).encode()

    def check_request(self, request: Any) -> None:
        """Fail if the merchant's signature of a request does not fit what was sent."""
        header = request.headers["Authorization"]
        assert header.startswith("WECHATPAY2-SHA256-RSA2048 ")
        parts = dict(re.findall(r'(\w+)="([^"]*)"', header))
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        message = (
            f"{request.method}\n{request.path_url}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode()
            + body
            + b"\n"
        )
        self.merchant.public_key().verify(base64.b64decode(parts["signature"]), message, padding.PKCS1v15(), SHA256())
        assert request.headers["Accept"] == "application/json"
        assert request.headers["User-Agent"]
