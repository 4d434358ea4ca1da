"""Personal data at rest: encrypted with a key from outside the database, found again by a keyed hash.

A ciphertext names its key, so keys can be changed one after the other: old rows stay readable, new ones use the
current key. What a value belongs to (the column) is bound in, so that a ciphertext moved elsewhere does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Dialect

_NONCE = 12


class CannotDecrypt(Exception):
    """The ciphertext was changed, belongs elsewhere, or its key is not configured."""


@dataclass(frozen=True)
class Keyring:
    """Keys for encryption by name, the key for look-ups, and the pepper of passwords."""

    current: str
    keys: Mapping[str, bytes]
    index_key: bytes
    pepper: bytes

    @classmethod
    def from_texts(cls, *, current: str, keys: Mapping[str, str], index_key: str, pepper: str) -> Keyring:
        """Derive keys of the right length from texts of any length with enough randomness in them."""
        derive = {name: hashlib.sha256(b"field:" + text.encode()).digest() for name, text in keys.items()}
        return cls(current, derive, hashlib.sha256(b"index:" + index_key.encode()).digest(), pepper.encode())

    def encrypt(self, text: str, *, context: str) -> str:
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), context.encode())
        return f"{self.current}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, ciphertext: str, *, context: str) -> str:
        name, _, body = ciphertext.partition(":")
        try:
            raw = base64.b64decode(body, validate=True)
            return AESGCM(self.keys[name]).decrypt(raw[:_NONCE], raw[_NONCE:], context.encode()).decode()
        except (KeyError, ValueError, InvalidTag) as error:
            raise CannotDecrypt(f"{context}: key {name[:20]!r}") from error

    def seal(self, content: bytes, *, context: str) -> bytes:
        """Encrypt bytes: the key's name, a line feed, nonce and ciphertext."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, content, context.encode())
        return self.current.encode() + b"\n" + nonce + sealed

    def open(self, sealed: bytes, *, context: str) -> bytes:
        name, _, raw = sealed.partition(b"\n")
        try:
            return AESGCM(self.keys[name.decode()]).decrypt(raw[:_NONCE], raw[_NONCE:], context.encode())
        except (KeyError, ValueError, InvalidTag) as error:
            raise CannotDecrypt(f"{context}: key {name[:20]!r}") from error

    def index(self, value: str, *, context: str) -> str:
        """Return the keyed hash by which a value is found. Equal values have equal hashes; it can't be undone."""
        normal = unicodedata.normalize("NFKC", value).strip().upper()
        return hmac.new(self.index_key, f"{context}\0{normal}".encode(), hashlib.sha256).hexdigest()


_keyrings: list[Keyring] = []


def use_keyring(keyring: Keyring) -> None:
    """Set the keys of this process; called once by the application at its start."""
    _keyrings[:] = [keyring]


def keyring() -> Keyring:
    if not _keyrings:
        raise RuntimeError("no keys: the application has not started")
    return _keyrings[0]


def blind_index(value: str, *, context: str) -> str:
    return keyring().index(value, context=context)


class Encrypted(sa.types.TypeDecorator[str]):
    """A text column that holds ciphertext; ``context`` is its table and name."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else keyring().encrypt(value, context=self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else keyring().decrypt(value, context=self.context)


_hasher = PasswordHasher(time_cost=5, memory_cost=7 * 1024, parallelism=1)
"""argon2id at the last of the costs that OWASP names as equal: 7 MiB, five passes, one lane. The cost is kept in each
hash. Of those equals it takes the least memory of a server that compares eight at a time, and a quarter less time."""


def hash_password(password: str) -> str:
    """Return the slow salted hash of a password or balance password, with the pepper mixed in."""
    return _hasher.hash(_peppered(password))


def password_matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, _peppered(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def _peppered(password: str) -> bytes:
    return hmac.new(keyring().pepper, password.encode(), hashlib.sha256).digest()
