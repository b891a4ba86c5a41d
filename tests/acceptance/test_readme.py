"""The README's session is one that was had: run again, it says the same, but for ids, times and machines."""

from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
PAGE = "http://127.0.0.1:8000/demo_page.html"
VARYING = {"id", "created_at", "started_at", "finished_at", "ended_at", "worker", "fetch_ms", "count_ms"}
