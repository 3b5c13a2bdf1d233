"""Entitlements, and what applying a document would change about them."""

from typing import Any

from pydantic import Field

from protem.api.schemas.fields import Duration, Output
from protem.broker import entitlements
from protem.broker.callers import Caller
from protem.domain.entitlements import Approval as Asked
from protem.domain.entitlements import ApprovalStep
from protem.domain.entitlements import Entitlement as Rule


class Step(Output):
    name: str
    required: int = Field(description="How many people have to say yes.")
    users: list[str] = Field(description="Who can serve it, by user name.")
    groups: list[str] = Field(description="Whose members can serve it.")

    @classmethod
    def of(cls, step: ApprovalStep) -> "Step":
        people = step.approvers
        return cls(
            name=step.name, required=step.required, users=list(people.users), groups=list(people.groups)
        )


class Approval(Output):
    steps: list[Step]
    expires_after: Duration = Field(description="How long a request stays open.")
    through: list[str] = Field(description="The services that may relay decisions.")

    @classmethod
    def of(cls, asked: Asked) -> "Approval":
        return cls(
            steps=[Step.of(step) for step in asked.steps],
            expires_after=asked.expires_after,
            through=list(asked.through),
        )


class Entitlement(Output):
    name: str
    description: str
    relations: list[str] = Field(description="How you stand to it: `requester`, `approver`, both or neither.")
    permission_sets: list[str] = Field(description="The names or ARNs that may be asked for.")
    accounts: list[str] | None = Field(description="The ids of the accounts it reaches; null means all.")
    except_accounts: list[str] = Field(description="The ids of accounts that it does not reach all the same.")
    default_duration: Duration
    maximum_duration: Duration
    justification_minimum_length: int
    approval: Approval | None = Field(
        description="Whose approval it needs; null means that it is given at once."
    )

    @classmethod
    def of(cls, rule: Rule, caller: Caller) -> "Entitlement":
        return cls(
            name=rule.name,
            description=rule.description,
            relations=sorted(entitlements.relations(rule, caller)),
            permission_sets=list(rule.permission_sets.names),
            accounts=None if rule.accounts.all else list(rule.accounts.named),
            except_accounts=list(rule.accounts.excluded),
            default_duration=rule.duration.default,
            maximum_duration=rule.duration.maximum,
            justification_minimum_length=rule.justification_minimum_length,
            approval=Approval.of(rule.approval) if rule.approval else None,
        )


class FieldChange(Output):
    field: str
    before: Any = Field(description="The value so far; null where there was none.")
    after: Any = Field(description="The value from then on; null where there will be none.")


class Changed(Output):
    name: str
    fields: list[FieldChange]


class Plan(Output):
    base_version: int = Field(description="The version in force; send it as `If-Match` to apply against it.")
    digest: str = Field(description="Of the document, whatever its comments and order.")
    unchanged: bool
    added: list[str]
    removed: list[str]
    changed: list[Changed]
    warnings: list[str] = Field(description="What is odd about the document, though not wrong.")

    @classmethod
    def of(cls, plan: entitlements.Plan) -> "Plan":
        found = plan.differences
        return cls(
            base_version=plan.base_version,
            digest=plan.digest,
            unchanged=plan.unchanged,
            added=list(found.added),
            removed=list(found.removed),
            changed=[Changed.model_validate(one, from_attributes=True) for one in found.changed],
            warnings=list(plan.warnings),
        )


class Applied(Output):
    version: int = Field(description="The version in force now.")
    digest: str
    plan: Plan = Field(description="What changed, and against which version.")

    @classmethod
    def of(cls, applied: entitlements.Applied) -> "Applied":
        return cls(version=applied.version, digest=applied.digest, plan=Plan.of(applied.plan))
