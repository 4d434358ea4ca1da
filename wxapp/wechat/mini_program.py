"""The hospital's mini-program as the rest of wxapp sees it: what its server may ask of WeChat."""

from __future__ import annotations

import json
from typing import Any

from wxapp.core.outgoing import Outgoing
from wxapp.wechat.answers import object_of, post_json
from wxapp.wechat.config import MiniProgramConfig
from wxapp.wechat.errors import BEIJING, TokenInvalid
from wxapp.wechat.interfaces import Now, TokenStore
from wxapp.wechat.tokens import AccessTokens
from wxapp.wechat.values import Delivery

_UNIFIED_DELIVERY = 1
_BY_TRANSACTION_ID = 2


class MiniProgram:
    """One mini-program with an access token of its own. Safe to share between threads; raises ``WechatError`` only."""

    def __init__(self, config: MiniProgramConfig, *, store: TokenStore, now: Now, http: Outgoing | None = None) -> None:
        self._config = config
        self._now = now
        self._http = http or Outgoing(config.limits, proxy=config.proxy)
        self._tokens = AccessTokens(config, store, self._http, now)

    def upload_shipping(self, delivery: Delivery) -> None:
        """Tell WeChat that what was paid is delivered, so that it hands out the money (发货信息录入).

        :raises PaymentUnseen: WeChat does not know the payment, or not yet: try again later
        :raises AlreadyShipped: it was told before
        :raises Rejected: the payment is in no state to be shipped, or the content is wrong
        """
        self._post(
            "/wxa/sec/order/upload_shipping_info",
            {
                "order_key": {"order_number_type": _BY_TRANSACTION_ID, "transaction_id": delivery.transaction_id},
                "logistics_type": int(delivery.logistics),
                "delivery_mode": _UNIFIED_DELIVERY,
                "shipping_list": [{"item_desc": delivery.description}],
                # RFC 3339 with milliseconds and offset; a number of seconds is refused.
                "upload_time": delivery.at.astimezone(BEIJING).isoformat(timespec="milliseconds"),
                "payer": {"openid": delivery.openid},
            },
        )

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call with the shared token; if it is refused, replace it once and call once more."""
        token = self._tokens.get()
        try:
            return self._call(path, token, body)
        except TokenInvalid:
            token = self._tokens.renew(token)
        return self._call(path, token, body)

    def _call(self, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        # WeChat reads no escaped characters in some of its texts: they go out as they are.
        raw = json.dumps(body, ensure_ascii=False).encode()
        response = post_json(self._http, f"{self._config.api_url}{path}?access_token={token}", raw)
        return object_of(response, now=self._now())
