"""Configuration: a TOML file becomes frozen typed objects at start; an unknown key is refused.

Secrets never stand in the file in production: they are named as ``{file = "…"}`` or ``{env = "…"}``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

EXAMPLE_MARK = "example"
"""A secret that contains this word is one of the examples in config.example.toml."""


class ConfigError(Exception):
    """The configuration cannot be used; the text names every problem with its key."""


class Mode(StrEnum):
    PRODUCTION = "production"
    DEVELOPMENT = "development"
    DEMO = "demo"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Secret(_Section):
    """Where a secret is found. Exactly one of the three."""

    file: Path | None = None
    env: str | None = None
    value: str | None = Field(None, repr=False)

    def read(self) -> str:
        """Return the secret; "" when it is missing, which ``Config.problems`` reports by its key."""
        if self.file is not None:
            return self.file.read_text(encoding="utf-8").strip() if self.file.is_file() else ""
        if self.env is not None:
            return os.environ.get(self.env, "").strip()
        return self.value or ""


def _is_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("an address such as https://host without query is needed")
    return value.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_is_base_url)]


def _is_script_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or not parts.path.endswith(".js"):
        raise ValueError("the address of a script such as https://host/path.js is needed")
    if set(value) & set(" '\";,\\<>"):  # its host becomes part of a header
        raise ValueError("the address holds signs that it must not hold")
    return value


ScriptUrl = Annotated[str, AfterValidator(_is_script_url)]


class App(_Section):
    mode: Mode = Mode.PRODUCTION
    debug: bool = False
    base_url: BaseUrl
    extra_hosts: tuple[str, ...] = ()
    trusted_proxies: int = Field(0, ge=0, le=5)
    secret_key: Secret
    files: Path
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Database(_Section):
    url: str | None = None
    url_secret: Secret | None = None
    pool_size: int = Field(20, ge=1, le=200)

    def address(self) -> str:
        return self.url or (self.url_secret.read() if self.url_secret else "")


class Redis(_Section):
    url: str = ""
    url_secret: Secret | None = None

    def address(self) -> str:
        return self.url or (self.url_secret.read() if self.url_secret else "")


class Security(_Section):
    current_key: str
    keys: dict[str, Secret]
    index_key: Secret
    pepper: Secret


class Wechat(_Section):
    api_url: BaseUrl = "https://api.weixin.qq.com"
    open_url: BaseUrl = "https://open.weixin.qq.com"
    mp_url: BaseUrl = "https://mp.weixin.qq.com"
    script_url: ScriptUrl = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
    appid: str
    secret: Secret
    original_id: str
    token: Secret
    aes_key: Secret
    previous_aes_key: Secret | None = None
    mode: Literal["plain", "compatible", "safe"] = "safe"


class MiniProgram(_Section):
    """The hospital's mini-program; there may be none."""

    appid: str
    secret: Secret


class PayKey(_Section):
    id: str
    file: Path


class TransferReport(_Section):
    """What WeChat wants to be told of money that is sent to people, by the exact names of the scene."""

    type: str = Field(min_length=1, max_length=15)
    content: str = Field(min_length=1, max_length=32)


class Pay(_Section):
    base_url: BaseUrl = "https://api.mch.weixin.qq.com"
    mchid: str
    merchant_serial: str
    private_key: Secret
    apiv3_key: Secret
    public_keys: tuple[PayKey, ...] = Field(min_length=1)
    transfer_scene_id: str = Field("1005", pattern=r"^\d{1,10}$")
    transfer_reports: tuple[TransferReport, ...] = Field(
        (TransferReport(type="岗位类型", content="推广员"), TransferReport(type="报酬说明", content="推广服务佣金")),
        min_length=1,
    )


class Sms(_Section):
    base_url: BaseUrl = "https://sms.tencentcloudapi.com"
    region: str = "ap-guangzhou"
    secret_id: str
    secret_key: Secret
    sdk_app_id: str
    sign_name: str
    templates: dict[str, str] = Field(default_factory=dict)


