"""Column encryption and keyed look-ups.

A sealed value is `version | key id | nonce | ciphertext` (AES-256-GCM). The data key belongs to one organisation and is itself wrapped by
a master key from SECRET_KEYS; organisation, table, column and row id are authenticated with it, so a value moved elsewhere does not open.
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import Misconfigured, Permanent

VERSION = 1
NONCE_BYTES = 12
DATA_KEY = 1  # the id of an organisation's one data key, as its values carry it
FIX = "Set SECRET_KEYS to one or more `id:base64-of-32-bytes` separated by commas, newest first (id 1 to 255)."


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Master keys by id, newest first: the newest wraps, all unwrap."""

    keys: dict[int, bytes]

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read SECRET_KEYS; raises Misconfigured without repeating what was in it."""
        keys: dict[int, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            head, _, body = part.partition(":")
            try:
                key_id, key = int(head), base64.b64decode(body, validate=True)
            except (ValueError, binascii.Error):
                # `from None`: int() quotes what it could not read, which may be the key
                raise Misconfigured("SECRET_KEYS cannot be read", fix=FIX) from None
            if not 1 <= key_id <= 255 or len(key) != 32 or key_id in keys:
                raise Misconfigured("SECRET_KEYS has a wrong id, a wrong length or a doubled id", fix=FIX)
            keys[key_id] = key
        if not keys:
            raise Misconfigured("SECRET_KEYS is empty", fix=FIX)
        return cls(keys)

    @property
    def newest(self) -> int:
        """The id that new values carry."""
        return next(iter(self.keys))

    def wrap_new_data_key(self, org: UUID) -> bytes:
        """A fresh data key for an organisation, wrapped; store it in `organisations.data_key`."""
        return _seal(AESGCM(self.keys[self.newest]), self.newest, os.urandom(32), b"data-key" + org.bytes)

    def vault(self, org: UUID, wrapped: bytes) -> "Vault":
        """Open an organisation's data key."""
        master = self.keys.get(_key_id(wrapped))
        if master is None:
            raise Misconfigured(
                f"SECRET_KEYS has no key {_key_id(wrapped)}, which an organisation's data needs", fix=FIX
            )
        data_key = _open(AESGCM(master), wrapped, b"data-key" + org.bytes)
        lookups = {key_id: _derive(key, b"lookup" + org.bytes) for key_id, key in self.keys.items()}
        return Vault(org=org, cipher=AESGCM(data_key), lookup_keys=lookups)


def _derive(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def _seal(cipher: AESGCM, key_id: int, clear: bytes, aad: bytes) -> bytes:
    head, nonce = bytes((VERSION, key_id)), os.urandom(NONCE_BYTES)
    return head + nonce + cipher.encrypt(nonce, clear, head + aad)


def _open(cipher: AESGCM, sealed: bytes, aad: bytes) -> bytes:
    _key_id(sealed)
    head, nonce, locked = sealed[:2], sealed[2 : 2 + NONCE_BYTES], sealed[2 + NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, locked, head + aad)
    except InvalidTag as error:
        raise Permanent("a sealed value does not open: wrong key, or moved from another place") from error


def _key_id(sealed: bytes) -> int:
    if len(sealed) < 2 + NONCE_BYTES or sealed[0] != VERSION:
        raise Permanent("a sealed value does not open: it is cut short, or of a version this release does not know")
    return sealed[1]


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Seals and opens one organisation's columns, and makes its look-up hashes."""

    org: UUID
    cipher: AESGCM
    lookup_keys: dict[int, bytes]

    def seal(self, clear: str, place: str, row: UUID) -> bytes:
        """Encrypt for `place` ("patients.given") of one row."""
        return _seal(self.cipher, DATA_KEY, clear.encode(), self._aad(place, row))

    def open(self, sealed: bytes, place: str, row: UUID) -> str:
        """Decrypt what was sealed for exactly this place and row; anything else raises Permanent."""
        return _open(self.cipher, sealed, self._aad(place, row)).decode()

    def lookup(self, kind: str, value: str) -> bytes:
        """Keyed hash by which a value is found again ("phone", "mrn", "name_birth"): key id byte + HMAC-SHA256."""
        key_id = next(iter(self.lookup_keys))
        return self._hash(key_id, kind, value)

    def lookups(self, kind: str, value: str) -> list[bytes]:
        """The hashes under every live key, for searching while keys rotate."""
        return [self._hash(key_id, kind, value) for key_id in self.lookup_keys]

    def _hash(self, key_id: int, kind: str, value: str) -> bytes:
        digest = hmac.new(self.lookup_keys[key_id], f"{kind}\0{value}".encode(), hashlib.sha256).digest()
        return bytes((key_id,)) + digest

    def _aad(self, place: str, row: UUID) -> bytes:
        return self.org.bytes + place.encode() + b"\0" + row.bytes


def token_hash(token: str) -> bytes:
    """What is stored of a bearer token or one-time link: SHA-256, since the token itself is random and long."""
    return hashlib.sha256(token.encode()).digest()
