"""Shapes of JSON bodies: what a field may hold, and that nothing else is in the body.

WeChat Pay refuses an unknown field ("参数中含有非法的额外参数") as well as a wrong one,
on every level; ``null`` counts as a wrong value. The checks raise 400 PARAM_ERROR.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sandbox.pay.errors import param_error


class Shape(Protocol):
    def check(self, value: object, path: str) -> None:
        """Raise PayRefusal unless the value has this shape."""


@dataclass(frozen=True)
class Text:
    """A string of ``minimum`` to ``maximum`` characters (or bytes of UTF-8), all of them fitting ``pattern``."""

    minimum: int = 1
    maximum: int = 1024
    pattern: str = r"(?s).*"
    max_bytes: int | None = None

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, str):
            raise param_error("参数类型错误，应为字符串", field=path, issue="not a string")
        if not self.minimum <= len(value) <= self.maximum:
            raise param_error(
                f"参数长度应为{self.minimum}到{self.maximum}", field=path, issue=f"length is {len(value)}"
            )
        if self.max_bytes is not None and len(value.encode()) > self.max_bytes:
            raise param_error(f"参数不能超过{self.max_bytes}字节", field=path, issue="too many bytes")
        if re.fullmatch(self.pattern, value) is None:
            raise param_error("参数格式错误", field=path, issue="pattern not matched")


@dataclass(frozen=True)
class OneOf:
    values: tuple[str, ...]

    def check(self, value: object, path: str) -> None:
        if value not in self.values:
            raise param_error(f"参数应为{'、'.join(self.values)}", field=path, issue="not in enum")


@dataclass(frozen=True)
class Whole:
    """A whole number; ``1.0`` and ``true`` are none."""

    minimum: int = 0
    maximum: int = 2**31 - 1

    def check(self, value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise param_error("参数类型错误，应为整数", field=path, issue="not an integer")
        if not self.minimum <= value <= self.maximum:
            raise param_error(f"参数应在{self.minimum}到{self.maximum}之间", field=path, issue="out of range")


@dataclass(frozen=True)
class Flag:
    def check(self, value: object, path: str) -> None:
        if not isinstance(value, bool):
            raise param_error("参数类型错误，应为布尔值", field=path, issue="not a boolean")


@dataclass(frozen=True)
class Many:
    each: Shape
    maximum: int = 6000

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, list) or not 1 <= len(value) <= self.maximum:
            raise param_error("参数类型错误，应为非空数组", field=path, issue="not a list")
        for index, item in enumerate(value):
            self.each.check(item, f"{path}/{index}")


@dataclass(frozen=True)
class Record:
    """An object with these fields and no others."""

    required: Mapping[str, Shape]
    optional: Mapping[str, Shape]

    def check(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise param_error("参数类型错误，应为对象", field=path or "/", issue="not an object")
        for name in value:
            if name not in self.required and name not in self.optional:
                raise param_error(f"参数中含有非法的额外参数: {name}", field=f"{path}/{name}", issue="unknown field")
        for name, shape in self.required.items():
            if name not in value:
                raise param_error(f"缺少必填参数: {name}", field=f"{path}/{name}", issue="missing")
            shape.check(value[name], f"{path}/{name}")
        for name, shape in self.optional.items():
            if name in value:
                shape.check(value[name], f"{path}/{name}")


_MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})"
_URL = Text(maximum=255, pattern=r"https?://[^\s?#]+")

ORDER = Record(
    required={
        "appid": Text(maximum=32),
        "mchid": Text(maximum=32),
        "description": Text(maximum=127),
        "out_trade_no": Text(6, 32, r"[0-9A-Za-z_\-|*]+"),
        "notify_url": _URL,
        "amount": Record({"total": Whole(1)}, {"currency": OneOf(("CNY",))}),
        "payer": Record({"openid": Text(maximum=128)}, {}),
    },
    optional={
        "time_expire": Text(maximum=64, pattern=_MOMENT),
        "attach": Text(maximum=128),
        "goods_tag": Text(maximum=32),
        "limit_pay": Many(OneOf(("no_balance", "no_debit", "no_credit", "balance_only"))),
        "support_fapiao": Flag(),
        "detail": Record(
            {},
            {
                "cost_price": Whole(),
                "invoice_id": Text(maximum=32),
                "goods_detail": Many(
                    Record(
                        {"merchant_goods_id": Text(maximum=32), "quantity": Whole(1), "unit_price": Whole()},
                        {"wechatpay_goods_id": Text(maximum=32), "goods_name": Text(maximum=256)},
                    )
                ),
            },
        ),
        "scene_info": Record(
            {"payer_client_ip": Text(maximum=45)},
            {
                "device_id": Text(maximum=32),
                "store_info": Record(
                    {"id": Text(maximum=32)},
                    {"name": Text(maximum=256), "area_code": Text(maximum=32), "address": Text(maximum=512)},
                ),
            },
        ),
        "settle_info": Record({}, {"profit_sharing": Flag()}),
    },
)

NOTHING = Record({}, {})

TRANSFER = Record(
    required={
        "appid": Text(maximum=32),
        "out_bill_no": Text(maximum=32, pattern=r"[0-9A-Za-z]+"),
        "transfer_scene_id": Text(maximum=36),
        "openid": Text(maximum=64),
        "transfer_amount": Whole(1),
        "transfer_remark": Text(maximum=32),
        "transfer_scene_report_infos": Many(
            Record({"info_type": Text(maximum=15), "info_content": Text(maximum=32)}, {})
        ),
    },
    optional={
        "user_name": Text(maximum=1024),
        "notify_url": _URL,
        "user_recv_perception": Text(maximum=64),
        "user_recv_style": Record({"type": OneOf(("CONFIRM_PAGE", "RED_PACKET"))}, {}),
    },
)

CLOSE = Record({"mchid": Text(maximum=32)}, {})

REFUND = Record(
    required={
        "out_refund_no": Text(maximum=64, pattern=r"[0-9A-Za-z_\-|*@]+"),
        "amount": Record(
            {"refund": Whole(1), "total": Whole(1), "currency": OneOf(("CNY",))},
            {
                "from": Many(Record({"account": OneOf(("AVAILABLE", "UNAVAILABLE")), "amount": Whole(1)}, {})),
            },
        ),
    },
    optional={
        "transaction_id": Text(maximum=32),
        "out_trade_no": Text(6, 32, r"[0-9A-Za-z_\-|*]+"),
        "reason": Text(maximum=80, max_bytes=80),
        "notify_url": _URL,
        "funds_account": OneOf(("AVAILABLE",)),
        "goods_detail": Many(
            Record(
                {
                    "merchant_goods_id": Text(maximum=32),
                    "unit_price": Whole(),
                    "refund_amount": Whole(),
                    "refund_quantity": Whole(1),
                },
                {"wechatpay_goods_id": Text(maximum=32), "goods_name": Text(maximum=256)},
            )
        ),
    },
)

ABNORMAL_REFUND = Record(
    {"out_refund_no": REFUND.required["out_refund_no"], "type": OneOf(("USER_BANK_CARD", "MERCHANT_BANK_CARD"))},
    {"bank_type": Text(maximum=16), "bank_account": Text(maximum=1024), "real_name": Text(maximum=1024)},
)
