"""What the clients ask of the application, and what the application may ask of the clients.

The real clients and the fakes of the tests both have these shapes; nobody outside needs the classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from wxapp.wechat.pay.values import (
    FundAccount,
    FundFlowBill,
    JsapiParams,
    Order,
    Payment,
    PaymentNotice,
    Refund,
    RefundNotice,
    RefundOrder,
    TradeBill,
    TransferBill,
    TransferNotice,
    TransferOrder,
)
from wxapp.wechat.values import (
    Article,
    Choice,
    Delivery,
    DownloadedMedia,
    Follower,
    JsConfig,
    MessageTemplate,
    OAuthIdentity,
    OAuthProfile,
    QrCode,
    TemplateMessage,
)

Now = Callable[[], datetime]
"""The clock, handed in: ``core.clock.now``."""


class TokenStore(Protocol):
    """A store that all processes share, with values that die after ``ttl`` seconds."""

    def get(self, key: str) -> str | None: ...

    def set(self, key: str, value: str, *, ttl: float) -> None: ...

    def add(self, key: str, value: str, *, ttl: float) -> bool:
        """Set only if absent; say whether it was."""
        ...

    def delete_if(self, key: str, value: str) -> bool:
        """Delete only if it still is this value; say whether it was."""
        ...

    def incr(self, key: str, *, ttl: float) -> int: ...


class OfficialAccountApi(Protocol):
    """The account: messages, people, codes, menu, media. Every method raises errors of ``wechat.errors`` only."""

    def send_template(self, message: TemplateMessage) -> int: ...

    def templates(self) -> list[MessageTemplate]: ...

    def follower(self, openid: str) -> Follower: ...

    def create_menu(self, menu: Mapping[str, Any]) -> None: ...

    def menu(self) -> dict[str, Any] | None: ...

    def delete_menu(self) -> None: ...

    def create_qrcode(self, scene: str, *, expires_in: int | None) -> QrCode: ...

    def qrcode_image(self, ticket: str) -> bytes: ...

    def send_text(self, openid: str, text: str) -> None: ...

    def send_image(self, openid: str, media_id: str) -> None: ...

    def send_news(self, openid: str, article: Article) -> None: ...

    def send_choices(self, openid: str, *, head: str, choices: Sequence[Choice], tail: str) -> None: ...

    def upload_media(self, kind: str, *, name: str, content: bytes, content_type: str) -> str: ...

    def download_media(self, media_id: str) -> DownloadedMedia: ...

    def jsapi_ticket(self) -> tuple[str, int]: ...


class MiniProgramApi(Protocol):
    """The mini-program's server side. Every method raises errors of ``wechat.errors`` only."""

    def upload_shipping(self, delivery: Delivery) -> None: ...


class OAuthApi(Protocol):
    """Log-in by the WeChat browser."""

    def authorize_url(self, *, return_url: str, state: str, scope: str = ...) -> str: ...

    def exchange(self, code: str) -> OAuthIdentity: ...

    def profile(self, identity: OAuthIdentity) -> OAuthProfile: ...


class JsSdkApi(Protocol):
    """Signatures for pages that use WeChat's script."""

    def config_for(self, url: str) -> JsConfig: ...


class PayApi(Protocol):
    """WeChat Pay. Every method raises errors of ``wechat.pay.errors`` only."""

    def order(self, order: Order) -> str: ...

    def jsapi_params(self, prepay_id: str) -> JsapiParams: ...

    def query(self, out_trade_no: str) -> Payment: ...

    def close(self, out_trade_no: str) -> None: ...

    def refund(self, order: RefundOrder) -> Refund: ...

    def query_refund(self, out_refund_no: str) -> Refund: ...

    def transfer(self, order: TransferOrder) -> TransferBill: ...

    def query_transfer(self, out_bill_no: str) -> TransferBill: ...

    def cancel_transfer(self, out_bill_no: str) -> TransferBill: ...

    def trade_bill(self, day: date) -> TradeBill: ...

    def fund_flow_bill(self, day: date, account: FundAccount = ...) -> FundFlowBill: ...

    def payment_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice: ...

    def refund_notice(self, headers: Mapping[str, str], body: bytes) -> RefundNotice: ...

    def transfer_notice(self, headers: Mapping[str, str], body: bytes) -> TransferNotice: ...
