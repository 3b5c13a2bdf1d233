"""How dry runs are shown."""

from protem.api.schemas import dry_runs as schemas
from protem.api.schemas.problems import FieldError
from protem.broker.considering import Considered
from protem.broker.explaining import Explanation, Staffed
from protem.broker.possession import Held
from protem.domain.errors import Refusal

_PEOPLE = 10


def one(found: Explanation) -> schemas.DryRun:
    evaluation, window = found.evaluation, found.window
    rule = evaluation.entitlement
    return schemas.DryRun(
        decision=_decision(found),
        entitlement=rule.name if rule else None,
        entitlement_version=evaluation.policy.version,
        duration=evaluation.ask.lasting(rule) if rule else evaluation.ask.duration,
        starts_at=window.starts_at if window else None,
        ends_at=window.ends_at if window else None,
        expires_at=found.lapses_at,
        refusal=_refusal(evaluation.refusal) if evaluation.refusal else None,
        entitlements=[_considered(one) for one in found.considered],
        entitlements_left_out=found.left_out,
        steps=[_step(one) for one in found.steps],
        held=[_held(one) for one in found.held],
        suggestions=[
            schemas.Suggestion(
                code=one.code, sentence=one.sentence, change=dict(one.change) if one.change else None
            )
            for one in found.suggestions
        ],
    )


def _decision(found: Explanation) -> str:
    if found.evaluation.refusal is not None:
        return "refused"
    return "needs_approval" if found.evaluation.steps_needed else "granted"


def _refusal(refusal: Refusal) -> schemas.Refusal:
    return schemas.Refusal(
        code=refusal.code,
        title=refusal.title,
        detail=refusal.detail,
        errors=[FieldError(field=error.field, message=error.message) for error in refusal.errors],
        facts=refusal.facts,
    )


def _considered(found: Considered) -> schemas.Considered:
    checks = [
        schemas.Check(rule=one.rule, verdict=one.verdict, explanation=one.explanation, field=one.field)
        for one in found.checks
    ]
    return schemas.Considered(name=found.rule.name, decides=found.decides, checks=checks)


def _step(found: Staffed) -> schemas.Step:
    return schemas.Step(
        name=found.step.name,
        required=found.step.required,
        needed=found.needed,
        candidates=len(found.people),
        people=list(found.people.values())[:_PEOPLE],
        enough=found.enough,
    )


def _held(found: Held) -> schemas.Held:
    return schemas.Held(
        target=found.target,
        how=found.how,
        group=found.group,
        grant_id=found.grant_id,
        ends_at=found.ends_at,
    )
