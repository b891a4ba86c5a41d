"""Crawls of sites that are slow, broken, hostile or impolite to crawlers, on the whole stack."""

import socket
from collections import Counter
from collections.abc import Iterator
from gzip import compress
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from dev.odd_site import TEXT, OddAnswer, OddSite, page, redirect, robots, running_odd_site, sitemap
from dev.stack import Stack
from dev.waiting import eventually
from job_core.job import JsonObject
from tests.acceptance.crawling import pages_of
from tests.acceptance.stack import running_stack

NO_HOST = "no-such-host.example"


@pytest.fixture
def site() -> Iterator[OddSite]:
    with running_odd_site() as site:
        yield site


def crawl(stack: Stack, url: str, **asked: Any) -> str:
    return stack.manager.submit(url, **{"kind": "crawl", "sitemap": "skip"} | asked)


def crawled(stack: Stack, url: str, within: float = 60, **asked: Any) -> JsonObject:
    return stack.manager.ended_job(crawl(stack, url, **asked), within=within)


def counted(stack: Stack, url: str, **asked: Any) -> JsonObject:
    """The result of a crawl that succeeds."""
    ended = crawled(stack, url, **asked)
    assert ended["status"] == "SUCCESS", ended
    return dict(ended["result"])


def refused(stack: Stack, url: str, **asked: Any) -> JsonObject:
    """The error of a crawl that fails."""
    ended = crawled(stack, url, **asked)
    assert ended["status"] == "FAILURE", ended
    return dict(ended["error"])


def outcomes(stack: Stack, site: OddSite, crawl_id: str) -> dict[str, str]:
    return {page["url"].removeprefix(site.origin): page["outcome"] for page in pages_of(stack, crawl_id)}


def cut_pauses_short(stack: Stack, crawl_id: str) -> JsonObject:
    """The crawl once it has ended, while its hosts are left alone for a moment only."""

    def look() -> JsonObject | None:
        stack.query("UPDATE crawl_hosts SET due_at = now() WHERE crawl_id = %s", crawl_id)
        # All at once: a page must not be asked for again before its origin may be.
        stack.query(
            "UPDATE crawl_robots SET due_at = now() - interval '1 min' WHERE crawl_id = %s;"
            "UPDATE crawl_pages SET due_at = now() WHERE crawl_id = %s AND due_at IS NOT NULL;"
            "UPDATE robots SET expires_at = now() WHERE state = 'unreachable'",
            crawl_id,
            crawl_id,
        )
        stack.query("UPDATE jobs SET due_at = now() WHERE id = %s AND state = 'RETRY'", crawl_id)
        job = stack.manager.job(crawl_id)
        return job if job["status"] in {"SUCCESS", "FAILURE"} else None

    return eventually(look, "the end of the crawl", seconds=60)


