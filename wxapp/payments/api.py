"""Where WeChat Pay tells us something. No log-in, no redirect; answered after the commit, within a second."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from wxapp.payments import services
from wxapp.payments.errors import NoticeFault
from wxapp.payments.services.paying_back import NOTIFY_PATH as REFUND_PATH
from wxapp.payments.services.paying_out import NOTIFY_PATH as TRANSFER_PATH
from wxapp.payments.services.wechat import NOTIFY_PATH
from wxapp.wechat.pay.errors import NoticeRefused
from wxapp.wechat.pay.notices import MAX_BODY

log = logging.getLogger(__name__)

door = Blueprint("payments_notify", __name__)


@door.post(NOTIFY_PATH)
def payment_notice() -> ResponseReturnValue:
    return _answer(services.receive_notice)


@door.post(REFUND_PATH)
def refund_notice() -> ResponseReturnValue:
    return _answer(services.receive_refund_notice)


@door.post(TRANSFER_PATH)
def transfer_notice() -> ResponseReturnValue:
    return _answer(services.receive_transfer_notice)


def _answer(receive: Callable[[Mapping[str, str], bytes], object]) -> ResponseReturnValue:
    """Hand the raw bytes over; whatever is not surely taken is answered with a failure, so that it comes again."""
    request.max_content_length = MAX_BODY
    body = request.get_data()
    try:
        receive(dict(request.headers), body)
    except NoticeRefused as refusal:
        log.warning("payments: a notice from %s was refused: %s", request.remote_addr, refusal.reason)
        return jsonify(code="FAIL", message="not accepted"), 401
    except NoticeFault as fault:
        log.warning("payments: a genuine notice does not fit: %s", fault)  # its case is an error of its own
        return jsonify(code="FAIL", message="does not fit"), 409
    return jsonify(code="SUCCESS", message="成功")
