"""The demo's secrets are refused where other machines could use them."""

import pytest

from job_tasks.settings import SettingsError, read_settings

SAFE = {
    "CELERY_BROKER_URL": "redis://:s3cret@job_broker:6379/0",
    "DATABASE_URL": "postgresql://job_service:s3cret@job_db/jobs",
    "FLOWER_BASIC_AUTH": "someone:s3cret",
}
DEMO = [
    ("CELERY_BROKER_URL", "redis://:demo-broker@job_broker:6379/0"),
    ("DATABASE_URL", "postgresql://job_service:demo-database@job_db/jobs"),
    ("FLOWER_BASIC_AUTH", "demo:demo-viewer"),
]


@pytest.mark.parametrize(("key", "value"), DEMO)
@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7"])
def test_a_demo_secret_is_refused_beyond_this_machine(key: str, value: str, address: str) -> None:
    with pytest.raises(SettingsError, match=rf"^BIND_ADDRESS: got '{address}'; other machines may reach it"):
        read_settings(SAFE | {key: value, "BIND_ADDRESS": address})


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.8.8.8", "::1"])
def test_on_this_machine_the_demo_secrets_are_fine(address: str) -> None:
    settings = read_settings(dict(DEMO) | {"BIND_ADDRESS": address})

    assert settings.bind_address.is_loopback


def test_secrets_of_ones_own_may_be_published() -> None:
    assert str(read_settings(SAFE | {"BIND_ADDRESS": "0.0.0.0"}).bind_address) == "0.0.0.0"
