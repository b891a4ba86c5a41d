"""What is rendered is what Kubernetes and KEDA take, in the oldest and in the newest version whose rules are known."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from kubernetes_validate import ValidationError, validate
from kubernetes_validate.utils import all_versions, major_minor

from tests.kubernetes import Render, Resource

KEDA = json.loads(Path(__file__).with_name("keda.schema.json").read_text(encoding="utf-8"))
VERSIONS = sorted({major_minor(version) for version in all_versions()}, key=lambda text: int(text.split(".")[1]))
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123


def is_of_keda(resource: Resource) -> bool:
    return str(resource["apiVersion"]).startswith("keda.sh/")


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_every_resource_has_the_fields_of_its_kind_and_no_others(resources: list[Resource], version: str) -> None:
    for resource in resources:
        if not is_of_keda(resource):
            validate(resource, version, strict=True)


def test_resources_of_keda_as_well(resources: list[Resource], overlay: str) -> None:
    of_keda = [resource for resource in resources if is_of_keda(resource)]
    for resource in of_keda:
        jsonschema.validate(resource, KEDA)
    assert len(of_keda) == (0 if overlay == "demo" else 2)


def test_a_misspelt_field_is_found(rendered: Render) -> None:
    for resource in rendered("production"):
        wrong = {**resource, "spec": {**resource["spec"], "misspelt": 1}} if "spec" in resource else None
        if wrong is not None:
            with pytest.raises((ValidationError, jsonschema.ValidationError)):
                jsonschema.validate(wrong, KEDA) if is_of_keda(wrong) else validate(wrong, VERSIONS[-1], strict=True)


def test_every_name_can_be_that_of_a_host(resources: list[Resource]) -> None:
    names = [resource["metadata"]["name"] for resource in resources]
    assert [name for name in names if not DNS_LABEL.fullmatch(name)] == []


def test_everything_is_in_the_namespace_that_comes_with_it(resources: list[Resource]) -> None:
    (namespace,) = [resource for resource in resources if resource["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    others = [resource["metadata"].get("namespace") for resource in resources if resource is not namespace]
    assert set(others) == {namespace["metadata"]["name"]}
