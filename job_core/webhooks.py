"""Webhooks: what a receiver is sent when a job has ended, and how it is signed (Standard Webhooks 1.0).

Whoever holds a secret can make webhooks that look like ours, and whoever receives them needs it: so it is shared with
receivers, and with nobody else. Several at a time are for replacing one: all sign, and a receiver knows any of them.

Content and sending are handed in: how jobs are shown is the service's, and the core reaches no other host by itself.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from pydantic import SecretStr

from job_core.errors import ReceiverGone, WebhookNotTaken
from job_core.job import Job

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)  # how long the specification lets a key be
WANTED = "it wants whsec_ and 24 to 64 bytes in base64, several of them with commas or line breaks between"

# The webhook's content for a job that has ended: the same bytes for each attempt.
Body = Callable[[Job], bytes]

# Posts a body with headers to a URL, following no redirect; returns the answer's status, and the seconds of its
# Retry-After. Raises WebhookNotTaken if there is no answer, and ReceiverRefused if nothing is sent to this address.
Post = Callable[[str, bytes, Mapping[str, str]], tuple[int, float | None]]


def send(url: str, job: Job, secrets: Sequence[SecretStr], body_of: Body, post: Post) -> None:
    """Report to `url` that `job` has ended.

    Raises WebhookNotTaken for an answer that is not a success and for none at all, ReceiverGone for 410, and
    ReceiverRefused if nothing is sent to this address. After any of these, the receiver may have got the webhook.
    """
    body = body_of(job)
    message_id, timestamp = str(job.id), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, message_id, timestamp, body),
    }
    status, retry_after = post(url, body, headers)
    if status == HTTPStatus.GONE:
        raise ReceiverGone("The receiver answered 410 Gone: it wants no more webhooks.")
    if not 200 <= status < 300:  # noqa: PLR2004 - the class of successes, RFC 9110 section 15
        raise WebhookNotTaken(f"The receiver answered {status}.", retry_after=retry_after)


def signature(secrets: Sequence[SecretStr], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one symmetric signature for each secret, in their order."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(_key(secret), signed, hashlib.sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def check_secret(secret: SecretStr) -> SecretStr:
    """Return `secret` unchanged. Raises ValueError if it is not a webhook secret."""
    _key(secret)
    return secret


def _key(secret: SecretStr) -> bytes:
    text = secret.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or len(key) not in KEY_BYTES:
        raise ValueError(WANTED)
    return key
