"""What cannot be asked for, or not now."""

from protem.domain.errors.refusals import Refusal


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
