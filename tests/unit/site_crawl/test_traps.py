"""Traps: what gives a URL away, and how many alike are taken."""

import pytest

from site_crawl.traps import facets, max_template_pages, template, trap_of

UUID = "123e4567-e89b-12d3-a456-426614174000"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", "/"),
        ("/about", "/about"),
        ("/page/12", "/page/#"),
        ("/page12.html", "/page#.html"),
        ("/2026/11/29/title", "/#/#/#/title"),
        ("/2026-11-29", "/#-#-#"),
        ("/cal?m=2026-11", "/cal?m=#-#"),
        ("/cal?m=2027-1", "/cal?m=#-#"),
        ("/?a=1&b=x", "/?a=#&b=x"),
        ("/?b=x&a=1", "/?a=#&b=x"),
        ("/?a1=1", "/?a1=#"),
        ("/?id=", "/?id="),
        ("/?12", "/?12"),
        (f"/{UUID}/x", "/#/x"),
        (f"/?id={UUID.upper()}", "/?id=#"),
        ("/commit/d0be2dc421be4fcd0172e5afceea3970e2f3d940", "/commit/#"),
        ("/c/0a1b2c3d", "/c/#"),
        ("/decade/defaced/facade", "/decade/defaced/facade"),
        ("/deadbeefs1", "/deadbeefs#"),
        ("/caf%C3%A9/1%20x", "/caf%C3%A9/#%20x"),
        ("/x;jsessionid=12?utm_source=3&a=4", "/x?a=#"),
        ("/x-1.5/v2", "/x-#.#/v#"),
    ],
)
def test_pages_that_differ_by_numbers_have_one_template(target: str, expected: str) -> None:
    assert template(f"http://e.com{target}") == f"e.com{expected}"


def test_hosts_have_templates_of_their_own() -> None:
    assert template("http://a1.e.com:81/1") == "a1.e.com:81/#"


@pytest.mark.parametrize(
    ("max_pages", "allowed"), [(1, 200), (100, 200), (1_000, 200), (1_001, 200), (5_000, 1_000), (100_000, 20_000)]
)
def test_a_template_has_a_fifth_of_the_pages_or_200(max_pages: int, allowed: int) -> None:
    assert max_template_pages(max_pages) == allowed


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        ("/", None),
        ("/a/b/a/b", None),
        ("/a/b/a/b/a", None),
        ("/a/b/a/b/a/b", "trap-path"),
        ("/x/a/b/a/b/a/b/y", "trap-path"),
        ("/b/a/b/a/b/a", "trap-path"),
        ("/a/b/a/b/a/b/?x=1", "trap-path"),
        ("/a/a", None),
        ("/a/a/a", "trap-path"),
        ("/x/a/a/a/y", "trap-path"),
        ("/a/x/a/y/a/z/a", None),
        ("/a/b/c/a/b/c/a/b/c", None),
        ("/2011/11/11/", None),
        ("/a//b", None),
        ("/a////b", "trap-path"),
        ("/a/b/a/b/%61/b", "trap-path"),
        ("".join(f"/s{n}" for n in range(20)), None),
        ("".join(f"/s{n}" for n in range(20)) + "/", None),
        ("".join(f"/s{n}" for n in range(21)), "trap-path"),
        ("/x/?a&b&c&d&e&f", None),
        ("/x/?a&b&c&d&e&f&g", "trap-parameters"),
        ("/x/?f=1&f=2&f=3&f=4&f=5&f=6&f=7", "trap-parameters"),
        ("/x/?a&b&c&d&e&f&utm_source=g&gclid=h&PHPSESSID=i", None),
    ],
)
def test_a_url_may_be_a_trap_by_itself(target: str, outcome: str | None) -> None:
    assert trap_of(f"http://e.com{target}") == outcome


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/x", None),
        ("/x?id=5", None),
        ("/viewtopic.php?f=2&t=345", None),
        ("/x/?f=1&g=2&h=3", "e.com/x/"),
        ("/x/?h=3&f=2", None),
        ("/x/?h=3&f=2&g=2", "e.com/x/"),
        ("/x/?f=1&g=2&utm_source=3", None),
    ],
)
def test_a_faceted_page_has_three_parameters_or_more(target: str, expected: str | None) -> None:
    assert facets(f"http://e.com{target}") == expected
