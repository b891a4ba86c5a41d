"""What the fetch is attacked with, submitted to the manager: refused at once, or by the job, and without an address."""

import re
import socket
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from job_core.errors import PermanentError
from job_tasks.count import CountRequest
from job_tasks.fetching import fetcher
from job_tasks.job_tasks import core
from tests.integration.job_store import Store
from tests.integration.page_fetch.test_address_guard import ATTACKS

ADDRESS = re.compile(r"\d+\.\d+\.\d+|\[?[0-9a-f]*::[0-9a-f]*|0x[0-9a-f]+|169\.254", re.IGNORECASE)


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port on loopback that workers may fetch from, but for its address. Nobody connects to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("FETCH_ALLOWED_PORTS", f"80,443,{port}")
        fetcher.cache_clear()
        yield port
        fetcher.cache_clear()
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def refusal(request: CountRequest) -> PermanentError:
    """What the worker's own function raises for it."""
    with pytest.raises(PermanentError) as raised:
        core.kinds["count"].work(request)
    return raised.value


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_url_that_leads_inside_is_refused_at_once_or_by_its_job(
    client: FlaskClient, store: Store, canary: int, attack: str
) -> None:
    url = attack.replace("{port}", str(canary))
    answer = client.post("/count", json={"url": url})
    if answer.status_code == 422:
        (error,) = answer.get_json(force=True)["errors"]
        assert error["field"] == "url"
        assert not ADDRESS.search(error["detail"])
        assert store.count() == 0
        return
    assert answer.status_code == 202
    held = store.claim(store.job(UUID(answer.get_json()["id"])))
    assert held is not None
    store.fail(held, refusal(CountRequest.model_validate(held.request)))
    job = client.get(f"/result/{held.job_id}").get_json()
    assert (job["status"], job["result"], job["error"]["type"]) == ("FAILURE", None, "address-refused")
    assert not ADDRESS.search(job["error"]["detail"])


def test_many_attacks_in_one_batch_are_one_refusal(client: FlaskClient, store: Store, canary: int) -> None:
    urls = [attack.replace("{port}", str(canary)) for attack in ATTACKS]
    answer = client.post("/count", json={"urls": urls})
    assert answer.status_code == 422
    assert store.count() == 0
