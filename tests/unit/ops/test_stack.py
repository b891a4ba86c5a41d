"""What ops/swarm/stack.yml and docker-compose.yml both say, they say alike."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from job_tasks.settings import Settings
from job_worker.health import alive_file

PROJECT = Path(__file__).resolve().parents[3]


def read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROJECT / path).read_text(encoding="utf-8"))
    return found


COMPOSE, STACK = read("docker-compose.yml"), read("ops/swarm/stack.yml")
HERE: dict[str, dict[str, Any]] = {
    name: service for name, service in COMPOSE["services"].items() if "profiles" not in service
}
THERE: dict[str, dict[str, Any]] = STACK["services"]
SECRET_FILES = Path("/run/secrets")
# They hold passwords, so they are secrets here.
BY_SECRET = {"CELERY_BROKER_URL", "DATABASE_URL", "MANAGER_API_KEYS", "WEBHOOK_SECRETS", "FLOWER_BASIC_AUTH"}
ONE_SHOT = "job_migrate"
TMP = {"type": "tmpfs", "target": "/tmp"}
PRACTICE = "practice"  # its site is no part of a swarm
WITH_DATA = ["job_broker", "job_db", "job_viewer"]
LIKE_COMPOSE = ["init", "read_only", "cap_drop", "logging", "user", "stop_grace_period"]


def environment(services: dict[str, dict[str, Any]], name: str) -> dict[str, str]:
    """What is no secret of the service's environment, and not where it notes its health, which is fixed in a swarm."""
    every = services[name].get("environment", {})
    named = {key.removesuffix("_FILE") for key in every} & BY_SECRET | {"WORKER_HEALTH", "SCHEDULER_HEALTH"}
    return {key: value for key, value in every.items() if key.removesuffix("_FILE") not in named}


def command(services: dict[str, dict[str, Any]], name: str) -> list[str]:
    """The words of the command, without the lines by which a shell reads secrets before it."""
    *begin, last = services[name]["command"]
    read_by_shell = [line for line in last.splitlines() if "/run/secrets/" not in line]
    return " ".join([*begin, *read_by_shell]).split()


def test_the_services_are_the_same_but_for_monitoring() -> None:
    assert set(THERE) == set(HERE)


@pytest.mark.parametrize("key", LIKE_COMPOSE)
def test_each_service_is_the_same_in_what_needs_no_swarm(key: str) -> None:
    assert {name: service.get(key) for name, service in THERE.items()} == {
        name: service.get(key) for name, service in HERE.items()
    }


def test_each_service_is_on_the_same_networks() -> None:
    assert {name: service["networks"] for name, service in THERE.items()} == {
        name: [network for network in service["networks"] if network != PRACTICE] for name, service in HERE.items()
    }


def test_each_service_has_the_same_limits() -> None:
    limits = {name: service["deploy"]["resources"]["limits"] for name, service in THERE.items()}

    assert limits == {
        name: {"memory": service["mem_limit"], "pids": service["pids_limit"]} for name, service in HERE.items()
    }


def test_each_service_runs_the_same_command() -> None:
    of_the_shell = ["sh", "-euc", "exec", "docker-entrypoint.sh"]  # the image's own entry, after the shell

    assert {name: command(THERE, name) for name in THERE} == {
        name: (of_the_shell if name == "job_db" else []) + command(HERE, name) for name in HERE
    }


def test_each_service_has_the_same_settings() -> None:
    ours = {name for name in HERE if "FLOWER_URL" in HERE[name].get("environment", {})}
    assert len(ours) == 6

    for name in ours:
        # A node's port is open at all its addresses.
        differs = {"BIND_ADDRESS": "0.0.0.0", "FETCH_PRACTICE_SITE": "${FETCH_PRACTICE_SITE:-}"}
        assert environment(THERE, name) == environment(HERE, name) | differs, name
    assert environment(THERE, "job_db")["POSTGRES_DB"] == environment(HERE, "job_db")["POSTGRES_DB"]


def test_each_service_uses_the_same_images() -> None:
    ours = {f"${{COMPOSE_PROJECT_NAME}}/{image}": f"{image}:${{RELEASE" for image in ("job_manager", "job_worker")}

    for name, service in HERE.items():
        assert ours.get(service["image"], service["image"]) in THERE[name]["image"], name


def test_each_service_keeps_its_data_in_the_same_volumes() -> None:
    (roles,) = [volume for volume in HERE["job_db"]["volumes"] if volume.startswith("./")]
    configs = THERE["job_db"]["configs"]

    assert {name: service["volumes"] for name, service in THERE.items()} == {
        name: [TMP, *(volume for volume in service.get("volumes", []) if volume != roles)]
        for name, service in HERE.items()
    }
    assert {tuple(service["tmpfs"]) for service in HERE.values()} == {(TMP["target"],)}
    source = (PROJECT / "ops" / "swarm" / STACK["configs"]["roles"]["file"]).resolve()
    assert roles == f"./{source.relative_to(PROJECT)}:{configs[0]['target']}:ro"


