"""The rules for alerts: of metrics that exist, with words for who is called, and loud when they should be."""

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from promql_parser import parse, parse_duration

from protem.domain.advice import SIGNS
from protem.domain.causes import ADVICE, Cause
from tests.alerts.evaluator import Labels, Points, Samples, evaluate, kept, selectors
from tests.test_metrics import EVERY, RECONCILING, explained

DOCS = Path(__file__).parents[2] / "docs"
GROUPS: list[dict[str, Any]] = yaml.safe_load((DOCS / "alerts" / "protem.rules.yaml").read_text())["groups"]
RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
METRICS = explained(EVERY, RECONCILING)
NOW = 100_000.0

every_rule = pytest.mark.parametrize("name", RULES)


def metric(name: str) -> str:
    """Return the metric that a series belongs to, whose histogram's bucket it may be."""
    return name.removesuffix("_bucket")


def runbook() -> dict[str, str]:
    """Return the sections of the page for operations that are headed by a name, as one line each."""
    parts = re.split(r"^#{2,3} (.+)$", (DOCS / "operations.md").read_text(), flags=re.MULTILINE)
    sections = zip(parts[1::2], parts[2::2], strict=True)
    return {title.strip("`"): " ".join(text.split()) for title, text in sections if title.startswith("`")}


def test_names_are_given_once() -> None:
    assert len(RULES) == sum(len(group["rules"]) for group in GROUPS)
    assert len({group["name"] for group in GROUPS}) == len(GROUPS)


@every_rule
def test_a_rule_has_all_that_prometheus_and_people_need(name: str) -> None:
    rule = RULES[name]
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"]["summary"].endswith(".")
    assert parse_duration(rule.get("for", "1s")) > timedelta()
    assert rule["annotations"]["runbook_url"] == f"operations.md#{name.lower()}"
    assert name in runbook()


@every_rule
def test_a_rule_asks_for_what_there_is(name: str) -> None:
    expression = parse(RULES[name]["expr"])
    named = selectors(expression)
    assert named
    for selector in named:
        labels = METRICS[metric(str(selector.name))]
        assert {matcher.name for matcher in selector.matchers.matchers} <= labels
    told = set().union(*(METRICS[metric(str(selector.name))] for selector in named))
    assert set(kept(expression)) <= told | {"le"}
    shown = re.findall(r"\$labels\.(\w+)", RULES[name]["annotations"]["summary"])
    assert set(shown) <= set(kept(expression))


def test_the_runbook_has_a_section_for_each_alert_and_cause_and_no_other() -> None:
    assert set(runbook()) == {*RULES, *Cause}


@pytest.mark.parametrize("cause", Cause)
def test_the_section_of_a_cause_says_what_everybody_is_told(cause: Cause) -> None:
    section = runbook()[cause]
    assert ADVICE[cause] in section
    codes = {code for sign in SIGNS if sign.cause is cause for code in sign.codes}
    assert [code for code in codes if f"`{code}`" not in section] == []
    assert [sign.pattern for sign in SIGNS if sign.cause is cause and sign.pattern not in section] == []


def series(name: str, value: float, **labels: str) -> tuple[str, Labels, float]:
    return name, frozenset(labels.items()), value


WELL = [
    series("protem_database_reachable", 1),
    series("protem_overdue_endings", 0),
    series("protem_oldest_overdue_seconds", 0),
    series("protem_oldest_stuck_seconds", 0),
    *(series("protem_stuck_assignments", 0, cause=cause) for cause in Cause),
    *(series("protem_blocked_assignments", 0, cause=cause) for cause in Cause),
    series("protem_paused_accounts", 0),
    series("protem_beginnings_paused", 0, reason="clock"),
    series("protem_lease_held", 1),
    series("protem_wakeups_listening", 1),
    series("protem_leader_idle_seconds", 0.4),
    series("protem_job_age_seconds", 200, job="catalogue"),
    series("protem_job_interval_seconds", 300, job="catalogue"),
    series("protem_job_age_seconds", 1, job="sealing"),
    series("protem_job_interval_seconds", 1, job="sealing"),
    series("protem_catalogue_age_seconds", 200, part="catalogue"),
    series("protem_catalogue_age_seconds", 3000, part="standing_access"),
    series("protem_deliveries_oldest_seconds", 0),
    series("protem_webhooks_disabled", 0),
    series("protem_events_file_lag", 3),
    series("protem_audit_unsealed", 2),
    series("protem_audit_checkpoint_age_seconds", math.inf),
    series("protem_audit_unqueued_total", 0),
    series("protem_audit_vanished_total", 0),
    series("protem_reconciler_poisoned", 2),
    series("protem_reconciler_unrecorded", 1),
    series("protem_aws_call_rate", 18),
    series("protem_aws_call_rate_limit", 18),
    series("protem_aws_calls_waiting", 0, priority="ending"),
    series("protem_aws_calls_waiting", 90, priority="housekeeping"),
    *(series("protem_ending_lag_seconds_bucket", 10, le=bound) for bound in ("0.5", "10", "+Inf")),
]
"""What an installation shows in which all is well, and to which little happens."""


