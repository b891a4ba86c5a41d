"""Stand-in until counting and fetching are merged."""

import time

from job_tasks.errors import PageRefused, ServerBusy


def count_page_at(url: str, *, word: str | None, top: int, tokenizer: str) -> dict[str, object]:
    if "busy" in url:
        raise ServerBusy("busy", 1.0)
    if "gone" in url:
        raise PageRefused("The site answered 404.")
    if "crash" in url:
        import os

        os._exit(9)
    if "slow" in url:
        time.sleep(30)
    return {"words": len(url)}
