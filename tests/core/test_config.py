"""Configuration: what is refused, and how it says so."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.settings import make_config
from wxapp.core import config
from wxapp.core.config import ConfigError

ROOT = Path(__file__).parents[2]


def test_a_complete_configuration_is_accepted(tmp_path: Path) -> None:
    assert make_config("sqlite:///x.sqlite", tmp_path).database.address() == f"sqlite:///{tmp_path / 'x.sqlite'}"


def test_an_unknown_key_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"app\.colour"):
        make_config("sqlite://", tmp_path, app={"colour": "green"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"app": {"base_url": "hospital"}}, "app.base_url"),
        ({"app": {"mode": "fast"}}, "app.mode"),
        ({"database": {"url": ""}}, "database.url"),
        ({"security": {"current_key": "k9"}}, "security.current_key"),
        ({"sms": {"secret_key": {"file": "missing"}}}, "sms.secret_key"),
        ({"sms": {"secret_key": {"env": "WXAPP_NOT_THERE"}}}, "sms.secret_key"),
        ({"pay": {"public_keys": []}}, "pay.public_keys"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        make_config("sqlite:///x.sqlite", tmp_path, **changes)
    assert said in str(refusal.value)


def production(folder: Path, **changes: dict[str, Any]) -> config.Config:
    """A configuration as a hospital has it: https, and every secret in a file."""
    names = ("secret_key", "field_key", "index_key", "pepper", "secret", "token", "aes_key", "apiv3_key", "sms_key")
    for name in names:
        (folder / name).write_text(f"{name}-of-a-hospital".ljust(43, "x"))
    file = {name: {"file": name} for name in names}
    sections: dict[str, dict[str, Any]] = {
        "app": {"mode": "production", "base_url": "https://h.test", "secret_key": file["secret_key"]},
        "security": {"keys": {"k1": file["field_key"]}, "index_key": file["index_key"], "pepper": file["pepper"]},
        "wechat": {
            "api_url": "https://api.test",
            "open_url": "https://open.test",
            "mp_url": "https://mp.test",
            "secret": file["secret"],
            "token": file["token"],
            "aes_key": file["aes_key"],
        },
        "pay": {"base_url": "https://pay.test", "apiv3_key": file["apiv3_key"]},
        "sms": {"base_url": "https://sms.test", "secret_key": file["sms_key"]},
    }
    for name, change in changes.items():
        sections[name] = {**sections.get(name, {}), **change}
    return make_config("sqlite:///x.sqlite", folder, **sections)


def test_production_starts_with_secrets_of_its_own(tmp_path: Path) -> None:
    assert production(tmp_path).is_production


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"app": {"debug": True}}, "app.debug"),
        ({"app": {"base_url": "http://h.test"}}, "app.base_url"),
        ({"app": {"secret_key": {"value": "written-down"}}}, "app.secret_key"),
        ({"pay": {"base_url": "http://127.0.0.1:8001"}}, "pay.base_url"),
        ({"wechat": {"appid": "wx-example-appid"}}, "wechat.appid"),
        ({"database": {"url": "mysql+pymysql://wxapp:word@db/wxapp"}}, "database.url"),
        ({"redis": {"url": "redis://:word@cache/0"}}, "redis.url"),
    ],
)
def test_production_refuses_what_is_fit_for_trying_only(
    tmp_path: Path, changes: dict[str, dict[str, Any]], said: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        production(tmp_path, **changes)
    assert said in str(refusal.value)


@pytest.mark.parametrize("secret", ["", "an-EXAMPLE-secret", "demo1234567890"])
def test_production_refuses_empty_example_and_demo_secrets(tmp_path: Path, secret: str) -> None:
    (tmp_path / "weak").write_text(secret)
    with pytest.raises(ConfigError, match=r"app\.secret_key"):
        production(tmp_path, app={"secret_key": {"file": "weak"}})


def test_a_secret_never_shows_in_a_representation(tmp_path: Path) -> None:
    assert "pepper-of-the-tests" not in repr(make_config("sqlite://", tmp_path))


def test_the_example_names_every_key() -> None:
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    for section, field in config.Config.model_fields.items():
        assert section in example or f"\n# [{section}]" in text  # a part that not every hospital has
        of = next((one for one in get_args(field.annotation) if one is not type(None)), field.annotation)
        for key in of.model_fields:  # type: ignore[union-attr]
            assert f"\n{key} = " in text or f"\n# {key} = " in text or f".{key}]" in text, f"{section}.{key}"


def test_the_example_is_refused_as_it_stands(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        config.load(ROOT / "config.example.toml")
    assert "wechat.appid: is an example" in str(refusal.value)


def test_redis_is_named_openly_or_as_a_secret(tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("redis://:word@cache/0")
    assert make_config("sqlite://", tmp_path, redis={"url": "redis://cache/0"}).redis.address() == "redis://cache/0"
    hidden = production(tmp_path, redis={"url_secret": {"file": "redis"}})
    assert hidden.redis.address() == "redis://:word@cache/0"
    with pytest.raises(ConfigError, match=r"redis\.url_secret"):
        production(tmp_path, redis={"url_secret": {"file": "missing"}})


@pytest.mark.parametrize("address", ["https://x.test/", "x.js", "https://x.test/a b.js", "https://x.test/;'x.js"])
def test_the_script_is_named_by_an_address_that_fits_into_a_header(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match=r"wechat\.script_url"):
        make_config("sqlite://", tmp_path, wechat={"script_url": address})
