"""The Pay API v3 as the backend calls it: signature checked, answer signed, calls recorded."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, request
from flask.blueprints import BlueprintSetupState

from sandbox.endpoints import NAMES, endpoint
from sandbox.faults import Fault, Kind
from sandbox.pay import bills, errors, orders, refunds, signing, transfers
from sandbox.pay.desk import Desk, desk
from sandbox.pay.envelopes import signature_headers
from sandbox.pay.errors import PayRefusal, param_error, sign_error
from sandbox.pay.outbox import ENDPOINT as NOTIFY
from sandbox.pay.twists import ANSWER_SIGNATURES, Twist

blueprint = Blueprint("pay", __name__)
NAMES.add(NOTIFY)

View = Callable[..., Response]


@blueprint.record
def _open_desk(state: BlueprintSetupState) -> None:
    """Give the application its desk."""
    app: Any = state.app
    app.extensions["pay_desk"] = here = Desk(app.extensions["world"])
    app.extensions.setdefault("background", []).append(here.start)


def api(name: str, *, is_signed: bool = True) -> Callable[[View], View]:
    """Wrap a view of the API: request check, refusals, ordered errors, signature of the answer."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(**kwargs: str) -> Response:
            here = desk()
            try:
                check_request(here)
                numbers = _numbers(kwargs)
                if order := here.twists.take({Twist.ERROR_BEFORE}, at=name, numbers=numbers):
                    raise errors.ordered(order.code)
                answer = view(**kwargs)
                if order := here.twists.take({Twist.ERROR_AFTER}, at=name, numbers=numbers):
                    raise errors.ordered(order.code)
            except PayRefusal as refusal:
                return refused(refusal)
            return answer

        def finish(response: Response, faults: Sequence[Fault]) -> Response:
            inner_code = 0 if response.status_code < 300 else 268_000_000 + response.status_code
            response.headers["Request-ID"] = f"{secrets.token_hex(16).upper()}-{inner_code}"
            if is_signed or response.status_code >= 300:
                _sign(response, faults, name)
            return response

        return endpoint(name, error=ordered_error, finish=finish)(checked)

    return decorate


def refused(refusal: PayRefusal) -> Response:
    body = json.dumps(refusal.body(old_spelling=desk().old_spelling), ensure_ascii=False)
    return Response(body, status=refusal.status, mimetype="application/json")


def ordered_error(code: str, message: str) -> Response:
    """Answer the error of a general fault; a code that WeChat Pay doesn't have comes as 400."""
    status, text = errors.ORDERABLE.get(code, (400, "请求失败"))
    return refused(PayRefusal(status, code, message or text))


def answered(body: object) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), mimetype="application/json")


def _sign(response: Response, faults: Sequence[Fault], name: str) -> None:
    here = desk()
    try:
        signer = here.keys.signer(request.headers.get("Wechatpay-Serial"))
    except PayRefusal:
        return  # no keys are configured, and the answer says so
    twist = None
    if response.status_code < 300:
        if any(fault.kind is Kind.WRONG_SIGNATURE for fault in faults):
            twist = Twist.ANSWER_WRONG_SIGNATURE
        elif order := here.twists.take(ANSWER_SIGNATURES, at=name, numbers=g.get("pay_numbers", ())):
            twist = order.twist
        elif here.dice.random() < here.probe_rate:
            twist = Twist.ANSWER_PROBE
    if twist is not None:
        g.call.note = ", ".join(part for part in (g.call.note, twist.value) if part)
    response.headers.update(signature_headers(signer, response.get_data(), wall=int(here.wall()), twist=twist))


def check_request(here: Desk) -> None:
    """Check headers and signature of the current request (wechat.md 7.1).

    :raises PayRefusal: 401 SIGN_ERROR, or 400 PARAM_ERROR for a missing header.
    """
    try:
        given = signing.parse_authorization(request.headers.get("Authorization", ""))
    except signing.BadAuthorization as bad:
        raise sign_error(str(bad)) from None
    if given.mchid != here.world.config.pay.mchid:
        raise sign_error("商户号与证书不匹配")
    if given.serial_no.upper() != here.keys.merchant_serial:
        raise sign_error("商户证书序列号有误")
    if abs(here.wall() - given.timestamp) > signing.FRESH_SECONDS:
        raise sign_error("时间戳与服务器时间相差超过5分钟")
    message = signing.request_message(
        method=request.method,
        target=_target(),
        timestamp=given.timestamp,
        nonce=given.nonce_str,
        body=request.get_data(cache=True),
    )
    if not signing.is_signed(here.keys.merchant_key, message, given.signature):
        raise sign_error("签名错误，请检查后再试")
    accepts = request.headers.get("Accept", "")
    if "application/json" not in accepts and "*/*" not in accepts:
        raise param_error("Http头Accept应为application/json", field="/Accept", issue="missing")
    if not request.headers.get("User-Agent", "").strip():
        raise param_error("Http头缺少User-Agent", field="/User-Agent", issue="missing")
    if request.method == "POST" and request.mimetype != "application/json":
        raise param_error("Http头Content-Type应为application/json", field="/Content-Type", issue="wrong")


def _target() -> str:
    """Return path and query as they were sent: the signature covers their bytes."""
    raw = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI")
    if raw:
        return str(raw)
    query = request.query_string.decode("latin-1")
    return quote(request.path) + (f"?{query}" if query else "")