class TestRobots:
    @pytest.mark.parametrize("status", [429, pytest.param(503, marks=pytest.mark.thorough)])
    def test_a_robots_txt_that_cannot_be_had_for_a_while_delays_the_crawl(
        self, stack: Stack, site: OddSite, status: int
    ) -> None:
        site.routes = {
            "/robots.txt": lambda _, before: OddAnswer(status=status) if before == 0 else robots("User-agent: *"),
            "/sitemap.xml": sitemap(f"{site.origin}/named"),
            "/|/named": page("words"),
        }
        ended = stack.manager.ended_job(crawl(stack, f"{site.origin}/", sitemap="use"), within=60)
        assert ended["status"] == "SUCCESS"
        assert site.targets(with_robots=True)[:2] == ["/robots.txt"] * 2
        assert ended["result"]["robots"] == [{"origin": site.origin, "state": "parsed", "http_status": 200}]
        assert site.targets()[0] == "/sitemap.xml"

    def test_without_its_robots_txt_a_site_is_asked_for_nothing(self, stack: Stack, site: OddSite) -> None:
        site.routes = {"/robots.txt": OddAnswer(status=503), "/": page("words")}
        ended = cut_pauses_short(stack, crawl(stack, f"{site.origin}/", sitemap="use"))
        assert (ended["status"], ended["error"]["type"]) == ("FAILURE", "robots-unreachable")
        assert ended["error"]["detail"] == (
            "The site does not give its robots.txt, so nothing may be asked of it. "
            "The site answered 503 Service Unavailable."
        )
        assert site.targets(with_robots=True) == ["/robots.txt"] * 5

    def test_a_host_that_does_not_exist_is_given_up_as_soon_as_for_a_single_page(self, stack: Stack) -> None:
        try:
            socket.getaddrinfo(NO_HOST, None)
        except socket.gaierror as error:
            if error.errno != socket.EAI_NONAME:
                pytest.skip("no name server says what does not exist")
        error = refused(stack, f"http://{NO_HOST}:{stack.page_port}/")
        assert error["type"] == "robots-unreachable"
        assert "could not be resolved" in error["detail"]

    @pytest.mark.parametrize(
        "answer",
        [
            OddAnswer(status=404, body=b"User-agent: *\nDisallow: /"),
            OddAnswer(status=403),
            redirect("/robots.txt"),
            page("<b>User-agent</b> not found"),
        ],
        ids=["404", "403", "redirects for ever", "a page"],
    )
    def test_a_site_without_a_robots_txt_may_be_read(self, stack: Stack, site: OddSite, answer: OddAnswer) -> None:
        site.routes = {"/robots.txt": answer, "/": page("words")}
        assert counted(stack, f"{site.origin}/")["pages"] == 1

    def test_the_rules_that_a_redirect_leads_to_count_for_the_host_that_was_asked(
        self, stack: Stack, site: OddSite
    ) -> None:
        site.routes = {
            "/robots.txt": redirect(f"{site.other_origin}/rules"),
            "/rules": robots("User-agent: *", "Disallow: /secret"),
            "/": page("words", "/secret", "/open"),
            "/open": page("open"),
        }
        crawl_id = crawl(stack, f"{site.origin}/")
        stack.manager.ended_job(crawl_id)
        assert outcomes(stack, site, crawl_id) == {"/": "counted", "/secret": "robots", "/open": "counted"}
        assert "/secret" not in site.targets()

    def test_of_a_large_file_half_a_megabyte_is_read(self, stack: Stack, site: OddSite) -> None:
        filler = [f"# {'x' * 98}" for _ in range(4_000)]
        body = ["\ufeffUser-agent: *", *filler, "Disallow: /secret", *filler[:2_000]]
        site.routes = {"/robots.txt": robots(*body), "/": page("words", "/secret")}
        assert counted(stack, f"{site.origin}/")["outcomes"] == {"counted": 1, "robots": 1}

    def test_it_is_kept_between_crawls(self, stack: Stack, site: OddSite) -> None:
        site.routes = {"/robots.txt": robots("User-agent: *"), "/": page("words")}
        for _ in range(2):
            counted(stack, f"{site.origin}/")
        assert site.targets(with_robots=True).count("/robots.txt") == 1

    def test_the_target_of_a_redirect_is_asked_for_only_if_its_robots_txt_allows(
        self, stack: Stack, site: OddSite
    ) -> None:
        site.routes = {
            "/robots.txt": robots("User-agent: *", "Disallow: /secret"),
            "/": page("words", "/way"),
            "/way": redirect("/secret"),
        }
        assert counted(stack, f"{site.origin}/")["outcomes"] == {"counted": 1, "robots": 1}
        assert "/secret" not in site.targets()
        error = refused(stack, f"{site.origin}/way")
        assert error["type"] == "robots-disallowed", error

    def test_a_sitemap_line_that_is_no_url_does_no_harm(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/robots.txt": robots(
                *("Sitemap: ftp://files/", "Sitemap: http://[", "Sitemap: http://a!b.example/s.xml"),
                f"Sitemap: {site.origin}/s.xml",
            ),
            "/s.xml": sitemap(f"{site.origin}/named"),
            "/|/named": lambda target, _: page(f"words of {target}"),
        }
        crawl_id = crawl(stack, f"{site.origin}/", sitemap="use")
        assert stack.manager.ended_job(crawl_id)["children"] == {"SUCCESS": 1}
        assert outcomes(stack, site, crawl_id) == {"/": "counted", "/named": "counted"}


