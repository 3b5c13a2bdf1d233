"""What applying a document would change, and what it changed."""

from typing import Any

from pydantic import Field

from protem.api.schemas.fields import Instant, Output
from protem.broker import effects, entitlements, ground, planning


class FieldChange(Output):
    field: str
    before: Any = Field(description="The value so far; null where there was none.")
    after: Any = Field(description="The value from then on; null where there will be none.")


class Some(Output):
    count: int
    names: list[str] = Field(description="The first of them by name; 20 at most.")

    @classmethod
    def of(cls, some: ground.Some) -> "Some":
        return cls(count=some.count, names=list(some.names))


class Block(Output):
    principals: Some = Field(description="Each of these people …")
    accounts: Some = Field(description="… in each of these accounts …")
    permission_sets: Some = Field(description="… with each of these permission sets.")

    @classmethod
    def of(cls, block: ground.Block) -> "Block":
        return cls(
            principals=Some.of(block.principals),
            accounts=Some.of(block.accounts),
            permission_sets=Some.of(block.permission_sets),
        )


class Held(Output):
    live_grants: int = Field(description="Grants under it whose access has begun.")
    live_until: Instant | None = Field(description="When the last of them ends by itself.")
    scheduled_grants: int
    void_grants: int = Field(description="How many of the scheduled ones will not begin any more.")
    lost_grants: int = Field(
        description="How many of the live ones will be ended, as `on_eligibility_lost: end` has it."
    )
    pending_requests: int = Field(
        description="Nobody can approve them under a removed entitlement; a changed one decides anew."
    )

    @classmethod
    def of(cls, change: planning.Change) -> "Held":
        held = change.held
        return cls(
            live_grants=held.live_grants,
            live_until=held.live_until,
            scheduled_grants=held.scheduled_grants,
            void_grants=change.void_grants,
            lost_grants=change.lost_grants,
            pending_requests=held.pending_requests,
        )


class Change(Output):
    name: str
    direction: str = Field(
        description="`widens`, `narrows`, `both` or `neither`, as far as it can be told; expect others.",
        examples=[*effects.Direction],
    )
    widens: list[str] = Field(description="What becomes easier, in words, besides whom it reaches.")
    narrows: list[str] = Field(description="What becomes harder.")
    gains: list[Block] = Field(description="Who could ask for what they cannot ask for now.")
    losses: list[Block] = Field(description="Who could no longer ask for what.")
    may_ask_for_others: Some = Field(description="Who could newly ask for others.")
    may_no_longer_ask_for_others: Some
    held: Held = Field(description="What hangs on it now.")
    fields: list[FieldChange] = Field(
        description="Each field that differs; none where it is added or removed."
    )

    @classmethod
    def of(cls, change: planning.Change) -> "Change":
        effect = change.effect
        return cls(
            name=change.name,
            direction=effect.direction,
            widens=list(effect.leeway.widens),
            narrows=list(effect.leeway.narrows),
            gains=[Block.of(block) for block in effect.gains],
            losses=[Block.of(block) for block in effect.losses],
            may_ask_for_others=Some.of(effect.speakers_gained),
            may_no_longer_ask_for_others=Some.of(effect.speakers_lost),
            held=Held.of(change),
            fields=[FieldChange.model_validate(one, from_attributes=True) for one in change.fields],
        )


class Plan(Output):
    base_version: int = Field(description="The version in force; send it as `If-Match` to apply against it.")
    digest: str = Field(description="Of the document, whatever its comments and order.")
    unchanged: bool
    added: list[Change]
    removed: list[Change]
    changed: list[Change]
    warnings: list[str] = Field(description="What is odd about the document, though not wrong.")

    @classmethod
    def of(cls, plan: planning.Plan) -> "Plan":
        return cls(
            base_version=plan.base_version,
            digest=plan.digest,
            unchanged=plan.unchanged,
            added=[Change.of(change) for change in plan.added],
            removed=[Change.of(change) for change in plan.removed],
            changed=[Change.of(change) for change in plan.changed],
            warnings=list(plan.warnings),
        )


class Applied(Output):
    version: int = Field(description="The version in force now.")
    digest: str
    plan: Plan = Field(description="What changed, and against which version.")
    grants_ended: int = Field(description="Grants under removed entitlements that `end_grants` ended.")
    grants_left: int = Field(description="Live grants under removed entitlements, which run to their end.")
    grants_left_until: Instant | None = Field(description="When the last of those ends.")
    requests_left: int = Field(
        description="Requests under removed entitlements, which nobody can approve any more."
    )

    @classmethod
    def of(cls, applied: entitlements.Applied) -> "Applied":
        return cls(
            version=applied.version,
            digest=applied.digest,
            plan=Plan.of(applied.plan),
            grants_ended=applied.grants_ended,
            grants_left=applied.grants_left,
            grants_left_until=applied.grants_left_until,
            requests_left=applied.requests_left,
        )
