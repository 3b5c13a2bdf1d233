"""What people decide, and undo, as AWS gets to feel it."""

from collections.abc import Callable, Iterator

import pytest

from protem.domain.lifecycle import EndReason, GrantState
from tests.reconciler.governed import RULES, Governed
from tests.reconciler.world import ACCOUNT, OTHER_ACCOUNT

CREATE = "CreateAccountAssignment"


@pytest.fixture
def governed(database_url: str) -> Iterator[Governed]:
    made = Governed(database_url)
    yield made
    made.close()


def until(governed: Governed, state: GrantState) -> None:
    """Have alice ask, and run until her grant is in this state."""
    grant = governed.ask(starts_in=1 if state is GrantState.SCHEDULED else 0, minutes=2)
    while governed.read(grant).state is not state:
        governed.run(0.5)
    governed.grant_id = grant


STATES = [GrantState.SCHEDULED, GrantState.ACTIVATING, GrantState.ACTIVE]


@pytest.mark.parametrize("state", STATES)
def test_a_lock_ends_access_whatever_state_it_is_in(governed: Governed, state: GrantState) -> None:
    until(governed, state)
    governed.lock()
    governed.run(60)
    grant = governed.read(governed.grant_id)
    assert (grant.state, grant.end_reason, governed.holds()) == (GrantState.ENDED, EndReason.LOCKED, False)
    assert grant.revoke_comment == "a drill"


@pytest.mark.parametrize("state", STATES)
def test_a_lock_that_saw_nothing_ends_access_all_the_same(governed: Governed, state: GrantState) -> None:
    until(governed, state)
    governed.lock_unseen()
    governed.jobs.enforce_locks()
    governed.run(60)
    grant = governed.read(governed.grant_id)
    assert (grant.state, grant.end_reason, governed.holds()) == (GrantState.ENDED, EndReason.LOCKED, False)


def test_nothing_begins_under_a_lock_even_if_nobody_enforces_it(governed: Governed) -> None:
    grant = governed.ask()
    governed.lock_unseen()
    governed.run(60)
    ended = governed.read(grant)
    assert (ended.state, ended.end_reason) == (GrantState.ENDED, EndReason.LOCKED)
    assert ended.failure_detail is not None
    assert ended.failure_detail.startswith("locked: a drill; ")
    assert governed.calls(CREATE) == 0


def moved(governed: Governed) -> None:
    governed.sandbox.organization.move(ACCOUNT, unit=governed.dev)


def left_the_group(governed: Governed) -> None:
    governed.sandbox.directory.remove_member(governed.group, governed.alice)


def left(governed: Governed) -> None:
    governed.sandbox.directory.remove_user(governed.alice)


def renamed(governed: Governed) -> None:
    governed.apply(governed.rules.replace("[AdministratorAccess]", "[ReadOnlyAccess]"))


def narrowed(governed: Governed) -> None:
    governed.apply(governed.rules.replace("[Prod]", "[Dev]"))


def shortened(governed: Governed) -> None:
    governed.apply(RULES.replace("PT10M, maximum: PT1H", "PT1M, maximum: PT1M"))


def policies(governed: Governed) -> None:
    governed.sandbox.permission_sets.change(
        governed.permission_set, inline_policy='{"Version": "2012-10-17"}'
    )


def suspended(governed: Governed) -> None:
    governed.sandbox.organization.suspend(ACCOUNT)


def another_of_its_name(governed: Governed) -> None:
    governed.sandbox.permission_sets.remove(governed.permission_set)
    governed.sandbox.permission_sets.add("AdministratorAccess")


def unreadable(governed: Governed) -> None:
    governed.put({"entitlements": "all"}, digest="sha256:broken")


def removed(governed: Governed) -> None:
    governed.apply("entitlements: []")


LOSING = [moved, left_the_group, left, renamed, narrowed]
VOIDING = [*LOSING, shortened, policies, suspended, another_of_its_name, unreadable, removed]
KEEPING = [shortened, policies, suspended, unreadable, removed]

Happening = Callable[[Governed], None]


@pytest.mark.parametrize("happens", VOIDING)
def test_what_is_allowed_no_more_does_not_begin(governed: Governed, happens: Happening) -> None:
    grant = governed.ask(starts_in=5)
    happens(governed)
    governed.synchronise()
    governed.run(6 * 60)
    ended = governed.read(grant)
    assert (ended.state, ended.end_reason) == (GrantState.ENDED, EndReason.ELIGIBILITY_LOST)
    assert str(ended.failure_detail).endswith(f"; repeat request {ended.request_id} to ask again")
    assert governed.calls(CREATE) == 0


@pytest.mark.parametrize("happens", LOSING)
def test_what_is_covered_no_more_ends_where_the_entitlement_says_so(
    governed: Governed, happens: Happening
) -> None:
    until(governed, GrantState.ACTIVE)
    happens(governed)
    governed.synchronise()
    governed.jobs.end_lost()
    grant = governed.read(governed.grant_id)
    assert (grant.revoke_reason, grant.revoked_by) == (EndReason.ELIGIBILITY_LOST, "protem")
    governed.run(40)
    assert governed.read(governed.grant_id).end_reason is EndReason.ELIGIBILITY_LOST


@pytest.mark.parametrize("happens", KEEPING)
def test_what_only_keeps_access_from_beginning_ends_none(governed: Governed, happens: Happening) -> None:
    until(governed, GrantState.ACTIVE)
    happens(governed)
    governed.synchronise()
    governed.jobs.end_lost()
    assert governed.read(governed.grant_id).revoked_at is None
    assert governed.holds()


@pytest.mark.parametrize("happens", LOSING)
def test_what_is_lost_is_kept_where_the_entitlement_does_not_say_otherwise(
    governed: Governed, happens: Happening
) -> None:
    governed.rules = RULES.replace("lost: end", "lost: keep")
    governed.apply(governed.rules)
    until(governed, GrantState.ACTIVE)
    happens(governed)
    governed.synchronise()
    governed.jobs.end_lost()
    assert governed.read(governed.grant_id).revoked_at is None


def test_access_elsewhere_is_not_lost(governed: Governed) -> None:
    until(governed, GrantState.ACTIVE)
    governed.sandbox.organization.move(OTHER_ACCOUNT, unit=governed.dev)
    governed.synchronise()
    governed.jobs.end_lost()
    assert governed.read(governed.grant_id).revoked_at is None


def test_what_others_removed_is_not_made_anew_under_a_lock(governed: Governed) -> None:
    governed.watch /= 20
    governed.runner = governed.start()
    governed.apply(RULES + "    when_removed_outside: renew\n")
    until(governed, GrantState.ACTIVE)
    governed.sandbox.assignments.remove(ACCOUNT, governed.permission_set, governed.alice)
    governed.lock_unseen()
    governed.run(60)
    grant = governed.read(governed.grant_id)
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.REMOVED_OUTSIDE)
    assert (governed.calls(CREATE), governed.holds()) == (1, False)
