"""How fast quotes are read at a million of them: `make bench-quotes`.

Fills a PostgreSQL of its own, and asks a manager process on it, as it is deployed, over HTTP: for today's quote one
caller for the time of an answer, and several at once for how many are answered in a second; then for quotes at random
and searches, one after the other. Prints a table, and ends with 1 if a target is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from io import StringIO
from multiprocessing import Pool
from pathlib import Path

from sqlalchemy import create_engine, text

from dev.waiting import eventually
from embedded.data_folder import DataFolder
from embedded.ports import free_ports
from embedded.servers import servers_on
from embedded.services import Services
from embedded.terminal import Terminal

STEP = 50_000
TODAY_MS, OTHERS_MS, ANSWERS_A_SECOND = 5.0, 20.0, 1_000
CALLERS = 4
SECONDS = 5.0

# Of 1,000 quotes: 700 English, 299 German, 1 Icelandic; 300 of one author, the others of a 100th as many authors as
# there are quotes; 500 on the large site, found first, the others on a 1,000th as many sites. Each third word is one of
# 20 common ones; "engine" is in one of 1,000 quotes, and "quixotic" in one of 100,000.
_QUOTES = """
    INSERT INTO quotes (owner, key, text, language, kind, author, confidence, found_on, sightings)
    SELECT '', decode(md5(number::text), 'hex'), text || CASE WHEN number % 1000 = 1 THEN ' engine' ELSE '' END
           || CASE WHEN number % 100000 = 1 THEN ' quixotic' ELSE '' END,
           CASE WHEN number % 1000 = 0 THEN 'is' WHEN number % 1000 < 300 THEN 'de-AT' ELSE 'en' END,
           CASE WHEN number % 5 = 0 THEN 'speech' ELSE 'marked' END, author, (50 + number % 46) / 100.0,
           'https://' || site || '/page/' || number, 1
    FROM generate_series(CAST(:first AS bigint), :last) AS number,
         LATERAL (SELECT string_agg(CASE WHEN n % 3 = 0 THEN (
                      '{the,of,and,to,in,that,is,it,life,we,not,love,be,you,what,all,but,one,who,time}'::text[]
                  )[1 + abs(hashint8(number * 31 + n)) % 20]
                  ELSE 'word' || abs(hashint8(number * 37 + n)) % 20000 END, ' ')
                  FROM generate_series(1, 18) AS n) AS made (text),
         LATERAL (SELECT CASE WHEN number % 10 < 3 THEN 'Common Author' ELSE 'Author ' || number % (:many / 100) END,
                         CASE WHEN number <= :many / 2 THEN 'large.example'
                              ELSE 'site' || number % (:many / 1000) || '.example' END) AS said (author, site)
"""
_SIGHTINGS = """
    INSERT INTO sightings (quote_id, url, site, author, author_key, rule, confidence, context)
    SELECT id, found_on, split_part(found_on, '/', 3), author, lower(author), 'blockquote', confidence, text
    FROM quotes WHERE number > :before;
    INSERT INTO sighting_counts (number, owner, pivot, site, author, author_key, sightings, found_on, confidence)
    SELECT number, owner, pivot, split_part(found_on, '/', 3), author, lower(author), 1, found_on, confidence
    FROM quotes WHERE number > :before
"""
_AUTHORS = "INSERT INTO authors SELECT '', lower(author), author, count(*) FROM quotes GROUP BY author"

SEARCHES = {
    "at random": "/quotes/random",
    "at random, common word": "/quotes/random?text=life",
    "at random, word of 1 in 1,000": "/quotes/random?text=engine",
    "at random, rare word": "/quotes/random?text=quixotic",
    "at random, two common words": "/quotes/random?text=life+time",
    "at random, common author": "/quotes/random?author=Common+Author",
    "at random, rare author": "/quotes/random?author=Author+7",
    "at random, common language": "/quotes/random?language=en",
    "at random, rare language": "/quotes/random?language=is",
    "at random, large site": "/quotes/random?site=large.example",
    "at random, small site": "/quotes/random?site=site7.example",
    "at random, author and word": "/quotes/random?author=Common+Author&text=engine",
    "newest": "/quotes",
    "common word": "/quotes?text=life",
    "word of 1 in 1,000": "/quotes?text=engine",
    "rare word": "/quotes?text=quixotic",
    "unknown word": "/quotes?text=nowhere",
    "two common words": "/quotes?text=life+time",
    "common author": "/quotes?author=Common+Author",
    "rare author": "/quotes?author=Author+7",
    "common language": "/quotes?language=en",
    "rare language": "/quotes?language=is",
    "large site, found first": "/quotes?site=large.example",
    "small site": "/quotes?site=site7.example",
    "author and word": "/quotes?author=Common+Author&text=engine",
    "sure ones of a kind": "/quotes?kind=speech&min_confidence=0.9",
    "authors by prefix": "/authors?prefix=author+77",
}


_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE NOT indisunique AND indrelid = ANY ('{quotes,sightings,sighting_counts}'::regclass[])
"""


