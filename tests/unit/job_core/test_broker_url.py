import pytest

from job_core.broker_url import read_sentinels

URL = "sentinel://:p%2Fw@h1:1;sentinel://h2;sentinel://[::1]:3/2?master_name=jobs&sentinel_password=of%26them"


def test_a_url_names_sentinels_the_master_and_both_passwords() -> None:
    sentinels = read_sentinels(URL)
    assert sentinels is not None
    assert sentinels.addresses == (("h1", 1), ("h2", 26_379), ("::1", 3))
    assert (sentinels.master_name, sentinels.database) == ("jobs", 2)
    assert (sentinels.username, sentinels.password, sentinels.sentinel_password) == (None, "p/w", "of&them")


def test_for_celery_every_address_has_the_login_and_none_has_a_query() -> None:
    sentinels = read_sentinels(URL)
    assert sentinels is not None
    assert sentinels.celery_url == ("sentinel://:p%2Fw@h1:1/2;sentinel://:p%2Fw@h2:26379/2;sentinel://:p%2Fw@[::1]:3/2")


@pytest.mark.parametrize("login", ["", "user@", "user:pass@", ":pass@"])
def test_a_login_may_be_left_out_or_stand_in_any_address(login: str) -> None:
    sentinels = read_sentinels(f"sentinel://h1;sentinel://{login}h2?master_name=jobs")
    assert sentinels is not None
    assert sentinels.celery_url == f"sentinel://{login}h1:26379/0;sentinel://{login}h2:26379/0"


def test_any_other_url_names_none() -> None:
    assert read_sentinels("redis://:password@host:6379/0") is None


@pytest.mark.parametrize(
    "wrong",
    [
        "sentinel://h1",
        "sentinel://h1?master_name=",
        "sentinel://h1?master_name=a&master_name=b",
        "sentinel://h1?master_name=a&other=b",
        "sentinel://h1:port?master_name=a",
        "sentinel://h1/first?master_name=a",
        "sentinel://;sentinel://h2?master_name=a",
        "sentinel://h1;h2?master_name=a",
        "sentinel://h1;redis://h2?master_name=a",
        "sentinel://h1/0?master_name=a;sentinel://h2/0?master_name=a",
    ],
)
def test_a_url_that_leaves_a_doubt_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_sentinels(wrong)
