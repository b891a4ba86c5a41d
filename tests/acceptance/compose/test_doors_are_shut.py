"""What a container can do, and who can reach it, while the stack runs."""

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from dev.containers import Compose, ContainerStack, docker
from embedded.errors import StackError
from tests.acceptance.compose.other_machine import can_be_made, other_machine
from tests.missing import is_missing

pytestmark = pytest.mark.thorough

RUNNING = [
    "job_broker",
    "job_db",
    "job_manager",
    "job_scheduler",
    "job_viewer",
    "job_worker_01",
    "job_worker_02",
]
OURS = ["job_manager", "job_worker_01"]
TOOLS = ["cc", "gcc", "g++", "clang", "ld", "make", "pip", "pip3", "uv", "curl", "wget", "git"]
NO_CAPABILITY = "0000000000000000"
CANNOT_BE_MADE = "a machine beyond the engine takes root and the command `ip`"


@pytest.mark.parametrize("service", RUNNING)
def test_a_container_is_confined(stack: ContainerStack, service: str) -> None:
    host = stack.compose.inspect(service)["HostConfig"]

    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["PidsLimit"] > 0
    assert host["Memory"] > 0
    assert host["Init"] is True


@pytest.mark.parametrize("service", RUNNING)
def test_the_first_process_has_neither_root_nor_capabilities(stack: ContainerStack, service: str) -> None:
    text = stack.compose.run_in(service, "cat", "/proc/1/status").stdout
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    assert "0" not in status["Uid"].split()
    assert "0" not in status["Gid"].split()
    assert {status[key] for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {NO_CAPABILITY}
    assert status["NoNewPrivs"].strip() == "1"


@pytest.mark.parametrize("service", RUNNING)
def test_the_root_file_system_cannot_be_written(stack: ContainerStack, service: str) -> None:
    written = stack.compose.run_in(service, "sh", "-c", "echo x > /usr/x || echo x > /opt/x || echo x > /etc/x")

    assert written.returncode != 0


def test_ports_are_published_on_this_machine_only(stack: ContainerStack) -> None:
    published = {
        service: {
            inner: [(entry["HostIp"], entry["HostPort"]) for entry in outer]
            for inner, outer in stack.compose.inspect(service)["NetworkSettings"]["Ports"].items()
            if outer
        }
        for service in RUNNING
    }

    assert {service: ports for service, ports in published.items() if ports} == {
        "job_manager": {"5000/tcp": [("127.0.0.1", str(stack.manager.port))]},
        "job_viewer": {"8888/tcp": [("127.0.0.1", str(stack.viewer_port))]},
    }


@pytest.mark.parametrize("service", OURS)
def test_an_image_holds_no_tools(stack: ContainerStack, service: str) -> None:
    found = stack.compose.run_in(service, "sh", "-c", f"command -v {' '.join(TOOLS)}; ls -d /root/.cache /opt/uv")

    assert found.stdout == ""


@pytest.mark.parametrize(
    ("service", "files"),
    [
        ("job_manager", ["job_core", "job_manager", "job_tasks", "page_fetch", "quote_store", "site_crawl"]),
        (
            "job_worker_01",
            ["job_core", "job_tasks", "job_worker", "page_fetch", "page_read", "quote_store", "site_crawl"],
        ),
    ],
)
def test_an_image_holds_its_own_code_and_nothing_else(stack: ContainerStack, service: str, files: list[str]) -> None:
    assert stack.compose.run_in(service, "ls", "-A", "/app").stdout.split() == files


@pytest.mark.parametrize(
    ("service", "modules"),
    [
        ("job_manager", ["nltk", "selectolax", "icu4py", "bs4", "requests", "flower", "job_worker", "pytest", "pip"]),
        ("job_worker_01", ["flask", "gunicorn", "job_manager", "pytest", "pip"]),
    ],
)
def test_an_image_holds_no_library_that_it_does_not_need(
    stack: ContainerStack, service: str, modules: list[str]
) -> None:
    program = f"from importlib.util import find_spec; print([m for m in {modules} if find_spec(m)])"

    assert stack.compose.run_in(service, "python", "-c", program).stdout.strip() == "[]"


def test_code_is_compiled(stack: ContainerStack) -> None:
    compiled = stack.compose.run_in("job_manager", "ls", "/app/job_tasks/__pycache__/settings.cpython-312.pyc")

    assert compiled.returncode == 0


def test_redis_wants_a_password(stack: ContainerStack) -> None:
    answer = stack.compose.run_in("job_broker", "env", "--unset=REDISCLI_AUTH", "redis-cli", "ping").stdout

    assert answer.startswith("NOAUTH")


@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "CONFIG GET *",
        "SHUTDOWN",
        "REPLICAOF NO ONE",
        "ACL LIST",
        "MODULE LIST",
        "MONITOR",
    ],
)
def test_redis_refuses_dangerous_commands(stack: ContainerStack, command: str) -> None:
    answer = stack.compose.run_in("job_broker", "redis-cli", *command.split()).stdout

    assert answer.startswith("NOPERM")


