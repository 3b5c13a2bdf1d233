"""Who gets what, written by hand: a row for each operation, a column for each kind of caller."""

from collections.abc import Mapping

from protem.domain.authority import Verb
from tests.api.authority.callers import KINDS

Row = tuple[int, ...]

# fmt: off
#                                     requester
#                                     |   beneficiary
#                                     |   |   approver
#                                     |   |   |   requester, identified
#                                     |   |   |   |   approver, to read
#                                     |   |   |   |   |   stranger
#                                     |   |   |   |   |   |   service
#                                     |   |   |   |   |   |   |   responder
#                                     |   |   |   |   |   |   |   |   acting as requester
#                                     |   |   |   |   |   |   |   |   |   acting as admin
#                                     |   |   |   |   |   |   |   |   |   |   admin
#                                     |   |   |   |   |   |   |   |   |   |   |   auditor
#                                     |   |   |   |   |   |   |   |   |   |   |   |   admin by group
#                                     |   |   |   |   |   |   |   |   |   |   |   |   |   auditor by group
OWN: Mapping[Verb, str] = {
    Verb.ME_READ:                    "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
    Verb.ENTITLEMENTS_LIST:          "200 200 200 200 200 200 200 403 200 200 200 200 200 200",
    Verb.ENTITLEMENTS_PLAN:          "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.ENTITLEMENTS_APPLY:         "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.ENTITLEMENTS_SCHEMA:        "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
    Verb.ENTITLEMENT_ACCOUNTS_LIST:  "200 200 200 200 200 404 404 403 200 404 200 200 200 200",
    Verb.ENTITLEMENT_VERSIONS_LIST:  "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.ENTITLEMENT_VERSIONS_READ:  "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.ACCOUNTS_LIST:              "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
    Verb.PERMISSION_SETS_LIST:       "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
    Verb.PRINCIPALS_LIST:            "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
    Verb.REQUESTS_SUBMIT:            "201 201 422 201 403 422 403 403 201 422 403 403 422 422",
    Verb.REQUESTS_LIST:              "200 200 200 200 200 200 200 403 200 200 200 200 200 200",
    Verb.REQUESTS_READ:              "200 200 200 200 200 404 404 404 200 404 200 200 200 200",
    Verb.REQUESTS_DECIDE:            "403 403 200 403 403 404 404 404 403 404 403 403 403 403",
    Verb.REQUESTS_WITHDRAW:          "200 200 403 200 403 404 404 404 200 404 403 403 403 403",
    Verb.REQUESTS_REPEAT:            "201 201 403 201 403 404 404 404 201 404 403 403 403 403",
    Verb.REVIEWS_LIST:               "200 200 200 200 200 200 200 403 200 200 200 200 200 200",
    Verb.REVIEWS_READ:               "200 200 200 200 200 404 404 404 200 404 200 200 200 200",
    Verb.REVIEWS_CLOSE:              "403 403 200 403 403 404 404 404 403 404 200 403 200 403",
    Verb.GRANTS_LIST:                "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
    Verb.GRANTS_READ:                "200 200 200 200 200 404 404 200 200 404 200 200 200 200",
    Verb.GRANTS_REVOKE:              "202 202 202 202 403 404 404 202 202 404 202 403 202 403",
    Verb.GRANTS_EXTEND:              "202 202 403 202 403 404 404 403 202 404 403 403 403 403",
    Verb.GRANTS_RECEIPT:             "409 409 409 409 409 404 404 403 409 404 409 409 409 409",
    Verb.LOCKS_CREATE:               "403 403 403 403 403 403 403 201 403 403 201 403 201 403",
    Verb.LOCKS_LIST:                 "403 403 403 403 403 403 403 200 403 403 200 200 200 200",
    Verb.LOCKS_READ:                 "403 403 403 403 403 403 403 200 403 403 200 200 200 200",
    Verb.LOCKS_LIFT:                 "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.ASSIGNMENTS_LIST:           "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.ASSIGNMENTS_RETRY:          "403 403 403 403 403 403 403 403 403 403 202 403 202 403",
    Verb.ASSIGNMENTS_FORCE_CLOSE:    "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.RECONCILER_READ:            "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.CHANGES_LIST:               "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.CHANGES_READ:               "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.CHANGES_CONFIRM:            "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.CHANGES_REJECT:             "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.LOGINS_LIST:                "200 200 200 200 200 200 403 403 403 403 200 200 200 200",
    Verb.LOGINS_END:                 "403 403 403 200 403 403 403 403 403 403 200 403 200 404",
    Verb.TOKENS_CREATE:              "403 403 403 403 403 403 403 403 403 403 201 403 201 403",
    Verb.TOKENS_LIST:                "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.TOKENS_READ:                "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.TOKENS_ROTATE:              "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.TOKENS_REVOKE:              "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.WEBHOOKS_CREATE:            "403 403 403 403 403 403 403 403 403 403 201 403 201 403",
    Verb.WEBHOOKS_LIST:              "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.WEBHOOKS_READ:              "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.WEBHOOKS_EDIT:              "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.WEBHOOKS_ROTATE:            "403 403 403 403 403 403 403 403 403 403 200 403 200 403",
    Verb.WEBHOOKS_TEST:              "403 403 403 403 403 403 403 403 403 403 202 403 202 403",
    Verb.WEBHOOKS_DELETE:            "403 403 403 403 403 403 403 403 403 403 204 403 204 403",
    Verb.DELIVERIES_LIST:            "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.DELIVERIES_READ:            "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.DELIVERIES_REDELIVER:       "403 403 403 403 403 403 403 403 403 403 202 403 202 403",
    Verb.AUDIT_EVENTS_LIST:          "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.AUDIT_EVENTS_EXPORT:        "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    Verb.AUDIT_CHECKPOINTS_LIST:     "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
}
"""Of what the callers have to do with, and what is nobody's; a grant that lasts has no receipt yet."""

FOREIGN: Mapping[Verb, str] = {
    Verb.ENTITLEMENT_ACCOUNTS_LIST:  "404 404 404 404 404 404 404 403 404 404 200 200 200 200",
    Verb.REQUESTS_READ:              "404 404 404 404 404 404 404 404 404 404 200 200 200 200",
    Verb.REQUESTS_DECIDE:            "404 404 404 404 404 404 404 404 404 404 403 403 403 403",
    Verb.REQUESTS_WITHDRAW:          "404 404 404 404 404 404 404 404 404 404 403 403 403 403",
    Verb.REQUESTS_REPEAT:            "404 404 404 404 404 404 404 404 404 404 403 403 403 403",
    Verb.REVIEWS_READ:               "404 404 404 404 404 404 404 404 404 404 200 200 200 200",
    Verb.REVIEWS_CLOSE:              "404 404 404 404 404 404 404 404 404 404 200 403 200 403",
    Verb.GRANTS_READ:                "404 404 404 404 404 404 404 200 404 404 200 200 200 200",
    Verb.GRANTS_RECEIPT:             "404 404 404 404 404 404 404 403 404 404 409 409 409 409",
    Verb.GRANTS_REVOKE:              "404 404 404 404 404 404 404 202 404 404 202 403 202 403",
    Verb.GRANTS_EXTEND:              "404 404 404 404 404 404 404 403 404 404 403 403 403 403",
    Verb.LOGINS_END:                 "403 403 403 404 403 403 403 403 403 403 200 403 200 404",
}
"""Of what others have asked for, have been given, or have done."""
# fmt: on


def expected(row: str) -> dict[str, int]:
    """Return what each kind of caller gets by a row."""
    return dict(zip(KINDS, map(int, row.split()), strict=True))
