"""The tables of who may call what, and with which token, written out once more by hand."""

from itertools import combinations

import pytest

from protem.domain.authority import (
    ACTING,
    ACTING_SCOPES,
    AUTHORITY,
    SCOPES,
    Relation,
    Scope,
    Verb,
    may,
)
from protem.domain.ruling import Ruling, rule, within

P, Q, B, A, R, T = (
    Relation.PERSON,
    Relation.REQUESTER,
    Relation.BENEFICIARY,
    Relation.APPROVER,
    Relation.REVIEWER,
    Relation.TOKEN,
)
ADMIN, AUDITOR, SERVICE, SUBMITTER, RESPONDER = (
    Relation.ADMIN,
    Relation.AUDITOR,
    Relation.SERVICE,
    Relation.SUBMITTER,
    Relation.RESPONDER,
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
    "grants.read": {Q, B, A, R, ADMIN, AUDITOR, SUBMITTER, RESPONDER},
    "grants.receipt": {Q, B, A, R, ADMIN, AUDITOR, SUBMITTER},
    "grants.revoke": {Q, B, A, R, ADMIN, RESPONDER},
    "grants.extend": {Q, B},
    "locks.create": {ADMIN, RESPONDER},
    "locks.list": {ADMIN, AUDITOR, RESPONDER},
    "locks.read": {ADMIN, AUDITOR, RESPONDER},
    "locks.lift": {ADMIN},
    "assignments.list": {ADMIN, AUDITOR},
    "assignments.retry": {ADMIN},
    "assignments.force_close": {ADMIN},
    "reconciler.read": {ADMIN, AUDITOR},
    "changes.list": {ADMIN, AUDITOR},
    "changes.read": {ADMIN, AUDITOR},
    "changes.confirm": {ADMIN},
    "changes.reject": {ADMIN},
    "logins.list": {P, ADMIN, AUDITOR},
    "logins.end": {P, ADMIN},
    "tokens.create": {ADMIN},
    "tokens.list": {ADMIN, AUDITOR},
    "tokens.read": {ADMIN, AUDITOR, T},
    "tokens.rotate": {ADMIN, T},
    "tokens.revoke": {ADMIN, T},
    "webhooks.create": {ADMIN},
    "webhooks.list": {ADMIN, AUDITOR},
    "webhooks.read": {ADMIN, AUDITOR},
    "webhooks.edit": {ADMIN},
    "webhooks.rotate": {ADMIN},
    "webhooks.test": {ADMIN},
    "webhooks.delete": {ADMIN},
    "deliveries.list": {ADMIN, AUDITOR},
    "deliveries.read": {ADMIN, AUDITOR},
    "deliveries.redeliver": {ADMIN},
    "audit_events.list": {ADMIN, AUDITOR},
    "audit_events.export": {ADMIN, AUDITOR},
    "audit_checkpoints.list": EVERYBODY,
}

ANY_TOKEN = "any"
READ, ASK, DECIDE, ADMINISTER = {"read"}, {"requests"}, {"decisions"}, {"admin"}
STOP = {"read", "grants:revoke", "locks:create"}
AS_BOTH, AS_ASKER, AS_DECIDER = {"act_as:request", "act_as:decide"}, {"act_as:request"}, {"act_as:decide"}
NEVER: set[str] = set()

# fmt: off
WITH_TOKEN: dict[str, tuple[set[str] | str, set[str]]] = {
    #                             as oneself                    as somebody, through a service
    "me.read":                    (ANY_TOKEN,                    AS_BOTH),
    "entitlements.list":          (READ,                         AS_BOTH),
    "entitlements.plan":          (ADMINISTER,                   AS_BOTH),
    "entitlements.apply":         (ADMINISTER,                   AS_BOTH),
    "entitlements.schema":        (ANY_TOKEN,                    AS_BOTH),
    "entitlement_accounts.list":  (READ,                         AS_BOTH),
    "entitlement_versions.list":  (READ,                         AS_BOTH),
    "entitlement_versions.read":  (READ,                         AS_BOTH),
    "accounts.list":              (STOP,                         AS_BOTH),
    "permission_sets.list":       (STOP,                         AS_BOTH),
    "principals.list":            (STOP,                         AS_BOTH),
    "requests.submit":            (ASK,                          AS_ASKER),
    "requests.list":              (READ,                         AS_BOTH),
    "requests.read":              (READ,                         AS_BOTH),
    "requests.decide":            (DECIDE,                       AS_DECIDER),
    "requests.withdraw":          (ASK,                          AS_ASKER),
    "requests.repeat":            (ASK,                          AS_ASKER),
    "reviews.list":               (READ,                         AS_BOTH),
    "reviews.read":               (READ,                         AS_BOTH),
    "reviews.close":              ({"decisions", "admin"},       AS_DECIDER),
    "grants.list":                (STOP,                         AS_BOTH),
    "grants.read":                (STOP,                         AS_BOTH),
    "grants.receipt":             (READ,                         AS_BOTH),
    "grants.revoke":              ({"grants:revoke"},            AS_ASKER),
    "grants.extend":              (ASK,                          AS_ASKER),
    "locks.create":               ({"locks:create", "admin"},    AS_BOTH),
    "locks.list":                 (STOP,                         AS_BOTH),
    "locks.read":                 (STOP,                         AS_BOTH),
    "locks.lift":                 (ADMINISTER,                   AS_BOTH),
    "assignments.list":           (READ,                         AS_BOTH),
    "assignments.retry":          (ADMINISTER,                   AS_BOTH),
    "assignments.force_close":    (ADMINISTER,                   AS_BOTH),
    "reconciler.read":            (READ,                         AS_BOTH),
    "changes.list":               (READ,                         AS_BOTH),
    "changes.read":               (READ,                         AS_BOTH),
    "changes.confirm":            (ADMINISTER,                   AS_BOTH),
    "changes.reject":             (ADMINISTER,                   AS_BOTH),
    "logins.list":                (READ,                         NEVER),
    "logins.end":                 (ADMINISTER,                   NEVER),
    "tokens.create":              (ADMINISTER,                   AS_BOTH),
    "tokens.list":                (READ,                         AS_BOTH),
    "tokens.read":                (ANY_TOKEN,                    AS_BOTH),
    "tokens.rotate":              (ANY_TOKEN,                    NEVER),
    "tokens.revoke":              (ANY_TOKEN,                    NEVER),
    "webhooks.create":            (ADMINISTER,                   AS_BOTH),
    "webhooks.list":              (READ,                         AS_BOTH),
    "webhooks.read":              (READ,                         AS_BOTH),
    "webhooks.edit":              (ADMINISTER,                   AS_BOTH),
    "webhooks.rotate":            (ADMINISTER,                   AS_BOTH),
    "webhooks.test":              (ADMINISTER,                   AS_BOTH),
    "webhooks.delete":            (ADMINISTER,                   AS_BOTH),
    "deliveries.list":            (READ,                         AS_BOTH),
    "deliveries.read":            (READ,                         AS_BOTH),
    "deliveries.redeliver":       (ADMINISTER,                   AS_BOTH),
    "audit_events.list":          (READ,                         AS_BOTH),
    "audit_events.export":        (READ,                         AS_BOTH),
    "audit_checkpoints.list":     (ANY_TOKEN,                    AS_BOTH),
}
# fmt: on

