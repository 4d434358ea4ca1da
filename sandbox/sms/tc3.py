"""The signature TC3-HMAC-SHA256 of Tencent Cloud, from the verifier's side: pure functions.

Source: Tencent Cloud's documentation of API 3.0 (签名方法 v3).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
FRESH_SECONDS = 300

_HEADER = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<id>[^/,\s]+)/(?P<date>\d{{4}}-\d{{2}}-\d{{2}})/(?P<service>[a-z0-9]+)/tc3_request,"
    r"\s*SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


class SignatureRefused(Exception):
    """``code`` is Tencent's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Signed:
    """A request as it came. Header names are lower case."""

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def signature(
    request: Signed, *, secret_key: str, timestamp: int, service: str, signed_headers: Sequence[str], uri: str = "/"
) -> str:
    """Return the signature in hex that the request should carry."""
    canonical_headers = "".join(f"{name}:{request.headers[name].strip().lower()}\n" for name in signed_headers)
    canonical = "\n".join(
        [
            request.method,
            uri,
            request.query,
            canonical_headers,
            ";".join(signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def check(request: Signed, *, secret_id: str, secret_key: str, service: str, now: float, path: str) -> None:
    """Check the Authorization header.

    The signed path is always "/" at Tencent; a client that signs the path it really calls is accepted too.

    :raises SignatureRefused: with the code that Tencent gives.
    """
    match = _HEADER.fullmatch(request.headers.get("authorization", "").strip())
    if match is None:
        raise SignatureRefused("AuthFailure.InvalidAuthorization", "请求头部的 Authorization 不符合腾讯云标准。")
    if match["id"] != secret_id:
        raise SignatureRefused("AuthFailure.SecretIdNotFound", "密钥不存在。")
    given_time = request.headers.get("x-tc-timestamp", "")
    if not re.fullmatch(r"\d{1,12}", given_time):
        raise SignatureRefused("AuthFailure.InvalidAuthorization", "X-TC-Timestamp 无效。")
    timestamp = int(given_time)
    if abs(now - timestamp) > FRESH_SECONDS:
        raise SignatureRefused("AuthFailure.SignatureExpire", "签名过期。")
    signed_headers = match["headers"].split(";")
    missing = {"content-type", "host"} - set(signed_headers)
    if missing or any(name not in request.headers for name in signed_headers):
        raise SignatureRefused("AuthFailure.SignatureFailure", "SignedHeaders 必须包含 content-type 和 host。")
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    if match["date"] != date or match["service"] != service:
        raise SignatureRefused("AuthFailure.SignatureFailure", "Credential 的日期或服务名不正确。")
    right = [
        signature(
            request,
            secret_key=secret_key,
            timestamp=timestamp,
            service=service,
            signed_headers=signed_headers,
            uri=uri,
        )
        for uri in ("/", path)
    ]
    if not any(hmac.compare_digest(each, match["signature"]) for each in right):
        raise SignatureRefused("AuthFailure.SignatureFailure", "签名错误。")