class Mllp(_Section):
    """The listener of ``wxapp mllp`` for laboratory systems that speak HL7 over plain connections."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = Field(2575, ge=1, le=65535)
    max_connections: int = Field(32, ge=1, le=200)
    idle_seconds: int = Field(600, ge=5, le=86_400)


class Config(_Section):
    """Everything that is fixed while a process runs. ``config.example.toml`` explains each key."""

    app: App
    database: Database
    redis: Redis = Redis()
    security: Security
    wechat: Wechat
    mini_program: MiniProgram | None = None
    pay: Pay
    sms: Sms
    mllp: Mllp = Mllp()

    @property
    def is_production(self) -> bool:
        return self.app.mode is Mode.PRODUCTION

    def secrets(self) -> Iterator[tuple[str, Secret]]:
        yield from _secrets(self, "")

    def problems(self) -> list[str]:
        """Return what stands against starting with this configuration, each with its key."""
        found = [f"{key}: the secret is missing or empty" for key, secret in self.secrets() if not secret.read()]
        if not self.database.address():
            found.append("database.url: missing")
        if self.security.current_key not in self.security.keys:
            found.append("security.current_key: names no key of security.keys")
        found += [f"pay.public_keys: {key.file} is missing" for key in self.pay.public_keys if not key.file.is_file()]
        if self.is_production:
            found += self._problems_of_production()
        return found

    def _problems_of_production(self) -> Iterator[str]:
        if self.app.debug:
            yield "app.debug: must be off in production"
        if not self.app.base_url.startswith("https://"):
            yield "app.base_url: must begin with https:// in production"
        for key, secret in self.secrets():
            yield from _weakness(key, secret)
        for key, url in (("database.url", self.database.url), ("redis.url", self.redis.url)):
            if ":" in (url or "").partition("://")[2].rpartition("@")[0]:
                yield f"{key}: an address with a password is a secret; name it with {key}_secret"
        yield from self._plain_addresses()
        for key in ("wechat.appid", "pay.mchid"):
            section, name = key.split(".")
            if EXAMPLE_MARK in str(getattr(getattr(self, section), name)).lower():
                yield f"{key}: is an example"

    def _plain_addresses(self) -> Iterator[str]:
        addresses = {
            "wechat.api_url": self.wechat.api_url,
            "wechat.open_url": self.wechat.open_url,
            "wechat.mp_url": self.wechat.mp_url,
            "wechat.script_url": self.wechat.script_url,
            "pay.base_url": self.pay.base_url,
            "sms.base_url": self.sms.base_url,
        }
        for key, url in addresses.items():
            if not url.startswith("https://"):
                yield f"{key}: {url} must begin with https:// in production"


def _weakness(key: str, secret: Secret) -> Iterator[str]:
    if secret.value is not None:
        yield f"{key}: stands in the file; production reads secrets from files or the environment"
    elif EXAMPLE_MARK in secret.read().lower():
        yield f"{key}: is an example"
    elif secret.read().lower().startswith("demo"):
        yield f"{key}: is a demo secret"


def _secrets(section: BaseModel, path: str) -> Iterator[tuple[str, Secret]]:
    for name in type(section).model_fields:
        value: Any = getattr(section, name)
        key = f"{path}{name}"
        if isinstance(value, Secret):
            yield key, value
        elif isinstance(value, BaseModel):
            yield from _secrets(value, f"{key}.")
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", secret) for inner, secret in value.items() if isinstance(secret, Secret))


def load(path: Path) -> Config:
    """Read and check a configuration. Relative paths in it are relative to its folder.

    :raises ConfigError: not readable, not TOML, an unknown or wrong key, a missing or forbidden secret
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    return parse(raw, folder=path.resolve().parent)


def parse(raw: dict[str, Any], *, folder: Path) -> Config:
    """Check a configuration that is already a dictionary, see :func:`load`."""
    try:
        config = Config.model_validate(_with_folder(raw, folder))
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise ConfigError("configuration refused:\n  " + "\n  ".join(lines)) from error
    if problems := config.problems():
        raise ConfigError("configuration refused:\n  " + "\n  ".join(problems))
    return config


def _with_folder(value: Any, folder: Path) -> Any:
    """Make the paths absolute: the keys ``file`` and ``files`` hold paths, and so does the SQLite address."""
    if isinstance(value, dict):
        return {
            key: str(folder / inner)
            if key in {"file", "files"} and isinstance(inner, str)
            else _with_folder(inner, folder)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_with_folder(inner, folder) for inner in value]
    if isinstance(value, str) and value.startswith("sqlite:///") and not value.startswith("sqlite:////"):
        name = value.removeprefix("sqlite:///")
        return value if name in {"", ":memory:"} else f"sqlite:///{folder / name}"
    return value
