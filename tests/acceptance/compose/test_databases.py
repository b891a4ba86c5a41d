"""The migration goes to the database that the services use."""

import json

import pytest

from dev.containers import Compose

pytestmark = pytest.mark.thorough

OWNER = "postgresql://job_owner:demo-owner@job_db:5432/jobs"
SERVICE = "postgresql://job_service:demo-database@job_db:5432/jobs"
ELSEWHERE = "postgresql://service@db.example/jobs"
LECTURE = "db+postgresql://service@db.example/jobs"
OWNER_ELSEWHERE = "postgresql://owner@db.example/jobs"


def databases(project: dict[str, str], **given: str) -> dict[str, tuple[str, str]]:
    """URL and file that manager and migration get."""
    compose = Compose(environment=project | given, files=("docker-compose.yml",))
    services = json.loads(compose("config", "--format", "json"))["services"]
    settings = {name: services[name]["environment"] for name in ("job_manager", "job_migrate")}
    return {name: (got["DATABASE_URL"], got["DATABASE_URL_FILE"]) for name, got in settings.items()}


@pytest.mark.parametrize(
    ("given", "services", "migration"),
    [
        ({}, SERVICE, OWNER),
        ({"DATABASE_URL": ELSEWHERE}, ELSEWHERE, ELSEWHERE),
        ({"CELERY_RESULT_BACKEND": LECTURE}, LECTURE, LECTURE),
        ({"DATABASE_URL": ELSEWHERE, "CELERY_RESULT_BACKEND": "db+postgresql://other/jobs"}, ELSEWHERE, ELSEWHERE),
        ({"DATABASE_URL": ELSEWHERE, "MIGRATION_DATABASE_URL": OWNER_ELSEWHERE}, ELSEWHERE, OWNER_ELSEWHERE),
        ({"CELERY_RESULT_BACKEND": LECTURE, "MIGRATION_DATABASE_URL": OWNER_ELSEWHERE}, LECTURE, OWNER_ELSEWHERE),
    ],
)
def test_the_migration_uses_the_services_url_unless_it_has_one_of_its_own(
    project: dict[str, str], given: dict[str, str], services: str, migration: str
) -> None:
    assert databases(project, **given) == {"job_manager": (services, ""), "job_migrate": (migration, "")}


@pytest.mark.parametrize(
    ("given", "services", "migration"),
    [
        ({"DATABASE_URL_FILE": "/run/secrets/service"}, "/run/secrets/service", "/run/secrets/service"),
        (
            {"DATABASE_URL_FILE": "/run/secrets/service", "MIGRATION_DATABASE_URL_FILE": "/run/secrets/owner"},
            "/run/secrets/service",
            "/run/secrets/owner",
        ),
    ],
)
def test_the_migration_reads_the_services_file_unless_it_has_one_of_its_own(
    project: dict[str, str], given: dict[str, str], services: str, migration: str
) -> None:
    assert {name: file for name, (_, file) in databases(project, **given).items()} == {
        "job_manager": services,
        "job_migrate": migration,
    }
