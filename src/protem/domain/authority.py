"""Who may call what: one table of verbs and the relations that allow them."""

from collections.abc import Mapping
from enum import StrEnum


class Relation(StrEnum):
    """How a caller stands to the installation, or to the thing that is called upon."""

    PERSON = "person"
    """One Identity Center user, by a token of their own or through a service that acts as them."""
    REQUESTER = "requester"
    REQUESTER_FOR = "requester_for"
    """Somebody who may ask for others; of entitlements only."""
    BENEFICIARY = "beneficiary"
    APPROVER = "approver"
    """Named by a step of the request's entitlement."""
    REVIEWER = "reviewer"
    """Named by the entitlement to look at glass that was broken under it."""
    ADMIN = "admin"
    AUDITOR = "auditor"
    SERVICE = "service"
    """A service by itself, acting as nobody."""
    SUBMITTER = "submitter"
    """A service by itself, of a request that came in through it."""


class Verb(StrEnum):
    """Everything a caller can do; each route has one as its operation id."""

    ME_READ = "me.read"
    ENTITLEMENTS_LIST = "entitlements.list"
    ENTITLEMENTS_PLAN = "entitlements.plan"
    ENTITLEMENTS_APPLY = "entitlements.apply"
    ENTITLEMENTS_SCHEMA = "entitlements.schema"
    ENTITLEMENT_ACCOUNTS_LIST = "entitlement_accounts.list"
    ENTITLEMENT_VERSIONS_LIST = "entitlement_versions.list"
    ENTITLEMENT_VERSIONS_READ = "entitlement_versions.read"
    ACCOUNTS_LIST = "accounts.list"
    PERMISSION_SETS_LIST = "permission_sets.list"
    PRINCIPALS_LIST = "principals.list"
    REQUESTS_SUBMIT = "requests.submit"
    REQUESTS_LIST = "requests.list"
    REQUESTS_READ = "requests.read"
    REQUESTS_DECIDE = "requests.decide"
    REQUESTS_WITHDRAW = "requests.withdraw"
    REQUESTS_REPEAT = "requests.repeat"
    REVIEWS_LIST = "reviews.list"
    REVIEWS_READ = "reviews.read"
    REVIEWS_CLOSE = "reviews.close"
    GRANTS_LIST = "grants.list"
    GRANTS_READ = "grants.read"
    GRANTS_REVOKE = "grants.revoke"
    GRANTS_EXTEND = "grants.extend"
    LOCKS_CREATE = "locks.create"
    LOCKS_LIST = "locks.list"
    LOCKS_READ = "locks.read"
    LOCKS_LIFT = "locks.lift"
    ASSIGNMENTS_LIST = "assignments.list"
    TOKENS_CREATE = "tokens.create"
    TOKENS_LIST = "tokens.list"
    TOKENS_REVOKE = "tokens.revoke"
    AUDIT_EVENTS_LIST = "audit_events.list"


class Scope(StrEnum):
    """What a service's token may do as the person whom it acts as."""

    ACT_AS_REQUEST = "act_as:request"
    ACT_AS_DECIDE = "act_as:decide"


_EVERYBODY = frozenset({Relation.PERSON, Relation.SERVICE, Relation.ADMIN, Relation.AUDITOR})
_OWN = frozenset({Relation.REQUESTER, Relation.BENEFICIARY})
_INVOLVED = _OWN | {Relation.APPROVER, Relation.REVIEWER}
_READERS = frozenset({Relation.ADMIN, Relation.AUDITOR})

AUTHORITY: Mapping[Verb, frozenset[Relation]] = {
    Verb.ME_READ: _EVERYBODY,
    Verb.ENTITLEMENTS_LIST: _EVERYBODY,
    Verb.ENTITLEMENTS_PLAN: frozenset({Relation.ADMIN}),
    Verb.ENTITLEMENTS_APPLY: frozenset({Relation.ADMIN}),
    Verb.ENTITLEMENTS_SCHEMA: _EVERYBODY,
    Verb.ENTITLEMENT_ACCOUNTS_LIST: _EVERYBODY,
    Verb.ENTITLEMENT_VERSIONS_LIST: _READERS,
    Verb.ENTITLEMENT_VERSIONS_READ: _READERS,
    Verb.ACCOUNTS_LIST: _EVERYBODY,
    Verb.PERMISSION_SETS_LIST: _EVERYBODY,
    Verb.PRINCIPALS_LIST: _EVERYBODY,
    Verb.REQUESTS_SUBMIT: frozenset({Relation.PERSON}),
    Verb.REQUESTS_LIST: _EVERYBODY,
    Verb.REQUESTS_READ: _INVOLVED | _READERS | {Relation.SUBMITTER},
    Verb.REQUESTS_DECIDE: frozenset({Relation.APPROVER}),
    Verb.REQUESTS_WITHDRAW: _OWN,
    Verb.REQUESTS_REPEAT: _OWN,
    Verb.REVIEWS_LIST: _EVERYBODY,
    Verb.REVIEWS_READ: _INVOLVED | _READERS | {Relation.SUBMITTER},
    Verb.REVIEWS_CLOSE: frozenset({Relation.REVIEWER, Relation.ADMIN}),
    Verb.GRANTS_LIST: _EVERYBODY,
    Verb.GRANTS_READ: _INVOLVED | _READERS | {Relation.SUBMITTER},
    Verb.GRANTS_REVOKE: _INVOLVED | {Relation.ADMIN},
    Verb.GRANTS_EXTEND: _OWN,
    Verb.LOCKS_CREATE: frozenset({Relation.ADMIN}),
    Verb.LOCKS_LIST: _READERS,
    Verb.LOCKS_READ: _READERS,
    Verb.LOCKS_LIFT: frozenset({Relation.ADMIN}),
    Verb.ASSIGNMENTS_LIST: _READERS,
    Verb.TOKENS_CREATE: frozenset({Relation.ADMIN}),
    Verb.TOKENS_LIST: _READERS,
    Verb.TOKENS_REVOKE: frozenset({Relation.ADMIN}),
    Verb.AUDIT_EVENTS_LIST: _READERS,
}

_EITHER = frozenset(Scope)

SCOPES: Mapping[Verb, frozenset[Scope]] = {
    Verb.REQUESTS_SUBMIT: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REQUESTS_WITHDRAW: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REQUESTS_REPEAT: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.GRANTS_EXTEND: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REVIEWS_CLOSE: frozenset({Scope.ACT_AS_DECIDE}),
    Verb.GRANTS_REVOKE: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REQUESTS_DECIDE: frozenset({Scope.ACT_AS_DECIDE}),
}
"""The scopes of which an acting token needs one; what only reads is open to either."""


def may(verb: Verb, relations: frozenset[Relation]) -> bool:
    """Tell whether any of these relations allows the verb."""
    return not AUTHORITY[verb].isdisjoint(relations)


def within(verb: Verb, scopes: frozenset[str]) -> bool:
    """Tell whether a token with these scopes may use the verb as somebody."""
    return not SCOPES.get(verb, _EITHER).isdisjoint(scopes)
