"""The alert rules: valid, each one tried, and each one explained to the person whom it calls."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.promtool import OPS, Promtool

PROJECT = Path(__file__).resolve().parents[3]
MANUAL = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((OPS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
ENTRIES = dict(
    re.findall(r"^### (\w+)\n\n(.+?)(?=\n#|\Z)", MANUAL.partition("\n## Alerts\n")[2], re.MULTILINE | re.DOTALL)
)


@pytest.mark.parametrize(
    "command",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "--lint-fatal", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_finds_no_fault(promtool: Promtool, command: tuple[str, ...]) -> None:
    ended = promtool(*command)

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_each_alert_is_tried_both_ways() -> None:
    tests = yaml.safe_load((OPS / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]

    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == set(RULES)
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == set(RULES)


def test_the_manual_has_an_entry_for_each_alert_and_for_no_other() -> None:
    assert list(ENTRIES) == list(RULES)


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_how_urgent_it_is_and_leads_to_its_entry(name: str) -> None:
    rule = RULES[name]

    assert rule["annotations"].keys() == {"summary", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    assert ENTRIES[name].startswith(f"*{rule['labels']['severity'].capitalize()}.* ")
    assert len(ENTRIES[name]) > 100
