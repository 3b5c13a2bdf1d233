"""Suggestions, in small worlds by chance: whoever follows one is not refused."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from protem.broker import explaining, submission
from protem.broker.callers import Caller
from protem.broker.evaluation import evaluate
from protem.broker.submission import Submission
from protem.db.models import TokenRole
from protem.db.store import Store
from protem.domain import durations
from protem.domain.decisions import Verdict
from protem.domain.eligibility import Ask
from tests.broker import scenery
from tests.clocks import ManualClock
from tests.policies import BOUNDS, NOW, Scene, asks, scenes


@pytest.fixture
def bare(database_url: str) -> Iterator[Store]:
    """A store with nothing in it."""
    store = Store(database_url, clock=ManualClock(), agreed_time=False)
    yield store
    store.close()


def wished(ask: Ask) -> Submission:
    """Return the words of an ask."""
    return Submission(
        targets=tuple((one.account.id, one.permission_set.arn) for one in ask.targets),
        justification=ask.justification,
        duration=ask.duration,
        ticket=ask.ticket,
        starts_at=ask.starts_at,
        beneficiary=ask.beneficiary.id,
    )


def followed(wish: Submission, change: Mapping[str, Any]) -> Submission:
    """Return the submission with the fields of a change put into it, as a client would."""
    fields = {**asdict(wish), **change}
    if "targets" in change:
        fields["targets"] = tuple((one["account"], one["permission_set"]) for one in change["targets"])
    if change.get("duration"):
        fields["duration"] = durations.parse(change["duration"])
    if change.get("starts_at"):
        fields["starts_at"] = datetime.fromisoformat(change["starts_at"])
    return Submission(**fields)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data(), scenes())
def test_whoever_follows_a_suggestion_is_not_refused(bare: Store, data: st.DataObject, scene: Scene) -> None:
    ask = data.draw(asks(scene))
    if not all(target.account.assignable for target in ask.targets):
        return
    named = data.draw(st.sampled_from([None, None, *(rule.name for rule in scene.policy.entitlements)]))
    caller = Caller("it", TokenRole.PERSONAL, person=ask.requester)
    with scenery.filled(bare, scene) as session:
        found = explaining.explain(
            session, caller, ask, rules=scene.policy, named=named, bounds=BOUNDS, now=NOW
        )
        for suggestion in found.suggestions:
            event(suggestion.code)
            assert found.evaluation.refusal is not None
            if suggestion.change is not None:
                wish = followed(wished(ask), {"entitlement": named, **suggestion.change})
                assert refusal(session, caller, scene, wish) is None
        _says_why(found)


def refusal(session: Session, caller: Caller, scene: Scene, wish: Submission) -> object:
    ask = submission.understand(session, caller, wish)
    found = evaluate(session, ask, rules=scene.policy, named=wish.entitlement, bounds=BOUNDS, now=NOW)
    return found.refusal


def _says_why(found: explaining.Explanation) -> None:
    """Whatever decides and refuses says so in one of its checks, and every check has a sentence."""
    for one in found.considered:
        assert all(check.explanation for check in one.checks)
    deciding = [one for one in found.considered if one.decides]
    assert len(deciding) <= 1
    for one in deciding:
        refused = any(check.verdict is not Verdict.SATISFIED for check in one.checks)
        assert refused == (found.evaluation.refusal is not None)
