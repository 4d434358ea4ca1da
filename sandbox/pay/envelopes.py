"""One attempt of a notification on the wire: sealed, signed, and spoilt where that was ordered (wechat.md 7.7)."""

from __future__ import annotations

import copy
import json
import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.pay import moments, signing
from sandbox.pay.keys import PUBLIC_KEY_PREFIX, Signer
from sandbox.pay.notices import Notice
from sandbox.pay.sealing import nonce_text, seal
from sandbox.pay.twists import Twist

_OTHER_KEY = "x" * 32
_WITHOUT_ASSOCIATED_DATA = (Twist.NOTICE_EMPTY_ASSOCIATED_DATA, Twist.NOTICE_NO_ASSOCIATED_DATA)


@dataclass(frozen=True)
class Envelope:
    headers: dict[str, str]
    body: bytes


def false_content(plain: dict[str, Any], event_type: str, twist: Twist | None) -> tuple[dict[str, Any], str]:
    """Return plain text and event type of an attempt; four twists tell of a payment that isn't ours."""
    plain = copy.deepcopy(plain)
    if twist is Twist.NOTICE_UNKNOWN_EVENT:
        event_type = event_type.split(".", maxsplit=1)[0] + ".SOMETHING_NEW"
    elif twist is Twist.NOTICE_OTHER_AMOUNT:
        amounts = plain.get("amount", plain)
        for name in amounts:
            if isinstance(amounts[name], int):
                amounts[name] += 1
    elif twist is Twist.NOTICE_OTHER_MCHID:
        plain["mch_id" if "mch_id" in plain else "mchid"] = "1" + "9" * 9
    elif twist is Twist.NOTICE_OTHER_APPID:
        plain["appid"] = "wx" + "9" * 16
    elif twist is Twist.NOTICE_UNKNOWN_ORDER:
        plain["out_bill_no" if "out_bill_no" in plain else "out_trade_no"] = "NO" + secrets.token_hex(12)
    return plain, event_type


def signature_headers(signer: Signer, body: bytes, *, wall: int, twist: Twist | None = None) -> dict[str, str]:
    """Return the headers that sign an answer or a notification, spoilt where that was ordered."""
    if twist is Twist.ANSWER_UNSIGNED:
        return {}
    timestamp = wall - 360 if twist in (Twist.ANSWER_OLD, Twist.NOTICE_OLD) else wall
    nonce = nonce_text(32)
    signature = signing.sign(signer.key, signing.answer_message(timestamp=timestamp, nonce=nonce, body=body))
    if twist in (Twist.ANSWER_PROBE, Twist.NOTICE_PROBE):
        signature = signing.probe(signature)
    elif twist in (Twist.ANSWER_WRONG_SIGNATURE, Twist.NOTICE_WRONG_SIGNATURE):
        signature = signing.spoilt(signature)
    serial = signer.serial
    if twist in (Twist.ANSWER_UNKNOWN_SERIAL, Twist.NOTICE_WRONG_SERIAL):
        serial = f"{PUBLIC_KEY_PREFIX}{'9' * 28}" if serial.startswith(PUBLIC_KEY_PREFIX) else "7" + "F" * 39
    return {
        "Wechatpay-Timestamp": str(timestamp),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": signature,
        "Wechatpay-Signature-Type": signing.SCHEME,
    }


def envelope(notice: Notice, *, signer: Signer, apiv3_key: str, wall: int, twist: Twist | None = None) -> Envelope:
    """Make one attempt; ``wall`` is the real time, which signatures go by."""
    plain, event_type = false_content(notice.plain, notice.event_type, twist)
    resource: dict[str, str] = {"original_type": notice.original_type}
    resource |= seal(
        json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(),
        apiv3_key=_OTHER_KEY if twist is Twist.NOTICE_WRONG_KEY else apiv3_key,
        associated_data="" if twist in _WITHOUT_ASSOCIATED_DATA else notice.original_type,
    )
    if twist is Twist.NOTICE_NO_ASSOCIATED_DATA:
        del resource["associated_data"]
    message = {
        "id": notice.id,
        "create_time": moments.shown(notice.made_at),
        "resource_type": "encrypt-resource",
        "event_type": event_type,
        "summary": notice.summary,
        "resource": resource,
    }
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signature_headers(signer, body, wall=wall, twist=twist)
    if twist is Twist.NOTICE_CHANGED_BODY:
        body = body.replace(notice.id.encode(), notice.id[::-1].encode())
    headers |= {
        "Content-Type": "application/json",
        "Accept": "*/*",
        "User-Agent": "Mozilla/4.0",
        "Request-ID": f"{secrets.token_hex(8).upper()}-0",
    }
    return Envelope(headers, body)
