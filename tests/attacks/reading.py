"""An auditor's own reading of the database: what must hold there whatever anybody sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.db.models import Table

Row = Mapping[str, Any]

OPERATOR = "user:frank@example.com"
"""An admin by group."""

_BY_RECONCILER = frozenset({"activating", "active", "deactivating", "failed"})
_BY_ADMINS = ("token.created", "entitlements.applied", "lock.lifted")
_BY_PEOPLE = ("request.submitted", "request.withdrawn", "decision.recorded", "grant.extended")


@dataclass
class Reading:
    """Every row there is, without the code that wrote them."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session) -> "Reading":
        tables = Table.metadata.sorted_tables
        return cls({table.name: _rows(session, table) for table in tables})

    def wrongs(self) -> list[str]:
        """Return a sentence for everything that should never be."""
        return [*self._decisions(), *self._requests(), *self._grants(), *self._events()]

    def _decisions(self) -> Iterator[str]:
        for decision in self.rows["decisions"]:
            request = self._one("requests", decision["request_id"])
            if decision["approver_id"] in {request["requester_id"], request["beneficiary_id"]}:
                yield f"{decision['approver_id']} decided about their own request {request['id']}"
            if decision["digest"] != request["digest"]:
                yield f"decision {decision['id']} is about something else than request {request['id']}"
            relay = decision["via_token_id"] and self._one("tokens", decision["via_token_id"])["name"]
            if relay and relay not in self._approval(request).get("through", ()):
                yield f"{relay}, whom nobody trusts, relayed decision {decision['id']}"
            if decision["duration"] and decision["duration"] > request["duration"]:
                yield f"decision {decision['id']} widens"

    def _requests(self) -> Iterator[str]:
        for request in self.rows["requests"]:
            answers = [one["answer"] for one in self._decided(request)]
            if request["state"] == "approved" and "deny" in answers:
                yield f"request {request['id']} was denied and is approved"
            if request["state"] == "denied" and "deny" not in answers:
                yield f"request {request['id']} is denied, and nobody did it"
            if request["state"] == "approved":
                yield from self._unapproved(request)
            if request["state"] == "withdrawn" and not self._told("request.withdrawn", request["id"]):
                yield f"request {request['id']} is withdrawn, and nobody did it"

    def _unapproved(self, request: Row) -> Iterator[str]:
        steps = [step for step in self._approval(request).get("steps", ()) if self._applies(step, request)]
        for step in steps:
            wanted = self._people(step["approvers"])
            came = {one["approver_id"] for one in self._decided(request) if one["answer"] == "approve"}
            if len(wanted & came) < step.get("required", 1):
                yield f"request {request['id']} is approved without those of step {step['name']}"
        voices = {one["approver_id"] for one in self._decided(request)}
        if len(voices) < sum(step.get("required", 1) for step in steps):
            yield f"request {request['id']} is approved by fewer people than its steps need"

    def _grants(self) -> Iterator[str]:
        for grant in self.rows["grants"]:
            request = self._one("requests", grant["request_id"])
            if request["state"] != "approved":
                yield f"grant {grant['id']} came of a request that is {request['state']}"
            if grant["state"] in _BY_RECONCILER:
                yield f"grant {grant['id']} is {grant['state']}, and there is no reconciler"
            if grant["principal_id"] != request["beneficiary_id"]:
                yield f"grant {grant['id']} is for somebody else than was asked"
            asked = [(one["account_id"], one["permission_set_arn"]) for one in self._of("targets", request)]
            if (grant["account_id"], grant["permission_set_arn"]) not in asked:
                yield f"grant {grant['id']} is for something else than was asked"
            if grant["ends_at"] - grant["starts_at"] > self._allowed(grant, request):
                yield f"grant {grant['id']} is longer than anybody approved"

    def _allowed(self, grant: Row, request: Row) -> timedelta:
        further = (one for one in self.rows["requests"] if one["extends_grant_id"] == grant["id"])
        granted = [self._length(one) for one in further if one["state"] == "approved"]
        return sum(granted, start=self._length(request))

    def _length(self, request: Row) -> timedelta:
        narrowed = [one["duration"] for one in self._decided(request) if one["duration"]]
        shortest: timedelta = min([request["duration"], *narrowed])
        return shortest

    def _events(self) -> Iterator[str]:
        for event in self.rows["audit_events"]:
            if event["type"] in _BY_ADMINS and not self._administers(event):
                yield f"{event['type']} by {event['caller']}"
            by = event["acting_as"] or event["caller"]
            if event["type"] in _BY_PEOPLE and not by.startswith("user:"):
                yield f"{event['type']} by {by}"
        yield from self._untold("decisions", "request_id", by="decision.recorded", under="request_id")
        yield from self._untold("grants", "id", by="grant.created", under="grant_id")
        yield from self._untold("requests", "id", by="request.submitted", under="request_id")

    def _untold(self, table: str, column: str, *, by: str, under: str) -> Iterator[str]:
        told = {event[under] for event in self.rows["audit_events"] if event["type"] == by}
        missing = (row for row in self.rows[table] if row[column] not in told)
        yield from (f"{row['id']} of {table} is not on record" for row in missing)

    def _administers(self, event: Row) -> bool:
        if event["acting_as"]:
            return False
        return str(event["caller"]).startswith("admin:") or event["caller"] == OPERATOR

    def _applies(self, step: Row, request: Row) -> bool:
        grants = self._of("grants", request)
        longest = max((one["ends_at"] - one["starts_at"] for one in grants), default=timedelta())
        conditions = step.get("when", [])
        return not conditions or any(longest > _HOURS[one["duration_over"]] for one in conditions)

    def _approval(self, request: Row) -> Mapping[str, Any]:
        number = request["entitlement_version"]
        (version,) = [one for one in self.rows["entitlement_versions"] if one["version"] == number]
        rules = {rule["name"]: rule for rule in version["document"]["entitlements"]}
        return rules[request["entitlement"]].get("approval") or {}

    def _people(self, block: Mapping[str, Sequence[str]]) -> set[str]:
        groups = {one["id"] for one in self.rows["groups"] if one["name"] in block.get("groups", ())}
        named = [one for one in self.rows["principals"] if one["user_name"] in block.get("users", ())]
        members = [one for one in self.rows["memberships"] if one["group_id"] in groups]
        return {one["id"] for one in named} | {one["principal_id"] for one in members}

    def _decided(self, request: Row) -> list[Row]:
        return self._of("decisions", request)

    def _of(self, table: str, request: Row) -> list[Row]:
        return [row for row in self.rows[table] if row["request_id"] == request["id"]]

    def _told(self, kind: str, request_id: Any) -> bool:
        events = (event for event in self.rows["audit_events"] if event["type"] == kind)
        return any(event["request_id"] == request_id for event in events)

    def _one(self, table: str, id_: Any) -> Row:
        (row,) = [row for row in self.rows[table] if row["id"] == id_]
        return row


def _rows(session: Session, table: Any) -> list[Row]:
    return [dict(row) for row in session.execute(select(table)).mappings()]


_HOURS = {"PT2H": timedelta(hours=2)}
