"""Who may not call, or not like this."""

import uuid
from typing import Self

from protem.domain.errors.refusals import Refusal
from protem.domain.rejections import Rejection


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


class NetworkRefused(CredentialRefused):
    code = "network-refused"
    title = "The token is not for calls from there"


class RateLimited(Refusal):
    code = "rate-limited"
    title = "Too many calls in too short a time"


class TokenRevoked(Refusal):
    code = "token-revoked"
    title = "The token has been revoked before"


class TokenOver(Refusal):
    code = "token-over"
    title = "The time of the token is up"


class TokenRotated(Refusal):
    code = "token-rotated"
    title = "Somebody else was rotating the token at the same time"


class TooManyWaiters(Refusal):
    code = "too-many-waiters"
    title = "You are already waiting for too many answers"


class IdempotencyKeyReused(Refusal):
    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used for something else"


class IdempotencyKeyBusy(Refusal):
    code = "idempotency-key-busy"
    title = "The first call with this Idempotency-Key is still under way"
