"""What `kubectl kustomize` makes of the folders of ops/kubernetes."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

KUBERNETES = Path(__file__).resolve().parents[1] / "ops" / "kubernetes"
CONTROLLERS = ("Deployment", "StatefulSet", "Job")

Resource = dict[str, Any]
Render = Callable[..., list[Resource]]


def renderer(program: str) -> Render:
    """Renders an overlay by `program`, of ops/kubernetes or of a `folder` like it."""

    def render(overlay: str, folder: Path = KUBERNETES) -> list[Resource]:
        done = subprocess.run(
            [program, "kustomize", folder / overlay], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return list(yaml.safe_load_all(done.stdout))

    return render


def of_kind(resources: list[Resource], *kinds: str) -> dict[str, Resource]:
    """Those of these kinds, by name."""
    return {resource["metadata"]["name"]: resource for resource in resources if resource["kind"] in kinds}


def pods(resources: list[Resource]) -> dict[str, Resource]:
    """The template of the pods that each controller makes, by the controller's name."""
    return {name: found["spec"]["template"] for name, found in of_kind(resources, *CONTROLLERS).items()}


def containers(pod: Resource) -> Iterator[Resource]:
    """Those of a pod, the first ones to run first."""
    yield from pod["spec"].get("initContainers", ())
    yield from pod["spec"]["containers"]


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector means what has these labels."""
    assert selector.keys() <= {"matchLabels", "matchExpressions"}
    for wanted in selector.get("matchExpressions", ()):
        assert wanted["operator"] == "In"
        if labels.get(wanted["key"]) not in wanted["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


def selected(resources: list[Resource], selector: Mapping[str, Any]) -> set[str]:
    """The controllers whose pods a label selector means."""
    return {name for name, pod in pods(resources).items() if selects(selector, pod["metadata"]["labels"])}


def scaled_object(resources: list[Resource]) -> dict[str, Any]:
    """The specification by which KEDA scales the workers."""
    (found,) = of_kind(resources, "ScaledObject").values()
    return dict(found["spec"])


def queries(resources: list[Resource]) -> dict[str, str]:
    """The SQL of each trigger of the ScaledObject, by the trigger's name."""
    return {trigger["name"]: trigger["metadata"]["query"] for trigger in scaled_object(resources)["triggers"]}
