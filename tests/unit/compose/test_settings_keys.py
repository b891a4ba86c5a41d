"""`.env.example`, docker-compose.yml and job_tasks/settings.py name the same settings, with the same defaults."""

import re
from pathlib import Path

import yaml

from job_tasks.settings import DEMO_SECRET, SECRETS, Settings, read_settings

PROJECT = Path(__file__).resolve().parents[3]
COMPOSE = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
EXAMPLE = dict(
    re.findall(r"^#([A-Z][A-Z_0-9]*)=(.*)$", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
)
FIELDS = {name.upper() for name in Settings.model_fields}
BY_FILE = {f"{name.upper()}_FILE" for name in SECRETS} - {"CELERY_RESULT_BACKEND_FILE"}
OF_THE_VIEWER = {"FLOWER_BASIC_AUTH"}
OF_THE_PROJECT = {"COMPOSE_PROJECT_NAME"}  # Compose sets it

REQUIRED = {"CELERY_BROKER_URL": "redis://x", "DATABASE_URL": "postgresql://x"}


def test_every_setting_of_the_code_reaches_the_containers() -> None:
    assert set(yaml.safe_load(COMPOSE)["x-settings"]) == (FIELDS - OF_THE_VIEWER) | BY_FILE


def test_the_manual_and_the_compose_file_name_the_same_settings() -> None:
    assert set(re.findall(r"(?<!\$)\$\{([A-Z_0-9]+)", COMPOSE)) - OF_THE_PROJECT == set(EXAMPLE)


def test_each_setting_is_passed_under_its_own_name() -> None:
    passed = yaml.safe_load(COMPOSE)["x-settings"]

    assert [key for key, value in passed.items() if not value.startswith(f"${{{key}:-")] == []


def test_the_manual_has_the_true_defaults() -> None:
    stated = {key: value for key, value in EXAMPLE.items() if key in FIELDS - OF_THE_VIEWER}

    by_manual = read_settings(REQUIRED | {key: value for key, value in stated.items() if value})

    # Containers log for machines, and are scraped from other containers; the practice site is one of them.
    of_containers = {"LOG_FORMAT": "json", "METRICS_ADDRESS": "0.0.0.0", "FETCH_PRACTICE_SITE": "practice_site.:8000"}
    assert by_manual == read_settings(REQUIRED | of_containers)


def test_the_manual_tells_the_defaults_of_the_compose_file() -> None:
    defaults = re.findall(r"(?<!\$)\$\{([A-Z_0-9]+):-([^${}]+)}", COMPOSE)

    assert [(key, default) for key, default in defaults if EXAMPLE[key] != default] == []


def test_every_demo_secret_is_in_the_manual() -> None:
    demo = {key for key, value in EXAMPLE.items() if DEMO_SECRET in f":{value}"}

    assert demo == {
        "REDIS_PASSWORD",
        "DATABASE_PASSWORD",
        "DATABASE_OWNER_PASSWORD",
        "POSTGRES_PASSWORD",
        "FLOWER_BASIC_AUTH",
    }
