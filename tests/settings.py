"""The configuration of tests: invented secrets, a development mode, addresses that lead nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from wxapp.core import config

APPID = "wx0000000000000001"
BASE_URL = "http://localhost"
NOWHERE = "http://127.0.0.1:9"


def make_config(database_url: str, folder: Path, **sections: dict[str, Any]) -> config.Config:
    """Return a configuration for this database; ``sections`` change single keys, e.g. ``app={"mode": "demo"}``."""
    key = _private_key(folder)
    raw: dict[str, dict[str, Any]] = {
        "app": {
            "mode": "development",
            "base_url": BASE_URL,
            "secret_key": _secret("secret-key-of-the-tests"),
            "files": str(folder),
        },
        "database": {"url": database_url},
        "security": {
            "current_key": "k1",
            "keys": {"k1": _secret("field-key-of-the-tests")},
            "index_key": _secret("index-key-of-the-tests"),
            "pepper": _secret("pepper-of-the-tests"),
        },
        "wechat": {
            "api_url": NOWHERE,
            "open_url": NOWHERE,
            "mp_url": NOWHERE,
            "appid": APPID,
            "secret": _secret("wechat-secret-of-the-tests"),
            "original_id": "gh_000000000001",
            "token": _secret("tokenofthetests"),
            "aes_key": _secret("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"),
        },
        "pay": {
            "base_url": NOWHERE,
            "mchid": "1900000001",
            "merchant_serial": "0123456789ABCDEF",
            "private_key": {"file": str(key)},
            "apiv3_key": _secret("apiv3-key-of-the-tests-32-bytes!"),
            "public_keys": [{"id": "PUB_KEY_ID_0000000001", "file": str(folder / "platform.pem")}],
        },
        "sms": {
            "base_url": NOWHERE,
            "secret_id": "sms-id",
            "secret_key": _secret("sms-key-of-the-tests"),
            "sdk_app_id": "1400000000",
            "sign_name": "示例医院",
            "templates": {"verification_code": "100001", "balance_password": "100002"},
        },
    }
    for name, changes in sections.items():
        raw.setdefault(name, {}).update(changes)
    return config.parse(raw, folder=folder)


def _secret(value: str) -> dict[str, str]:
    return {"value": value}


def _private_key(folder: Path) -> Path:
    path = folder / "merchant.pem"
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        public = key.public_key()
        (folder / "platform.pem").write_bytes(
            public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    return path
