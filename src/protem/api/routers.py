"""Every router there is, in the order of the reference."""

from protem.api import (
    accounts,
    assignments,
    audit_checkpoints,
    audit_events,
    audit_exports,
    changes,
    deliveries,
    entitlement_versions,
    entitlements,
    grants,
    health,
    locks,
    logins,
    me,
    offers,
    permission_sets,
    principals,
    problem_pages,
    receipts,
    reconciler,
    reference,
    repeating,
    requests,
    reviews,
    tokens,
    webhooks,
)

ROUTERS = (
    me.router,
    offers.router,
    entitlements.router,
    entitlement_versions.router,
    accounts.router,
    permission_sets.router,
    principals.router,
    requests.router,
    repeating.router,
    reviews.router,
    grants.router,
    receipts.router,
    locks.router,
    assignments.router,
    reconciler.router,
    tokens.router,
    logins.router,
    changes.router,
    webhooks.router,
    deliveries.router,
    audit_events.router,
    audit_exports.router,
    audit_checkpoints.router,
    health.router,
    reference.router,
    problem_pages.router,
)

PUBLIC = frozenset(
    {"/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/problems", "/problems/{code}"}
)
"""What anybody may read without a credential; everything else is in the table of authority."""