class TestPoliteness:
    def test_the_crawl_delay_is_kept_by_all_jobs_about_the_host(self, stack: Stack, site: OddSite) -> None:
        links = [f"/{number}" for number in range(3)]
        site.routes = {
            "/robots.txt": robots("User-agent: *", "Crawl-delay: 1", "Sitemap: /s.xml", "Sitemap: /t.xml"),
            "/[st].xml": sitemap(),
            "/": page("words", *links),
            r"/\d": lambda target, _: page(f"page {target}"),
            "/single": page("single"),
        }
        first = crawl(stack, f"{site.origin}/", sitemap="use")
        eventually(lambda: len(site.targets()) > 0, "the first crawl has begun", seconds=30)
        second = crawl(stack, f"{site.origin}/")
        single = stack.manager.submit(f"{site.origin}/single")
        for job_id in (first, second, single):
            assert stack.manager.ended_job(job_id, within=90)["status"] == "SUCCESS"
        gaps = [later - earlier for earlier, later in pairwise(site.times())]
        assert len(gaps) >= 11
        assert min(gaps) > 0.9, gaps

    def test_retry_after_rests_the_host_while_others_go_on(self, stack: Stack, site: OddSite) -> None:
        busy = OddAnswer(status=503, headers={"Retry-After": "3"})
        site.routes = {
            "/": page("words", *(f"/{number}" for number in range(4))),
            "/0": lambda _, before: busy if before == 0 else page("at last"),
            r"/\d|/single.*": lambda target, _: page(f"page {target}", seconds=0.2),
        }
        crawl_id = crawl(stack, f"{site.origin}/")
        eventually(lambda: site.times("/0"), "the busy page is asked for", seconds=30)
        others = [stack.manager.submit(f"{site.other_origin}/single{number}") for number in range(4)]
        stack.manager.ended_all(others, within=30)
        assert stack.manager.ended_job(crawl_id)["result"]["outcomes"] == {"counted": 5}
        refusal, again = site.times("/0")
        during = [each for each in site.requests() if refusal + 0.5 < each.at < refusal + 3]
        assert {each.host for each in during} <= {f"localhost:{site.port}"}
        assert again - refusal >= 3
        singles = [each.at for each in site.requests() if "single" in each.target]
        assert max(singles) < again

    def test_a_host_that_dies_is_given_up_and_its_pages_say_so(self, stack: Stack, site: OddSite) -> None:
        dead = OddAnswer(resets=True)
        site.routes = {
            "/": page("words", *(f"/{number}" for number in range(10))),
            r"/\d": lambda target, _: page(f"page {target}", *(f"/{number}" for number in range(10, 90))),
            r"/\d\d": dead,
        }
        crawl_id = crawl(stack, f"{site.origin}/")
        ended = cut_pauses_short(stack, crawl_id)
        assert ended["result"]["stop_reason"] == "site-unavailable"
        assert ended["result"]["outcomes"] == {"counted": 11, "failed": 80}
        assert "site-unavailable" in {each["reason"] for each in pages_of(stack, crawl_id)}
        assert len(site.targets()) < 130


