"""Webhooks: what a receiver is told of a job's end, and how it is sent (Standard Webhooks 1.0).

They leave by the same door as requests for pages do: public addresses only, one deadline, no redirects. Of the answer,
the head is read and nothing else.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus

import requests
from pydantic import SecretStr

from job_core.errors import ReceiverGone, ReceiverRefused, WebhookNotTaken
from job_core.job import Job
from job_core.name_lookup import Resolver, system_resolver
from job_core.views import JobEnded, job_view, to_json
from job_core.webhook_secrets import signature
from page_fetch.errors import AddressRefused, FetchError, FetchTimedOut
from page_fetch.limits import Deadline, FetchLimits
from page_fetch.retry_after import retry_after_seconds
from page_fetch.transport import guarded_session


def send(
    url: str, job: Job, secrets: Sequence[SecretStr], limits: FetchLimits, *, resolver: Resolver = system_resolver
) -> None:
    """Tell `url` that `job` has ended.

    Raises WebhookNotTaken for an answer that is not a success and for none at all, ReceiverGone for 410, and
    ReceiverRefused if the guard refuses the address. After any of these, the receiver may have got it.
    """
    body = webhook_body(job)
    message_id, timestamp = str(job.id), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, message_id, timestamp, body),
    }
    with guarded_session(limits, Deadline(limits.total_timeout_seconds), resolver) as session:
        request = session.prepare_request(requests.Request("POST", url, data=body, headers=headers))
        request.url = url  # requests rewrites what it takes for mistakes, like %zz
        try:
            with session.send(request, stream=True) as response:
                check_answer(response.status_code, response.headers.get("Retry-After"))
        except FetchTimedOut as error:  # whose text is about pages
            seconds = limits.total_timeout_seconds
            raise WebhookNotTaken(
                f"The receiver did not answer within {seconds:g} seconds.", type=error.type, title=error.title
            ) from error
        except AddressRefused as error:
            raise ReceiverRefused(str(error), type=error.type, title=error.title) from error
        except FetchError as error:
            raise WebhookNotTaken(str(error), type=error.type, title=error.title) from error


def webhook_body(job: Job) -> bytes:
    """The same bytes for each attempt, since a job that has ended stays as it is."""
    ended = JobEnded.model_validate({"timestamp": job.finished_at, "data": job_view(job)})
    return to_json(ended).encode()


def check_answer(status: int, retry_after: str | None) -> None:
    """Nothing for a success; else raises ReceiverGone or WebhookNotTaken."""
    if 200 <= status < 300:  # noqa: PLR2004 - the class of successes, RFC 9110 section 15
        return
    if status == HTTPStatus.GONE:
        raise ReceiverGone("The receiver answered 410 Gone: it wants no more webhooks.")
    wait = retry_after_seconds(retry_after, datetime.now(UTC))
    raise WebhookNotTaken(f"The receiver answered {status}.", retry_after=wait)
