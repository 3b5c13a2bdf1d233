"""Entitlements as those see them whom they concern."""

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
