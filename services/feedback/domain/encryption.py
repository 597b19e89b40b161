"""Encryption under the key of a survey: AES-256-GCM with a nonce of its own for each write."""

import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.storage.contract import StoreError

_NONCE_BYTES = 12


class UnreadableError(StoreError):
    """A ciphertext is not of this key."""


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def encrypt(plain: bytes, key: bytes, place: str) -> str:
    """The ciphertext as base64. `place` is where it is stored: it cannot be read elsewhere."""
    nonce = os.urandom(_NONCE_BYTES)
    return b64encode(nonce + AESGCM(key).encrypt(nonce, plain, place.encode())).decode()


def decrypt(text: str, key: bytes, place: str) -> bytes:
    """What was encrypted.

    Raises:
        UnreadableError: with another key, or elsewhere.
    """
    sealed = b64decode(text)
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
    except InvalidTag as error:
        raise UnreadableError("the answers of a survey were encrypted with another key") from error
