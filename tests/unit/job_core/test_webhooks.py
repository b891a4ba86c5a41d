"""Secrets of webhooks and signatures by them, held against the specification's own library."""

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from job_core.webhooks import signature
from job_tasks.settings import SettingsError, read_settings

NEEDED = {"CELERY_BROKER_URL": "redis://x", "DATABASE_URL": "postgresql://x"}
ID = "01a20c9c-c451-726f-a7db-dc9eca01d34e"
BODY = '{"type":"job.ended","data":{"word":"naïve"}}'.encode()


def secret(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"


OLD, NEW, OTHER = (secret(bytes([number]) * 32) for number in (1, 2, 3))


def signed(*secrets: str, body: bytes = BODY, timestamp: int | None = None) -> dict[str, str]:
    at = int(time.time()) if timestamp is None else timestamp
    signatures = signature([SecretStr(each) for each in secrets], ID, at, body)
    return {"webhook-id": ID, "webhook-timestamp": str(at), "webhook-signature": signatures}


def test_a_signature_is_the_hmac_of_id_timestamp_and_body() -> None:
    expected = hmac.new(b"\x01" * 32, f"{ID}.1674087231.".encode() + BODY, hashlib.sha256).digest()
    assert signed(OLD, timestamp=1_674_087_231)["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"


def test_the_librarys_own_signature_is_the_same() -> None:
    # As in the specification's repository, where libraries of all languages are held against it.
    webhook_id, at, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
    by_the_book = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature([SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], webhook_id, at, body) == by_the_book


def test_a_receiver_verifies_it() -> None:
    assert Webhook(OLD).verify(BODY, signed(OLD))["type"] == "job.ended"


def test_while_a_secret_is_replaced_receivers_of_either_verify_it() -> None:
    headers = signed(NEW, OLD)
    assert headers["webhook-signature"].count("v1,") == 2
    for known in (OLD, NEW):
        assert Webhook(known).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, headers)


def test_what_was_changed_on_the_way_is_not_verified() -> None:
    headers = signed(OLD)
    later = str(int(headers["webhook-timestamp"]) + 60)
    for body, changed in (
        (BODY + b" ", {}),
        (BODY, {"webhook-id": ID.replace("1", "2")}),
        (BODY, {"webhook-timestamp": later}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(OLD).verify(body, headers | changed)


def secrets_of(value: str) -> list[str]:
    return [each.get_secret_value() for each in read_settings(NEEDED | {"WEBHOOK_SECRETS": value}).webhook_secrets]


@pytest.mark.parametrize("value", [f"{NEW},{OLD}", f"{NEW}\n{OLD}\n", f" {NEW} ,\n{OLD},"])
def test_secrets_stand_on_lines_or_between_commas_in_their_order(value: str) -> None:
    assert secrets_of(value) == [NEW, OLD]


def test_they_come_from_a_file_too(tmp_path: Any) -> None:
    file = tmp_path / "secrets"
    file.write_text(f"{NEW}\n{OLD}\n")
    settings = read_settings(NEEDED | {"WEBHOOK_SECRETS_FILE": str(file)})
    assert [each.get_secret_value() for each in settings.webhook_secrets] == [NEW, OLD]


@pytest.mark.parametrize("size", [24, 64])
def test_keys_of_the_sizes_that_the_specification_allows_are_taken(size: int) -> None:
    assert secrets_of(secret(b"k" * size)) == [secret(b"k" * size)]


@pytest.mark.parametrize(
    "value",
    [
        secret(b"hidden")[: -len("==")],
        secret(b"k" * 23),
        secret(b"k" * 65),
        OLD.removeprefix("whsec_"),
        "whsec_",
        "whsec_hidden!hidden!hidden!hidden!hidden!hidden!",
        "whsec_näive",
        f"{OLD},hidden",
    ],
)
def test_a_wrong_secret_is_never_shown(value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(NEEDED | {"WEBHOOK_SECRETS": value})
    assert str(raised.value) == (
        "WEBHOOK_SECRETS: got a value that is kept secret; it wants whsec_ and 24 to 64 bytes in base64, "
        "several of them with commas or line breaks between"
    )


def test_settings_do_not_show_them() -> None:
    settings = read_settings(NEEDED | {"WEBHOOK_SECRETS": OLD})
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert OLD not in shown