def body_of_request() -> dict[str, Any]:
    """Return the JSON object sent.

    :raises PayRefusal: it isn't one.
    """
    try:
        body = json.loads(request.get_data(cache=True))
    except ValueError:
        raise param_error("请求体不是有效的JSON") from None
    if not isinstance(body, dict):
        raise param_error("请求体不是JSON对象")
    return body


def _numbers(from_path: dict[str, str]) -> set[str]:
    """Return the order, refund and transfer numbers that the request is about."""
    found = {value for name, value in from_path.items() if name.endswith("_no")}
    if request.method == "POST":
        try:
            body = json.loads(request.get_data(cache=True))
        except ValueError:
            body = None
        if isinstance(body, dict):
            found |= {str(body[name]) for name in ("out_trade_no", "out_refund_no", "out_bill_no") if name in body}
    g.pay_numbers = found
    return found


@blueprint.post("/v3/pay/transactions/jsapi")
@api("pay/jsapi")
def place_order() -> Response:
    return answered({"prepay_id": orders.place(desk(), body_of_request())})


@blueprint.get("/v3/pay/transactions/out-trade-no/<out_trade_no>")
@api("pay/query")
def query_by_number(out_trade_no: str) -> Response:
    return answered(orders.find(desk(), out_trade_no=out_trade_no, mchid=request.args.get("mchid")))


@blueprint.get("/v3/pay/transactions/id/<transaction_id>")
@api("pay/query")
def query_by_transaction(transaction_id: str) -> Response:
    return answered(orders.find(desk(), transaction_id=transaction_id, mchid=request.args.get("mchid")))


@blueprint.post("/v3/pay/transactions/out-trade-no/<out_trade_no>/close")
@api("pay/close")
def close_order(out_trade_no: str) -> Response:
    orders.close(desk(), out_trade_no, body_of_request())
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.post("/v3/refund/domestic/refunds")
@api("pay/refund")
def apply_for_refund() -> Response:
    return answered(refunds.apply(desk(), body_of_request()))


@blueprint.get("/v3/refund/domestic/refunds/<out_refund_no>")
@api("pay/refund_query")
def query_refund(out_refund_no: str) -> Response:
    return answered(refunds.find(desk(), out_refund_no))


@blueprint.post("/v3/refund/domestic/refunds/<refund_id>/apply-abnormal-refund")
@api("pay/abnormal_refund")
def apply_abnormal_refund(refund_id: str) -> Response:
    return answered(refunds.apply_abnormal(desk(), refund_id, body_of_request()))


@blueprint.post("/v3/fund-app/mch-transfer/transfer-bills")
@api("pay/transfer")
def send_transfer() -> Response:
    here = desk()
    answer = transfers.send(here, body_of_request(), serial=request.headers.get("Wechatpay-Serial"))
    if here.world.faults.take("pay/transfer", {Kind.EARLY}):
        # The person was quick, and the news overtakes this answer.
        transfers.settle_at_once(here, str(answer["out_bill_no"]))
    return answered(answer)


@blueprint.get("/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/<out_bill_no>")
@api("pay/transfer_query")
def query_transfer(out_bill_no: str) -> Response:
    return answered(transfers.find(desk(), out_bill_no=out_bill_no))


@blueprint.get("/v3/fund-app/mch-transfer/transfer-bills/transfer-bill-no/<transfer_bill_no>")
@api("pay/transfer_query")
def query_transfer_by_their_number(transfer_bill_no: str) -> Response:
    return answered(transfers.find(desk(), transfer_bill_no=transfer_bill_no))


@blueprint.post("/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/<out_bill_no>/cancel")
@api("pay/transfer_cancel")
def cancel_transfer(out_bill_no: str) -> Response:
    return answered(transfers.cancel(desk(), out_bill_no, body_of_request() if request.get_data(cache=True) else {}))


@blueprint.post("/v3/transfer/batches")
@api("pay/transfer_batch")
def old_transfer() -> Response:
    raise PayRefusal(403, "NO_AUTH", "当前商户号接入升级版本功能，暂不支持使用升级前功能")


@blueprint.get("/v3/bill/tradebill")
@api("pay/tradebill")
def trade_bill() -> Response:
    asked = request.args
    return answered(
        bills.trade_bill(
            desk(),
            bill_date=asked.get("bill_date", ""),
            bill_type=asked.get("bill_type", "ALL"),
            tar_type=asked.get("tar_type", ""),
        )
    )


@blueprint.get("/v3/bill/fundflowbill")
@api("pay/fundflowbill")
def fund_flow_bill() -> Response:
    asked = request.args
    return answered(
        bills.fund_bill(
            desk(),
            bill_date=asked.get("bill_date", ""),
            account_type=asked.get("account_type", "BASIC"),
            tar_type=asked.get("tar_type", ""),
        )
    )


@blueprint.get("/v3/billdownload/file")
@api("pay/billdownload", is_signed=False)
def download_bill() -> Response:
    return Response(bills.download(desk(), request.args.get("token", "")), mimetype="application/octet-stream")


@blueprint.get("/v3/certificates")
@api("pay/certificates")
def certificates() -> Response:
    return answered({"data": desk().keys.certificates()})
