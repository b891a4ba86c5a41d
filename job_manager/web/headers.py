"""What every answer of the page tells the browser about what it may do."""

from flask import Response

# Nothing but the page's own style, script and requests: no script in the markup runs, whatever text gets into it.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def harden(answer: Response) -> Response:
    """The answer with its headers."""
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    # Other sites do not learn the job's address. Not `no-referrer`: with it browsers send `Origin: null` from forms.
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
