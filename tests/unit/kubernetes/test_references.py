"""What one resource says of another is so: selectors, ports, Secrets, settings; and a release is named once."""

import base64
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from job_tasks.settings import SettingsError, read_settings
from tests.kubernetes import (
    KUBERNETES,
    Render,
    Resource,
    containers,
    of_kind,
    pods,
    scaled_object,
    selected,
    selects,
)

MANUAL = KUBERNETES.parents[1] / "docs" / "kubernetes.md"
SECRETS = "/run/secrets/job"
DEMO_SERVERS = {"job-broker", "job-db"}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
PASSWORD = "s3cret"


def own_label(name: str) -> dict[str, str]:
    """The label of a controller's pods, which for a migration does not name the release."""
    return {"app.kubernetes.io/name": "job-migrate" if name.startswith("job-migrate-") else name}


def test_the_demo_runs_what_compose_runs_and_production_all_but_the_servers(rendered: Render) -> None:
    without_servers = {"job-manager", "job-worker", "job-scheduler", "job-viewer"}
    assert pods(rendered("production")).keys() == without_servers | {"job-migrate-r1"}
    for overlay in ("demo", "demo-keda"):
        assert pods(rendered(overlay)).keys() == without_servers | DEMO_SERVERS | {"job-migrate-demo"}


def test_every_pod_is_known_by_its_name(resources: list[Resource]) -> None:
    for name, pod in pods(resources).items():
        labels = pod["metadata"]["labels"]
        assert own_label(name).items() <= labels.items()
        assert labels["app.kubernetes.io/part-of"] == "wordcount"


def test_every_controller_budget_and_spread_is_about_the_pods_of_its_own_name(resources: list[Resource]) -> None:
    for name, found in of_kind(resources, "Deployment", "StatefulSet", "PodDisruptionBudget").items():
        assert selected(resources, found["spec"]["selector"]) == {name}
    for name, pod in pods(resources).items():
        for spread in pod["spec"].get("topologySpreadConstraints", ()):
            assert selected(resources, spread["labelSelector"]) == {name}


