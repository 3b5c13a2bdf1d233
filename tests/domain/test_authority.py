"""The table of who may call what, written out once more by hand."""

from itertools import combinations

import pytest

from protem.domain.authority import AUTHORITY, SCOPES, Relation, Scope, Verb, may, within

P, Q, B, A, R = (
    Relation.PERSON,
    Relation.REQUESTER,
    Relation.BENEFICIARY,
    Relation.APPROVER,
    Relation.REVIEWER,
)
ADMIN, AUDITOR, SERVICE, SUBMITTER = (
    Relation.ADMIN,
    Relation.AUDITOR,
    Relation.SERVICE,
    Relation.SUBMITTER,
)
EVERYBODY = {P, ADMIN, AUDITOR, SERVICE}

EXPECTED: dict[str, set[Relation]] = {
    "me.read": EVERYBODY,
    "entitlements.list": EVERYBODY,
    "entitlements.plan": {ADMIN},
    "entitlements.apply": {ADMIN},
    "entitlements.schema": EVERYBODY,
    "entitlement_accounts.list": EVERYBODY,
    "entitlement_versions.list": {ADMIN, AUDITOR},
    "entitlement_versions.read": {ADMIN, AUDITOR},
    "accounts.list": EVERYBODY,
    "permission_sets.list": EVERYBODY,
    "principals.list": EVERYBODY,
    "requests.submit": {P},
    "requests.list": EVERYBODY,
    "requests.read": {Q, B, A, R, ADMIN, AUDITOR, SUBMITTER},
    "requests.decide": {A},
    "requests.withdraw": {Q, B},
    "requests.repeat": {Q, B},
    "reviews.list": EVERYBODY,
    "reviews.read": {Q, B, A, R, ADMIN, AUDITOR, SUBMITTER},
    "reviews.close": {R, ADMIN},
    "grants.list": EVERYBODY,
    "grants.read": {Q, B, A, R, ADMIN, AUDITOR, SUBMITTER},
    "grants.revoke": {Q, B, A, R, ADMIN},
    "grants.extend": {Q, B},
    "locks.create": {ADMIN},
    "locks.list": {ADMIN, AUDITOR},
    "locks.read": {ADMIN, AUDITOR},
    "locks.lift": {ADMIN},
    "assignments.list": {ADMIN, AUDITOR},
    "tokens.create": {ADMIN},
    "tokens.list": {ADMIN, AUDITOR},
    "tokens.revoke": {ADMIN},
    "audit_events.list": {ADMIN, AUDITOR},
}


def test_every_verb_has_its_row() -> None:
    assert {verb.value for verb in AUTHORITY} == {verb.value for verb in Verb} == set(EXPECTED)


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_is_for_those_in_the_table_and_nobody_else(verb: Verb) -> None:
    assert {relation for relation in Relation if may(verb, frozenset({relation}))} == EXPECTED[verb]


def test_one_relation_is_enough() -> None:
    for verb, two in ((verb, set(pair)) for verb in Verb for pair in combinations(Relation, 2)):
        assert may(verb, frozenset(two)) == bool(EXPECTED[verb] & two)


def test_no_relation_allows_nothing() -> None:
    assert not any(may(verb, frozenset()) for verb in Verb)


def test_an_admin_approves_nothing_by_being_one() -> None:
    assert not may(Verb.REQUESTS_DECIDE, frozenset({ADMIN, AUDITOR, SERVICE, P}))


@pytest.mark.parametrize("verb", Verb)
def test_asking_and_deciding_as_somebody_are_two_scopes(verb: Verb) -> None:
    asks, decides = (
        within(verb, frozenset({scope.value})) for scope in (Scope.ACT_AS_REQUEST, Scope.ACT_AS_DECIDE)
    )
    asking = {
        Verb.REQUESTS_SUBMIT,
        Verb.REQUESTS_WITHDRAW,
        Verb.REQUESTS_REPEAT,
        Verb.GRANTS_REVOKE,
        Verb.GRANTS_EXTEND,
    }
    deciding = {Verb.REQUESTS_DECIDE, Verb.REVIEWS_CLOSE}
    assert (asks, decides) == (verb not in deciding, verb not in asking)


@pytest.mark.parametrize("verb", Verb)
def test_no_scope_allows_nothing_as_somebody(verb: Verb) -> None:
    assert not within(verb, frozenset())
    assert not within(verb, frozenset({"act_as"}))


def test_every_verb_of_people_that_changes_something_names_its_scope() -> None:
    people = {P, Q, B, A, R}
    reading = {verb for verb in Verb if verb.value.endswith((".read", ".list", ".schema"))}
    assert set(SCOPES) == {verb for verb in Verb if EXPECTED[verb] & people} - reading
