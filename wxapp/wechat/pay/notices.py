"""Notices of WeChat Pay: verified over the raw body, then decrypted, then read. Source: wechat.md 7.7."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wxapp.wechat.config import PayConfig
from wxapp.wechat.pay import reading
from wxapp.wechat.pay.errors import NoticeReason, NoticeRefused
from wxapp.wechat.pay.signature import Verifier
from wxapp.wechat.pay.values import PaymentNotice, RefundNotice, TransferNotice

MAX_BODY = 64 * 1024
"""Bytes. A notice has about one kilobyte."""

_PAID = "TRANSACTION.SUCCESS"
_REFUND_ENDED = frozenset({"REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"})
_TRANSFER_ENDED = "MCHTRANSFER.BILL.FINISHED"


class Notices:
    """Reads what comes to the notification addresses. Everything hostile ends in NoticeRefused."""

    def __init__(self, config: PayConfig, verifier: Verifier) -> None:
        self._config = config
        self._verifier = verifier
        self._cipher = AESGCM(config.apiv3_key.encode())

    def payment(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        """Return a notice of payment.

        :raises NoticeRefused: not genuine, not readable, not about a payment, or not for our account and merchant.
        """
        notice_id, event, fields = self._open(headers, body)
        if event != _PAID:
            raise NoticeRefused(NoticeReason.UNKNOWN_EVENT)
        try:
            payment = reading.payment(fields)
        except reading.ShapeFault:
            raise NoticeRefused(NoticeReason.UNREADABLE) from None
        if payment.appid != self._config.appid or payment.mchid != self._config.mchid:
            raise NoticeRefused(NoticeReason.NOT_OURS)
        if not payment.state.is_paid or payment.total_fen is None or not payment.transaction_id:
            raise NoticeRefused(NoticeReason.UNREADABLE)
        return PaymentNotice(notice_id, payment)

    def refund(self, headers: Mapping[str, str], body: bytes) -> RefundNotice:
        """Return a notice of refund.

        :raises NoticeRefused: not genuine, not readable, not about a refund, or not for our merchant.
        """
        notice_id, event, fields = self._open(headers, body)
        if event not in _REFUND_ENDED:
            raise NoticeRefused(NoticeReason.UNKNOWN_EVENT)
        if fields.get("mchid") != self._config.mchid:
            raise NoticeRefused(NoticeReason.NOT_OURS)
        try:
            refund = reading.refund(fields, state_field="refund_status")
        except reading.ShapeFault:
            raise NoticeRefused(NoticeReason.UNREADABLE) from None
        if f"REFUND.{refund.state}" != event:
            raise NoticeRefused(NoticeReason.UNREADABLE)
        return RefundNotice(notice_id, refund)

    def transfer(self, headers: Mapping[str, str], body: bytes) -> TransferNotice:
        """Return a notice of the end of a transfer.

        :raises NoticeRefused: not genuine, not readable, not about the end of a transfer, or not for our merchant.
        """
        notice_id, event, fields = self._open(headers, body)
        if event != _TRANSFER_ENDED:
            raise NoticeRefused(NoticeReason.UNKNOWN_EVENT)
        appid = fields.get("appid", self._config.appid)  # this kind of notice may leave it out
        if fields.get("mch_id") != self._config.mchid or appid != self._config.appid:
            raise NoticeRefused(NoticeReason.NOT_OURS)
        try:
            bill = reading.transfer(fields)
        except reading.ShapeFault:
            raise NoticeRefused(NoticeReason.UNREADABLE) from None
        if not bill.state.is_final or bill.amount_fen is None:
            raise NoticeRefused(NoticeReason.UNREADABLE)
        return TransferNotice(notice_id, bill)

    def _open(self, headers: Mapping[str, str], body: bytes) -> tuple[str, str, dict[str, Any]]:
        """Return id, event and the decrypted fields."""
        if len(body) > MAX_BODY:
            raise NoticeRefused(NoticeReason.TOO_LARGE)
        self._verifier.check(headers, body)
        notice = _object(body)
        notice_id, event, resource = notice.get("id"), notice.get("event_type"), notice.get("resource")
        if not (isinstance(notice_id, str) and isinstance(event, str) and isinstance(resource, dict)):
            raise NoticeRefused(NoticeReason.UNREADABLE)
        return notice_id, event, _object(self._decrypt(resource))

    def _decrypt(self, resource: Mapping[str, Any]) -> bytes:
        sealed, nonce = resource.get("ciphertext"), resource.get("nonce")
        bound_to = resource.get("associated_data") or ""
        if resource.get("algorithm") != "AEAD_AES_256_GCM":
            raise NoticeRefused(NoticeReason.UNREADABLE)
        if not (isinstance(sealed, str) and isinstance(nonce, str) and isinstance(bound_to, str)):
            raise NoticeRefused(NoticeReason.UNREADABLE)
        try:
            return self._cipher.decrypt(nonce.encode(), base64.b64decode(sealed, validate=True), bound_to.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise NoticeRefused(NoticeReason.UNREADABLE) from None


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text.decode())
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise NoticeRefused(NoticeReason.UNREADABLE)
    return value
