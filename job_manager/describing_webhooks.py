"""The description of the webhook that a callback gets: the one request of this service's own."""

from job_core.job import JsonObject
from job_core.views import JobEnded
from job_manager import examples
from job_manager.schemas import ref

DETAIL = (
    "Sent once the job has ended, whatever its end, and again until it is answered by a success, up to 20 times in a "
    "day or two. It may come more than once, always with the same `webhook-id`. Verify its signature before you "
    "believe it (Standard Webhooks 1.0). Redirects are not followed, and the answer's body is not read."
)
HEADERS = {
    "webhook-id": ("the job's id; the same each time that this webhook is sent", {"type": "string", "format": "uuid"}),
    "webhook-timestamp": (
        "when this attempt was made, in seconds since 1970",
        {"type": "string", "pattern": "^[0-9]+$"},
    ),
    "webhook-signature": (
        "HMAC-SHA256 of `id.timestamp.body` by each secret",
        {"type": "string", "pattern": "^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*$"},
    ),
}
ANSWERS = {
    "2XX": "Taken. It will not be sent again, but for one that was under way already.",
    "410": "Unwanted. It will not be sent again.",
    "default": "Sent again later, not before `Retry-After` (up to an hour) is over.",
}


def webhook() -> JsonObject:
    """The operation that a receiver has to offer."""
    content = {"schema": ref(JobEnded.__name__), "example": examples.WEBHOOK}
    return {
        "operationId": "jobEnded",
        "summary": "Learn that a job has ended.",
        "description": DETAIL,
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": meaning, "schema": schema}
            for name, (meaning, schema) in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {status: {"description": meaning} for status, meaning in ANSWERS.items()},
    }
