"""500 open event streams do not keep the manager from accepting jobs, and cost the database no connection."""

from pathlib import Path

from dev.bench.streams import ask, measure, open_streams, read_to_end
from embedded.ports import free_ports
from embedded.servers import Servers
from tests.integration.job_manager.conftest import deployed_manager
from tests.integration.job_store import Store

STREAMS = 500
THREADS = 8


def test_500_streams_keep_no_submission_out(servers: Servers, store: Store, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = {"MANAGER_STREAMS": str(STREAMS), "MANAGER_THREADS": str(THREADS), "MANAGER_WAIT_CALLERS": "4"}
    with deployed_manager(servers, port, tmp_path / "log", **settings):
        before = connections(store)
        measured = measure(port, STREAMS, submissions=200)
        assert measured.p99 < 250  # ms; 31 when it was measured beside other work
        assert store.count() == 201
        job_id = str(ask(port, "POST", "/count")["id"])
        streams = open_streams(port, job_id, STREAMS)
        assert connections(store) <= before + THREADS
        ask(port, "DELETE", f"/result/{job_id}")
        assert read_to_end(streams) == STREAMS


def connections(store: Store) -> int:
    return store.count("pg_stat_activity WHERE backend_type = 'client backend'")
