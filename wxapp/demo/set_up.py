"""The demo's folder: secrets and keys made once, configuration files written at every start."""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

APPID = "wx00000000000demo1"
ORIGINAL_ID = "gh_0000000demo1"
MCHID = "1900000001"
HOSPITAL = "安和体检医院"
PLATFORM_KEY_ID = "PUB_KEY_ID_0000000000000000000000000001"
SMS_APP = "1400000000"

LENGTHS = {
    "secret_key": 48,
    "field_key": 48,
    "index_key": 48,
    "pepper": 48,
    "wechat_secret": 32,
    "wechat_token": 24,
    "wechat_aes_key": 43,
    "pay_apiv3_key": 32,
    "sms_secret_key": 32,
}


@dataclass(frozen=True)
class Addresses:
    """Where the demo's processes listen."""

    web: str
    sandbox: str
    mllp_port: int

    @classmethod
    def on(cls, port: int) -> Addresses:
        return cls(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", port + 2)


@dataclass(frozen=True)
class Folder:
    """The files of one demo."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def sandbox(self) -> Path:
        return self.path / "sandbox.toml"

    @property
    def summary(self) -> Path:
        return self.path / "demo.json"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def secret(self, name: str) -> Path:
        return self.path / "secrets" / name

    def told(self) -> dict[str, Any]:
        """Return what the last start told its user; empty before the first one."""
        try:
            found: dict[str, Any] = json.loads(self.summary.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def is_ready(self, addresses: Addresses, *, newest_migration: str) -> bool:
        """Whether a start on these addresses finds everything made: files, tables, people."""
        if self.told().get("web") != addresses.web or not (self.config.exists() and self.sandbox.exists()):
            return False
        try:
            with closing(sqlite3.connect(f"file:{self.path / 'wxapp.sqlite'}?mode=ro", uri=True)) as database:
                version = database.execute("SELECT version_num FROM alembic_version").fetchone()
                mark = database.execute("SELECT 1 FROM core_setting WHERE name = 'demo.data'").fetchone()
        except sqlite3.Error:
            return False
        return version == (newest_migration,) and mark is not None


@dataclass(frozen=True)
class Outside:
    """What the outside world of the demo knows.

    :ivar sms_names: what the configuration calls which SMS template
    :ivar sms_texts: the approved text of each SMS template by its id
    :ivar templates: the account's message templates, as TOML
    """

    people: list[dict[str, str]]
    sms_names: dict[str, str]
    sms_texts: dict[str, str]
    templates: str


def prepare(folder: Folder, *, port: int, outside: Outside) -> Addresses:
    """Make what is missing in the folder and write both configuration files for this port."""
    for part in ("logs", "secrets", "uploads"):
        (folder.path / part).mkdir(parents=True, exist_ok=True)
    (folder.path / "secrets").chmod(0o700)
    for name, length in LENGTHS.items():
        _make_secret(folder.secret(name), length)
    _make_key(folder.secret("merchant.pem"), folder.secret("merchant-public.pem"))
    _make_key(folder.secret("platform.pem"), folder.secret("platform-public.pem"))
    serial = _make_serial(folder.secret("merchant_serial"))
    addresses = Addresses.on(port)
    folder.config.write_text(_config(addresses, serial, outside.sms_names), encoding="utf-8")
    folder.sandbox.write_text(_sandbox(folder, addresses, serial, outside, port), encoding="utf-8")
    return addresses


def _make_secret(path: Path, length: int) -> None:
    if not path.exists():
        alphabet = string.ascii_letters + string.digits
        # "demo" at its front: production knows such a secret and refuses it.
        path.write_text("demo" + "".join(secrets.choice(alphabet) for _ in range(length - 4)), encoding="utf-8")
        path.chmod(0o600)


def _make_serial(path: Path) -> str:
    if not path.exists():
        path.write_text(secrets.token_hex(20).upper(), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _make_key(private: Path, public: Path) -> None:
    if private.exists() and public.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o600)
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _config(addresses: Addresses, serial: str, sms: dict[str, str]) -> str:
    return f"""# Written by the demo at every start; what you change here is lost.
[app]
mode = "demo"
base_url = "{addresses.web}"
extra_hosts = ["localhost"]
trusted_proxies = 0
secret_key = {{ file = "secrets/secret_key" }}
files = "uploads"

[database]
url = "sqlite:///wxapp.sqlite"

[security]
current_key = "demo1"
index_key = {{ file = "secrets/index_key" }}
pepper = {{ file = "secrets/pepper" }}

[security.keys]
demo1 = {{ file = "secrets/field_key" }}

[wechat]
api_url = "{addresses.sandbox}"
open_url = "{addresses.sandbox}"
mp_url = "{addresses.sandbox}"
script_url = "{addresses.sandbox}/open/js/jweixin-1.6.0.js"
appid = "{APPID}"
original_id = "{ORIGINAL_ID}"
secret = {{ file = "secrets/wechat_secret" }}
token = {{ file = "secrets/wechat_token" }}
aes_key = {{ file = "secrets/wechat_aes_key" }}
mode = "safe"

[pay]
base_url = "{addresses.sandbox}"
mchid = "{MCHID}"
merchant_serial = "{serial}"
private_key = {{ file = "secrets/merchant.pem" }}
apiv3_key = {{ file = "secrets/pay_apiv3_key" }}
public_keys = [{{ id = "{PLATFORM_KEY_ID}", file = "secrets/platform-public.pem" }}]

[sms]
base_url = "{addresses.sandbox}/sms"
secret_id = "demo-sms"
secret_key = {{ file = "secrets/sms_secret_key" }}
sdk_app_id = "{SMS_APP}"
sign_name = "{HOSPITAL}"

[sms.templates]
{_pairs(sms)}

[mllp]
enabled = true
port = {addresses.mllp_port}
"""


def _sandbox(folder: Folder, addresses: Addresses, serial: str, outside: Outside, port: int) -> str:
    read = {name: folder.secret(name).read_text(encoding="utf-8") for name in LENGTHS}
    listed = "\n".join(
        "[[people]]\n" + "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in person.items())
        for person in outside.people
    )
    texts = "\n".join(
        f"[[sms.templates]]\nid = {json.dumps(code)}\ntext = {json.dumps(text, ensure_ascii=False)}"
        for code, text in outside.sms_texts.items()
    )
    return f"""# Written by the demo at every start; what you change here is lost.
[server]
host = "127.0.0.1"
port = {port + 1}
public_url = "{addresses.sandbox}"
state_file = {json.dumps(str((folder.path / "sandbox.json").resolve()))}

[backend]
url = "{addresses.web}"
callback_path = "/wechat/callback"

[official_account]
appid = "{APPID}"
original_id = "{ORIGINAL_ID}"
name = "{HOSPITAL}"
secret = "{read["wechat_secret"]}"
token = "{read["wechat_token"]}"
aes_key = "{read["wechat_aes_key"]}"
mode = "safe"

[pay]
mchid = "{MCHID}"
apiv3_key = "{read["pay_apiv3_key"]}"
merchant_serial = "{serial}"
merchant_public_key_file = {json.dumps(str(folder.secret("merchant-public.pem").resolve()))}
platform_private_key_file = {json.dumps(str(folder.secret("platform.pem").resolve()))}
platform_key_id = "{PLATFORM_KEY_ID}"

[sms]
secret_id = "demo-sms"
secret_key = "{read["sms_secret_key"]}"
sdk_app_id = "{SMS_APP}"
sign_name = "{HOSPITAL}"

{texts}

{outside.templates}

{listed}
"""


def _pairs(values: dict[str, str]) -> str:
    return "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