class TestTraps:
    def test_an_endless_calendar_ends(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/": page("words", "/cal?day=0"),
            r"/cal\?day=\d+": lambda target, _: page(target, *(f"/cal?day={target[9:]}{n}" for n in range(9))),
        }
        result = counted(stack, f"{site.origin}/", max_pages=1000, max_depth=100, within=120)
        assert result["pages"] <= 201
        assert result["outcomes"]["trap-template"] > 0

    def test_folders_that_repeat_and_facets_end(self, stack: Stack, site: OddSite) -> None:
        facets = [f"/shop?a={a}&b={b}&c={c}" for a, b, c in product(range(5), repeat=3)]
        site.routes = {
            "/": page("words", "a/", *facets, "/shop?a=1&b=2&c=3&d=4&e=5&f=6&g=7"),
            "/(a/)+": lambda target, _: page(f"page {len(target)}", "a/"),
            "/shop.*": lambda target, _: page(f"shop {target}"),
        }
        result = counted(stack, f"{site.origin}/", max_pages=1000)
        assert result["outcomes"] == {"counted": 1 + 2 + 50, "trap-template": 75, "trap-path": 1, "trap-parameters": 1}

    def test_session_ids_make_no_new_pages(self, stack: Stack, site: OddSite) -> None:
        def numbered(target: str, before: int) -> OddAnswer:
            links = [f"/p{number}?PHPSESSID={before}{len(target)}{number}" for number in range(5)]
            return page(f"page {target[:3]}", "/", *links)

        site.routes = {"/.*": numbered, "/robots.txt": robots()}
        assert counted(stack, f"{site.origin}/")["outcomes"] == {"counted": 6}

    def test_a_page_that_redirects_to_itself_with_a_session_is_counted(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/robots.txt": robots(),
            r"/\w*": lambda target, _: redirect(f"{target}?PHPSESSID=1"),
            r"/(\w*)\?PHPSESSID=1": lambda target, _: page(f"page {target}", "/next"),
        }
        assert counted(stack, f"{site.origin}/")["outcomes"] == {"counted": 2}

    def test_a_page_that_sets_a_cookie_and_redirects_to_itself_is_counted(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/robots.txt": robots(),
            "/": lambda _, before: redirect("/", **{"Set-Cookie": "a=b"}) if before == 0 else page("welcome"),
        }
        assert counted(stack, f"{site.origin}/")["words"] == 1

    def test_the_same_text_at_every_url_counts_once(self, stack: Stack, site: OddSite) -> None:
        site.routes = {"/robots.txt": robots(), "/.*": lambda target, _: page("not here", f"{target}x", f"{target}y")}
        result = counted(stack, f"{site.origin}/", max_pages=60, max_depth=100)
        assert (result["pages"], result["words"]) == (1, 4)
        assert result["outcomes"]["duplicate"] <= 59

    def test_redirects_without_an_end_are_failures(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/": page("words", "/loop", "/random"),
            "/loop": redirect("/pool"),
            "/pool": redirect("/loop"),
            "/random.*": lambda target, _: redirect(f"{target}x"),
        }
        crawl_id = crawl(stack, f"{site.origin}/")
        assert stack.manager.ended_job(crawl_id)["result"]["outcomes"] == {"counted": 1, "failed": 2}
        assert len(site.targets()) < 20

    def test_of_a_page_with_very_many_links_two_thousand_count(self, stack: Stack, site: OddSite) -> None:
        site.routes = {"/": page("words", *(f"/x/{n:x}y" for n in range(50_000)))}
        crawl_id = crawl(stack, f"{site.origin}/", max_pages=3)
        result = stack.manager.ended_job(crawl_id)["result"]
        assert sum(result["outcomes"].values()) == 2_001
        (start,) = [each for each in pages_of(stack, crawl_id) if each["depth"] == 0]
        assert start["detail"] == "Links of it were passed over: those after the first 2,000."

    def test_links_to_elsewhere_are_never_asked_for(self, stack: Stack, site: OddSite) -> None:
        links = [
            f"http://127.0.0.2:{site.port}/",
            "http://169.254.169.254/latest/meta-data",
            "mailto:someone@example.com",
            f"{site.other_origin}/other",
            f"/{'x' * 2_049}",
            "javascript:void(0)",
        ]
        site.routes = {"/": page("words", *links)}
        assert counted(stack, f"{site.origin}/")["outcomes"] == {"counted": 1}
        assert site.targets() == ["/"]


class TestSitemaps:
    def test_an_index_of_itself_ends(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/": page("words"),
            "/named": page("named"),
            "/sitemap.xml": sitemap(f"{site.origin}/sitemap.xml", f"{site.origin}/deeper/1.xml", index=True),
            "/deeper/.*": lambda target, _: sitemap(f"{site.origin}/deeper/1{target[8:]}", index=True),
        }
        assert counted(stack, f"{site.origin}/", sitemap="use")["outcomes"] == {"counted": 1}
        asked = Counter(site.targets())
        assert asked["/sitemap.xml"] == 1
        assert asked.total() <= 6

    def test_bombs_and_entities_name_nothing(self, stack: Stack, site: OddSite) -> None:
        bomb = compress(b"<urlset>" + b" " * 60_000_000 + b"</urlset>")
        laughs = b'<!DOCTYPE urlset [<!ENTITY a "b">]><urlset><url><loc>/&a;</loc></url></urlset>'
        site.routes = {
            "/robots.txt": robots("Sitemap: /bomb.xml.gz", "Sitemap: /laughs.xml", "Sitemap: /good.xml"),
            "/bomb.xml.gz": OddAnswer(body=bomb),
            "/laughs.xml": OddAnswer(body=laughs),
            "/good.xml": sitemap(f"{site.origin}/good"),
            "/|/good": lambda target, _: page(f"page {target}"),
        }
        assert counted(stack, f"{site.origin}/", sitemap="use")["outcomes"] == {"counted": 2}

    def test_a_sitemap_need_not_lie_in_the_part_that_is_crawled(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/sitemap.xml": sitemap(f"{site.origin}/maps/1.xml", index=True),
            "/maps/1.xml": sitemap(f"{site.origin}/docs/named", f"{site.origin}/elsewhere"),
            "/docs/.*": lambda target, _: page(f"page {target}"),
        }
        result = counted(stack, f"{site.origin}/docs/", sitemap="only", scope="path")
        assert result["outcomes"] == {"counted": 2}


