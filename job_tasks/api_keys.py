"""API keys: who may use the manager, of whom only a hash is known.

A key is 32 random bytes, so nobody can try them all, and one fast hash hides it as well as a slow one would: slow
hashes (scrypt, Argon2) are for passwords, which people choose and others guess. And it costs a request next to nothing.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

PREFIX = "wc_"  # by which people, and scanners for leaked secrets, know one
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LINE = re.compile(rf"(?P<name>{NAME.pattern}):(?P<sha256>[0-9a-f]{{64}})")


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """Who may use the manager: a name, and the SHA-256 of the key. Two keys of one name are the same owner's."""

    name: str
    sha256: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.name}:{self.sha256}"


def make_key() -> str:
    """A new one."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """The SHA-256 of `key`, in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def read_api_key(line: str) -> ApiKey:
    """What `str` of it gave. Raises ValueError."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError("it wants NAME:HASH, several of them with commas or line breaks between")
    return ApiKey(name=found["name"], sha256=found["sha256"])


def owner_of(key: str, known: Sequence[ApiKey]) -> str | None:
    """The name of the known key that this is, if any. It takes the same time however much of a key is right."""
    hashed = hash_key(key)
    found = [each.name for each in known if hmac.compare_digest(each.sha256, hashed)]
    return found[0] if found else None
