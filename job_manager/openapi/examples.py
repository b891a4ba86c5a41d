"""Examples of requests and of the answers to them. A test gets each of them from a real manager."""

from typing import Any

from job_core.job import JsonObject

ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
QUOTE_ID = "3f2c1b64-6f3a-4c5e-9f0a-2b8d1c7e4a55"
URL = "https://example.com/page"
SITE = "https://example.com/"
CALLBACK_URL = "https://example.org/counted"
ACCEPTED_AT, STARTED_AT, ENDED_AT = (f"2026-11-24T08:12:10.{ms}Z" for ms in (195, 468, 581))

ASKED: JsonObject = {"url": URL, "word": "queue", "top": 3, "tokenizer": "words"}
OPTIONS: JsonObject = {"max_attempts": 5, "on_failure": "retry", "callback_url": CALLBACK_URL}
# By kind. A kind that is not here has one example, its URL alone, or none if it is not about a URL.
REQUESTS: dict[str, dict[str, JsonObject]] = {
    "count": {
        "one page": {"url": URL},
        "one page, with every option": ASKED | OPTIONS,
        "many pages": {"urls": [URL, "https://example.com/other"], "top": 10, "on_failure": "discard"},
    },
    "crawl": {
        "a site": {"url": SITE},
        "a part of it, and a word": {
            "url": SITE,
            "word": "queue",
            "max_pages": 500,
            "max_depth": 5,
            "scope": "path",
            "exclude": ["/archive/**"],
        },
    },
    "quotes": {"one page": {"url": URL}, "a site": {"url": URL, "max_pages": 50, "scope": "path"}},
}
ACCEPTED: JsonObject = {
    "id": ID,
    "kind": "count",
    "label": URL,
    "url": URL,
    "status": "PENDING",
    "request": ASKED,
    "attempt": 0,
    "attempts_used": 0,
    "max_attempts": 5,
    "crashes": 0,
    "max_crashes": 3,
    "on_failure": "retry",
    "retry_of": None,
    "batch_id": None,
    "parent_id": None,
    "created_at": ACCEPTED_AT,
    **dict.fromkeys(("parked_at", "due_at", "started_at", "finished_at", "result", "error")),
}
RESULT: JsonObject = {
    "words": 282,
    "unique_words": 153,
    "top": [["the", 37], ["a", 14], ["and", 7]],
    "word": {"word": "queue", "count": 2},
    "final_url": URL,
    "http_status": 200,
    "content_type": "text/html",
    "charset": "utf-8",
    "charset_source": "meta",
    "bytes": 2386,
    "language": "en",
    "fetch_ms": 41,
    "count_ms": 2,
}
ENDED: JsonObject = {"attempt": 1, "started_at": STARTED_AT, "finished_at": ENDED_AT, "result": RESULT}
SUCCEEDED: JsonObject = ACCEPTED | {"status": "SUCCESS"} | ENDED
ATTEMPT: JsonObject = {
    "number": 1,
    "worker": "job_worker_01",
    "started_at": STARTED_AT,
    "ended_at": ENDED_AT,
    "outcome": "SUCCESS",
    "error": None,
}
CALLBACK: JsonObject = {
    "url": CALLBACK_URL,
    "state": "PENDING",
    "attempts": 0,
    "due_at": ENDED_AT,
    **dict.fromkeys(("delivered_at", "last_error")),
}
CANCELLED: JsonObject = ACCEPTED | {"status": "REVOKED", "finished_at": ENDED_AT, "retry_of": ID}
WEBHOOK: JsonObject = {"type": "job.ended", "timestamp": ENDED_AT, "data": SUCCEEDED}
QUOTE_TEXT = "The Analytical Engine weaves algebraical patterns just as the Jacquard-loom weaves flowers and leaves."
FOUND: JsonObject = {
    "text": QUOTE_TEXT,
    "author": "Ada Lovelace",
    "source": "Notes on the Sketch of the Analytical Engine",
    "kind": "marked",
    "rule": "blockquote",
    "confidence": 0.9,
    "context": f"It moves in loops. {QUOTE_TEXT} — Ada Lovelace Others called it a machine of cards.",
}
QUOTE: JsonObject = {
    "id": QUOTE_ID,
    **{name: FOUND[name] for name in ("text", "author", "source", "kind", "confidence")},
    "language": "en",
    "found_at": ENDED_AT,
    "found_on": URL,
    "sightings": 1,
}
SIGHTING: JsonObject = {
    "url": URL,
    **{name: FOUND[name] for name in ("author", "source", "rule", "confidence", "context")},
    "first_seen": ENDED_AT,
    "last_seen": ENDED_AT,
    "job_id": ID,
}

