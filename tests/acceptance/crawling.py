"""What a crawl has found, as the manager lists it."""

from dev.stack import Stack
from job_core.job import JsonObject


def listed(stack: Stack, path: str, name: str) -> list[JsonObject]:
    """All entries of a list that comes in pages; `name` is that of the list in each."""
    found: list[JsonObject] = []
    following: str | None = path
    while following:
        answer = stack.manager.ask("GET", following).expect(200)
        found += answer[name]
        following = answer["next"]
    return found


def pages_of(stack: Stack, crawl_id: str, query: str = "limit=200") -> list[JsonObject]:
    """The URLs that a crawl discovered."""
    return listed(stack, f"/result/{crawl_id}/pages?{query}", "pages")
