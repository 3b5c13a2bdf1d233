"""Answers and endings that come too late, or from somebody else."""

from protem.domain.errors.refusals import Refusal


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
