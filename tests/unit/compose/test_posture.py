"""What docker-compose.yml and the Dockerfiles promise, read without an engine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from job_core.worker import beat, deliverer
from job_tasks.settings import DEMO_SECRET, Settings

PROJECT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OF_PYTHON = [PROJECT / "job_manager" / "Dockerfile", PROJECT / "job_worker" / "Dockerfile"]
DOCKERFILES = [*OF_PYTHON, PROJECT / "ops" / "pgbouncer" / "Dockerfile"]
WORKERS = ["job_worker_01", "job_worker_02"]
ONE_SHOT = "job_migrate"
MONITORING = {"job_monitor": "prom/prometheus:v3.5.0", "job_dashboard": "grafana/grafana:12.1.0"}
PRACTICE = "practice_site"
BASES = {"python:3.12-slim", "redis:8.0", "postgres:17", *MONITORING.values()}

HARDENED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"], "init": True}
DANGEROUS = {"cap_add", "privileged", "devices", "network_mode", "pid", "ipc", "userns_mode"}
LOGGING = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}


def networks_of(name: str) -> set[str]:
    return set(SERVICES[name]["networks"])


def test_the_services_are_those_of_the_lecture_and_two_more() -> None:
    always = {name for name, service in SERVICES.items() if "profiles" not in service}

    assert always == {"job_broker", "job_db", "job_manager", *WORKERS, "job_viewer", ONE_SHOT, "job_scheduler"}


def test_monitoring_pooler_and_practice_site_are_there_for_those_who_ask_for_them() -> None:
    asked_for = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}

    of_others = {"job_pooler": ["pooled"], PRACTICE: ["practice"]}
    assert asked_for == {name: ["monitoring"] for name in MONITORING} | of_others
    assert {name: SERVICES[name]["image"] for name in MONITORING} == MONITORING


def test_each_service_is_hardened() -> None:
    soft = {
        name
        for name, service in SERVICES.items()
        if {key: service.get(key) for key in HARDENED} != HARDENED or DANGEROUS & set(service)
    }

    assert soft == set()


def test_each_service_is_bounded() -> None:
    unbounded = {
        name
        for name, service in SERVICES.items()
        if not (0 < service["pids_limit"] <= 1024 and service["mem_limit"] and service["logging"] == LOGGING)
    }

    assert unbounded == set()


def test_each_service_comes_back_by_itself() -> None:
    assert {name: service["restart"] for name, service in SERVICES.items()} == {
        **dict.fromkeys(SERVICES, "unless-stopped"),
        ONE_SHOT: "on-failure:3",
    }


def test_no_service_has_a_name_that_keeps_it_from_being_scaled() -> None:
    assert [name for name, service in SERVICES.items() if "container_name" in service] == []


def test_each_service_that_stays_has_a_health_check() -> None:
    checks = {name: service["healthcheck"] for name, service in SERVICES.items() if name != ONE_SHOT}

    assert {name for name, check in checks.items() if check["test"][0] not in {"CMD", "CMD-SHELL"}} == set()
    assert {name for name, check in checks.items() if "disable" in check} == set()


def test_what_a_service_waits_for_is_healthy_or_done() -> None:
    waits = {(name, other): wait for name in SERVICES for other, wait in SERVICES[name].get("depends_on", {}).items()}

    assert waits == {
        (name, other): {"condition": "service_completed_successfully" if other == ONE_SHOT else "service_healthy"}
        for name, other in waits
    }


def test_manager_workers_and_scheduler_wait_for_everything_they_need() -> None:
    for name in ["job_manager", *WORKERS, "job_scheduler"]:
        assert set(SERVICES[name]["depends_on"]) == {"job_broker", "job_db", ONE_SHOT}


def test_only_what_people_look_at_is_published_and_only_on_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "job_manager": ["${BIND_ADDRESS:-127.0.0.1}:${MANAGER_PORT:-5050}:5000"],
        "job_viewer": ["${BIND_ADDRESS:-127.0.0.1}:${FLOWER_PORT:-8888}:8888"],
        # They ask for no password.
        "job_monitor": ["127.0.0.1:${PROMETHEUS_PORT:-9090}:9090"],
        "job_dashboard": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"],
    }


def test_each_network_is_joined_by_those_who_need_it() -> None:
    joined = {network: {name for name in SERVICES if network in networks_of(name)} for network in COMPOSE["networks"]}

    assert joined == {
        "broker": {"job_broker", "job_manager", *WORKERS, "job_scheduler", "job_viewer"},
        "database": {"job_db", "job_pooler", ONE_SHOT, "job_manager", *WORKERS, "job_scheduler"},
        "published": {"job_manager", "job_viewer", *MONITORING},
        "monitoring": {"job_manager", *WORKERS, "job_scheduler", *MONITORING},
        "outside": set(WORKERS),
        "practice": {PRACTICE, *WORKERS},
    }


def test_only_the_workers_network_leads_outside() -> None:
    assert COMPOSE["networks"] == {
        "broker": {"internal": True},
        "database": {"internal": True},
        "published": {"driver_opts": {"com.docker.network.bridge.enable_ip_masquerade": "false"}},
        "monitoring": {"internal": True},
        "outside": {},
        "practice": {"internal": True},
    }


def test_the_viewer_gets_no_way_into_the_database() -> None:
    assert SERVICES["job_viewer"]["environment"]["DATABASE_URL"] == "postgresql://job_db/jobs"


def test_live_editing_mounts_the_shared_code_and_nothing_else() -> None:
    live = yaml.safe_load((PROJECT / "docker-compose.live.yml").read_text(encoding="utf-8"))["services"]

    assert set(live) == {"job_manager", *WORKERS, "job_scheduler"}
    assert {tuple(service["volumes"]) for service in live.values()} == {("./job_tasks:/app/job_tasks:ro",)}


def test_the_practice_site_sees_workers_and_its_own_folder_and_gets_no_setting() -> None:
    site = SERVICES[PRACTICE]

    assert site["networks"] == ["practice"]
    assert site["volumes"] == ["./embedded/practice:/practice:ro"]
    assert "environment" not in site


def test_no_search_domain_is_tried_for_the_practice_site_where_it_does_not_run() -> None:
    assert COMPOSE["x-settings"]["FETCH_PRACTICE_SITE"] == f"${{FETCH_PRACTICE_SITE:-{PRACTICE}.:8000}}"


def test_each_image_is_built_once() -> None:
    built = {name: service["image"] for name, service in SERVICES.items() if "build" in service}
    taken = {service["image"] for service in SERVICES.values() if service.get("pull_policy") == "never"}

    assert built == {
        "job_manager": "${COMPOSE_PROJECT_NAME}/job_manager",
        "job_worker_01": "${COMPOSE_PROJECT_NAME}/job_worker",
        "job_pooler": "${COMPOSE_PROJECT_NAME}/job_pooler",  # and runs in no other service
    }
    assert taken == set(built.values()) - {built["job_pooler"]}


def test_no_other_base_image_is_used() -> None:
    built = {service["image"] for service in SERVICES.values() if "build" in service}
    stages = [
        re.findall(r"^FROM (\S+)(?: AS (\w+))?", file.read_text(encoding="utf-8"), re.MULTILINE) for file in DOCKERFILES
    ]

    named = {service["image"] for service in SERVICES.values()} - built
    assert named | {base for file in stages for base, _ in file} == BASES


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.parent.name)
def test_an_image_needs_no_other_frontend_and_runs_as_a_number(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert "syntax=" not in text
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]


def test_no_image_of_others_starts_as_root() -> None:
    assert {name: service["user"] for name, service in SERVICES.items() if "user" in service} == {
        "job_broker": "redis",
        "job_db": "postgres",
        "job_monitor": "65534:65534",
        "job_dashboard": "472:0",
    }
    assert {SERVICES[name]["image"] for name in ("job_broker", "job_db", *MONITORING)} < BASES


@pytest.mark.parametrize("name", MONITORING)
def test_monitoring_changes_no_file_of_the_project(name: str) -> None:
    mounted = [volume for volume in SERVICES[name]["volumes"] if volume.startswith("./")]

    assert mounted
    assert all(volume.startswith("./ops/") and volume.endswith(":ro") for volume in mounted)
    assert all((PROJECT / volume.split(":", maxsplit=1)[0]).is_file() for volume in mounted)


def test_a_worker_is_killed_only_well_after_its_grace() -> None:
    grace = Settings.model_fields["worker_stop_grace_seconds"].default

    for name in WORKERS:
        period = re.fullmatch(r"\$\{WORKER_STOP_PERIOD:-(\d+)s}", SERVICES[name]["stop_grace_period"])
        assert period
        assert int(period[1]) >= grace + 10


def test_the_database_has_room_for_as_many_workers_as_the_manual_runs() -> None:
    manual = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    scaled = re.search(r"--scale job_worker_02=(\d+)", manual)
    assert scaled
    default = {name: field.default for name, field in Settings.model_fields.items()}
    of_a_worker = default["worker_concurrency"] + beat.CONNECTIONS + deliverer.CONNECTIONS
    of_the_manager = default["manager_processes"] * default["manager_threads"]
    others = 3  # scheduler, migration, health check
    kept_for_superusers = 3  # PostgreSQL's superuser_reserved_connections
    *_, setting = SERVICES["job_db"]["command"]
    connections = int(setting.removeprefix("max_connections="))

    assert (1 + int(scaled[1])) * of_a_worker + of_the_manager + others <= connections - kept_for_superusers
    # Each has a process of its own, besides PostgreSQL's.
    assert connections + 32 <= SERVICES["job_db"]["pids_limit"]


def test_every_default_secret_can_be_told_from_a_real_one() -> None:
    text = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = set(re.findall(r"\$\{(?:\w+_PASSWORD|FLOWER_BASIC_AUTH):-([^}]*)}", text))

    assert secrets == {"demo-broker", "demo-database", "demo-owner", "demo-superuser", "demo:demo-viewer"}
    assert all(DEMO_SECRET in f":{secret}" for secret in secrets)


def test_uv_has_one_version_everywhere() -> None:
    pinned = {re.findall(r"uv==(\S+)", file.read_text(encoding="utf-8"))[0] for file in OF_PYTHON}
    embedded = re.findall(
        r"^UV_VERSION=(\S+)$", (PROJECT / "embedded" / "uv.sh").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert pinned == set(embedded)
