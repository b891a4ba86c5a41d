"""A lane of a crawl: it reads one page of a host after the other, and writes what each held and where it leads.

Only workers import this: the manager's image can neither fetch nor parse.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache, partial
from hashlib import blake2b
from time import monotonic
from unicodedata import is_normalized
from uuid import UUID

from job_core.errors import CoreError, PermanentError, ServiceUnavailable, TransientError
from job_core.job import JsonObject
from job_core.kinds import GoOn, RunningJob
from job_tasks.fetching import ask_for_page, fetch_page, page_errors
from job_tasks.settings import settings
from job_tasks.site import ENOUGH_FOR_A_LANE, LaneRequest, crawl_share
from page_fetch.errors import FetchError
from page_fetch.fetch import AskedPage, Page, PageFetcher
from page_fetch.robots import Robots
from page_fetch.robots_access import ask_for_robots
from page_fetch.url import MAX_ENCODED_LENGTH, WebUrl, parse_url
from page_read.errors import ReadError
from page_read.links import MAX_LINKS, PRODUCT, PageLinks, header_links, header_robots
from page_read.page import PageText, read_page_with_links
from page_read.quote_text import normal_form
from page_read.quotes import find_quotes
from page_read.sitemap import read_sitemap
from page_read.web_url import MAX_URL_LENGTH, web_url
from page_read.words import frequencies, most_frequent, occurrences
from quote_store.keep import KEEP, FoundQuote, keep_parameters
from site_crawl.asked_word import MAX_LENGTH, kept_form
from site_crawl.frontier import ROBOTS_PAUSE, CrawlPage, FoundUrl, Lane, PageEnd
from site_crawl.robots_store import KeptRobots, find_robots, keep_robots, note_robots
from site_crawl.traps import MAX_SAME_TEXTS, MAX_VALUE_COMBINATIONS, facets, max_template_pages, template, trap_of
from site_crawl.url_key import host_name, split_url, url_key
from site_crawl.words import stored

TURN_SECONDS = 10.0  # after which other jobs about the host have their turn
TURN_PAGES = 100
MAX_ATTEMPTS = 3  # of a page, each after three times the wait of the one before
MAX_REST_SECONDS = 3_600.0
MAX_DISTINCT_WORDS = 50_000  # of a page
MAX_SEEN = 50_000
MAX_SITEMAPS = 100
MAX_SITEMAP_DEPTH = 3
MAX_SITEMAPS_LENGTH = 40_000  # characters of the URLs of those that are still to be read
SITEMAP_PIECE = 2_000


@dataclass(frozen=True, kw_only=True)
class ReadPage:
    """What became of a page, where it leads, and for how long its host is to be left alone."""

    end: PageEnd
    found: tuple[FoundUrl, ...] = ()
    rest_seconds: float = 0.0


class RedirectEnded(Exception):
    """The page redirects to one that is not to be asked for, or has its own place in the frontier."""

    def __init__(self, outcome: str, target: WebUrl, *, reason: str | None = None) -> None:
        super().__init__(f"It redirects to {target}.")
        self.outcome = outcome
        self.target = str(target)
        self.reason = reason


def read_pages(request: LaneRequest, job: RunningJob) -> JsonObject | GoOn:
    """Read pages until there are none, or the turn is over. Its progress are the sitemaps that are left to be read."""
    with closing(_Turn(request, job)) as turn:
        return turn.take()


class _Seen:
    """What this process has seen of a crawl: it need not be written to the frontier again."""

    def __init__(self) -> None:
        self.urls: dict[str, int] = {}  # each with its depth
        self.texts: Counter[bytes] = Counter()

    def add(self, read: ReadPage) -> None:
        """Note what was written."""
        for seen in (self.urls, self.texts):
            if len(seen) > MAX_SEEN:
                seen.clear()
        for found in read.found:
            if found.depth is not None and found.outcome != "nofollow":  # another link may say otherwise
                self.urls[found.url] = found.depth
        if read.end.text_hash:
            self.texts[read.end.text_hash] += 1


@lru_cache(maxsize=4)
def _seen_of(_crawl_id: UUID) -> _Seen:
    return _Seen()


class _Turn:
    def __init__(self, request: LaneRequest, job: RunningJob) -> None:
        self._request = request
        self._site = request.site
        self._job = job
        self._ends = monotonic() + TURN_SECONDS
        self._pages_left = TURN_PAGES
        self._fetcher = PageFetcher(settings().fetch_limits, keep_alive=True)
        self._asked: AskedPage | None = None  # the page that the lane has ahead, if its site was asked already
        self._has_asked = False
        self._enough_waiting = request.enough_waiting
        self._delay = settings().fetch_host_gap_seconds  # between two requests of the host
        self._scope = request.site.pages_in_scope()
        self._seen = _seen_of(request.crawl_id)
        self._robots: dict[str, Robots | None] = {}
        self._not_found: set[str] = set()  # origins of which there is no such host
        self._lane = Lane(
            job.database,
            crawl_id=request.crawl_id,
            lane_id=job.id,
            attempt=job.attempt,
            host=request.host,
        )

    def take(self) -> JsonObject | GoOn:
        self._lane.begin()
        share, lanes = crawl_share(self._job.database, self._request.crawl_id)
        if self._request.place >= share:
            return {}  # there are more crawls by now
        if share > self._request.share or lanes < min(share, self._request.lanes):
            # There are fewer crawls by now, and the next round has more lanes.
            self._enough_waiting = lanes * ENOUGH_FOR_A_LANE
        left = self._read_sitemaps() if self._request.reads_sitemaps else {}
        if left.get("urls") or self._is_over():
            return self._go_on(left)
        page = self._lane.next_page()
        while page is not None:
            read = self._read(page)
            if read is None:
                return self._go_on(left) if self._is_over() else {}
            if read.rest_seconds or (self._is_over() and not self._asked):
                self._lane.end(read.end, read.found)
                return self._go_on(left, read.rest_seconds)
            page = self._next(read)
        return {}

    def close(self) -> None:
        """End the connection to the site."""
        if self._asked:
            self._asked.close()
        self._fetcher.close()

    def _is_over(self) -> bool:
        """Whether it is the turn of others, or the host wants to be left alone after each request."""
        return (self._has_asked and self._delay > 0) or self._pages_left <= 0 or monotonic() > self._ends

    def _go_on(self, left: JsonObject, rest_seconds: float = 0.0) -> GoOn:
        return GoOn(left, rest_seconds=max(rest_seconds, self._delay), gap_seconds=self._delay)

    def _next(self, read: ReadPage) -> CrawlPage | None:
        """Write what was read, and begin the next page; None if there is none, or if the next round has more lanes."""
        following = self._lane.next_page(
            read.end, read.found, most_waiting=self._enough_waiting, takes_ahead=not self._is_over()
        )
        self._seen.add(read)
        return following

    # One page

    def _read(self, page: CrawlPage) -> ReadPage | None:
        """Ask for the page, if the site lets us, and count its words. None if the host may be asked for nothing now."""
        asked, self._asked = self._asked, None
        url = parse_url(page.url, max_length=MAX_ENCODED_LENGTH)
        robots = self._robots_of(url.origin)
        is_over = self._is_over() and asked is None  # the robots.txt may have been the request of this turn
        if robots is None:
            as_for_a_page = timedelta(seconds=settings().retry_base_seconds)
            self._lane.robots_failed(page, url.origin, as_for_a_page if url.origin in self._not_found else ROBOTS_PAUSE)
        elif is_over:
            self._lane.end(PageEnd(id=page.id, outcome=None, was_asked=False))
        if robots is None or is_over:
            return None
        if not robots.allows(url.target):
            return ReadPage(end=PageEnd(id=page.id, outcome="robots", reason="robots-disallowed", was_asked=False))
        self._has_asked = True
        self._pages_left -= 1
        try:
            check = partial(self._check_redirect, page)
            fetched = fetch_page(page.url, page_fetcher=self._fetcher, asked=asked, check_redirect=check)
            self._ask_ahead()
            return self._count(page, fetched)
        except RedirectEnded as error:
            return self._redirected(page, error)
        except ServiceUnavailable:
            raise  # the database is away, which is no fault of the page's
        except TransientError as error:
            return _failed(page, error)
        except PermanentError as error:
            return ReadPage(end=_failure(page, error, host_failed=False))

    def _redirected(self, page: CrawlPage, error: RedirectEnded) -> ReadPage:
        end = PageEnd(id=page.id, outcome=error.outcome, reason=error.reason, detail=str(error), host_failed=False)
        if error.outcome != "duplicate":
            return ReadPage(end=end)
        target = self._found(error.target, page.depth)
        return ReadPage(end=replace(end, alias_key=target.key, is_redirect=True), found=(target,))

    def _ask_ahead(self) -> None:
        """Ask for the page that the lane has ahead, so that its site answers while this one is counted and written."""
        ahead = self._lane.ahead
        if ahead is None or self._is_over():
            return
        url = parse_url(ahead.url, max_length=MAX_ENCODED_LENGTH)
        robots = self._robots.get(url.origin)
        if robots is not None and robots.allows(url.target) and self._lane.is_held():
            self._asked = ask_for_page(ahead.url, self._fetcher)

    def _count(self, page: CrawlPage, fetched: Page) -> ReadPage:
        with page_errors():
            text, links = read_page_with_links(fetched.body, fetched.content_type, fetched.final_url)
        key = url_key(page.url)
        canonical = self._canonical(page, fetched.final_url, links.canonical)
        own_url = canonical or fetched.final_url
        alias = self._found(own_url, page.depth) if url_key(own_url) != key else None
        end = self._counted(page, fetched, text, links, alias.key if alias else None, is_redirect=canonical is None)
        found = {alias.key: alias} if alias else {}
        if end.text_hash is None or self._seen.texts[end.text_hash] < MAX_SAME_TEXTS:
            for each in self._links(page, fetched, links):
                found.setdefault(each.key, each)
        found.pop(key, None)
        return ReadPage(end=end, found=tuple(found.values()))

    def _check_redirect(self, page: CrawlPage, target: WebUrl) -> None:
        """Raise RedirectEnded unless the target may be read for `page`; to itself, sites redirect for a cookie."""
        if not self._scope.holds(str(target)):
            raise RedirectEnded("out-of-scope", target)
        key = url_key(str(target))
        if key != url_key(page.url) and self._lane.knows(key):
            raise RedirectEnded("duplicate", target, reason=str(target))
        robots = self._robots_of(target.origin)
        if robots is None:
            raise RedirectEnded("robots", target, reason="robots-unreachable")
        if not robots.allows(target.target):
            raise RedirectEnded("robots", target, reason="robots-disallowed")

    def _canonical(self, page: CrawlPage, final_url: str, named: str | None) -> str | None:
        """The URL that the page names as canonical, where that is believed.

        It is not for the start, nor if it is the front page, as careless templates have it.
        """
        if named is None or page.depth == 0 or not self._scope.holds(named):
            return None
        _, host, _, path, query = split_url(named)
        return named if host == split_url(final_url)[1] and (path, query) != ("/", "") else None

    def _links(self, page: CrawlPage, fetched: Page, links: PageLinks) -> Iterator[FoundUrl]:
        """The URLs in scope that the page names, and that the frontier does not have yet."""
        if self._site.sitemap == "only":
            return
        headers = fetched.headers
        named = header_links(headers.getlist("Link"), headers.getlist("Refresh"), fetched.final_url)
        nofollow = links.nofollow or header_robots(headers.getlist("X-Robots-Tag")).nofollow
        depth = (page.depth or 0) + 1
        for link in (*links.links, *named.links):
            if self._seen.urls.get(link.url, depth + 1) <= depth or not self._scope.holds(link.url):
                continue
            yield self._found(link.url, depth, nofollow=nofollow or link.nofollow)

    def _found(self, url: str, depth: int | None, *, nofollow: bool = False) -> FoundUrl:
        outcome = trap_of(url) or ("nofollow" if nofollow else None)
        if outcome is None and depth is not None and depth > self._site.max_depth:
            outcome = "max-depth"
        form, most = facets(url), MAX_VALUE_COMBINATIONS
        if form is None:
            form, most = template(url), max_template_pages(self._site.max_pages)
        return FoundUrl(
            url=url,
            key=url_key(url),
            host=host_name(url),
            depth=depth,
            outcome=outcome,
            form=_hash(form),
            most_of_form=most,
        )

    def _counted(
        self,
        page: CrawlPage,
        fetched: Page,
        text: PageText,
        links: PageLinks,
        alias_key: bytes | None,
        *,
        is_redirect: bool,
    ) -> PageEnd:
        end = PageEnd(
            id=page.id,
            outcome="counted",
            detail=_links_left_out(links),
            http_status=fetched.http_status,
            host_failed=False,
            alias_key=alias_key,
            is_redirect=is_redirect,
            bytes=len(fetched.body),
            text_hash=_hash(text.text) if text.text.strip() else None,
        )
        find = self._with_words if self._request.finds == "words" else self._with_quotes
        return find(end, fetched, text)

    def _with_words(self, end: PageEnd, _fetched: Page, text: PageText) -> PageEnd:
        word = self._request.word
        counts = frequencies(text.text, self._request.tokenizer)
        kept: Mapping[str, int] = counts
        if len(counts) > MAX_DISTINCT_WORDS:
            kept = dict(most_frequent(counts, MAX_DISTINCT_WORDS))
        return replace(
            end,
            text_hash=end.text_hash if counts else None,
            words=counts.total(),
            word_count=None if word is None else occurrences(word, text.text, counts, self._request.tokenizer),
            counts=stored(_storable(kept)),
            words_left_out=len(counts) - len(kept) or None,
        )

    def _with_quotes(self, end: PageEnd, fetched: Page, text: PageText) -> PageEnd:
        with page_errors():
            quotes = find_quotes(text)
        parameters = keep_parameters(
            [
                FoundQuote(**vars(quote), normal_form=normal_form(quote.text), language=text.language)
                for quote in quotes
            ],
            job_id=self._request.crawl_id,
            lane_id=self._job.id,
            attempt=self._job.attempt,
            url=fetched.final_url,
            site=host_name(fetched.final_url),
        )
        return replace(end, words=0, counts="{}", also=(KEEP, parameters))

    # robots.txt and sitemaps

    def _robots_of(self, origin: str) -> Robots | None:
        """What the origin's robots.txt says; None if it cannot be had: then the origin may be asked for nothing now."""
        if origin not in self._robots:
            self._robots[origin] = self._find_robots(origin)
        return self._robots[origin]

    def _find_robots(self, origin: str) -> Robots | None:
        is_host = parse_url(origin).host_name == self._request.host
        if parse_url(origin).host_name in settings().crawl_own_hosts:
            robots = Robots()
            not_asked = KeptRobots(origin=origin, state="not-asked", http_status=None, rules=robots.to_json())
            note_robots(self._job.database, self._request.crawl_id, not_asked)
        elif (kept := self._keep_robots(origin)).state == "unreachable":
            return None
        else:
            robots = Robots.from_json(kept.rules)
        if is_host:
            self._lane.met_host()
            self._delay = max(self._delay, robots.crawl_delay or 0.0)
        return robots

    def _keep_robots(self, origin: str) -> KeptRobots:
        kept = find_robots(self._job.database, self._request.crawl_id, origin)
        if kept is None:
            self._has_asked = True
            answer = ask_for_robots(self._fetcher, origin, PRODUCT)
            kept = KeptRobots(
                origin=origin,
                state=answer.state,
                http_status=answer.http_status,
                rules=answer.robots.to_json(),
                detail=answer.detail,
            )
            if answer.is_host_found:
                keep_robots(self._job.database, kept)
            else:
                self._not_found.add(origin)
        note_robots(self._job.database, self._request.crawl_id, kept)
        return kept

    def _read_sitemaps(self) -> JsonObject:
        """Read sitemaps until the turn is over.

        Returns `{"urls": those that are left, each with its depth, "read": hashes of those that were read}`.
        """
        left: JsonObject = self._job.progress or {"urls": None, "read": []}
        start = parse_url(self._site.url, max_length=MAX_ENCODED_LENGTH)
        if left["urls"] is None:
            robots = self._robots_of(start.origin)
            if robots is None:
                return {"urls": [], "read": []}  # the lane that gets it reads them
            named = [url for each in robots.sitemaps if (url := web_url(each, str(start)))]
            left["urls"] = [[url, 0] for url in named or [f"{start.origin}/sitemap.xml"]]
        while left["urls"] and not self._is_over():
            url, depth = left["urls"].pop(0)
            name = _hash(url).hex()
            if name in left["read"]:
                continue
            left["read"].append(name)
            left["urls"] += [[each, depth + 1] for each in self._read_sitemap(url) if depth < MAX_SITEMAP_DEPTH]
            del left["urls"][MAX_SITEMAPS - len(left["read"]) :]
            while sum(len(each) for each, _ in left["urls"]) > MAX_SITEMAPS_LENGTH:
                left["urls"].pop()
        return left

    def _read_sitemap(self, url: str) -> list[str]:
        """Write the pages that a sitemap names, and return the sitemaps. One that cannot be read names nothing."""
        try:
            address = parse_url(url)
            robots = self._robots_of(address.origin)
            if robots is None or not robots.allows(address.target):
                return []
            self._has_asked = True
            fetched = self._fetcher.fetch(url, accept="application/xml, text/xml, text/plain, */*;q=0.1")
            sitemap = read_sitemap(fetched.body)
        except (FetchError, ReadError):
            return []
        pages = [page for page in sitemap.pages if self._scope.holds(page)]
        for start in range(0, len(pages), SITEMAP_PIECE):
            found = {
                each.key: each for each in (self._found(page, None) for page in pages[start : start + SITEMAP_PIECE])
            }
            self._lane.find(tuple(found.values()))
        return [each for each in sitemap.sitemaps if self._scope.holds_host(each)]


