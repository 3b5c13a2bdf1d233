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
    RESPONDER = "responder"
    """A service by itself that was trusted to stop access, anybody's."""
    TOKEN = "token"  # noqa: S105 - the name of a relation
    """A token, to itself."""


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
    ASSIGNMENTS_RETRY = "assignments.retry"
    ASSIGNMENTS_FORCE_CLOSE = "assignments.force_close"
    RECONCILER_READ = "reconciler.read"
    GRANTS_RECEIPT = "grants.receipt"
    CHANGES_LIST = "changes.list"
    CHANGES_READ = "changes.read"
    CHANGES_CONFIRM = "changes.confirm"
    CHANGES_REJECT = "changes.reject"
    LOGINS_LIST = "logins.list"
    LOGINS_END = "logins.end"
    TOKENS_CREATE = "tokens.create"
    TOKENS_LIST = "tokens.list"
    TOKENS_READ = "tokens.read"
    TOKENS_ROTATE = "tokens.rotate"
    TOKENS_REVOKE = "tokens.revoke"
    WEBHOOKS_CREATE = "webhooks.create"
    WEBHOOKS_LIST = "webhooks.list"
    WEBHOOKS_READ = "webhooks.read"
    WEBHOOKS_EDIT = "webhooks.edit"
    WEBHOOKS_ROTATE = "webhooks.rotate"
    WEBHOOKS_TEST = "webhooks.test"
    WEBHOOKS_DELETE = "webhooks.delete"
    DELIVERIES_LIST = "deliveries.list"
    DELIVERIES_READ = "deliveries.read"
    DELIVERIES_REDELIVER = "deliveries.redeliver"
    AUDIT_EVENTS_LIST = "audit_events.list"
    AUDIT_EVENTS_EXPORT = "audit_events.export"
    AUDIT_CHECKPOINTS_LIST = "audit_checkpoints.list"


class Scope(StrEnum):
    """What a token may be used for; those of admins and auditors are bounded by their role alone."""

    READ = "read"
    REQUESTS = "requests"
    """Ask, withdraw and extend as the person whose token it is."""
    DECISIONS = "decisions"
    """Decide, and close reviews, as the person whose token it is."""
    GRANTS_REVOKE = "grants:revoke"
    """Revoke; for a service by itself, anybody's grant."""
    LOCKS_CREATE = "locks:create"
    """Lock, which also ends access; never lift."""
    ADMIN = "admin"
    """Be the admin or auditor that one's groups make one; without it, a token is a plain person's."""
    ACT_AS_REQUEST = "act_as:request"
    ACT_AS_DECIDE = "act_as:decide"


ACTING = frozenset({Scope.ACT_AS_REQUEST, Scope.ACT_AS_DECIDE})
"""The scopes by which a service speaks for people."""


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
    Verb.GRANTS_READ: _INVOLVED | _READERS | {Relation.SUBMITTER, Relation.RESPONDER},
    Verb.GRANTS_RECEIPT: _INVOLVED | _READERS | {Relation.SUBMITTER},
    Verb.GRANTS_REVOKE: _INVOLVED | {Relation.ADMIN, Relation.RESPONDER},
    Verb.GRANTS_EXTEND: _OWN,
    Verb.LOCKS_CREATE: frozenset({Relation.ADMIN, Relation.RESPONDER}),
    Verb.LOCKS_LIST: _READERS | {Relation.RESPONDER},
    Verb.LOCKS_READ: _READERS | {Relation.RESPONDER},
    Verb.LOCKS_LIFT: frozenset({Relation.ADMIN}),
    Verb.ASSIGNMENTS_LIST: _READERS,
    Verb.ASSIGNMENTS_RETRY: frozenset({Relation.ADMIN}),
    Verb.ASSIGNMENTS_FORCE_CLOSE: frozenset({Relation.ADMIN}),
    Verb.RECONCILER_READ: _READERS,
    Verb.CHANGES_LIST: _READERS,
    Verb.CHANGES_READ: _READERS,
    Verb.CHANGES_CONFIRM: frozenset({Relation.ADMIN}),
    Verb.CHANGES_REJECT: frozenset({Relation.ADMIN}),
    Verb.LOGINS_LIST: _READERS | {Relation.PERSON},
    Verb.LOGINS_END: frozenset({Relation.ADMIN, Relation.PERSON}),
    Verb.TOKENS_CREATE: frozenset({Relation.ADMIN}),
    Verb.TOKENS_LIST: _READERS,
    Verb.TOKENS_READ: _READERS | {Relation.TOKEN},
    Verb.TOKENS_ROTATE: frozenset({Relation.ADMIN, Relation.TOKEN}),
    Verb.TOKENS_REVOKE: frozenset({Relation.ADMIN, Relation.TOKEN}),
    Verb.WEBHOOKS_CREATE: frozenset({Relation.ADMIN}),
    Verb.WEBHOOKS_LIST: _READERS,
    Verb.WEBHOOKS_READ: _READERS,
    Verb.WEBHOOKS_EDIT: frozenset({Relation.ADMIN}),
    Verb.WEBHOOKS_ROTATE: frozenset({Relation.ADMIN}),
    Verb.WEBHOOKS_TEST: frozenset({Relation.ADMIN}),
    Verb.WEBHOOKS_DELETE: frozenset({Relation.ADMIN}),
    Verb.DELIVERIES_LIST: _READERS,
    Verb.DELIVERIES_READ: _READERS,
    Verb.DELIVERIES_REDELIVER: frozenset({Relation.ADMIN}),
    Verb.AUDIT_EVENTS_LIST: _READERS,
    Verb.AUDIT_EVENTS_EXPORT: _READERS,
    Verb.AUDIT_CHECKPOINTS_LIST: _EVERYBODY,
}

