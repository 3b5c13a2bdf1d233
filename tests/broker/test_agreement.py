"""What a dry run says is what submitting does, in small worlds by chance."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from protem.broker import documents, explaining, requests, steps
from protem.broker.callers import Caller
from protem.broker.explaining import Explanation
from protem.broker.requests import Submission
from protem.db.models import AuditEvent, EntitlementVersion, Grant, Request, Review, TokenRole
from protem.db.store import Store
from protem.domain.catalogue import Person, Target
from protem.domain.eligibility import Ask, matching
from protem.domain.errors import Refusal
from protem.domain.lifecycle import RequestState
from tests.broker import scenery
from tests.broker.sources import words, written
from tests.clocks import ManualClock
from tests.policies import BOUNDS, MINUTE, NOW, Scene, asks, scenes


@dataclass(frozen=True)
class Wanted:
    """Who says what."""

    caller: Caller
    submission: Submission


@pytest.fixture
def bare(database_url: str) -> Iterator[Store]:
    """A store with nothing in it."""
    store = Store(database_url, clock=ManualClock(NOW), agreed_time=False)
    yield store
    store.close()


@st.composite
def wanted(draw: st.DrawFn) -> tuple[Scene, list[Wanted]]:
    """Return a world and what is asked for in it, one after the other."""
    scene = draw(scenes())
    named = st.sampled_from([None, None, "gone", *(rule.name for rule in scene.policy.entitlements)])
    anything = asks(scene).flatmap(lambda ask: named.map(lambda name: (ask, name)))
    asked = draw(st.lists(anything | possible(scene), min_size=1, max_size=5))
    return scene, [
        Wanted(Caller("it", TokenRole.PERSONAL, person=ask.requester), words(ask, entitlement=name))
        for ask, name in asked
    ]


def possible(scene: Scene) -> st.SearchStrategy[tuple[Ask, str | None]]:
    """Return asks for what an entitlement lets one ask for, where there is anything."""
    options = [
        (person, target, rule.name)
        for person in scene.people
        for target in scene.targets
        if target.account.assignable
        for rule in matching(scene.policy, person, [target])
    ]
    if not options:
        return st.nothing()

    def about(ask: Ask, option: tuple[Person, Target, str]) -> tuple[Ask, str | None]:
        person, target, rule = option
        return replace(ask, requester=person, beneficiary=person, targets=(target,), duration=None), rule

    return st.builds(about, asks(scene), st.sampled_from(options))


def in_force(session: Session, scene: Scene) -> None:
    document = documents.parse(written(scene.policy), file="entitlements.yaml")
    version = EntitlementVersion(
        version=1,
        digest=document.digest,
        document=document.normal,
        source=document.source,
        applied_at=NOW,
        applied_by="test",
    )
    session.add(version)
    session.flush()


def rows(session: Session) -> list[int]:
    return [
        session.scalars(select(func.count()).select_from(table)).one()
        for table in (Request, Grant, Review, AuditEvent)
    ]


def tried(session: Session, one: Wanted, *, minutes: int) -> Explanation | Refusal:
    try:
        return explaining.dry_run(
            session, one.caller, one.submission, bounds=BOUNDS, now=NOW + minutes * MINUTE
        )
    except Refusal as refusal:
        return refusal


def submitted(session: Session, one: Wanted, *, minutes: int) -> Request | Refusal:
    try:
        with session.begin_nested():
            now = NOW + minutes * MINUTE
            return requests.submit(session, one.caller, one.submission, bounds=BOUNDS, now=now)
    except Refusal as refusal:
        return refusal


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(wanted())
def test_what_a_dry_run_says_is_what_submitting_does(bare: Store, case: tuple[Scene, list[Wanted]]) -> None:
    scene, asked = case
    with scenery.filled(bare, scene) as session:
        in_force(session, scene)
        for minutes, one in enumerate(asked):
            before = rows(session)
            said = tried(session, one, minutes=minutes)
            assert rows(session) == before
            done = submitted(session, one, minutes=minutes)
            event(type(done).__name__)
            if isinstance(done, Refusal):
                found = said if isinstance(said, Refusal) else said.evaluation.refusal
                assert type(found) is type(done)
                assert (str(found), found.errors, found.facts) == (str(done), done.errors, done.facts)
                assert rows(session) == before
            else:
                assert isinstance(said, Explanation)
                _as_it_was_said(session, said, done)


def _as_it_was_said(session: Session, said: Explanation, done: Request) -> None:
    entitlement = said.evaluation.deciding()
    assert entitlement.name == done.entitlement
    assert steps.read(done.steps) == said.evaluation.steps
    at_once = done.state is RequestState.APPROVED
    event("at once" if at_once else "pending")
    assert at_once == (not said.evaluation.steps_needed)
    grants = session.scalars(select(Grant).where(Grant.request_id == done.id)).all()
    assert len(grants) == (len(done.targets) if at_once else 0)
    for grant in grants:
        assert said.window is not None
        assert (grant.starts_at, grant.ends_at) == (said.window.starts_at, said.window.ends_at)
    assert (said.lapses_at is None) == at_once
    if said.lapses_at is not None:
        assert done.expires_at == said.lapses_at
    for one in said.steps:
        assert not one.needed or one.enough


def test_a_document_means_what_was_drawn() -> None:
    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
    @given(scenes())
    def check(scene: Scene) -> None:
        meant = documents.parse(written(scene.policy), file="entitlements.yaml").entitlements
        drawn = {rule.name: rule for rule in scene.policy.entitlements}
        for rule in meant:
            assert rule.duration == drawn[rule.name].duration
            assert replace(rule.requesters).handles == drawn[rule.name].requesters.handles
            for target in scene.targets:
                assert rule.covers(target) == drawn[rule.name].covers(target)

    check()
