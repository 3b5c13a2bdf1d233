"""The planted bugs: mistakes that a tired colleague could make, and that types would not catch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bug:
    """One line of one file, as it is and as it must not be."""

    name: str
    file: str
    right: str
    wrong: str

    def __str__(self) -> str:
        return self.name


BUGS = (
    Bug(
        "deletes what others made",
        "reconciler/plan.py",
        "        case Observed.PRESENT if seen.ours:",
        "        case Observed.PRESENT:",
    ),
    Bug(
        "takes what is found for its own",
        "reconciler/evidence.py",
        "        row.provenance = Provenance.STANDING",
        "        row.provenance = Provenance.BROKERED",
    ),
    Bug(
        "keeps its provenance when absence is confirmed",
        "reconciler/evidence.py",
        "        row.provenance = Provenance.NONE",
        "        row.provenance = row.provenance",
    ),
    Bug(
        "keeps its provenance when AWS refused the create",
        "reconciler/records.py",
        "        row.provenance = Provenance.NONE",
        "        row.provenance = row.provenance",
    ),
    Bug(
        "believes an absence for ten minutes",
        "reconciler/plan.py",
        "FRESH = timedelta(seconds=10)",
        "FRESH = timedelta(minutes=10)",
    ),
    Bug(
        "forgets a create of unknown outcome",
        "reconciler/claims.py",
        "        row.unconfirmed_create_at = now",
        "        row.unconfirmed_create_at = None",
    ),
    Bug(
        "drops the claim of a dead process without doubting its create",
        "reconciler/claims.py",
        "    if row.claim in WRITES:",
        "    if row.claim is Act.DELETE:",
    ),
    Bug(
        "takes FAILED for done",
        "reconciler/records.py",
        "        case OperationStatus.SUCCEEDED:",
        "        case OperationStatus.SUCCEEDED | OperationStatus.FAILED:",
    ),
    Bug(
        "takes IN_PROGRESS for done",
        "reconciler/records.py",
        "        case OperationStatus.SUCCEEDED:",
        "        case OperationStatus.SUCCEEDED | OperationStatus.IN_PROGRESS:",
    ),
    Bug(
        "gives a blocked ending up",
        "reconciler/backoff.py",
        "BLOCKED = timedelta(hours=1)",
        "BLOCKED = timedelta(days=365)",
    ),
    Bug(
        "backs off for hours",
        "reconciler/backoff.py",
        "LONGEST = timedelta(minutes=5)",
        "LONGEST = timedelta(hours=5)",
    ),
    Bug(
        "looks at active access only when it watches",
        "reconciler/plan.py",
        "    return Rest(min(due, seen.next_change) if seen.next_change else due)",
        "    return Rest(due)",
    ),
    Bug(
        "ignores that a grant is over",
        "domain/windows.py",
        "        return self.starts_at <= instant < self.ends_at",
        "        return self.starts_at <= instant",
    ),
    Bug(
        "begins before the start",
        "domain/windows.py",
        "        return self.starts_at <= instant < self.ends_at",
        "        return instant < self.ends_at",
    ),
    Bug(
        "ignores a revocation",
        "domain/owing.py",
        "        return not self.live or self.revoked_at is not None or self.given_up",
        "        return not self.live or self.given_up",
    ),
    Bug(
        "ends a neighbour's access with its own",
        "reconciler/settle.py",
        "            owed=bool(owing),",
        "            owed=len(owing) == len(self.grants),",
    ),
    Bug(
        "calls without looking at its lease",
        "reconciler/steps.py",
        "        if not self._held():",
        "        if not self._held:",
    ),
    Bug(
        "records without asking for its lease",
        "reconciler/errands.py",
        "                    self.lease.require(session)",
        "                    session.flush()",
    ),
    Bug(
        "claims without asking for its lease",
        "reconciler/runner.py",
        "            self.lease.require(session)\n        return gathered",
        "            session.flush()\n        return gathered",
    ),
    Bug(
        "lets everybody take a lease that holds",
        "reconciler/lease.py",
        "literal(self._exclusive)",
        "literal(value=True)",
    ),
    Bug(
        "lets people answer their own requests",
        "domain/approvals.py",
        "        return frozenset({self.requester_id, self.beneficiary_id})",
        "        return frozenset()",
    ),
    Bug(
        "lets every service relay decisions",
        "domain/approvals.py",
        "                passed=through is None or through in question.through,",
        "                passed=through is None or bool(question.through),",
    ),
    Bug(
        "never closes requests that nobody answers",
        "jobs.py",
        "            expiry.expire_due(session, now=now)",
        "            expiry.expire_due(session, now=now, limit=0)",
    ),
    Bug(
        "lengthens what is over",
        "broker/extensions.py",
        "    if grant.owing.over(now):",
        "    if grant.owing.given_up:",
    ),
    Bug(
        "ends no access that a lock is on",
        "jobs.py",
        "        self._end(enforcing.end_locked)",
        "        enforcing.end_locked  # noqa: B018",
    ),
    Bug(
        "tells a failure as an end",
        "reconciler/settle.py",
        "    GrantState.FAILED: EventType.GRANT_FAILED,",
        "    GrantState.FAILED: EventType.GRANT_ENDED,",
    ),
    Bug(
        "leaves a revoked grant active",
        "reconciler/settle.py",
        "            case GrantState.ACTIVE if over:",
        "            case GrantState.ACTIVE if over and grant.revoked_at is None:",
    ),
    Bug(
        "takes what a listing does not show for gone while it runs",
        "reconciler/records.py",
        "    if found is OUTCOMES[kind]:",
        "    if found is not None:",
    ),
)