_ONLY_AS_ITSELF = frozenset[Scope]()
_PUBLISHED = frozenset(Scope)
"""What any token may be used for: it says nothing of anybody."""

_READING = frozenset({Scope.READ})
_STOPPING = frozenset({Scope.READ, Scope.GRANTS_REVOKE, Scope.LOCKS_CREATE})
_ASKING = frozenset({Scope.REQUESTS})
_DECIDING = frozenset({Scope.DECISIONS})
_ADMINISTERING = frozenset({Scope.ADMIN})

SCOPES: Mapping[Verb, frozenset[Scope]] = {
    Verb.ME_READ: _PUBLISHED,
    Verb.ENTITLEMENTS_LIST: _READING,
    Verb.ENTITLEMENTS_PLAN: _ADMINISTERING,
    Verb.ENTITLEMENTS_APPLY: _ADMINISTERING,
    Verb.ENTITLEMENTS_SCHEMA: _PUBLISHED,
    Verb.ENTITLEMENT_ACCOUNTS_LIST: _READING,
    Verb.ENTITLEMENT_VERSIONS_LIST: _READING,
    Verb.ENTITLEMENT_VERSIONS_READ: _READING,
    Verb.ACCOUNTS_LIST: _STOPPING,
    Verb.PERMISSION_SETS_LIST: _STOPPING,
    Verb.PRINCIPALS_LIST: _STOPPING,
    Verb.REQUESTS_SUBMIT: _ASKING,
    Verb.REQUESTS_LIST: _READING,
    Verb.REQUESTS_READ: _READING,
    Verb.REQUESTS_DECIDE: _DECIDING,
    Verb.REQUESTS_WITHDRAW: _ASKING,
    Verb.REQUESTS_REPEAT: _ASKING,
    Verb.REVIEWS_LIST: _READING,
    Verb.REVIEWS_READ: _READING,
    Verb.REVIEWS_CLOSE: _DECIDING | _ADMINISTERING,
    Verb.GRANTS_LIST: _STOPPING,
    Verb.GRANTS_READ: _STOPPING,
    Verb.GRANTS_RECEIPT: _READING,
    Verb.GRANTS_REVOKE: frozenset({Scope.GRANTS_REVOKE}),
    Verb.GRANTS_EXTEND: _ASKING,
    Verb.LOCKS_CREATE: frozenset({Scope.LOCKS_CREATE, Scope.ADMIN}),
    Verb.LOCKS_LIST: _STOPPING,
    Verb.LOCKS_READ: _STOPPING,
    Verb.LOCKS_LIFT: _ADMINISTERING,
    Verb.ASSIGNMENTS_LIST: _READING,
    Verb.ASSIGNMENTS_RETRY: _ADMINISTERING,
    Verb.ASSIGNMENTS_FORCE_CLOSE: _ADMINISTERING,
    Verb.RECONCILER_READ: _READING,
    Verb.CHANGES_LIST: _READING,
    Verb.CHANGES_READ: _READING,
    Verb.CHANGES_CONFIRM: _ADMINISTERING,
    Verb.CHANGES_REJECT: _ADMINISTERING,
    Verb.LOGINS_LIST: _READING,
    Verb.LOGINS_END: _ADMINISTERING,
    Verb.TOKENS_CREATE: _ADMINISTERING,
    Verb.TOKENS_LIST: _READING,
    Verb.TOKENS_READ: _PUBLISHED,
    Verb.TOKENS_ROTATE: _PUBLISHED,
    Verb.TOKENS_REVOKE: _PUBLISHED,
    Verb.WEBHOOKS_CREATE: _ADMINISTERING,
    Verb.WEBHOOKS_LIST: _READING,
    Verb.WEBHOOKS_READ: _READING,
    Verb.WEBHOOKS_EDIT: _ADMINISTERING,
    Verb.WEBHOOKS_ROTATE: _ADMINISTERING,
    Verb.WEBHOOKS_TEST: _ADMINISTERING,
    Verb.WEBHOOKS_DELETE: _ADMINISTERING,
    Verb.DELIVERIES_LIST: _READING,
    Verb.DELIVERIES_READ: _READING,
    Verb.DELIVERIES_REDELIVER: _ADMINISTERING,
    Verb.AUDIT_EVENTS_LIST: _READING,
    Verb.AUDIT_EVENTS_EXPORT: _READING,
    Verb.AUDIT_CHECKPOINTS_LIST: _PUBLISHED,
}
"""The scopes of which a token needs one to use the verb as whoever it belongs to."""

ACTING_SCOPES: Mapping[Verb, frozenset[Scope]] = {
    Verb.REQUESTS_SUBMIT: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REQUESTS_WITHDRAW: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REQUESTS_REPEAT: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.GRANTS_EXTEND: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REVIEWS_CLOSE: frozenset({Scope.ACT_AS_DECIDE}),
    Verb.GRANTS_REVOKE: frozenset({Scope.ACT_AS_REQUEST}),
    Verb.REQUESTS_DECIDE: frozenset({Scope.ACT_AS_DECIDE}),
    Verb.LOGINS_LIST: _ONLY_AS_ITSELF,
    Verb.LOGINS_END: _ONLY_AS_ITSELF,
    Verb.TOKENS_ROTATE: _ONLY_AS_ITSELF,
    Verb.TOKENS_REVOKE: _ONLY_AS_ITSELF,
}
"""The scopes of which a service's token needs one to use the verb as somebody.

What is not here is open to either.
"""


def may(verb: Verb, relations: frozenset[Relation]) -> bool:
    """Tell whether any of these relations allows the verb."""
    return not AUTHORITY[verb].isdisjoint(relations)