def fill(database_url: str, many: int) -> None:
    """Insert `many` quotes, each with one sighting, and tell the planner. Indexes are made last, which is faster."""
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("SET maintenance_work_mem = '256MB'"))
        indexes = connection.execute(text(_INDEXES)).all()
        for name, _ in indexes:
            connection.execute(text(f"DROP INDEX {name}"))
        for first in range(1, many + 1, STEP):
            last = min(first + STEP - 1, many)
            connection.execute(text(_QUOTES), {"first": first, "last": last, "many": many})
            connection.execute(text(_SIGHTINGS), {"before": first - 1})
            sys.stderr.write(f"\r{last:,} quotes")
        for _, definition in indexes:
            connection.exec_driver_sql(definition)
        connection.execute(text(_AUTHORS))
        for table in ("quotes", "sightings", "sighting_counts", "authors"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))
    engine.dispose()


@contextmanager
def running_manager(broker_url: str, database_url: str, folder: Path) -> Iterator[int]:
    """The port of a manager of one process."""
    (port,) = free_ports(1)
    set_by = {"CELERY_BROKER_URL": broker_url, "DATABASE_URL": database_url, "MANAGER_PROCESSES": "1"}
    command = ["gunicorn", "--config", "job_manager/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    with (folder / "manager.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", *command, "job_manager.wsgi:app"],
            env=os.environ | set_by | {"METRICS_FOLDER": str(folder / "metrics")},
            stdout=log,
            stderr=log,
        )
    try:
        eventually(lambda: _is_ready(port), seconds=60)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _is_ready(port: int) -> bool:
    try:
        return _ask(HTTPConnection("127.0.0.1", port, timeout=10), "/readyz") == 200
    except OSError:
        return False


def _ask(connection: HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def times(port: int, path: str, many: int) -> list[float]:
    """Milliseconds of `many` answers, one after the other, after some that warm the caches."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    taken = []
    for _ in range(many + 10):
        began = time.perf_counter()
        status = _ask(connection, path)
        taken.append((time.perf_counter() - began) * 1_000)
        if status != 200:
            raise SystemExit(f"{path} was answered with {status}")
    connection.close()
    return taken[10:]


def _answers_in_time(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    ends, answers = time.monotonic() + SECONDS, 0
    while time.monotonic() < ends:
        _ask(connection, "/quotes/today")
        answers += 1
    return answers


def report(port: int, asked: int) -> bool:
    """Print the table; whether all targets were met."""
    met = _line("today", times(port, "/quotes/today", 10 * asked), TODAY_MS)
    with Pool(CALLERS) as pool:
        rate = sum(pool.map(_answers_in_time, [port] * CALLERS)) / SECONDS
    print(f"{'today, ' + str(CALLERS) + ' callers':<34} {rate:>8.0f} answers a second, at least {ANSWERS_A_SECOND:,}")  # noqa: T201
    met &= rate >= ANSWERS_A_SECOND
    for name, path in SEARCHES.items():
        met &= _line(name, times(port, path, asked), OTHERS_MS)
    return met


def _line(name: str, taken: list[float], target: float) -> bool:
    p99 = statistics.quantiles(taken, n=100, method="inclusive")[98]
    missed = "" if p99 <= target else "  missed"
    print(f"{name:<34} {statistics.median(taken):>8.2f} {p99:>8.2f} {target:>8.0f}{missed}", flush=True)  # noqa: T201
    return not missed


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description="Measure how fast quotes are read.")
    parser.add_argument(
        "--quotes", type=int, default=1_000_000, metavar="N", help="how many are stored, at least 1,000"
    )
    parser.add_argument("--asked", type=int, default=300, metavar="N", help="how often each question is asked")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as path:
        folder = DataFolder(Path(path) / "servers")
        with servers_on(folder, Terminal(StringIO()), temporary=True) as servers:
            servers.start()
            urls = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
            servers.supervisor.run(Services(folder=folder, environment=os.environ | urls).migration())
            began = time.monotonic()
            fill(servers.database.url.replace("postgresql", "postgresql+psycopg2", 1), arguments.quotes)
            print(f"\n{arguments.quotes:,} quotes, filled in {time.monotonic() - began:.0f} s")  # noqa: T201
            print(f"{'':<34} {'median':>8} {'p99':>8} {'target':>8}, in ms")  # noqa: T201
            with running_manager(servers.broker.url, servers.database.url, Path(path)) as port:
                met = report(port, arguments.asked)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
