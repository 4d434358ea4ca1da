"""Settings of the sandbox, read once from ``sandbox.toml``; unknown keys are refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["plain", "compatible", "safe"]


class Section(BaseModel):
    """A table of the file: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    """Where the sandbox listens. ``public_url`` is what it writes into links and answers."""

    host: str = "127.0.0.1"
    port: int = 8001
    public_url: str = "http://127.0.0.1:8001"
    state_file: Path | None = None


class Backend(Section):
    """The web process that is being tried."""

    url: str = "http://127.0.0.1:8000"
    callback_path: str = "/wechat/callback"
    domains: tuple[str, ...] = ()
    """Further hosts that OAuth may return to; the backend's own is always allowed."""


class OfficialAccount(Section):
    """The one service account (服务号) of the hospital."""

    appid: str = "wx0000000000000001"
    secret: str = "sandbox-secret"
    original_id: str = "gh_000000000001"
    name: str = "示例医院"
    token: str = "sandbox-token"
    aes_key: str = Field("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", min_length=43, max_length=43)
    mode: Mode = "safe"
    ip_allow_list: tuple[str, ...] = ()
    """Callers allowed to fetch a token; empty means everybody."""
    union: bool = True
    """Whether the account is bound to an Open Platform account, so that a unionid exists."""


class MiniProgram(Section):
    """The hospital's mini-program; what is paid in it is held back until its delivery is reported."""

    appid: str = "wx0000000000000002"
    secret: str = "sandbox-mini-secret"


class Pay(Section):
    """The merchant and its keys; files are PEM."""

    mchid: str = "1900000001"
    apiv3_key: str = Field("0123456789abcdef0123456789abcdef", min_length=32, max_length=32)
    merchant_serial: str = "0000000000000000000000000000000000000001"
    merchant_public_key_file: Path | None = None
    platform_private_key_file: Path | None = None
    platform_key_id: str = "PUB_KEY_ID_0000000000000000000000000001"
    mode: Literal["public_key", "certificate", "both"] = "public_key"
    """Which key signs answers; with "both" the request's ``Wechatpay-Serial`` decides."""
    other_appids: tuple[str, ...] = ()
    """Further AppIDs tied to the merchant, such as a mini-program's."""
    opening_balance_fen: int = Field(0, ge=0)
    opening_operating_fen: int = Field(10_000_000, ge=0)
    """What the account holds that transfers to people are paid from."""
    transfer_scenes: tuple[str, ...] = ("1000", "1005")
    """The scenes that WeChat has approved for the merchant."""
    transfer_least_fen: int = Field(10, ge=1)
    transfer_most_fen: int = 2_000_000
    """WeChat sets both per merchant; new ones often begin with 200 yuan at most."""
    transfers_per_second: int = Field(100, ge=1)
    cancels_per_second: int = Field(20, ge=1)
    fee_bp: int = Field(60, ge=0, lt=10_000)
    """The merchant's fee in basis points."""
    probe_rate: float = Field(0.01, ge=0, le=1)
    """Share of answers and notifications that carry a ``WECHATPAY/SIGNTEST/`` signature."""
    bill_ready_hour: int = Field(10, ge=0, le=23)
    """Hour of the next day from which a day's bill can be had."""
    old_spelling: bool = False
    """Error codes without underscores, as older pages have them."""
    https_only: bool = False
    """Refuse an http notify_url even if it is the backend's own; WeChat always does."""


class SmsTemplate(Section):
    """An approved text; ``{1}`` ``{2}`` … are its parameters."""

    id: str
    text: str


class Sms(Section):
    """The Tencent Cloud SMS account; the limits are per number, None switches one off."""

    secret_id: str = "sandbox-id"
    secret_key: str = "sandbox-key"
    sdk_app_id: str = "1400000000"
    sign_name: str = "示例医院"
    templates: tuple[SmsTemplate, ...] = ()
    package: int = Field(100_000, ge=0)
    """How many messages are left."""
    thirty_second_limit: int | None = 1
    hourly_limit: int | None = 5
    daily_limit: int | None = 10
    same_content_daily_limit: int | None = 5


