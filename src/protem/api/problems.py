"""Where refusals meet HTTP: the status of each, and what to do about it."""

from collections.abc import Iterator, Mapping

from protem.api import http_problems, identity_problems
from protem.api.advice import Problem
from protem.domain import errors
from protem.domain.errors import Refusal

PROBLEMS: Mapping[type[Refusal], Problem] = {
    errors.NotFound: Problem(
        404,
        "Check the id. What you may not see looks exactly like what does not exist.",
    ),
    errors.Forbidden: Problem(
        403,
        "`detail` says what is missing. `GET /v1/me` shows who the API takes you for.",
    ),
    errors.Unauthenticated: Problem(
        401,
        "Send `Authorization: Bearer` with a token that is neither expired nor revoked.",
        {"WWW-Authenticate": 'Bearer realm="protem"'},
    ),
    errors.ScopeMissing: Problem(
        403,
        "Use a token that was made with the scope for it; `GET /v1/me` shows what this one may be used for.",
    ),
    errors.ActAsRefused: Problem(
        403,
        "Only a service token with the scope for this may send `Act-As`, and only for a user that exists.",
    ),
    errors.InvalidInput: Problem(
        422,
        "`errors` names every field that is wrong, with what would be right.",
    ),
    errors.UnknownAccount: Problem(
        422,
        "Give an account id or name as `GET /v1/accounts` lists it; new ones take some minutes to appear.",
    ),
    errors.UnknownPermissionSet: Problem(
        422,
        "Give a permission set's name or ARN as `GET /v1/permission-sets` lists it.",
    ),
    errors.UnknownEntitlement: Problem(
        422,
        "Give the name of an entitlement that `GET /v1/entitlements?relation=requester` lists.",
    ),
    errors.UnknownPrincipal: Problem(
        422,
        "Give a user name or id as `GET /v1/principals` lists it.",
    ),
    errors.AmbiguousName: Problem(
        409,
        "Use the id instead of the name.",
    ),
    errors.AmbiguousEntitlement: Problem(
        409,
        "Send the request again with one of the candidates as `entitlement`.",
    ),
    errors.NotEligible: Problem(
        403,
        "`GET /v1/entitlements?relation=requester` lists what you may ask for.",
    ),
    errors.DurationOutOfBounds: Problem(
        422,
        "Ask for a duration within the limits that `detail` names.",
    ),
    errors.StartOutOfBounds: Problem(
        422,
        "Choose a start that is no further ahead than `detail` says.",
    ),
    errors.JustificationRefused: Problem(
        422,
        "Write a justification that meets the rule in `detail`.",
    ),
    errors.TicketRefused: Problem(
        422,
        "Name a ticket that looks the way `detail` says.",
    ),
    errors.OutsideAllowedHours: Problem(
        422,
        "Ask for a time within the entitlement's `allowed_hours`: set `starts_at`, or a shorter `duration`.",
    ),
    errors.TooManyGrants: Problem(
        409,
        "Wait for a grant to end, or end one: `GET /v1/grants?live=true` lists them.",
    ),
    errors.CoolingDown: Problem(
        409,
        "Ask again from the time on that `detail` names, or set `starts_at` to it.",
    ),
    errors.NoApprovers: Problem(
        409,
        "`steps` says how many people are missing where; whoever writes the entitlements can name more.",
    ),
    errors.ReviewOpen: Problem(
        409,
        "Have a reviewer close it: `GET /v1/reviews` lists the open ones.",
    ),
    errors.ReviewClosed: Problem(
        409,
        "Nothing is left to do; the review says who closed it, and when.",
    ),
    errors.ExtensionRefused: Problem(
        403,
        "Ask for what `detail` allows, or for new access with `POST /v1/requests`.",
    ),
    errors.ExtensionPending: Problem(
        409,
        "Wait for the answer to `request_id`, or withdraw it first.",
    ),
    errors.Locked: Problem(
        423,
        "`reason` says why, and `expires_at` until when, if it is known; an admin can lift the lock.",
    ),
    errors.LockOver: Problem(
        409,
        "Nothing is left to lift: it has expired, or somebody has lifted it before.",
    ),
    errors.AccountNotAssignable: Problem(
        409,
        "The account is suspended or closed; access to it can begin only after that has changed in AWS.",
    ),
    errors.StandingAccess: Problem(
        409,
        "There is nothing to ask for: somebody gave this access without Protem, which will not touch it.",
    ),
    errors.BeneficiaryRefused: Problem(
        403,
        "Ask under an entitlement whose `requesters_for` names you, or leave `beneficiary` out.",
    ),
    errors.RequestAnswered: Problem(
        409,
        "Read the request again; somebody was faster, or its time was up.",
    ),
    errors.OwnRequest: Problem(
        403,
        "Somebody else has to answer. Whoever asked, or would benefit, may withdraw it.",
    ),
    errors.NotAnApprover: Problem(
        403,
        "`waiting_for` of the request says whose answers it needs.",
    ),
    errors.RelayRefused: Problem(
        403,
        "Decide with a token of your own, or have the service named under the entitlement's `through`.",
    ),
    errors.AlreadyDecided: Problem(
        409,
        "Nothing is left to do: a decision is made once and stays.",
    ),
    errors.StaleDigest: Problem(
        409,
        "Read the request again, show it to the approver again, and send the `digest` that it has now.",
    ),
    errors.WideningRefused: Problem(
        422,
        "Leave `duration` out, or make it at most what was asked for.",
    ),
    errors.AlreadyRevoked: Problem(
        409,
        "Nothing is left to do: the first revocation counts, and its end is being brought about.",
    ),
    errors.GrantOver: Problem(
        409,
        "Nothing is left to do: the grant had ended before.",
    ),
    errors.IdempotencyKeyReused: Problem(
        422,
        "Make a new key for every new request; repeat a key only with the very same body.",
    ),
    errors.IdempotencyKeyBusy: Problem(
        409,
        "Send the same again, with the same key: the answer is then that of the first call.",
        {"Retry-After": "1"},
    ),
    errors.EntitlementsInvalid: Problem(
        422,
        "`errors` names each mistake with its field, line and column; asked to be strict, also what is odd.",
    ),
    errors.EntitlementsFromFile: Problem(
        409,
        "Change the file that `PROTEM_ENTITLEMENTS_FILE` names on the server, and restart it.",
    ),
    errors.VersionMoved: Problem(
        412,
        "Look at what it is now, or plan again; then send the `ETag` of that as `If-Match`.",
    ),
    errors.PreconditionRequired: Problem(
        428,
        "Send `If-Match` with the `ETag` of the plan, or of the thing, that you looked at.",
    ),
    errors.CatalogueEmpty: Problem(
        503,
        "Try again once the catalogue has been read; `/readyz` says how that is going.",
        {"Retry-After": "5"},
    ),
    errors.TokenRevoked: Problem(
        409,
        "Nothing is left to do: the token is worth nothing any more.",
    ),
    errors.TokenOver: Problem(
        409,
        "Make a new token: `protem tokens create`.",
    ),
    errors.TokenRotated: Problem(
        409,
        "Read the token again. If you hold neither of its secrets now, have an admin rotate it once more.",
    ),
    errors.NetworkRefused: Problem(
        403,
        "`address` is where the call was seen to come from; an admin sees the `networks` of the token.",
    ),
    errors.RateLimited: Problem(
        429,
        "Wait for as long as `Retry-After` says; `rate_limit` is how many calls a minute are taken.",
    ),
    errors.WebhookDisabled: Problem(
        409,
        "Look at `disabled_because`, mend the receiver, and enable the webhook with `PATCH`.",
    ),
    errors.DeliveryPending: Problem(
        409,
        "Wait for its next attempt, at `next_attempt_at`.",
    ),
    errors.ForceCloseRefused: Problem(
        409,
        "`detail` says what would be right; Protem keeps trying meanwhile.",
    ),
    errors.NothingToRetry: Problem(
        409,
        "Read the assignment: `last_error` is null, or it has been given up; there is nothing to wait for.",
    ),
    errors.OwnChange: Problem(
        403,
        "Ask another admin to look at it: `protem confirm`. You can reject it yourself.",
    ),
    errors.ChangeOver: Problem(
        409,
        "`state` says what became of it; if it is still wanted, propose it again.",
    ),
    errors.ProposerGone: Problem(
        409,
        "Propose it again yourself if it is still wanted, and reject this one.",
    ),
    errors.ReceiptNotReady: Problem(
        409,
        "`missing` says what it waits for: the end of the grant, or seals, which take a second or two.",
    ),
    errors.ReceiptGone: Problem(
        410,
        "Look for the receipt, or an export of that time, where such things are kept.",
    ),
    errors.SigningKeyMissing: Problem(
        503,
        "Whoever runs Protem makes a key with `protem audit keygen` and sets `PROTEM_AUDIT_KEY_FILE`.",
    ),
    errors.TooManyWaiters: Problem(
        429,
        "Wait for fewer things at once, or ask without `wait`.",
        {"Retry-After": "1"},
    ),
    **identity_problems.PROBLEMS,
    **http_problems.PROBLEMS,
}


def by_code() -> Mapping[str, type[Refusal]]:
    """Return every kind of refusal under its code."""
    return {kind.code: kind for kind in PROBLEMS}


def sorted_by_status(*kinds: type[Refusal]) -> Iterator[tuple[int, list[type[Refusal]]]]:
    """Yield each status with those of ``kinds`` that have it, in the order of the statuses."""
    statuses = {PROBLEMS[kind].status for kind in kinds}
    for status in sorted(statuses):
        yield status, [kind for kind in dict.fromkeys(kinds) if PROBLEMS[kind].status == status]