def test_every_service_finds_the_pods_of_its_name_and_their_port(resources: list[Resource]) -> None:
    services = of_kind(resources, "Service")
    assert services.keys() >= {"job-manager", "job-viewer"}
    for name, service in services.items():
        assert selected(resources, {"matchLabels": service["spec"]["selector"]}) == {name}
        (container,) = pods(resources)[name]["spec"]["containers"]
        ports = {port["name"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_every_policy_is_about_some_pod_and_what_it_names_is_there(resources: list[Resource]) -> None:
    for policy in of_kind(resources, "NetworkPolicy").values():
        spec = policy["spec"]
        assert selected(resources, spec["podSelector"])
        for rule in (*spec.get("ingress", ()), *spec.get("egress", ())):
            for peer in rule.get("from", rule.get("to")):
                if "podSelector" in peer and "namespaceSelector" not in peer:
                    assert selected(resources, peer["podSelector"])
        for port in (port["port"] for rule in spec.get("ingress", ()) for port in rule["ports"]):
            for name in selected(resources, spec["podSelector"]):
                opened = [
                    opened for container in pods(resources)[name]["spec"]["containers"] for opened in container["ports"]
                ]
                if isinstance(port, str):
                    assert port in {each["name"] for each in opened}


def test_every_probe_asks_at_a_port_that_is_there(resources: list[Resource]) -> None:
    for pod in pods(resources).values():
        for container in containers(pod):
            asked = [container[probe] for probe in PROBES if probe in container]
            ports = {port["name"] for port in container.get("ports", ())}
            for probe in asked:
                action = probe.get("httpGet") or probe.get("tcpSocket")
                assert "exec" in probe if action is None else action["port"] in ports


def test_keda_scales_a_deployment_that_is_there_and_whose_number_nobody_else_sets(rendered: Render) -> None:
    for overlay in ("demo-keda", "production"):
        resources = rendered(overlay)
        target = scaled_object(resources)["scaleTargetRef"]["name"]
        assert "replicas" not in of_kind(resources, "Deployment")[target]["spec"]
        (authentication,) = of_kind(resources, "TriggerAuthentication")
        references = [trigger["authenticationRef"] for trigger in scaled_object(resources)["triggers"]]
        assert references == [{"name": authentication}] * 2
    assert of_kind(rendered("demo"), "Deployment")["job-worker"]["spec"]["replicas"] == 2


def secret_keys(resources: list[Resource]) -> set[str]:
    """Every key of the Secret that some pod, or KEDA, takes something from."""
    found: set[str] = set()
    for pod in pods(resources).values():
        for volume in pod["spec"]["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["secretName"] == "job-secrets"
                found |= {item["key"] for item in volume["secret"]["items"]}
        for container in containers(pod):
            for variable in container.get("env", ()):
                if "valueFrom" in variable:
                    assert variable["valueFrom"]["secretKeyRef"]["name"] == "job-secrets"
                    found.add(variable["valueFrom"]["secretKeyRef"]["key"])
    for authentication in of_kind(resources, "TriggerAuthentication").values():
        for reference in authentication["spec"]["secretTargetRef"]:
            assert reference["name"] == "job-secrets"
            found.add(reference["key"])
    return found


def secret_of(resources: list[Resource]) -> dict[str, str]:
    """The demo's secrets; those of production are made by hand."""
    found = of_kind(resources, "Secret")
    if not found:
        return {
            "CELERY_BROKER_URL": f"redis://:{PASSWORD}@redis.example.com:6379/0",
            "DATABASE_URL": f"postgresql://job_service:{PASSWORD}@postgres.example.com/jobs",
            "DATABASE_OWNER_URL": f"postgresql://job_owner:{PASSWORD}@postgres.example.com/jobs",
            "DATABASE_SCALER_URL": f"postgresql://job_scaler:{PASSWORD}@postgres.example.com/jobs",
            "FLOWER_BASIC_AUTH": f"someone:{PASSWORD}",
            "MANAGER_API_KEYS": "",
            "WEBHOOK_SECRETS": "whsec_" + "bmV3" * 10,
        }
    return {key: base64.b64decode(value).decode() for key, value in found["job-secrets"]["data"].items()}


def test_every_secret_is_there_and_used(resources: list[Resource], overlay: str) -> None:
    used = secret_keys(resources) | ({"DATABASE_SCALER_URL"} if overlay == "demo" else set())  # for demo-keda
    assert used == secret_of(resources).keys()


def test_the_manual_makes_every_secret_of_production(rendered: Render) -> None:
    made = set(re.findall(r"--from-literal=([A-Z_]+)=", MANUAL.read_text(encoding="utf-8")))
    assert made == secret_keys(rendered("production"))


def environment(resources: list[Resource], pod: Resource, container: Resource, folder: Path) -> dict[str, str]:
    """What the process in a container finds in its environment; its files of secrets are in `folder`."""
    secrets = secret_of(resources)
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= of_kind(resources, "ConfigMap")[source["configMapRef"]["name"]]["data"]
    for variable in container.get("env", ()):
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        found[variable["name"]] = secrets[reference["key"]] if reference else variable["value"]
    mounted = {
        item["path"]: secrets[item["key"]]
        for volume in pod["spec"]["volumes"]
        for item in volume.get("secret", {}).get("items", ())
    }
    for path, value in mounted.items():
        (folder / path).write_text(value, encoding="utf-8")
    return {name: value.replace(SECRETS, str(folder)) for name, value in found.items()}


def test_every_process_of_ours_starts_with_its_settings_and_knows_each(
    resources: list[Resource], tmp_path: Path, compose: dict[str, Any]
) -> None:
    known = {key for service in compose["services"].values() for key in service.get("environment", ())}
    for name, pod in pods(resources).items():
        for container in containers(pod):
            folder = tmp_path / name / container["name"]
            folder.mkdir(parents=True)
            given = environment(resources, pod, container, folder)
            if name in DEMO_SERVERS:
                assert given.keys() <= known | {"PGDATA", "DATABASE_SCALER_PASSWORD"}
            else:
                assert given.keys() <= known
                assert read_settings(given).metrics_port == 9464


def test_no_process_but_the_migration_knows_the_owner_of_the_tables_and_the_viewer_no_database(
    resources: list[Resource],
) -> None:
    given = {
        name: {item["key"] for volume in pod["spec"]["volumes"] for item in volume.get("secret", {}).get("items", ())}
        for name, pod in pods(resources).items()
        if name not in DEMO_SERVERS
    }
    (migration,) = [name for name in given if name.startswith("job-migrate-")]
    assert given == {
        migration: {"DATABASE_OWNER_URL"},
        "job-manager": {"CELERY_BROKER_URL", "DATABASE_URL", "MANAGER_API_KEYS", "WEBHOOK_SECRETS"},
        "job-worker": {"CELERY_BROKER_URL", "DATABASE_URL", "WEBHOOK_SECRETS"},
        "job-scheduler": {"CELERY_BROKER_URL", "DATABASE_URL"},
        "job-viewer": {"CELERY_BROKER_URL"},
    }


def test_production_refuses_the_secrets_of_the_demo(rendered: Render, tmp_path: Path) -> None:
    resources = rendered("production")
    pod = pods(resources)["job-manager"]
    (container,) = pod["spec"]["containers"]
    given = environment(resources, pod, container, tmp_path)
    (tmp_path / "CELERY_BROKER_URL").write_text("redis://:demo-broker@job-broker:6379/0", encoding="utf-8")
    with pytest.raises(SettingsError, match="secrets are the demo's"):
        read_settings(given)


def test_a_release_is_named_by_the_images_and_its_migration_follows(render: Render, tmp_path: Path) -> None:
    shutil.copytree(KUBERNETES.parent, tmp_path / "ops")
    file = tmp_path / "ops" / "kubernetes" / "production" / "kustomization.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("newTag: r1", "newTag: r2"), encoding="utf-8")
    found = pods(render("production", tmp_path / "ops" / "kubernetes"))
    assert "job-migrate-r2" in found
    assert {image.rsplit(":")[-1] for pod in found.values() for image in images(pod)} == {"r2"}


def images(pod: Resource) -> set[str]:
    return {container["image"] for container in containers(pod)}


def test_the_job_of_a_release_does_not_change_with_the_settings(resources: list[Resource]) -> None:
    """Kubernetes takes no change of a Job."""
    for job in of_kind(resources, "Job").values():
        assert not [name for name in of_kind(resources, "ConfigMap") if name in str(job["spec"]["template"])]
        assert 0 < job["spec"]["ttlSecondsAfterFinished"] <= 86_400


def test_who_needs_the_tables_waits_for_them(resources: list[Resource]) -> None:
    waits = {name: pod["spec"].get("initContainers", []) for name, pod in pods(resources).items()}
    assert {name for name, first in waits.items() if first} == {"job-manager", "job-worker", "job-scheduler"}
    for name, first in waits.items():
        for container in first:
            assert container["command"] == ["python", "-m", "job_manager.migrate", "--wait"]
            assert selects(
                {"matchLabels": {"wordcount/database-client": "true"}}, pods(resources)[name]["metadata"]["labels"]
            )
