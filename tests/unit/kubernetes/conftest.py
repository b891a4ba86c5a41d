"""Every test here runs on what each overlay renders."""

from functools import cache
from typing import Any

import pytest
import yaml

from tests.kubernetes import KUBERNETES, Render, Resource

OVERLAYS = ("demo", "demo-keda", "production")


@pytest.fixture(scope="session")
def rendered(render: Render) -> Render:
    """The resources of an overlay, rendered once."""
    return cache(render)


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def resources(rendered: Render, overlay: str) -> list[Resource]:
    return rendered(overlay)


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """docker-compose.yml."""
    text = (KUBERNETES.parents[1] / "docker-compose.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))