@pytest.mark.parametrize("service", RUNNING)
def test_no_process_shows_a_secret_in_its_arguments(stack: ContainerStack, service: str) -> None:
    arguments = docker("top", stack.compose.container(service), "-eo", "pid,args")

    assert "demo-" not in arguments


@pytest.mark.parametrize("statement", ["CREATE TABLE t ()", "DROP TABLE jobs", "TRUNCATE jobs", "CREATE ROLE r"])
def test_the_services_role_changes_no_table(stack: ContainerStack, statement: str) -> None:
    refused = stack.compose.run_in("job_db", "psql", "-U", "job_service", "-d", "jobs", "-AtXc", statement)

    assert refused.returncode == 1
    assert "permission denied" in refused.stderr or "must be owner" in refused.stderr


def test_only_workers_reach_the_outside(stack: ContainerStack) -> None:
    networks = stack.compose.inspect("pages")["NetworkSettings"]["Networks"]
    (address,) = [network["IPAddress"] for network in networks.values()]

    reaching = [service for service in RUNNING if _connects(stack.compose, service, address, 8000)]

    assert reaching == ["job_worker_01", "job_worker_02"]


@pytest.fixture
def machine_beyond() -> Iterator[tuple[str, int]]:
    """Address and port of a machine beyond the engine, which takes root and `ip`."""
    if not can_be_made():
        is_missing(CANNOT_BE_MADE)
    with other_machine() as place:
        yield place


def test_only_workers_reach_a_machine_beyond_the_engine(stack: ContainerStack, machine_beyond: tuple[str, int]) -> None:
    address, port = machine_beyond

    reaching = [service for service in RUNNING if _connects(stack.compose, service, address, port)]

    assert reaching == ["job_worker_01", "job_worker_02"]


def test_those_that_publish_no_port_do_not_reach_this_machine_either(stack: ContainerStack) -> None:
    networks = stack.compose.inspect("pages")["NetworkSettings"]["Networks"]
    (gateway,) = [network["Gateway"] for network in networks.values()]

    with socket.create_server((gateway, 0)) as listener:
        port = listener.getsockname()[1]
        reaching = [service for service in RUNNING if _connects(stack.compose, service, gateway, port)]

    assert {"job_broker", "job_db", "job_scheduler"}.isdisjoint(reaching)
    assert {"job_worker_01", "job_worker_02"} <= set(reaching)  # so that the listener can be reached at all


def test_the_viewer_reaches_no_database(stack: ContainerStack) -> None:
    assert _connects(stack.compose, "job_scheduler", "job_db", 5432)
    assert not _connects(stack.compose, "job_viewer", "job_db", 5432)


def _connects(compose: Compose, service: str, host: str, port: int) -> bool:
    return compose.run_in(service, "timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{host}/{port}").returncode == 0


@pytest.mark.parametrize("service", ["job_worker_01", "job_worker_02", "job_scheduler"])
def test_figures_are_served_to_other_containers(stack: ContainerStack, service: str) -> None:
    asked = "exec 3<>/dev/tcp/$0/9464; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    answer = stack.compose.run_in("job_manager", "timeout", "5", "bash", "-c", asked, service).stdout

    assert "wordcount_attempts_total" in answer


def test_the_network_of_the_figures_leads_nowhere_else(stack: ContainerStack) -> None:
    (network,) = json.loads(docker("network", "inspect", f"{stack.compose.project}_monitoring"))

    assert network["Internal"] is True
    assert len(network["Containers"]) == 4


def test_the_viewer_lets_nobody_in_without_a_password(stack: ContainerStack) -> None:
    assert _ask_viewer(stack, "GET", "/", {}) == 401


def test_the_viewer_stops_no_worker(stack: ContainerStack) -> None:
    known = {"Authorization": "Basic ZGVtbzpkZW1vLXZpZXdlcg=="}

    assert _ask_viewer(stack, "GET", "/workers", known) == 200
    assert _ask_viewer(stack, "POST", "/api/worker/shutdown/job_worker_01", known) == 403


def _ask_viewer(stack: ContainerStack, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", stack.viewer_port, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_demo_secrets_are_not_published(stack: ContainerStack) -> None:
    with pytest.raises(StackError, match=r"BIND_ADDRESS: got '0\.0\.0\.0'; other machines may reach it"):
        stack.compose("run", "--rm", "--no-deps", "--env", "BIND_ADDRESS=0.0.0.0", "job_migrate")
