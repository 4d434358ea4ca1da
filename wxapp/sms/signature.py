"""TC3-HMAC-SHA256, the signature of Tencent Cloud's interface version 3."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"
_SIGNED_HEADERS = "content-type;host"


def authorization(*, secret_id: str, secret_key: str, service: str, host: str, timestamp: int, body: bytes) -> str:
    """Return the Authorization header of a POST to ``/`` of the host. The scope is the day in UTC."""
    day = datetime.fromtimestamp(timestamp, UTC).date().isoformat()
    headers = f"content-type:{CONTENT_TYPE}\nhost:{host}\n"
    request = f"POST\n/\n\n{headers}\n{_SIGNED_HEADERS}\n{_sha256(body)}"
    scope = f"{day}/{service}/tc3_request"
    to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{_sha256(request.encode())}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = _hmac(key, part)
    return (
        f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={_SIGNED_HEADERS}, "
        f"Signature={_hmac(key, to_sign).hex()}"
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
