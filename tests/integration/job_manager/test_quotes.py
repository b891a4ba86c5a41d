"""Quotes over HTTP: lists, one at random, one with its sightings, authors, and the quote of a day."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, ClassVar
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from embedded.servers import Servers
from job_manager import lists
from job_manager import quotes as routes
from job_tasks.api_keys import ApiKey, hash_key, make_key
from tests.integration.job_manager.conftest import StrictClient, manager_on
from tests.integration.job_store import Store
from tests.integration.kept_quotes import PAGE, KeptQuotes, a_quote
from tests.integration.pausing import hung_database

ALICE, BOB = make_key(), make_key()
KEYS = "\n".join(str(ApiKey(name=name, sha256=hash_key(key))) for name, key in [("alice", ALICE), ("bob", BOB)])
UNKNOWN = UUID(int=1)
TEXT = {"Accept": "text/plain"}


@pytest.fixture
def client(servers: Servers) -> StrictClient:
    """A manager that has seen no day yet."""
    return manager_on(servers)


@pytest.fixture
def keyed(servers: Servers) -> StrictClient:
    return manager_on(servers, MANAGER_API_KEYS=KEYS)


def by(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


def refused(answer: TestResponse) -> str:
    assert answer.status_code == 404
    problem: dict[str, Any] = answer.get_json(force=True)
    assert problem["type"] == "urn:job-manager:unknown-quote"
    return str(problem["detail"])


class TestLists:
    """`GET /quotes`, `/authors` and `/result/<id>/quotes`."""

    @pytest.mark.parametrize("limit", [1, 3, 10, 200])
    @pytest.mark.parametrize(
        "query", ["", "&author=ada", "&site=SITE.example", "&text=many", "&language=en&kind=marked"]
    )
    def test_pages_give_each_quote_once(self, client: StrictClient, quotes: KeptQuotes, limit: int, query: str) -> None:
        quotes.keep_many(10, "Ada")
        seen: list[str] = []
        following = f"/quotes?limit={limit}{query}"
        while following:
            page = client.get(following).get_json()
            assert 1 <= len(page["quotes"]) <= limit
            seen += [quote["id"] for quote in page["quotes"]]
            following = page["next"]
        assert seen == [quote["id"] for quote in quotes.all()]

    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_pages_give_each_author_and_each_sighting_once(
        self, client: StrictClient, quotes: KeptQuotes, limit: int
    ) -> None:
        job_id = quotes.keep(*(a_quote(f"By {name}.", name) for name in ("Ada", "Éva", "O’Neil", "孔子", "A, B")))
        for path, name, shown in [
            ("/authors", "authors", "name"),
            (f"/result/{job_id}/quotes", "quotes", "author"),
        ]:
            seen: list[str] = []
            following = f"{path}?limit={limit}"
            while following:
                page = client.get(following).get_json()
                seen += [row[shown] for row in page[name]]
                following = page["next"]
            assert sorted(seen) == ["A, B", "Ada", "O’Neil", "Éva", "孔子"]

    def test_csv_has_all_of_them_however_many(
        self, client: StrictClient, quotes: KeptQuotes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lists, "PIECE", 3)
        job_id = quotes.keep(*(a_quote(f'=Number "{number}",\nof many.', f"Author, {number}") for number in range(9)))
        for path in ("/quotes", f"/result/{job_id}/quotes", "/authors"):
            asked = client.get(f"{path}?limit=2&format=csv")
            assert asked.content_type == "text/csv; charset=utf-8"
            assert asked.data == client.get(path, headers={"Accept": "text/csv"}).data
            rows = list(csv.DictReader(StringIO(asked.get_data(as_text=True), newline="")))
            assert len(rows) == len({tuple(row.values()) for row in rows}) == 9
            assert all(row.get("text", "'=").startswith("'=") for row in rows)

    def test_an_author_who_is_asked_for_is_the_one_that_is_shown(
        self, client: StrictClient, quotes: KeptQuotes
    ) -> None:
        other = "https://other.example/"
        quotes.keep(a_quote("One.", "Ada", confidence=0.9))
        quotes.keep(a_quote("One.", "Grace"), url=other)
        query = "author=grace"
        (listed,) = client.get(f"/quotes?{query}").get_json()["quotes"]
        (row,) = csv.DictReader(StringIO(client.get(f"/quotes?{query}&format=csv").text, newline=""))
        for shown in (listed, row, client.get(f"/quotes/random?{query}").get_json()):
            assert (shown["author"], shown["found_on"]) == ("Grace", other)
        assert client.get(f"/quotes/random?{query}", headers=TEXT).text == f"One.\n— attributed to Grace\n{other}\n"

    def test_a_list_with_nothing_in_it_is_empty(self, client: StrictClient) -> None:
        assert client.get("/quotes?text=nothing").get_json() == {"quotes": [], "next": None}
        assert client.get("/authors").get_json() == {"authors": [], "next": None}
        assert client.get("/quotes?format=csv").text.count("\n") == 1

    def test_what_an_unknown_job_found_is_404(self, client: StrictClient) -> None:
        assert client.get(f"/result/{UNKNOWN}/quotes").status_code == 404

    @pytest.mark.parametrize("kind", ["count", "crawl"])
    def test_a_job_that_looked_for_none_found_no_empty_list(
        self, client: StrictClient, store: Store, kind: str
    ) -> None:
        answer = client.get(f"/result/{store.submit(kind=kind).id}/quotes")
        assert answer.status_code == 404
        detail = f"The job is of the kind `{kind}`; this can be asked of `quotes` only."
        assert answer.get_json(force=True)["detail"] == detail

    def test_csv_has_true_and_false_as_json_has_them(self, client: StrictClient, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote("Known."))
        job_id = quotes.keep(a_quote("Known."), a_quote("Another."))
        rows = csv.DictReader(StringIO(client.get(f"/result/{job_id}/quotes?format=csv").text, newline=""))
        assert {row["text"]: row["is_new"] for row in rows} == {"Known.": "false", "Another.": "true"}

    @pytest.mark.parametrize(
        ("url", "asked"),
        [
            ("http://127.0.0.16:8900/quotes", ["127.0.0.16", "127.0.0.16:8900", "http://127.0.0.16:8900/"]),
            (
                "https://example.org/quotes",
                ["EXAMPLE.org", "example.org.", "https://example.org/x?y#z", "example.org/x"],
            ),
            ("https://xn--bcher-kva.example/", ["b%C3%BCcher.example", "https://B%C3%BCcher.example/"]),
            ("http://[::1]:8900/", ["::1", "[::1]", "[::1]:8900", "http://[::1]/"]),
        ],
        ids=["address", "name", "umlaut", "IPv6"],
    )
    def test_of_a_site_its_host_counts(
        self, client: StrictClient, quotes: KeptQuotes, url: str, asked: list[str]
    ) -> None:
        quotes.keep(a_quote("One."), url=url)
        quotes.keep(a_quote("Another."), url="https://another.example/")
        for site in asked:
            for path in (f"/quotes?site={site}", f"/quotes/random?site={site}&kind=marked"):
                answer = client.get(path).get_json()
                assert [quote["text"] for quote in answer.get("quotes", [answer])] == ["One."]

    @pytest.mark.parametrize("site", ["exa%20mple.org", "example.org:99999", "ftp://example.org", "***", "https://"])
    def test_what_is_no_site_is_refused_in_words(self, client: StrictClient, site: str) -> None:
        answer = client.get(f"/quotes?site={site}")
        wrong = {"field": "site", "detail": "must be a host, such as example.com, or a URL"}
        assert (answer.status_code, answer.get_json(force=True)["errors"]) == (422, [wrong])

    @pytest.mark.parametrize("prefix", ["%25", "_", "%3C", "%20", "..."])
    def test_no_authors_name_begins_with_what_is_no_letter(
        self, client: StrictClient, quotes: KeptQuotes, prefix: str
    ) -> None:
        quotes.keep(a_quote("One.", "Ada"))
        assert client.get(f"/authors?prefix={prefix}").get_json() == {"authors": [], "next": None}

    @pytest.mark.parametrize(
        "query",
        [
            *("limit=0", "limit=201", "limit=+5", "cursor=x", "cursor=-1", "format=xml", "autor=Ada", "kind=sung"),
            *("text=", "text=%00", "text=a&text=b", f"text={'x' * 201}", "author=", "site=", "language=e_n"),
            *(f"language={'en-' * 20}x", "min_confidence=2", "min_confidence=nan"),
        ],
    )
    def test_what_cannot_be_asked_is_refused(self, client: StrictClient, query: str) -> None:
        assert client.get(f"/quotes?{query}").status_code == 422


UNKNOWN_PARAMETERS = [
    ("GET", "/quotes/today?x=1", "x"),
    ("GET", "/quotes/day/2026-11-29?format=csv", "format"),
    ("GET", "/quotes/{quote}?format=text", "format"),
    ("DELETE", "/quotes/{quote}?dry_run=1", "dry_run"),
    ("GET", "/quotes/random?limit=3", "limit"),
    ("GET", "/result/{job}/events?wait=3", "wait"),
    ("DELETE", "/result/{job}?wait=3", "wait"),
    ("POST", "/result/{job}/retry?max_attempts=3", "max_attempts"),
    ("POST", "/quotes?max_pages=50", "max_pages"),
]


@pytest.mark.parametrize(
    ("method", "path", "name"), UNKNOWN_PARAMETERS, ids=[path for _, path, _ in UNKNOWN_PARAMETERS]
)
def test_a_parameter_that_nothing_looks_at_is_refused(
    client: StrictClient, quotes: KeptQuotes, method: str, path: str, name: str
) -> None:
    job_id = quotes.keep(a_quote("One.", "Ada"))
    answer = client.open(path.format(quote=quotes.one()["id"], job=job_id), method=method)
    assert (answer.status_code, answer.get_json(force=True)["errors"]) == (
        422,
        [{"field": name, "detail": "is unknown"}],
    )
    assert len(quotes.all()) == 1


IN_WORDS = {
    "/quotes?cursor=x": ("cursor", "must be as in `next` of the previous page"),
    "/result/{job}/pages?cursor=x": ("cursor", "must be as in `next` of the previous page"),
    "/result/{job}/words?cursor=x": ("cursor", "must be as in `next` of the previous page"),
    "/quotes?language=e_n": ("language", "must be a language tag, such as en or pt-BR"),
    "/quotes/random?language=e": ("language", "must be a language tag, such as en or pt-BR"),
}


@pytest.mark.parametrize(("path", "wrong"), IN_WORDS.items(), ids=IN_WORDS)
def test_what_is_allowed_is_said_in_words(client: StrictClient, path: str, wrong: tuple[str, str]) -> None:
    answer = client.get(path.format(job=UNKNOWN))
    assert (answer.status_code, answer.get_json(force=True)["errors"]) == (
        422,
        [{"field": wrong[0], "detail": wrong[1]}],
    )


@pytest.mark.parametrize("path", ["/quotes", "/crawl"])
def test_what_a_pattern_of_paths_looks_like_is_said_in_words(client: StrictClient, path: str) -> None:
    answer = client.post(path, json={"url": PAGE, "include": ["/a/*", "news"], "exclude": ["/a?b"]})
    said = "must begin with / or *, and hold neither ? nor # nor control characters"
    wrong = [{"field": "include[1]", "detail": said}, {"field": "exclude[0]", "detail": said}]
    assert (answer.status_code, answer.get_json(force=True)["errors"]) == (422, wrong)


class TestOne:
    """`GET /quotes/<id>`, `/quotes/random`, and `DELETE`."""

    def test_one_has_its_sightings(self, client: StrictClient, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote("One.", "Ada"), a_quote("One.", "Grace", confidence=0.95))
        quote = quotes.one()
        shown = client.get(f"/quotes/{quote['id']}").get_json()
        assert (
            shown["quote"] == client.get("/quotes").get_json()["quotes"][0] == client.get("/quotes/random").get_json()
        )
        assert [(each["author"], each["url"]) for each in shown["sightings"]] == [("Grace", PAGE), ("Ada", PAGE)]

    @pytest.mark.parametrize("path", ["/quotes/random", "/quotes/random?author=ada", "/quotes/today", "/quotes/{id}"])
    def test_as_text_it_is_for_people(self, client: StrictClient, quotes: KeptQuotes, path: str) -> None:
        quotes.keep(a_quote("One does – what one can.", "Ada"))
        path = path.replace("{id}", quotes.one()["id"])
        answer = client.get(path, headers=TEXT)
        assert answer.content_type == "text/plain; charset=utf-8"
        assert answer.text == f"One does – what one can.\n— attributed to Ada\n{PAGE}\n"
        for accepted in ("*/*", "application/json", "text/html,*/*;q=0.8", "text/plain;q=0.5,application/json", "x"):
            as_json = client.get(path, headers={"Accept": accepted})
            assert as_json.content_type == "application/json"
            assert as_json.headers["Vary"] == answer.headers["Vary"] == "Accept"

    def test_nobody_is_named_where_nobody_is_known(self, client: StrictClient, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote("One does what one can."))
        assert client.get("/quotes/random", headers=TEXT).text == f"One does what one can.\n{PAGE}\n"

    @pytest.mark.parametrize("quote_id", ["x", "1", str(UNKNOWN), f"{UNKNOWN}x", "%00", "tomorrow"])
    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_one_that_is_not_there_is_404_with_the_reason(
        self, client: StrictClient, method: str, quote_id: str
    ) -> None:
        assert refused(client.open(f"/quotes/{quote_id}", method=method))

    @pytest.mark.parametrize("query", ["", "?text=nothing", "?author=Nobody&site=no.example&kind=speech"])
    def test_none_at_random_is_404_with_the_reason(self, client: StrictClient, query: str) -> None:
        assert refused(client.get(f"/quotes/random{query}"))

    def test_one_that_was_taken_down_is_gone(self, client: StrictClient, quotes: KeptQuotes) -> None:
        quotes.keep(a_quote("One.", "Ada"))
        path = f"/quotes/{quotes.one()['id']}"
        assert client.delete(path).status_code == 204
        assert refused(client.delete(path)) == "It was never found, or it was taken down before."
        assert refused(client.get(path)) == "It was never found, or it was taken down."
        assert client.get("/quotes").get_json()["quotes"] == []
        refused(client.get("/quotes/random"))


class SetClock(datetime):
    """A clock that tests set."""

    at: ClassVar = datetime(2026, 11, 29, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        assert tz is UTC
        return cls.at


class TestDays:
    """`GET /quotes/today` and `/quotes/day/<date>`."""

    def test_it_may_be_kept_until_midnight(self, client: StrictClient, quotes: KeptQuotes) -> None:
        quotes.keep_many(3)
        answer = client.get("/quotes/today")
        now = datetime.now(UTC)
        left = (datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC) - now).total_seconds()
        kept, seconds = answer.headers["Cache-Control"].split(", max-age=")
        assert kept == "public"
        assert left - 60 < int(seconds) <= left + 60
        assert answer.get_json()["day"] == now.date().isoformat()

    def test_who_has_it_is_not_sent_it_again(self, client: StrictClient, quotes: KeptQuotes) -> None:
        quotes.keep_many(3)
        tags = {
            name: client.get("/quotes/today", headers={"Accept": name}).headers["ETag"]
            for name in ("text/plain", "*/*")
        }
        assert len(set(tags.values())) == 2
        for name, tag in tags.items():
            unchanged = client.get("/quotes/today", headers={"Accept": name, "If-None-Match": tag})
            assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", tag)
            assert unchanged.headers["Cache-Control"].startswith("public, max-age=")
        assert client.get("/quotes/today", headers={"If-None-Match": '"other"'}).status_code == 200

    def test_managers_agree(self, client: StrictClient, servers: Servers, quotes: KeptQuotes) -> None:
        quotes.keep_many(50)
        assert client.get("/quotes/today").data == manager_on(servers).get("/quotes/today").data

    def test_it_is_found_under_its_date_and_survives_being_taken_down(
        self, client: StrictClient, servers: Servers, quotes: KeptQuotes
    ) -> None:
        quotes.keep_many(2)
        shown = client.get("/quotes/today").get_json()
        assert client.delete(f"/quotes/{shown['quote']['id']}").status_code == 204
        for manager in (client, manager_on(servers)):
            assert manager.get("/quotes/today").get_json() == shown
            assert manager.get(f"/quotes/day/{shown['day']}").get_json() == shown

    @pytest.mark.parametrize(
        "day", ["2020-02-29", "2020-02-30", "2999-01-01", "0001-01-01", "9999-12-31", "x", "today"]
    )
    def test_a_day_without_one_is_404_with_the_reason(self, client: StrictClient, quotes: KeptQuotes, day: str) -> None:
        quotes.keep_many(2)
        assert refused(client.get(f"/quotes/day/{day}"))

    @pytest.mark.parametrize("written", ["%Y%m%d", "%G-W%V-%u", "%G-W%V", "%Y-%m-%dT00", " %Y-%m-%d"])
    def test_a_day_is_written_in_one_way(self, client: StrictClient, quotes: KeptQuotes, written: str) -> None:
        quotes.keep_many(1)
        client.get("/quotes/today")
        day = datetime.now(UTC).date().strftime(written)
        assert refused(client.get(f"/quotes/day/{day}")) == "A day is written like 2026-11-29."

    def test_a_service_without_quotes_has_none_until_one_is_found(
        self, client: StrictClient, quotes: KeptQuotes
    ) -> None:
        assert refused(client.get("/quotes/today"))
        quotes.keep_many(1)
        assert client.get("/quotes/today").status_code == 200

    def test_it_is_answered_while_the_database_is_away(
        self, client: StrictClient, servers: Servers, quotes: KeptQuotes
    ) -> None:
        quotes.keep_many(2)
        shown = client.get("/quotes/today")
        unaware = manager_on(servers)
        unaware.get("/readyz")
        day = shown.get_json()["day"]
        with hung_database(servers):
            for path in ("/quotes/today", f"/quotes/day/{day}"):
                answer = client.get(path)
                assert (answer.data, answer.headers["ETag"]) == (shown.data, shown.headers["ETag"])
                assert client.seconds < 0.5
            assert unaware.get("/quotes/today").status_code == 503
            assert unaware.seconds < 2

    def test_midnight_changes_it_without_a_restart(
        self, client: StrictClient, quotes: KeptQuotes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quotes.keep_many(5)
        quotes.shown_before(first := quotes.all()[0], 1)
        monkeypatch.setattr(routes, "datetime", SetClock)
        yesterday = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC) - timedelta(seconds=10)
        monkeypatch.setattr(SetClock, "at", yesterday)
        client.get(f"/quotes/day/{yesterday.date()}")
        before = client.get("/quotes/today")
        assert (before.get_json()["quote"], before.headers["Cache-Control"]) == (first, "public, max-age=10")
        monkeypatch.setattr(SetClock, "at", datetime.now(UTC))
        after = client.get("/quotes/today", headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200
        assert after.get_json()["quote"] != first

    def test_a_manager_whose_clock_is_ahead_shows_the_quote_of_the_day_that_it_is(
        self, client: StrictClient, quotes: KeptQuotes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quotes.keep_many(5)
        shown = client.get("/quotes/today").get_json()
        monkeypatch.setattr(routes, "datetime", SetClock)
        monkeypatch.setattr(SetClock, "at", datetime.now(UTC) + timedelta(days=1))
        ahead = client.get("/quotes/today")
        assert (ahead.get_json(), ahead.headers["Cache-Control"]) == (shown, "public, max-age=0")


class TestKeys:
    """With API keys, each owner has quotes and days apart."""

    def test_days_are_apart_and_not_for_caches_that_others_share(self, keyed: StrictClient, store: Store) -> None:
        for name in ("alice", "bob"):
            KeptQuotes(store, name).keep_many(1, f"Said by {name}")
        for _ in range(2):
            for name, key in (("alice", ALICE), ("bob", BOB)):
                answer = keyed.get("/quotes/today", headers=by(key))
                assert answer.get_json()["quote"]["author"] == f"Said by {name}"
                assert answer.headers["Cache-Control"].startswith("private, max-age=")

    def test_the_jobs_that_found_one_are_the_owners_own(self, keyed: StrictClient, store: Store) -> None:
        for name, key in (("alice", ALICE), ("bob", BOB)):
            kept = KeptQuotes(store, name)
            found_by = kept.keep(a_quote("One.", "Ada"))
            shown = keyed.get(f"/quotes/{kept.one()['id']}", headers=by(key)).get_json()
            assert [sighting["job_id"] for sighting in shown["sightings"]] == [str(found_by)]
            assert keyed.get(f"/result/{found_by}", headers=by(key)).status_code == 200

    def test_to_others_it_is_as_if_it_were_not(self, keyed: StrictClient, store: Store) -> None:
        alices = KeptQuotes(store, "alice")
        job_id = alices.keep(a_quote("One.", "Ada"))
        path = f"/quotes/{alices.one()['id']}"
        assert keyed.get(path, headers=by(ALICE)).status_code == 200
        for method, hidden in [("GET", path), ("DELETE", path), ("GET", "/quotes/random?author=Ada")]:
            refused(keyed.open(hidden, method=method, headers=by(BOB)))
        refused(keyed.get("/quotes/today", headers=by(BOB)))
        assert keyed.get(f"/result/{job_id}/quotes", headers=by(BOB)).status_code == 404
        for query in ("", "?author=Ada", "?text=one", "?site=site.example"):
            assert keyed.get(f"/quotes{query}", headers=by(BOB)).get_json()["quotes"] == []
        assert keyed.get("/authors", headers=by(BOB)).get_json()["authors"] == []
        assert len(keyed.get("/quotes", headers=by(ALICE)).get_json()["quotes"]) == 1


def test_the_least_confidence_may_be_as_small_as_a_number_can_be(client: StrictClient) -> None:
    assert client.get("/quotes?min_confidence=7e-300").status_code == 200
