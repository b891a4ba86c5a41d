"""The receiver's code in docs/api.md, run as it stands there."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from job_core.webhooks import signature

PROJECT = Path(__file__).parents[2]
(CODE,) = re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)
OLD, NEW = "whsec_" + "b2xk" * 10, "whsec_" + "bmV3" * 10
BODY = json.dumps({"type": "job.ended"}).encode()


@pytest.fixture(scope="module")
def verified() -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(CODE, names)
    function: Callable[..., Any] = names["verified"]
    return function


def headers(*secrets: str, at: float | None = None) -> dict[str, str]:
    timestamp = int(time.time() if at is None else at)
    signed = signature([SecretStr(secret) for secret in secrets], "id", timestamp, BODY)
    return {"webhook-id": "id", "webhook-timestamp": str(timestamp), "webhook-signature": signed}


def test_it_takes_what_was_signed_with_the_secret(verified: Callable[..., Any]) -> None:
    assert verified(headers(OLD), BODY, OLD) == {"type": "job.ended"}
    assert verified(headers(NEW, OLD), BODY, OLD) == {"type": "job.ended"}


def test_it_refuses_what_was_not(verified: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="no signature is right"):
        verified(headers(NEW), BODY, OLD)
    with pytest.raises(ValueError, match="no signature is right"):
        verified(headers(OLD), BODY + b" ", OLD)


@pytest.mark.parametrize("seconds", [-400, 400])
def test_it_refuses_what_is_old_or_from_the_future(verified: Callable[..., Any], seconds: int) -> None:
    with pytest.raises(ValueError, match="too old"):
        verified(headers(OLD, at=time.time() + seconds), BODY, OLD)