CRAWL_ACCEPTED: JsonObject = ACCEPTED | {
    "kind": "crawl",
    "label": SITE,
    "url": SITE,
    "request": {
        "url": SITE,
        "word": "queue",
        "max_pages": 500,
        "max_depth": 5,
        "scope": "path",
        "include": [],
        "exclude": ["/archive/**"],
        "sitemap": "use",
        "top": 25,
        "tokenizer": "words",
    },
}
START: JsonObject = {
    "url": SITE,
    "depth": 0,
    "found_on": None,
    "outcome": "counted",
    "reason": None,
    "detail": None,
    "http_status": 200,
    "words": 3,
    "word_count": 2,
}
MISSING: JsonObject = START | {
    "url": "https://example.com/missing",
    "depth": 1,
    "found_on": SITE,
    "outcome": "failed",
    "reason": "page-refused",
    "detail": "The site answered 404 Not Found.",
    "http_status": 404,
    "words": None,
    "word_count": None,
}

# By operation and status.
ANSWERS: dict[tuple[str, int], Any] = {
    ("count", 202): ACCEPTED,
    ("crawl", 202): CRAWL_ACCEPTED,
    ("pages", 200): {"pages": [START, MISSING], "next": None},
    ("words", 200): {
        "words": [{"word": "queue", "count": 2, "pages": 1}],
        "incomplete_pages": 0,
        "next": f"/result/{ID}/words?limit=1&cursor=2.queue",
    },
    ("word", 200): {
        "word": "queue",
        "count": 2,
        "pages": 1,
        "places": [{"url": SITE, "count": 2}],
        "incomplete_pages": 0,
    },
    ("show", 200): SUCCEEDED | {"attempts": [ATTEMPT], "children": {}, "progress": None, "callback": CALLBACK},
    ("cancel", 200): CANCELLED | {"attempts": [], "children": {}, "progress": None, "callback": CALLBACK},
    ("retry", 202): ACCEPTED | {"retry_of": ID, "id": "01a20c9d-5b7c-7f2e-8f37-0f6d6f0a9b11"},
    ("list_jobs", 200): {"jobs": [SUCCEEDED], "next": f"/jobs?limit=1&cursor={ID}"},
    ("list_quotes", 200): {"quotes": [QUOTE], "next": None},
    ("random_quote", 200): QUOTE,
    ("quote_of_today", 200): {"day": "2026-11-24", "quote": QUOTE},
    ("quote_of_day", 200): {"day": "2026-11-24", "quote": QUOTE},
    ("show_quote", 200): {"quote": QUOTE, "sightings": [SIGHTING]},
    ("list_authors", 200): {"authors": [{"name": "Ada Lovelace", "quotes": 1}], "next": None},
    ("list_found_quotes", 200): {"quotes": [{"id": QUOTE_ID, **FOUND, "url": URL, "is_new": True}], "next": None},
    ("alive", 200): {"status": "alive"},
    ("ready", 200): {"status": "ready", "checks": {"database": "ok", "broker": "ok"}, "workers": 2},
    ("ready", 503): {"status": "not ready", "checks": {"database": "ok", "broker": "not reachable"}, "workers": 2},
}
