"""Webhooks as they leave: what is sent, where it may go, and what becomes of each answer. Real sockets, real rows."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Request, Response

from dev.waiting import eventually
from embedded.servers import Servers
from job_core.errors import CoreError, ReceiverGone, ReceiverRefused, WebhookNotTaken
from job_core.job import Job
from job_core.store.deliveries import DeliveryState
from job_core.webhooks import send
from job_core.worker.deliverer import AT_ONCE_PER_RECEIVER, TOTAL_SECONDS, Deliverer
from job_tasks.job_tasks import core
from job_tasks.settings import Settings, read_settings
from job_tasks.views import webhook_body
from job_worker.webhook_post import webhook_post
from page_fetch.limits import FetchLimits
from tests.integration.job_manager.conftest import manager_on
from tests.integration.job_store import RESULT, Store
from tests.integration.pausing import hung_database

OLD, NEW = "whsec_" + "b2xk" * 10, "whsec_" + "bmV3" * 10
LISTED = FetchLimits(allowed_private_networks=(ip_network("127.0.0.0/8"),), total_timeout_seconds=5)
QUICK = replace(LISTED, total_timeout_seconds=0.5)


@pytest.fixture
def job(store: Store) -> Job:
    """One that has ended."""
    return store.ended("https://example.org/counted")


def sent(url: str, job: Job, limits: FetchLimits = LISTED, *secrets: str, **options: Any) -> None:
    post = webhook_post(limits, limits.total_timeout_seconds, **options)
    send(url, job, [SecretStr(secret) for secret in secrets or (NEW,)], webhook_body, post)


def the_error(url: str, job: Job, limits: FetchLimits = LISTED, **options: Any) -> CoreError:
    with pytest.raises(CoreError) as raised:
        sent(url, job, limits, **options)
    return raised.value


class TestSending:
    """One attempt."""

    def test_the_webhook_is_the_job_signed(self, httpserver: HTTPServer, job: Job) -> None:
        httpserver.expect_request("/counted", method="POST").respond_with_data(status=204)
        sent(httpserver.url_for("/counted?a=%zz"), job, LISTED, NEW, OLD)
        ((request, _),) = httpserver.log
        for secret in (OLD, NEW):
            said = Webhook(secret).verify(request.get_data(), dict(request.headers))
        assert (said["type"], said["data"]["id"], said["data"]["status"]) == ("job.ended", str(job.id), "REVOKED")
        assert said["timestamp"] == said["data"]["finished_at"]
        assert not {"attempts", "callback", "owner"} & said["data"].keys()
        assert request.headers["webhook-id"] == str(job.id)
        assert request.headers["User-Agent"].startswith("wordcount-stack/")
        assert request.query_string == b"a=%zz"

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_every_success_is_one(self, httpserver: HTTPServer, job: Job, status: int) -> None:
        httpserver.expect_request("/").respond_with_data(status=status)
        sent(httpserver.url_for("/"), job)

    @pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 409, 422, 429, 500, 503])
    def test_anything_else_is_none(self, httpserver: HTTPServer, job: Job, status: int) -> None:
        elsewhere = {"Location": httpserver.url_for("/elsewhere")}
        httpserver.expect_request("/").respond_with_data(status=status, headers=elsewhere)
        error = the_error(httpserver.url_for("/"), job)
        assert (type(error), str(error)) == (WebhookNotTaken, f"The receiver answered {status}.")
        assert len(httpserver.log) == 1, "redirects are not followed"

    def test_gone_is_for_good(self, httpserver: HTTPServer, job: Job) -> None:
        httpserver.expect_request("/").respond_with_data(status=410)
        assert isinstance(the_error(httpserver.url_for("/"), job), ReceiverGone)

    @pytest.mark.parametrize(("header", "seconds"), [("120", 120), ("soon", None), (None, None)])
    def test_retry_after_is_heard(
        self, httpserver: HTTPServer, job: Job, header: str | None, seconds: float | None
    ) -> None:
        headers = {} if header is None else {"Retry-After": header}
        httpserver.expect_request("/").respond_with_data(status=429, headers=headers)
        error = the_error(httpserver.url_for("/"), job)
        assert isinstance(error, WebhookNotTaken)
        assert error.retry_after == seconds

    def test_a_receiver_that_hangs_costs_a_bounded_time(self, httpserver: HTTPServer, job: Job) -> None:
        ended = threading.Event()

        def hang(_: Request) -> Response:
            ended.wait(20)
            return Response()

        httpserver.expect_request("/").respond_with_handler(hang)
        error = the_error(httpserver.url_for("/"), job, QUICK)
        assert (type(error), str(error)) == (WebhookNotTaken, "The receiver did not answer within 0.5 seconds.")
        ended.set()

    def test_a_body_of_any_size_is_not_read(self, httpserver: HTTPServer, job: Job) -> None:
        httpserver.expect_request("/").respond_with_data(b"x" * 50_000_000)
        sent(httpserver.url_for("/"), job, replace(LISTED, max_wire_bytes=1))

    def test_a_head_of_any_size_is(self, httpserver: HTTPServer, job: Job) -> None:
        httpserver.expect_request("/").respond_with_data(headers={f"X-{number}": "x" * 1_000 for number in range(90)})
        assert isinstance(the_error(httpserver.url_for("/"), job), WebhookNotTaken)

    def test_nobody_there(self, httpserver: HTTPServer, job: Job) -> None:
        url = httpserver.url_for("/")
        httpserver.stop()
        assert isinstance(the_error(url, job), WebhookNotTaken)
        httpserver.start()

    @pytest.mark.parametrize(
        "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1", "0.0.0.0"]
    )
    def test_a_name_that_leads_to_a_private_address_gets_nothing(
        self, httpserver: HTTPServer, job: Job, address: str
    ) -> None:
        httpserver.expect_request("/").respond_with_data()
        limits = replace(LISTED, allowed_private_networks=(), allowed_ports=(httpserver.port,))
        url = f"http://receiver.example.org:{httpserver.port}/"
        error = the_error(url, job, limits, resolver=lambda _: ["93.184.215.14", address])
        assert isinstance(error, ReceiverRefused)
        assert address not in str(error)
        assert httpserver.log == []


def settings_of(servers: Servers, **changes: str) -> Settings:
    urls = {"CELERY_BROKER_URL": servers.broker.url, "DATABASE_URL": servers.database.url}
    listed = {"WEBHOOK_SECRETS": NEW, "FETCH_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}
    return read_settings(urls | listed | changes)


def deliverer_of(servers: Servers, **changes: str) -> Deliverer:
    settings = settings_of(servers, **changes)
    post = webhook_post(settings.fetch_limits, TOTAL_SECONDS)
    return Deliverer(core, settings.webhook_secrets, webhook_body, post)


@pytest.fixture
def deliverer(servers: Servers) -> Iterator[Deliverer]:
    deliverer = deliverer_of(servers)
    yield deliverer
    deliverer.stop()


def state(store: Store, job: Job) -> tuple[str, int, str | None]:
    delivery = store.delivery(job.id)
    assert delivery is not None
    return delivery.state, delivery.attempts, delivery.last_error


class TestDelivering:
    """The threads of a worker."""

    def test_what_is_due_is_delivered(self, deliverer: Deliverer, httpserver: HTTPServer, store: Store) -> None:
        httpserver.expect_request("/").respond_with_data(status=204)
        jobs = [store.ended(httpserver.url_for("/")) for _ in range(40)]
        deliverer.start()
        eventually(lambda: all(state(store, job) == ("DELIVERED", 1, None) for job in jobs), seconds=20)
        reported = sorted(json.loads(request.get_data())["data"]["id"] for request, _ in httpserver.log)
        assert reported == [str(job.id) for job in jobs]

    def test_it_holds_what_the_manager_shows_of_the_job_letter_by_letter(
        self, deliverer: Deliverer, servers: Servers, httpserver: HTTPServer, store: Store
    ) -> None:
        httpserver.expect_request("/").respond_with_data(status=204)
        held = store.claimed(callback_url=httpserver.url_for("/"))
        assert store.succeed(held, RESULT | {"top": [["half a pair \ud800", 2**60], ["naïve \u2028</script>", 1]]})
        deliverer.start()
        eventually(lambda: state(store, store.job(held.job_id)) == ("DELIVERED", 1, None), seconds=20)
        shown = manager_on(servers).get(f"/result/{held.job_id}")
        of_the_job, _, _ = shown.text.partition(',"attempts":')
        ((request, _),) = httpserver.log
        said = f'{{"type":"job.ended","timestamp":"{shown.get_json()["finished_at"]}","data":{of_the_job}}}}}'
        assert request.get_data() == said.encode()

    def test_a_receiver_that_hangs_gets_a_few_at_a_time_and_leaves_room_for_another(
        self, deliverer: Deliverer, httpserver: HTTPServer, store: Store
    ) -> None:
        released = threading.Event()
        came: list[str] = []

        def hang(request: Request) -> Response:
            came.append(request.headers["webhook-id"])
            released.wait(20)
            return Response(status=204)

        httpserver.expect_request("/").respond_with_data(status=204)
        with HTTPServer(threaded=True) as hanging:
            hanging.expect_request("/").respond_with_handler(hang)
            jobs = [store.ended(hanging.url_for("/")) for _ in range(40)]
            other = store.ended(httpserver.url_for("/"))
            deliverer.start()
            eventually(lambda: len(came) >= AT_ONCE_PER_RECEIVER and state(store, other)[0] == "DELIVERED")
            assert sorted(came) == [str(job.id) for job in jobs[:AT_ONCE_PER_RECEIVER]]
            released.set()
            eventually(lambda: all(state(store, job) == ("DELIVERED", 1, None) for job in jobs), seconds=20)

    def test_a_private_address_is_refused_on_the_row(
        self, servers: Servers, httpserver: HTTPServer, store: Store
    ) -> None:
        job = store.ended(httpserver.url_for("/"))
        strict = deliverer_of(servers, FETCH_ALLOWED_PRIVATE_NETWORKS="", FETCH_ALLOWED_PORTS=str(httpserver.port))
        strict.start()
        eventually(lambda: state(store, job)[0] == DeliveryState.GIVEN_UP, seconds=20)
        strict.stop()
        assert state(store, job) == (
            "GIVEN UP",
            1,
            "The URL leads to an address that is not public. Only public web sites are fetched.",
        )
        assert httpserver.log == []

    def test_without_a_secret_nothing_is_sent_and_all_waits(
        self, servers: Servers, deliverer: Deliverer, httpserver: HTTPServer, store: Store
    ) -> None:
        httpserver.expect_request("/").respond_with_data(status=204)
        job = store.ended(httpserver.url_for("/"))
        before = threading.active_count()
        deliverer_of(servers, WEBHOOK_SECRETS="").start()
        assert threading.active_count() == before
        assert state(store, job) == ("PENDING", 0, None)
        deliverer.start()
        eventually(lambda: state(store, job) == ("DELIVERED", 1, None), seconds=20)

    def test_one_that_was_stopped_begins_nothing(
        self, deliverer: Deliverer, httpserver: HTTPServer, store: Store
    ) -> None:
        httpserver.expect_request("/").respond_with_data(status=204)
        deliverer.start()
        deliverer.stop()
        eventually(lambda: "deliverer" not in [thread.name for thread in threading.enumerate()])
        job = store.ended(httpserver.url_for("/"))
        assert state(store, job) == ("PENDING", 0, None)

    def test_it_goes_on_when_the_database_is_back(
        self, deliverer: Deliverer, servers: Servers, httpserver: HTTPServer, store: Store
    ) -> None:
        httpserver.expect_request("/").respond_with_data(status=204)
        deliverer.start()
        with hung_database(servers):
            threading.Event().wait(7)  # the fault itself: longer than a transaction may take
        job = store.ended(httpserver.url_for("/"))
        eventually(lambda: state(store, job)[0] == "DELIVERED", seconds=30)
