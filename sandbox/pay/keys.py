"""The keys on WeChat Pay's side: which one signs, and what ``/v3/certificates`` hands out.

In public-key mode answers carry ``PUB_KEY_ID_…``; in certificate mode the serial of a platform
certificate, of which two may be valid at the same time while one replaces the other; in the mode
"both" (a merchant that is switching over) the request's ``Wechatpay-Serial`` decides.
Certificates are self-signed, made when first asked for, and gone after a restart.
"""

from __future__ import annotations

import base64
import binascii
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import NameOID

from sandbox.pay import moments
from sandbox.pay.errors import PayRefusal, param_error
from sandbox.pay.sealing import seal

Mode = Literal["public_key", "certificate", "both"]
PUBLIC_KEY_PREFIX = "PUB_KEY_ID_"
_FIVE_YEARS = timedelta(days=5 * 365)


@dataclass(frozen=True)
class Signer:
    serial: str
    key: RSAPrivateKey
    certificate: x509.Certificate | None = None


def new_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: RSAPublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class KeyRing:
    """The merchant's public key and the platform's signers; safe to use from many threads."""

    def __init__(
        self,
        *,
        merchant_serial: str,
        merchant_key: RSAPublicKey,
        platform_key: RSAPrivateKey,
        platform_key_id: str,
        apiv3_key: str,
        mode: Mode = "public_key",
    ) -> None:
        self.merchant_serial = merchant_serial.upper()
        self.merchant_key = merchant_key
        self.apiv3_key = apiv3_key
        self.mode: Mode = mode
        self._public = Signer(platform_key_id, platform_key)
        self._certified: list[Signer] = []
        self._lock = threading.Lock()

    def signer(self, asked_serial: str | None = None) -> Signer:
        """Return the signer of an answer to a request that carried ``Wechatpay-Serial: asked_serial``."""
        asked_public = asked_serial is not None and asked_serial.startswith(PUBLIC_KEY_PREFIX)
        if self.mode == "public_key" or (self.mode == "both" and asked_public):
            return self._public
        return self._certificates()[-1]

    def _certificates(self) -> list[Signer]:
        """Return the valid certificates, the one in use last."""
        with self._lock:
            if not self._certified:
                self._certified.append(_certified(self._public.key))
            return list(self._certified)

    def rotate(self) -> Signer:
        """Begin to sign with a new key, as WeChat does with its certificates; return it.

        An older certificate stays in the list that ``/v3/certificates`` hands out, the one before it leaves.
        """
        if self.mode == "public_key":
            number = int(self._public.serial.removeprefix(PUBLIC_KEY_PREFIX) or "0") + 1
            width = max(len(self._public.serial) - len(PUBLIC_KEY_PREFIX), 28)
            self._public = Signer(f"{PUBLIC_KEY_PREFIX}{number:0{width}d}", new_key())
            return self._public
        old = self._certificates()[-1]
        fresh = _certified(new_key())
        with self._lock:
            self._certified = [old, fresh]
        return fresh

    def certificates(self) -> list[dict[str, object]]:
        """Return the answer of ``/v3/certificates``.

        :raises PayRefusal: 404 in public-key mode.
        """
        if self.mode == "public_key":
            raise PayRefusal(
                404,
                "RESOURCE_NOT_EXISTS",
                "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/doc/v3/merchant/4012153196",
            )
        entries: list[dict[str, object]] = []
        for signer in self._certificates():
            certificate = signer.certificate
            assert certificate is not None
            pem = certificate.public_bytes(serialization.Encoding.PEM)
            entries.append(
                {
                    "serial_no": signer.serial,
                    "effective_time": moments.shown(certificate.not_valid_before_utc.timestamp()),
                    "expire_time": moments.shown(certificate.not_valid_after_utc.timestamp()),
                    "encrypt_certificate": seal(pem, apiv3_key=self.apiv3_key, associated_data="certificate"),
                }
            )
        return entries

    def open_field(self, sealed: str, *, field: str) -> str:
        """Decrypt a sensitive field (RSA-OAEP with SHA-1).

        :raises PayRefusal: 400 PARAM_ERROR if no key of ours opens it.
        """
        for signer in [self._public, *self._certified]:
            try:
                raw = base64.b64decode(sealed, validate=True)
                return signer.key.decrypt(
                    raw,
                    padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),  # noqa: S303 - WeChat's choice
                ).decode()
            except (ValueError, binascii.Error):
                continue
        raise param_error("敏感字段解密失败", field=field, issue="cannot be decrypted")


def _certified(key: RSAPrivateKey) -> Signer:
    """Make a platform certificate of five years over the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox pay platform")])
    now = datetime.now(UTC).replace(microsecond=0)
    # A serial number below 2^159 with the top bit set prints as forty hex digits, as WeChat's do.
    serial = (x509.random_serial_number() | (1 << 158)) & ~(1 << 159)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _FIVE_YEARS)
        .sign(key, hashes.SHA256())
    )
    return Signer(f"{serial:040X}", key, certificate)
