"""Secrets that webhooks are signed with, and the signature (Standard Webhooks 1.0: "Signature scheme", symmetric).

Whoever holds a secret can make webhooks that look like ours, and whoever receives them needs it: so it is shared with
receivers, and with nobody else. Several at a time are for replacing one: all sign, and a receiver knows any of them.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)  # how long the specification lets a key be
WANTED = "it wants whsec_ and 24 to 64 bytes in base64, several of them with commas or line breaks between"


def check_secret(secret: SecretStr) -> SecretStr:
    """The same. Raises ValueError if it is none."""
    _key(secret)
    return secret


def signature(secrets: Sequence[SecretStr], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, in their order."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(_key(secret), signed, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def _key(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(WANTED)
    return key
