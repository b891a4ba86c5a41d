"""Every view of the page, with something in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dev.crawl_site import running_crawl_site
from dev.manager import Manager
from dev.odd_site import running_odd_site
from dev.pages import PageServer
from dev.waiting import eventually
from tests.acceptance.held import start_held
from tests.acceptance.test_quotes import PAGES, page_of


@contextmanager
def views(manager: Manager, pages: PageServer, held: str = "/held/slow-site") -> Iterator[Mapping[str, str]]:
    """The path of each view, as long as its sites are there. `held` is a page that was not asked for before."""
    with running_crawl_site(size=60) as site, running_odd_site() as quoting:
        quoting.routes = {f"/page/{number}": page_of(number) for number in range(PAGES)}
        batch = [pages.url(f"/words/{words}/report") for words in (1200, 860, 431, 12_845)]
        counted_together = manager.submit_all([*batch, pages.url("/missing/report")], word="word")
        quotes = manager.submit(f"{quoting.origin}/page/0", kind="quotes", max_pages=20)
        crawled = manager.submit(f"{site.origin}/", kind="crawl", word="pear", top=200)
        counted = [manager.submit(pages.url("/demo/a-short-walk"), word="queue", top=200) for _ in range(2)]
        ended = [*counted_together, quotes, crawled, *counted, manager.submit("http://10.1.2.3/intranet")]
        manager.ended_all(ended, within=120)
        failed = counted_together[-1]
        site.hold("/tree/30")
        crawling = manager.submit(f"{site.origin}/", kind="crawl", word="pear")
        eventually(lambda: site.log().count("/tree/30") > 1, "the held page is asked for", seconds=30)
        running = start_held(manager, pages, held)
        # Last, since its host is left alone then; and busy for each caller, since it is so twice.
        waits = manager.submit(pages.url(f"/busy{held.removeprefix('/held')}?times=2&after=3600"))
        manager.reached(waits, "RETRY: server-busy")
        manager.cancel(manager.submit(pages.url("/words/10/given-up")))
        of_today = manager.ask("GET", "/quotes/today").expect(200)["quote"]["id"]
        yield {
            "jobs": "/",
            "result": f"/job/{counted[-1]}?stop=hide",
            "failure": f"/job/{failed}",
            "waiting": f"/job/{waits}",
            "running": f"/job/{running}",
            "batch": f"/batch/{manager.job(failed)['batch_id']}?order=words",
            "crawl": f"/job/{crawled}",
            "crawling": f"/job/{crawling}",
            "quotes": "/quote",
            "quote": f"/quote/{of_today}",
            "found-quotes": f"/job/{quotes}",
            "kinds": "/kinds",
            "kind": "/kinds/crawl",
            "api": "/docs",
            "unknown": "/nowhere",
        }
