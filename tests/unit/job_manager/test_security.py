import pytest
from werkzeug.datastructures import Headers

from job_manager.security import is_own

HOST = "counts.example:5050"


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"}, False),
        # A proxy may have given the request another host; what the browser says goes before.
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://public.example"}, True),
        ({"Origin": f"http://{HOST}"}, True),
        ({"Origin": f"https://{HOST}"}, True),
        ({"Origin": "http://counts.example"}, False),
        ({"Origin": "http://counts.example:5051"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://["}, False),
    ],
)
def test_whose_page_a_request_comes_from(headers: dict[str, str], own: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert is_own(Headers(headers), HOST) is own