def _failed(page: CrawlPage, error: TransientError) -> ReadPage:
    """The page is tried again, unless this was its last attempt."""
    asked = min(error.retry_after or 0.0, MAX_REST_SECONDS)
    end = _failure(page, error, host_failed=True)
    if page.attempts + 1 < MAX_ATTEMPTS:
        end = replace(end, outcome=None, wait_seconds=max(settings().retry_base_seconds * 3**page.attempts, asked))
    return ReadPage(end=end, rest_seconds=asked)


def _failure(page: CrawlPage, error: CoreError, *, host_failed: bool) -> PageEnd:
    status = getattr(error.__cause__, "http_status", None)
    return PageEnd(
        id=page.id,
        outcome="failed",
        reason=error.type,
        detail=str(error),
        http_status=status,
        host_failed=host_failed,
    )


def _links_left_out(links: PageLinks) -> str | None:
    """Which links of a page were passed over, as a sentence; None if none were."""
    said = [f"those after the first {MAX_LINKS:,}"] if links.is_cut else []
    said += [f"{links.too_long:,} of more than {MAX_URL_LENGTH:,} characters"] if links.too_long else []
    return f"Links of it were passed over: {' and '.join(said)}." if said else None


def _storable(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The counts of words in the form in which crawls keep them."""
    joined = "\n".join(counts)
    if max(map(len, counts), default=0) <= MAX_LENGTH and "\0" not in joined and is_normalized("NFC", joined):
        return counts
    storable: Counter[str] = Counter()
    for word, count in counts.items():
        storable[kept_form(word)] += count
    return storable


def _hash(text: str) -> bytes:
    return blake2b(" ".join(text.split()).encode("utf-8", "replace"), digest_size=16).digest()
