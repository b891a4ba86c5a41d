from dataclasses import fields

from job_tasks.settings import Settings
from page_fetch.limits import FetchLimits


def test_the_defaults_are_those_of_the_settings() -> None:
    limits = {field.name: field.default for field in fields(FetchLimits)}
    settings = {name.removeprefix("fetch_"): field.default for name, field in Settings.model_fields.items()}
    shared = limits.keys() & settings.keys()
    assert {name: limits[name] for name in shared} == {name: settings[name] for name in shared}
    assert limits.keys() - shared == {"max_header_bytes", "max_compression_ratio"}