ALL = {scope.value for scope in Scope}


def test_every_verb_has_its_rows() -> None:
    verbs = {verb.value for verb in Verb}
    assert {verb.value for verb in AUTHORITY} == set(EXPECTED) == verbs
    assert {verb.value for verb in SCOPES} == set(WITH_TOKEN) == verbs
    assert set(ACTING_SCOPES) <= set(Verb)


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_is_for_those_in_the_table_and_nobody_else(verb: Verb) -> None:
    assert {relation for relation in Relation if may(verb, frozenset({relation}))} == EXPECTED[verb]


def test_one_relation_is_enough() -> None:
    for verb, two in ((verb, set(pair)) for verb in Verb for pair in combinations(Relation, 2)):
        assert may(verb, frozenset(two)) == bool(EXPECTED[verb] & two)


def test_no_relation_allows_nothing() -> None:
    assert not any(may(verb, frozenset()) for verb in Verb)


def test_an_admin_approves_nothing_by_being_one() -> None:
    assert not may(Verb.REQUESTS_DECIDE, frozenset({ADMIN, AUDITOR, SERVICE, RESPONDER, P}))


def test_who_may_only_stop_access_gives_none() -> None:
    stopping = {verb for verb in Verb if RESPONDER in EXPECTED[verb]}
    assert stopping == {"grants.read", "grants.revoke", "locks.create", "locks.list", "locks.read"}


@pytest.mark.parametrize("verb", Verb)
def test_each_scope_opens_what_the_table_says(verb: Verb) -> None:
    oneself, somebody = WITH_TOKEN[verb]
    alone = {scope.value for scope in Scope if within(verb, frozenset({scope}), acting=False)}
    acting = {scope.value for scope in Scope if within(verb, frozenset({scope}), acting=True)}
    assert (alone, acting) == (ALL if oneself == ANY_TOKEN else oneself, somebody)


@pytest.mark.parametrize("verb", Verb)
def test_a_token_without_scopes_opens_nothing(verb: Verb) -> None:
    assert not within(verb, frozenset(), acting=False)
    assert not within(verb, frozenset(), acting=True)


@pytest.mark.parametrize("verb", Verb)
def test_what_is_no_token_has_no_bound(verb: Verb) -> None:
    assert within(verb, None, acting=False)


def test_no_scope_for_oneself_is_one_for_others() -> None:
    own = frozenset(Scope) - ACTING
    assert not any(within(verb, own, acting=True) for verb in Verb)


@pytest.mark.parametrize("verb", Verb)
def test_the_ruling_is_allowed_only_where_relation_and_scope_both_say_so(verb: Verb) -> None:
    for relation in Relation:
        for scope in Scope:
            for acting in (False, True):
                scopes = frozenset({scope})
                ruling = rule(verb, relations=frozenset({relation}), scopes=scopes, acting=acting)
                open_ = within(verb, scopes, acting=acting)
                related = relation in EXPECTED[verb]
                assert (ruling is Ruling.ALLOWED) == (open_ and related)
                assert (ruling is Ruling.OUT_OF_SCOPE) == (not open_)


def test_a_missing_scope_is_told_before_a_missing_relation() -> None:
    nobody, reader = frozenset[Relation](), frozenset({Scope.READ})
    assert rule(Verb.REQUESTS_DECIDE, relations=nobody, scopes=reader) is Ruling.OUT_OF_SCOPE
    assert rule(Verb.REQUESTS_READ, relations=nobody, scopes=reader) is Ruling.FORBIDDEN
    assert rule(Verb.REQUESTS_READ, relations=nobody) is Ruling.FORBIDDEN