class Template(Section):
    """A message template that exists in the account."""

    template_id: str
    title: str
    content: str
    example: str = ""
    primary_industry: str = "医疗护理"
    deputy_industry: str = "医疗服务"
    values: dict[str, tuple[str, ...]] = {}
    """The list behind each ``enum``/``const``/``short_thing`` key."""


class PersonEntry(Section):
    """A person who is there from the start."""

    id: str = Field(pattern=r"^[a-z0-9]{1,20}$")
    name: str
    nickname: str = ""
    phone: str = ""
    follows: bool = False
    blocks_messages: bool = False
    snapshot: bool = False
    """A virtual account of the snapshot page mode."""


class Timing(Section):
    """Seconds, unless said otherwise. Tests make them short."""

    callback_timeout: float = 5.0
    callback_retries: int = 3
    """Further tries after the first; older texts say three pushes in all (2)."""
    callback_retry_gap: float = 0.0
    notify_scale: float = 1.0
    """Factor on the gaps between Pay notifications; 1.0 = real gaps."""
    notify_timeout: float = 5.0
    refund_delay: float = 2.0
    transfer_delay: float = 1.0
    """From confirmed to paid, and from called back to given back."""
    transfer_close_delay: float = 600.0
    """How long after its 24 hours an unconfirmed transfer is closed."""
    sms_report_delay: float = 1.0
    token_grace: float = 300.0
    """How long the token before a new one from ``cgi-bin/token`` still works (unconfirmed)."""
    template_event_delay: float = 0.3
    hang_seconds: float = 60.0


class Limits(Section):
    """Counters that WeChat has changed before or does not document for certain."""

    token_daily: int = 2_000
    template_daily: int = 100_000
    menu_daily: int = 1_000
    qrcode_daily: int = 100_000
    default_daily: int = 500_000
    permanent_codes: int = 100_000
    quota_resets_monthly: int = 10
    force_refresh_daily: int = 20
    force_refresh_gap: float = 30.0
    default_code_life: int = 60
    expired_oauth_code: int = 42003
    """Told for an OAuth code older than five minutes; it may be 40029 as well."""
    excess_force_refresh: int = 45009
    """Told when the forced refreshes of the day are used up."""
    reply_window_message: tuple[int, float] = (5, 48 * 3600.0)
    """(how many customer-service messages, for how long) after a message of the user."""
    reply_window_tap: tuple[int, float] = (3, 60.0)
    """The same after a menu tap, a follow or a scan."""
    reply_window_pay: tuple[int, float] | None = None
    """The same after a payment; the newest page no longer names it."""


class Config(Section):
    """Everything that can be set."""

    server: Server = Server()
    backend: Backend = Backend()
    official_account: OfficialAccount = OfficialAccount()
    mini_program: MiniProgram = MiniProgram()
    pay: Pay = Pay()
    sms: Sms = Sms()
    templates: tuple[Template, ...] = ()
    people: tuple[PersonEntry, ...] = ()
    timing: Timing = Timing()
    limits: Limits = Limits()


def load(path: Path) -> Config:
    """Read the file.

    Relative paths in it count from the file's own folder.

    :raises OSError: the file can't be read.
    :raises pydantic.ValidationError: a key is unknown or a value is wrong.
    """
    config = Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    base = path.resolve().parent

    def absolute(value: Path | None) -> Path | None:
        return None if value is None else base / value

    pay = config.pay.model_copy(
        update={
            "merchant_public_key_file": absolute(config.pay.merchant_public_key_file),
            "platform_private_key_file": absolute(config.pay.platform_private_key_file),
        }
    )
    server = config.server.model_copy(update={"state_file": absolute(config.server.state_file)})
    return config.model_copy(update={"pay": pay, "server": server})
