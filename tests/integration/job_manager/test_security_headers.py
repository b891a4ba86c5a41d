import http.client
from contextlib import closing

import pytest
import requests
from flask.testing import FlaskClient

from embedded.servers import Servers
from tests.integration.job_manager.conftest import manager_on
from tests.integration.job_store import Store
from tests.integration.pausing import refused_port, with_port

UNKNOWN = "/result/018f0000-0000-7000-8000-000000000000"
ANSWERS = [
    ("GET", "/jobs", 200),
    ("POST", "/count", 415),
    ("GET", "/readyz", 200),
    ("GET", UNKNOWN, 404),
    ("GET", "/nonsense", 404),
    ("PUT", "/jobs", 405),
    ("OPTIONS", "/jobs", 200),
    ("HEAD", "/jobs", 200),
    ("GET", "/openapi.json", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_is_taken_for_data_by_a_browser_and_put_into_no_frame(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert not any("unsafe" in rule or "*" in rule for rule in policy)


@pytest.mark.parametrize("path", ["/jobs", "/result/{}", "/nonsense", "/readyz"])
def test_nobody_keeps_a_copy_of_what_is_about_jobs(client: FlaskClient, store: Store, path: str) -> None:
    assert client.get(path.format(store.submit().id)).headers["Cache-Control"] == "no-store"


def test_an_answer_to_a_submission_is_not_kept_either(client: FlaskClient) -> None:
    answer = client.post("/count", json={"url": "https://example.com/"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (202, "no-store")


def test_a_fault_has_them_too(servers: Servers) -> None:
    client = manager_on(servers, DATABASE_URL=with_port(servers.database.url, refused_port()))
    answer = client.get("/jobs")
    assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (503, "nosniff")


@pytest.mark.parametrize("path", ["/jobs", "/nonsense", "/docs"])
def test_no_version_of_the_server_is_told(manager_url: str, path: str) -> None:
    answer = requests.get(manager_url + path, timeout=20)
    assert answer.headers["Server"] == "gunicorn"
    assert "X-Powered-By" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status"), [("//jobs", 200), ("/jobs//", 404), ("/result//x", 404), ("/\\example.com", 404)]
)
def test_nothing_is_redirected(manager_url: str, path: str, status: int) -> None:
    # Not by a library of more comfort: those take `//jobs` for `/jobs`, or for a host.
    connection = http.client.HTTPConnection(manager_url.removeprefix("http://"), timeout=20)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Location")) == (status, None)