class TestScope:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"max_depth": 0}, {"counted": 1, "max-depth": 3}),
            ({"max_depth": 0, "sitemap": "use"}, {"counted": 1, "max-depth": 3}),
            ({"max_depth": 0, "sitemap": "only"}, {"counted": 2}),
            ({"max_pages": 1}, {"counted": 1, "not-read": 3}),
            ({"max_pages": 1, "sitemap": "use"}, {"counted": 1, "not-read": 3}),
            ({"include": ["/blog/**"], "exclude": ["/blog/old/*"]}, {"counted": 2}),
        ],
    )
    def test_a_crawl_stays_within_what_was_asked(
        self, stack: Stack, site: OddSite, asked: JsonObject, found: dict[str, int]
    ) -> None:
        site.routes = {
            "/": page("words", "/blog/new", "/blog/old/1", "/shop"),
            "/.+": lambda target, _: page(f"page {target}"),
        }
        site.routes = {"/robots.txt": robots(), "/sitemap.xml": sitemap(f"{site.origin}/named")} | site.routes
        crawl_id = crawl(stack, f"{site.origin}/", **asked)
        job = stack.manager.ended_job(crawl_id)
        assert Counter(outcomes(stack, site, crawl_id).values()) == job["result"]["outcomes"] == found
        progress = job["progress"]
        assert (progress["waiting"], progress["running"], progress["outcomes"]) == (0, 0, found)

    @pytest.mark.parametrize("body", ["", "12 34 56"])
    def test_a_site_without_a_word_is_a_failure_that_says_so(self, stack: Stack, site: OddSite, body: str) -> None:
        site.routes = {"/": page(body), "/robots.txt": robots()}
        assert refused(stack, f"{site.origin}/")["type"] == "no-words"

    def test_a_start_that_redirects_to_another_host_is_a_failure_that_says_so(
        self, stack: Stack, site: OddSite
    ) -> None:
        site.routes = {"/": redirect(f"{site.other_origin}/login"), "/login": page("who are you")}
        error = refused(stack, f"{site.origin}/")
        assert error["type"] == "out-of-scope"
        assert f"{site.other_origin}/login" in error["detail"]
        assert "/login" not in site.targets()

    @pytest.mark.parametrize("kind", ["crawl", "quotes"])
    def test_a_start_that_redirects_to_a_page_that_fails_is_a_failure(
        self, stack: Stack, site: OddSite, kind: str
    ) -> None:
        site.routes = {"/": redirect("/home"), "/sitemap.xml": sitemap(f"{site.origin}/home")}
        assert refused(stack, f"{site.origin}/", kind=kind, sitemap="use", max_pages=5)["type"] == "page-refused"

    def test_a_start_that_is_refused_is_a_failure(self, stack: Stack, site: OddSite) -> None:
        assert refused(stack, f"http://127.0.0.2:{site.port}/")["type"] == "address-refused"

    def test_a_link_that_one_page_disowns_is_followed_where_another_does_not(self, stack: Stack, site: OddSite) -> None:
        site.routes = {
            "/": page('words <a rel="nofollow" href="/b">b</a>', "/a"),
            "/a": page("a", "/b"),
            "/b": page("b"),
        }
        assert counted(stack, f"{site.origin}/")["outcomes"] == {"counted": 3}

    def test_no_word_is_lost_to_a_canonical_page_that_cannot_be_read(self, stack: Stack, site: OddSite) -> None:
        named = {"/a": "/gone", "/b": "/busy", "/c": "/secret", "/d": "/x/x/x/x", "/e": "/real"}
        site.routes = {
            "/robots.txt": robots("User-agent: *", "Disallow: /secret"),
            "/": page("words", *named),
            "/gone": OddAnswer(status=404),
            "/busy": OddAnswer(status=410),
            "/real": page("the page itself"),
        } | {
            path: page(f"treasure {path}", head=f'<link rel="canonical" href="{other}">')
            for path, other in named.items()
        }
        result = counted(stack, f"{site.origin}/", word="treasure")
        assert result["word"] == {"word": "treasure", "count": 4, "pages": 4}
        assert result["outcomes"] == {"counted": 6, "duplicate": 1, "failed": 2, "robots": 1, "trap-path": 1}

    def test_a_page_counts_once_however_it_is_reached(self, stack: Stack) -> None:
        listed = page("a list", head='<link rel="canonical" href="/list">')
        names = ["/old", "/sorted", "/list"]
        for order in (names, names[::-1]):
            with running_odd_site() as other:
                other.routes = {
                    "/": page("words", *order),
                    "/old": redirect("/sorted"),
                    "/sorted": page("another order of it", head='<link rel="canonical" href="/list">'),
                    "/list": listed,
                }
                result = counted(stack, f"{other.origin}/")
                assert (result["outcomes"], result["words"]) == ({"counted": 2, "duplicate": 2}, 4 + 2)