def history(*changed: tuple[str, Labels, float]) -> Samples:
    """Return an hour in which all was well, but for the last ten minutes, in which some values changed."""
    found: dict[str, dict[Labels, Points]] = {}
    late = {(name, labels): value for name, labels, value in changed}
    for name, labels, value in WELL:
        then = late.pop((name, labels), value)
        points = [(NOW - ago, value if ago > 600 else then) for ago in range(3_600, -1, -60)]
        found.setdefault(name, {})[labels] = points
    for (name, labels), value in late.items():
        found.setdefault(name, {})[labels] = [(NOW, value)]
    return Samples(found)


def firing(samples: Samples) -> set[str]:
    return {name for name, rule in RULES.items() if evaluate(parse(rule["expr"]), samples, at=NOW)}


def scenarios() -> Iterator[tuple[str, list[tuple[str, Labels, float]]]]:
    """Yield for each alert what has to have changed for it to fire, and no other."""
    yield "ProtemEndingOverdue", [series("protem_oldest_overdue_seconds", 301)]
    slow = {"0.5": 10.0, "10": 100.0, "+Inf": 100.0}
    yield (
        "ProtemEndingsLate",
        [series("protem_ending_lag_seconds_bucket", count, le=bound) for bound, count in slow.items()],
    )
    yield "ProtemEndingsStuck", [series("protem_stuck_assignments", 1, cause="conflict")]
    yield "ProtemEndingsBlocked", [series("protem_blocked_assignments", 2, cause="user_gone")]
    yield "ProtemAccountsPaused", [series("protem_paused_accounts", 1)]
    yield "ProtemDatabaseUnreachable", [series("protem_database_reachable", 0)]
    yield "ProtemNoLeader", [series("protem_lease_held", 0)]
    yield "ProtemNotLooking", [series("protem_leader_idle_seconds", 31)]
    yield "ProtemNotLooking", [series("protem_leader_idle_seconds", math.inf)]
    yield "ProtemListenerLost", [series("protem_wakeups_listening", 0)]
    yield "ProtemClockOff", [series("protem_beginnings_paused", 1, reason="clock")]
    yield "ProtemRowsPutAside", [series("protem_reconciler_poisoned", 3)]
    yield "ProtemAnswersUnrecorded", [series("protem_reconciler_unrecorded", 2)]
    yield "ProtemThrottled", [series("protem_aws_call_rate", 8.9)]
    yield "ProtemEndingsWaitForCalls", [series("protem_aws_calls_waiting", 21, priority="ending")]
    yield "ProtemCatalogueStale", [series("protem_catalogue_age_seconds", 1801, part="catalogue")]
    yield (
        "ProtemStandingAccessStale",
        [series("protem_catalogue_age_seconds", 14_401, part="standing_access")],
    )
    yield "ProtemJobFailing", [series("protem_job_age_seconds", 66, job="sealing")]
    yield "ProtemJobFailing", [series("protem_job_age_seconds", math.inf, job="catalogue")]
    yield "ProtemRecordUnsealed", [series("protem_audit_unsealed", 101)]
    yield "ProtemRecordTouched", [series("protem_audit_unqueued_total", 1)]
    yield "ProtemCheckpointOld", [series("protem_audit_checkpoint_age_seconds", 1801)]
    yield "ProtemWebhooksFailing", [series("protem_deliveries_oldest_seconds", 3601)]
    yield "ProtemWebhookDisabled", [series("protem_webhooks_disabled", 1)]
    yield "ProtemEventsFileBehind", [series("protem_events_file_lag", 1001)]


def test_none_fires_while_all_is_well() -> None:
    assert firing(history()) == set()


@pytest.mark.parametrize(("name", "changed"), list(scenarios()))
def test_it_fires_when_it_should_and_no_other_does(
    name: str, changed: list[tuple[str, Labels, float]]
) -> None:
    assert firing(history(*changed)) == {name}


def test_silence_is_an_alert_too() -> None:
    assert firing(Samples({})) == {"ProtemNotScraped"}


def test_every_alert_has_been_seen_to_fire() -> None:
    assert {name for name, _ in scenarios()} | {"ProtemNotScraped"} == set(RULES)


def test_well_is_made_of_metrics_that_exist() -> None:
    shown = {metric(name): {key for key, _ in labels} - {"le"} for name, labels, _ in WELL}
    assert {name: METRICS[name] for name in shown} == shown
