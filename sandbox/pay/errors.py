"""What WeChat Pay says no with: HTTP status, code and Chinese text, as in its error tables."""

from __future__ import annotations

# Pages of before 2023 spell these without the underscore, and single machines of WeChat Pay still do.
OLD_SPELLINGS = frozenset(
    {"SYSTEM_ERROR", "ORDER_NOT_EXIST", "NOT_ENOUGH", "NO_AUTH", "RULE_LIMIT", "ORDER_PAID", "FREQUENCY_LIMITED"}
)


class PayRefusal(Exception):
    """An error answer of the Pay API. ``detail`` names the field, where there is one."""

    def __init__(self, status: int, code: str, message: str, detail: dict[str, object] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail

    def body(self, *, old_spelling: bool = False) -> dict[str, object]:
        """Return the JSON answer; the old spelling drops the underscores of some codes."""
        code = self.code.replace("_", "") if old_spelling and self.code in OLD_SPELLINGS else self.code
        answer: dict[str, object] = {"code": code, "message": self.message}
        if self.detail is not None:
            answer["detail"] = self.detail
        return answer


def param_error(message: str, *, field: str = "", issue: str = "") -> PayRefusal:
    """Return 400 PARAM_ERROR; ``field`` is a JSON pointer such as ``/amount/total``."""
    detail: dict[str, object] | None = {"field": field, "issue": issue, "location": "body"} if field else None
    return PayRefusal(400, "PARAM_ERROR", message, detail)


def invalid_request(message: str) -> PayRefusal:
    return PayRefusal(400, "INVALID_REQUEST", message)


def sign_error(message: str) -> PayRefusal:
    return PayRefusal(401, "SIGN_ERROR", message)


def order_not_exist() -> PayRefusal:
    return PayRefusal(404, "ORDER_NOT_EXIST", "订单不存在")


def order_paid(message: str = "该订单已支付") -> PayRefusal:
    return PayRefusal(400, "ORDER_PAID", message)


def order_closed() -> PayRefusal:
    return PayRefusal(400, "ORDER_CLOSED", "该订单已关闭")


def mch_not_exists() -> PayRefusal:
    return PayRefusal(400, "MCH_NOT_EXISTS", "商户号不存在")


def not_enough() -> PayRefusal:
    return PayRefusal(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")


def resource_not_exists(message: str = "订单不存在") -> PayRefusal:
    return PayRefusal(404, "RESOURCE_NOT_EXISTS", message)


# Errors that a fault order may ask for by code, beside those that follow from the state of an order.
ORDERABLE = {
    "PARAM_ERROR": (400, "参数错误"),
    "INVALID_REQUEST": (400, "请求参数符合参数格式，但不符合业务规则"),
    "APPID_MCHID_NOT_MATCH": (400, "AppID和mch_id不匹配"),
    "MCH_NOT_EXISTS": (400, "商户号不存在"),
    "ORDER_PAID": (400, "该订单已支付"),
    "ORDER_CLOSED": (400, "该订单已关闭"),
    "SIGN_ERROR": (401, "签名错误"),
    "NO_AUTH": (403, "商户号无权限"),
    "OUT_TRADE_NO_USED": (403, "商户订单号重复"),
    "RULE_LIMIT": (403, "业务规则限制"),
    "TRADE_ERROR": (403, "交易错误"),
    "NOT_ENOUGH": (403, "基本账户余额不足，请充值后重新发起"),
    "USER_ACCOUNT_ABNORMAL": (403, "用户账户注销"),
    "ORDER_NOT_EXIST": (404, "订单不存在"),
    "RESOURCE_NOT_EXISTS": (404, "订单不存在"),
    "NOT_FOUND": (404, "记录不存在"),
    "ALREADY_EXISTS": (400, "商家单号已存在"),
    "FREQUENCY_LIMIT_EXCEED": (429, "请求频率超过限制"),
    "FREQUENCY_LIMITED": (429, "频率超限，请降低频率后重试"),
    "SYSTEM_ERROR": (500, "系统错误，请用相同参数重新调用"),
    "BANK_ERROR": (500, "银行系统异常"),
}


def ordered(code: str) -> PayRefusal:
    """Return the refusal that a fault order names; KeyError for a code WeChat Pay doesn't have."""
    status, message = ORDERABLE[code]
    return PayRefusal(status, code, message)
