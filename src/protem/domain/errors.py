"""Refusals: every way to be told no, each with a stable code and the facts behind it.

HTTP appears once, in ``protem.api.problems``; the command line prints the same code and sentence.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from protem.domain.rejections import Rejection


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, and what would have been right."""

    field: str
    message: str


class Refusal(Exception):
    """A command that was not carried out; nothing of it remains."""

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.facts = dict(facts or {})


class NotFound(Refusal):
    code = "not-found"
    title = "There is nothing here that you may see"


class Forbidden(Refusal):
    code = "forbidden"
    title = "You may not do this"


class ScopeMissing(Refusal):
    code = "scope-missing"
    title = "This token is not for that"


class CredentialRefused(Refusal):
    """A credential that is no good, or not for this; ``reason`` and ``token_id`` are for the record alone.

    No reason means that the credential was good, and that there is nothing to count.
    """

    reason: Rejection | None = None
    token_id: uuid.UUID | None = None

    def because(self, reason: Rejection, *, token_id: uuid.UUID | None = None) -> Self:
        """Return this refusal with what is put on record about it."""
        self.reason, self.token_id = reason, token_id
        return self


class Unauthenticated(CredentialRefused):
    code = "unauthenticated"
    title = "No valid credential was presented"
    reason = Rejection.IDENTITY


class ActAsRefused(CredentialRefused):
    code = "act-as-refused"
    title = "This token may not act as that person"


class InvalidInput(Refusal):
    code = "invalid-input"
    title = "The request does not have the right form"


class UnknownAccount(Refusal):
    code = "unknown-account"
    title = "The catalogue knows no such account"


class UnknownPermissionSet(Refusal):
    code = "unknown-permission-set"
    title = "The catalogue knows no such permission set"


class UnknownEntitlement(Refusal):
    code = "unknown-entitlement"
    title = "There is no such entitlement"


class UnknownPrincipal(Refusal):
    code = "unknown-principal"
    title = "The catalogue knows no such principal"


class AmbiguousName(Refusal):
    code = "ambiguous-name"
    title = "More than one thing has this name"


class AmbiguousEntitlement(Refusal):
    code = "ambiguous-entitlement"
    title = "More than one entitlement matches; name one"


class NotEligible(Refusal):
    code = "not-eligible"
    title = "No entitlement lets you ask for this"


class DurationOutOfBounds(Refusal):
    code = "duration-out-of-bounds"
    title = "The duration is outside the limits"


class StartOutOfBounds(Refusal):
    code = "start-out-of-bounds"
    title = "The start is outside the limits"


class JustificationRefused(Refusal):
    code = "justification-refused"
    title = "The justification does not meet the entitlement's rule"


class TicketRefused(Refusal):
    code = "ticket-refused"
    title = "The ticket does not meet the entitlement's rule"


class OutsideAllowedHours(Refusal):
    code = "outside-allowed-hours"
    title = "The entitlement gives no access at this time"


class TooManyGrants(Refusal):
    code = "too-many-grants"
    title = "The beneficiary has as many grants under this entitlement as it allows"


class CoolingDown(Refusal):
    code = "cooling-down"
    title = "The last access under this entitlement was over too recently"


class NoApprovers(Refusal):
    code = "no-approvers"
    title = "Not enough people could approve this"


class ReviewOpen(Refusal):
    code = "review-open"
    title = "Glass was broken before, and nobody has reviewed that yet"


class ReviewClosed(Refusal):
    code = "review-closed"
    title = "The review has been closed before"


class ExtensionRefused(Refusal):
    code = "extension-refused"
    title = "The entitlement does not let this grant be extended so"


class ExtensionPending(Refusal):
    code = "extension-pending"
    title = "An extension of this grant has been asked for already"


class Locked(Refusal):
    code = "locked"
    title = "A lock is on this"


class LockOver(Refusal):
    code = "lock-over"
    title = "The lock no longer holds"


class AccountNotAssignable(Refusal):
    code = "account-not-assignable"
    title = "AWS cannot assign access in this account"


class StandingAccess(Refusal):
    code = "standing-access"
    title = "The beneficiary already holds this without Protem"


class BeneficiaryRefused(Refusal):
    code = "beneficiary-refused"
    title = "You may not ask for somebody else"


class RequestAnswered(Refusal):
    code = "request-answered"
    title = "The request is no longer pending"


class OwnRequest(Refusal):
    code = "own-request"
    title = "Nobody decides about their own request"


class NotAnApprover(Refusal):
    code = "not-an-approver"
    title = "You are not an approver of this request"


class RelayRefused(Refusal):
    code = "relay-refused"
    title = "The entitlement does not trust this service to relay decisions"


class AlreadyDecided(Refusal):
    code = "already-decided"
    title = "You have already decided about this request"


class StaleDigest(Refusal):
    code = "stale-digest"
    title = "The decision is about something other than this request"


class WideningRefused(Refusal):
    code = "widening-refused"
    title = "An approver may narrow, never widen"


class AlreadyRevoked(Refusal):
    code = "already-revoked"
    title = "The grant has been revoked before"


class GrantOver(Refusal):
    code = "grant-over"
    title = "The grant is already over"


class IdempotencyKeyReused(Refusal):
    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used for something else"


class IdempotencyKeyBusy(Refusal):
    code = "idempotency-key-busy"
    title = "The first call with this Idempotency-Key is still under way"


class EntitlementsInvalid(Refusal):
    code = "entitlements-invalid"
    title = "The entitlements cannot be used"


class EntitlementsFromFile(Refusal):
    code = "entitlements-from-file"
    title = "The entitlements come from a file on the server"


class VersionMoved(Refusal):
    code = "version-moved"
    title = "The base version is no longer the current one"


class PreconditionRequired(Refusal):
    code = "precondition-required"
    title = "If-Match is needed here"


class CatalogueEmpty(Refusal):
    code = "catalogue-empty"
    title = "The catalogue has not been synchronised yet"


class TokenRevoked(Refusal):
    code = "token-revoked"
    title = "The token has been revoked before"


class TokenOver(Refusal):
    code = "token-over"
    title = "The time of the token is up"


class TokenRotated(Refusal):
    code = "token-rotated"
    title = "Somebody else was rotating the token at the same time"


class NetworkRefused(CredentialRefused):
    code = "network-refused"
    title = "The token is not for calls from there"


class RateLimited(Refusal):
    code = "rate-limited"
    title = "Too many calls in too short a time"


class ForceCloseRefused(Refusal):
    code = "force-close-refused"
    title = "This assignment cannot be given up"


class OwnChange(Refusal):
    code = "own-change"
    title = "Somebody else has to confirm what you proposed"


class ChangeOver(Refusal):
    code = "change-over"
    title = "The change does not wait any more"


class ProposerGone(Refusal):
    code = "proposer-gone"
    title = "Whoever proposed this may not any more"


class WebhookDisabled(Refusal):
    code = "webhook-disabled"
    title = "Nothing is sent to this webhook now"


class DeliveryPending(Refusal):
    code = "delivery-pending"
    title = "The delivery is still being tried"


class ReceiptNotReady(Refusal):
    code = "receipt-not-ready"
    title = "There is no receipt of this grant yet"


class ReceiptGone(Refusal):
    code = "receipt-gone"
    title = "The record of this grant is no longer kept"


class SigningKeyMissing(Refusal):
    code = "signing-key-missing"
    title = "There is no key to sign with"


class TooManyWaiters(Refusal):
    code = "too-many-waiters"
    title = "You are already waiting for too many answers"