def test_health_is_looked_at_in_the_same_way_and_with_more_patience() -> None:
    for name, service in HERE.items():
        if name == ONE_SHOT:
            continue
        here, there = service["healthcheck"], THERE[name]["healthcheck"]
        times = {key: value for key, value in there.items() if key not in {"test", "retries"}}
        assert times == {key: here[key] for key in times}, name
        # Swarm kills what is not healthy: no outage of another service may end one.
        assert there["retries"] == (here["retries"] if name in {"job_manager", "job_viewer"} else 30), name
        assert command_of_look(there) == command_of_look(here), name


def command_of_look(check: dict[str, Any]) -> str:
    """With the password where compose has it, and alive instead of ready."""
    text = " ".join(check["test"])
    text = text.replace('export REDISCLI_AUTH="$$(cat /run/secrets/broker_password)"; ', "")
    text = text.replace("$$(cat /run/secrets/database_password)", "$$DATABASE_PASSWORD")
    for setting in ("worker_health_file", "scheduler_health_file"):
        file = Settings.model_fields[setting].default
        text = text.replace(str(alive_file(file)), f"${{{setting.upper()}:-{file}}}")
    return text.replace("/healthz", "/readyz")


def test_no_look_asks_broker_or_database_of_a_service_that_only_uses_them() -> None:
    looked_at = {name: " ".join(service["healthcheck"]["test"]) for name, service in THERE.items() if name != ONE_SHOT}
    of_the_process = {name for name, look in looked_at.items() if re.search("health(z|check) |[.]alive$", look)}
    assert set(looked_at) - of_the_process == {"job_broker", "job_db"}


def test_what_swarm_would_ignore_is_not_there() -> None:
    ignored = {"build", "restart", "security_opt", "depends_on", "container_name", "mem_limit", "pids_limit", "tmpfs"}

    assert {name for name, service in THERE.items() if ignored & set(service)} == set()


def test_every_secret_is_used_and_every_file_of_a_setting_is_one() -> None:
    used = {name: service.get("secrets", []) for name, service in THERE.items()}

    assert {secret for secrets in used.values() for secret in secrets} == set(STACK["secrets"])
    for name, service in THERE.items():
        files = {Path(value) for key, value in service.get("environment", {}).items() if key.endswith("_FILE")}
        wanted = {file.name for file in files if file.parent == SECRET_FILES}
        assert wanted <= set(used[name]), name
        by_shell = {"broker_password", "database_owner_password", "database_password", "flower_basic_auth"}
        assert set(used[name]) - wanted <= by_shell, name


def test_a_secret_has_its_version_in_its_name() -> None:
    version = "${SECRETS_VERSION:-1}"

    assert {key: secret["name"] for key, secret in STACK["secrets"].items()} == {
        key: f"wordcount_{key}_{version}" for key in STACK["secrets"]
    }
    assert {secret["file"].rpartition("/")[2] for secret in STACK["secrets"].values()} == set(STACK["secrets"])


def test_the_networks_that_lead_nowhere_are_the_same() -> None:
    def closed(networks: dict[str, dict[str, Any]]) -> set[str]:
        return {name for name, network in networks.items() if network.get("internal")}

    assert set(STACK["networks"]) == set(COMPOSE["networks"]) - {PRACTICE}
    assert closed(STACK["networks"]) == closed(COMPOSE["networks"]) - {PRACTICE}


def test_no_service_needs_a_virtual_address_or_the_mesh() -> None:
    stay = {name: service for name, service in THERE.items() if name != ONE_SHOT}

    assert {service["deploy"]["endpoint_mode"] for service in stay.values()} == {"dnsrr"}
    assert {port["mode"] for service in THERE.values() for port in service.get("ports", [])} == {"host"}


def test_data_stay_on_the_node_with_the_label() -> None:
    pinned = {name: service["deploy"].get("placement") for name, service in THERE.items()}

    where = {"constraints": ["node.labels.wordcount.data == true"]}
    assert {name for name, placement in pinned.items() if placement} == set(WITH_DATA)
    assert all(pinned[name] == where for name in WITH_DATA)


def test_manager_and_a_worker_are_on_every_node_and_the_others_may_be_scaled() -> None:
    modes = {name: service["deploy"].get("mode", "replicated") for name, service in THERE.items()}

    assert modes == dict.fromkeys(THERE, "replicated") | {
        "job_manager": "global",
        "job_worker_01": "global",
        ONE_SHOT: "replicated-job",
    }


def test_an_update_takes_one_after_the_other_and_goes_back_if_it_fails() -> None:
    updates = [service["deploy"]["update_config"] for name, service in THERE.items() if name != ONE_SHOT]

    assert all((update["parallelism"], update["failure_action"]) == (1, "rollback") for update in updates)
    # A port of the node, or the memory of a worker, is free only when the old one has ended.
    assert {update["order"] for update in updates} == {"stop-first"}


def test_every_worker_has_a_name_of_its_own() -> None:
    assert THERE["job_worker_01"]["hostname"] == "{{.Node.Hostname}}"
    assert THERE["job_worker_02"]["hostname"] == "{{.Node.Hostname}}-{{.Task.Slot}}"
