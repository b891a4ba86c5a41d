"""Pods run the images and commands of docker-compose.yml, with its memory and at least its time to stop."""

import re
from typing import Any

from job_core.worker import beat, deliverer
from job_tasks.settings import Settings
from tests.kubernetes import Render, Resource, of_kind, pods, queries, scaled_object

SERVICES = {
    "job-manager": "job_manager",
    "job-worker": "job_worker_01",
    "job-scheduler": "job_scheduler",
    "job-viewer": "job_viewer",
    "job-broker": "job_broker",
    "job-db": "job_db",
}
UNITS = {"m": 2**20, "g": 2**30, "Mi": 2**20, "Gi": 2**30}
KEPT_FOR_SUPERUSERS = 3  # PostgreSQL's superuser_reserved_connections
OTHERS = 10  # migration, health check, pods that wait for the tables, and KEDA's two for each of its processes
DEFAULT = {name: field.default for name, field in Settings.model_fields.items()}


def service_of(name: str) -> str:
    return "job_migrate" if name.startswith("job-migrate-") else SERVICES[name]


def value(text: str) -> str:
    """A value of docker-compose.yml without a `.env`, as the container gets it."""
    while (without := re.sub(r"(?<!\$)\$\{\w+:-([^${}]*)}", r"\1", text)) != text:
        text = without
    return text.replace("$$", "$")


def in_bytes(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([A-Za-z]+)", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def test_every_pod_runs_the_image_of_its_service(resources: list[Resource], compose: dict[str, Any]) -> None:
    for name, pod in pods(resources).items():
        (container,) = pod["spec"]["containers"]
        image = compose["services"][service_of(name)]["image"]
        if "COMPOSE_PROJECT_NAME" in image:
            assert container["image"].rsplit("/")[-1].split(":")[0] == image.rsplit("/")[-1]
        else:
            assert container["image"] == image


def test_every_pod_runs_the_command_of_its_service(resources: list[Resource], compose: dict[str, Any]) -> None:
    for name, pod in pods(resources).items():
        (container,) = pod["spec"]["containers"]
        command = [value(word) for word in compose["services"][service_of(name)]["command"]]
        if name == "job-worker":  # its pods are alike, and have hostnames of their own
            command[command.index("job_worker_01@%h")] = "job_worker@%h"
        assert container.get("command", container.get("args")) == command


def test_every_pod_has_the_memory_of_its_service_for_itself(resources: list[Resource], compose: dict[str, Any]) -> None:
    for name, pod in pods(resources).items():
        (container,) = pod["spec"]["containers"]
        given = container["resources"]
        assert in_bytes(given["limits"]["memory"]) == in_bytes(
            value(compose["services"][service_of(name)]["mem_limit"])
        )
        assert given["requests"]["memory"] == given["limits"]["memory"]
        assert given["requests"]["cpu"]
        assert "cpu" not in given["limits"]


def test_every_pod_has_at_least_as_long_to_stop(resources: list[Resource], compose: dict[str, Any]) -> None:
    for name, pod in pods(resources).items():
        if name in SERVICES and (period := compose["services"][SERVICES[name]].get("stop_grace_period")):
            before = 5 if name == "job-manager" else 0  # its preStop
            assert pod["spec"]["terminationGracePeriodSeconds"] >= int(value(period).removesuffix("s")) + before


def test_a_worker_is_killed_only_well_after_its_grace(resources: list[Resource]) -> None:
    pod = pods(resources)["job-worker"]
    assert pod["spec"]["terminationGracePeriodSeconds"] >= DEFAULT["worker_stop_grace_seconds"] + 10
    assert "lifecycle" not in pod["spec"]["containers"][0]


def test_what_keda_asks_fits_the_workers_it_starts(rendered: Render) -> None:
    for overlay in ("demo-keda", "production"):
        wanted = scaled_object(rendered(overlay))
        arguments = (
            f"worker_demand(concurrency => {DEFAULT['worker_concurrency']}, at_most => {wanted['maxReplicaCount']})"
        )
        assert queries(rendered(overlay)) == {
            "demand": f"SELECT workers FROM {arguments}",
            "wait": f"SELECT oldest_seconds FROM {arguments}",
        }
        targets = {
            trigger["name"]: (trigger["metricType"], trigger["metadata"]["targetQueryValue"])
            for trigger in wanted["triggers"]
        }
        assert targets == {"demand": ("AverageValue", "1"), "wait": ("Value", "15")}


def test_the_database_has_connections_for_all_pods_that_there_may_be(rendered: Render, compose: dict[str, Any]) -> None:
    """Also while the manager's are replaced one by one."""
    resources = rendered("demo-keda")
    deployments = of_kind(resources, "Deployment")
    (settings,) = [
        found["data"] for name, found in of_kind(resources, "ConfigMap").items() if name.startswith("job-settings")
    ]
    surge = {
        name: found["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxSurge")
        for name, found in deployments.items()
    }
    assert (surge["job-manager"], surge["job-worker"]) == (1, 0)
    managers = deployments["job-manager"]["spec"]["replicas"] + 1
    of_a_manager = int(settings["MANAGER_PROCESSES"]) * DEFAULT["manager_threads"]
    of_a_worker = DEFAULT["worker_concurrency"] + beat.CONNECTIONS + deliverer.CONNECTIONS
    schedulers = deployments["job-scheduler"]["spec"]["replicas"] + 1
    *_, setting = compose["services"]["job_db"]["command"]
    room = int(setting.removeprefix("max_connections=")) - KEPT_FOR_SUPERUSERS
    workers = scaled_object(resources)["maxReplicaCount"]
    assert workers * of_a_worker + managers * of_a_manager + schedulers + OTHERS <= room
