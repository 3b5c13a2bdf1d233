"""What the process that reconciles counts as it goes; docs/metrics.md explains each line."""

import re
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram

from protem.domain.advice import cause_of
from protem.domain.causes import Cause
from protem.reconciler.settle import Ended
from protem.reconciler.steps import Left

_LAGS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
_CONFIRMED = (1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 900, 3600)
_MOST_OUTCOMES = 100
"""Whatever answers in place of AWS, it does not get to fill the memory of who watches."""
_CODE = re.compile(r"[A-Za-z][A-Za-z_.]{0,63}")


class Metrics:
    """Counters and histograms that live in the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "protem_aws_calls", "Calls to AWS.", ("operation", "outcome"), registry=registry
        )
        self._seconds = Histogram(
            "protem_aws_call_seconds", "How long calls to AWS took.", ("operation",), registry=registry
        )
        self._throttled = Counter(
            "protem_aws_throttled", "Calls that AWS throttled.", ("operation",), registry=registry
        )
        self._conflicts = Counter(
            "protem_aws_conflicts", "Calls that met another change.", ("operation",), registry=registry
        )
        self._lag = Histogram(
            "protem_ending_lag_seconds",
            "From the end of access to the moment its first delete call left.",
            buckets=_LAGS,
            registry=registry,
        )
        self._confirmed = Histogram(
            "protem_ending_confirmed_seconds",
            "From the end of access to AWS's word that it is gone.",
            buckets=_CONFIRMED,
            registry=registry,
        )
        self._failures = Counter(
            "protem_job_failures", "Scheduled jobs that raised.", ("job",), registry=registry
        )
        self._outcomes = set[str]()

    def called(self, operation: str, outcome: str, seconds: float) -> None:
        """Count one attempt of a call to AWS."""
        self._calls.labels(operation, self._bounded(outcome)).inc()
        self._seconds.labels(operation).observe(seconds)
        match cause_of("", outcome, ""):
            case Cause.THROTTLED:
                self._throttled.labels(operation).inc()
            case Cause.CONFLICT:
                self._conflicts.labels(operation).inc()

    def noted(self, fact: object) -> None:
        """Take in what this process has noted; most of it is not for us."""
        match fact:
            case Left(late):
                self._lag.observe(_seconds(late))
            case Ended(late):
                self._confirmed.observe(_seconds(late))

    def failed(self, job: str) -> None:
        """Count a scheduled job that raised."""
        self._failures.labels(job).inc()

    def _bounded(self, outcome: str) -> str:
        if not _CODE.fullmatch(outcome):
            return "other"
        if outcome not in self._outcomes and len(self._outcomes) >= _MOST_OUTCOMES:
            return "other"
        self._outcomes.add(outcome)
        return outcome


def _seconds(late: timedelta) -> float:
    return max(late.total_seconds(), 0.0)
