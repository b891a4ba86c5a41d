"""What is judged, who may do what, and who reaches whom."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest
import yaml

from job_tasks.settings import Settings
from job_worker.health import STALE_SECONDS, alive_file
from page_fetch.guard import _GLOBAL_UNICAST_IPV6, _SPECIAL
from tests.kubernetes import KUBERNETES, Render, Resource, containers, of_kind, pods, selected
from tests.posture import findings
from tests.unit.kubernetes.conftest import OVERLAYS

HARDENED_POD = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
HARDENED_CONTAINER = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
DEFAULT = {name: field.default for name, field in Settings.model_fields.items()}
CLIENTS = {"broker": {"job-manager", "job-worker", "job-scheduler", "job-viewer"}}
CLIENTS["database"] = CLIENTS["broker"] - {"job-viewer"}  # and the migration

# Of checkov's findings, what is so on purpose: for all, or for those that are named.
ON_PURPOSE = {
    "CKV_K8S_11": None,  # no limit of processors: it would slow down what waits for pages while processors are idle
    "CKV_K8S_15": None,  # a tag is a release and does not move, so an image that is there need not be pulled again
    "CKV_K8S_43": None,  # whoever wants digests sets them in place of the tags
    "CKV_K8S_9": {"job-worker", "job-scheduler"},  # nobody sends them anything
    "CKV_K8S_35": {"job-viewer", "job-broker", "job-db"},  # they read these secrets from the environment only
    "CKV_K8S_40": {"job-broker", "job-db"},  # the user that owns the files in these images
}


@pytest.mark.thorough
def test_checkov_finds_nothing_but_what_is_so_on_purpose(rendered: Render, tmp_path: Path) -> None:
    for overlay in OVERLAYS:
        (tmp_path / f"{overlay}.yaml").write_text(yaml.safe_dump_all(rendered(overlay)), encoding="utf-8")
    found, passed = findings(tmp_path)
    assert all(passed[overlay] > 200 for overlay in OVERLAYS)
    assert {one for one in found if one[2] not in (ON_PURPOSE.get(one[1], {}) or {one[2]})} == set()
    assert {check for _, check, _ in found} <= ON_PURPOSE.keys()


def test_every_pod_is_hardened(resources: list[Resource]) -> None:
    for pod in pods(resources).values():
        spec = pod["spec"]
        assert HARDENED_POD.items() <= spec["securityContext"].items()
        assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] > 0
        assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
        for container in containers(pod):
            assert container["securityContext"] == HARDENED_CONTAINER
        for volume in spec["volumes"]:
            assert "emptyDir" not in volume or re.fullmatch(r"\d+Mi", volume["emptyDir"]["sizeLimit"])
            assert "hostPath" not in volume


def test_no_probe_asks_broker_or_database_of_a_pod_that_only_uses_them(resources: list[Resource]) -> None:
    probes = {
        name: {key: probe for key, probe in pod["spec"]["containers"][0].items() if key.endswith("Probe")}
        for name, pod in pods(resources).items()
    }
    assert {key: probe["httpGet"]["path"] for key, probe in probes["job-manager"].items()} == dict.fromkeys(
        ("startupProbe", "livenessProbe", "readinessProbe"), "/healthz"
    )
    for name, setting in {"job-worker": "worker_health_file", "job-scheduler": "scheduler_health_file"}.items():
        look = f'test -n "$(find "$0" -newermt "{STALE_SECONDS:.0f} seconds ago")"'
        command = ["bash", "-c", look, str(alive_file(DEFAULT[setting]))]
        assert {key: probe["exec"]["command"] for key, probe in probes[name].items()} == dict.fromkeys(
            ("startupProbe", "livenessProbe"), command
        )


def test_a_pod_has_two_minutes_to_start_before_it_is_judged(resources: list[Resource]) -> None:
    for name, pod in pods(resources).items():
        for container in pod["spec"]["containers"]:
            if not name.startswith("job-migrate-"):
                start = container["startupProbe"]
                assert start["periodSeconds"] * start["failureThreshold"] >= 120


def test_those_that_must_not_all_be_away_have_budgets_and_spread(resources: list[Resource]) -> None:
    budgets = of_kind(resources, "PodDisruptionBudget")
    assert {
        name: {key: spec for key, spec in found["spec"].items() if key != "selector"} for name, found in budgets.items()
    } == {
        "job-manager": {"minAvailable": 1},
        "job-scheduler": {"minAvailable": 1},
        "job-worker": {"maxUnavailable": "25%"},
    }
    for name in budgets:
        (spread,) = pods(resources)[name]["spec"]["topologySpreadConstraints"]
        assert spread["topologyKey"] == "kubernetes.io/hostname"


def test_nothing_passes_but_what_a_policy_allows(resources: list[Resource]) -> None:
    closed = of_kind(resources, "NetworkPolicy")["nothing"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in of_kind(resources, "NetworkPolicy").values():
        for rule in (*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())):
            assert rule.get("from", rule.get("to"))
            assert rule["ports"]


def outbound(resources: list[Resource], name: str) -> list[Resource]:
    """Where the pods of a controller may connect to, but for name servers."""
    policies = of_kind(resources, "NetworkPolicy")
    return [
        peer
        for policy_name, policy in policies.items()
        if policy_name != "names" and name in selected(resources, policy["spec"]["podSelector"])
        for rule in policy["spec"].get("egress", ())
        for peer in rule["to"]
    ]


def test_only_workers_reach_the_web_and_of_it_what_the_guard_lets_them(resources: list[Resource]) -> None:
    web = of_kind(resources, "NetworkPolicy")["public-web"]["spec"]
    assert selected(resources, web["podSelector"]) == {"job-worker"}
    (rule,) = web["egress"]
    assert {port["port"] for port in rule["ports"]} == set(DEFAULT["fetch_allowed_ports"])
    blocks = [peer["ipBlock"] for peer in rule["to"]]
    assert [block["cidr"] for block in blocks] == ["0.0.0.0/0", str(_GLOBAL_UNICAST_IPV6)]
    assert {ip_network(network) for block in blocks for network in block["except"]} == set(_SPECIAL)
    for name in pods(resources).keys() - {"job-worker"}:
        for peer in outbound(resources, name):
            assert ip_network(peer.get("ipBlock", {}).get("cidr", "192.0.2.1/32")).num_addresses == 1


def test_who_uses_broker_and_database_reaches_them_and_nobody_else_does(
    resources: list[Resource], overlay: str
) -> None:
    policies = of_kind(resources, "NetworkPolicy")
    for server, clients in CLIENTS.items():
        reach = selected(resources, policies[f"{server}-clients"]["spec"]["podSelector"])
        assert {name for name in reach if not name.startswith("job-migrate-")} == clients
        assert len(reach - clients) == (server == "database")
        if overlay != "production":
            (rule,) = policies[server]["spec"]["ingress"]
            assert [selected(resources, peer["podSelector"]) for peer in rule["from"]] == [reach]
    assert len(outbound(resources, "job-viewer")) == 1


def test_keda_reaches_the_demos_database(rendered: Render) -> None:
    scaler = of_kind(rendered("demo-keda"), "NetworkPolicy")["scaler"]["spec"]
    assert selected(rendered("demo-keda"), scaler["podSelector"]) == {"job-db"}
    assert scaler["ingress"] == [
        {
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}}}],
            "ports": [{"port": 5432, "protocol": "TCP"}],
        }
    ]


def test_every_file_is_part_of_some_overlay() -> None:
    named = " ".join(file.read_text(encoding="utf-8") for file in KUBERNETES.rglob("kustomization.yaml"))
    files = {file.name for file in KUBERNETES.rglob("*.yaml")} - {"kustomization.yaml"}
    assert [name for name in files if name not in named] == []