def test_a_text_of_odd_characters_can_be_read_back(stack: Stack, site: OddSite) -> None:
    long_word = "x" * 3_000
    text = f"a\0b caf\u00e9 \ud7ff =1+1 -word {long_word} \u202eright \U0001f600e\ufffd"
    site.routes = {"/": OddAnswer(body=text.encode(), headers={"Content-Type": TEXT})}
    for tokenizer in ("words", "treebank"):
        crawl_id = crawl(stack, f"{site.origin}/", tokenizer=tokenizer)
        assert stack.manager.ended_job(crawl_id)["status"] == "SUCCESS"
        words: list[str] = []
        path: str | None = f"/result/{crawl_id}/words?limit=1"
        while path:
            answer = stack.manager.ask("GET", path).expect(200)
            words += [word["word"] for word in answer["words"]]
            path = answer["next"]
        assert len(set(words)) == len(words)
        assert len(words) == stack.manager.job(crawl_id)["result"]["unique_words"]
        for asked in (*words, long_word):
            assert (
                stack.manager.ask("GET", f"/result/{crawl_id}/words/{quote(asked, safe='')}").expect(200)["count"] == 1
            )


@pytest.mark.parametrize("tokenizer", ["words", "treebank"])
def test_the_word_of_a_crawl_has_one_count_wherever_it_is_asked_for(
    stack: Stack, site: OddSite, tokenizer: str
) -> None:
    own = ["and/or", "we,comma", "U+1F", "@at", "=cmd", "你好世界", "naive-naïve", "alpha page", "-minus"]
    site.routes = {"/": OddAnswer(body=f"beside {' beside '.join(own)}".encode(), headers={"Content-Type": TEXT})}
    crawls = {word: crawl(stack, f"{site.origin}/", word=word, tokenizer=tokenizer) for word in own}
    for word, crawl_id in crawls.items():
        result = stack.manager.ended_job(crawl_id)["result"]["word"]
        assert result == {"word": word, "count": 1, "pages": 1}
        found = stack.manager.ask("GET", f"/result/{crawl_id}/words/{quote(word, safe='')}").expect(200)
        assert (found["count"], found["pages"], found["places"]) == (1, 1, [{"url": f"{site.origin}/", "count": 1}])


def test_own_hosts_are_read_without_their_robots_txt_and_the_gap_between_requests_is_kept(
    tmp_path: Path, site: OddSite
) -> None:
    site.routes = {
        "/robots.txt": robots("User-agent: *", "Disallow: /"),
        "/": page("words", *(f"/{number}" for number in range(6))),
        r"/\d": lambda target, _: page(f"page {target}"),
    }
    own = {"CRAWL_OWN_HOSTS": "127.0.0.1", "FETCH_HOST_GAP_SECONDS": "0.5"}
    with running_stack(tmp_path, site.port, **own) as stack:
        result = counted(stack, f"{site.origin}/")
    assert result["outcomes"] == {"counted": 7}
    assert result["robots"] == [{"origin": site.origin, "state": "not-asked", "http_status": None}]
    assert "/robots.txt" not in site.targets(with_robots=True)
    assert min(later - earlier for earlier, later in pairwise(site.times())) > 0.45
