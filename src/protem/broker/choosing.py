"""Which one entitlement decides about an ask, and what it says."""

from collections.abc import Sequence
from typing import Any

from protem.domain.catalogue import Target
from protem.domain.decisions import Check, Decision
from protem.domain.eligibility import REACHING, Ask, matching, reaches
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.errors import (
    AccountNotAssignable,
    AmbiguousEntitlement,
    BeneficiaryRefused,
    CoolingDown,
    DurationOutOfBounds,
    ExtensionRefused,
    FieldError,
    JustificationRefused,
    NoApprovers,
    NotEligible,
    OutsideAllowedHours,
    Refusal,
    ReviewOpen,
    StartOutOfBounds,
    TicketRefused,
    TooManyGrants,
    UnknownEntitlement,
)

_REFUSALS: dict[str, type[Refusal]] = {
    "account_status": AccountNotAssignable,
    "duration": DurationOutOfBounds,
    "minimum_duration": DurationOutOfBounds,
    "earliest_start": StartOutOfBounds,
    "latest_start": StartOutOfBounds,
    "justification": JustificationRefused,
    "ticket": TicketRefused,
    "ticket_pattern": TicketRefused,
    "allowed_hours": OutsideAllowedHours,
    "maximum_concurrent": TooManyGrants,
    "cool_down": CoolingDown,
    "approvers": NoApprovers,
    "review": ReviewOpen,
    "extensions": ExtensionRefused,
    "extension": ExtensionRefused,
    "extension_total": ExtensionRefused,
    "requesters_for": BeneficiaryRefused,
}


def choose(rules: Policy, ask: Ask, *, named: str | None) -> Entitlement:
    """Return the entitlement that decides: the one named, or else the only one that matches.

    Raises ``UnknownEntitlement``, also for one that is there but not for ``person``,
    ``NotEligible`` or ``AmbiguousEntitlement``.
    """
    if named is not None:
        return _named(rules, ask, named)
    found = matching(rules, ask.requester, ask.targets, beneficiary=ask.beneficiary)
    if not found:
        raise _none_matches(rules, ask)
    if len(found) > 1:
        names = [rule.name for rule in found]
        message = f"name one of them: {', '.join(names)}"
        raise AmbiguousEntitlement(
            message, errors=[FieldError("entitlement", message)], facts={"candidates": names}
        )
    return found[0]


def refusals(entitlement: Entitlement, decision: Decision) -> tuple[Refusal | None, Refusal | None]:
    """Return the refusal about whom and what the entitlement is for, and that about everything else.

    Each is that of the first rule which is not satisfied, and names all of its kind.
    """
    failed = decision.refusals
    about = [check for check in failed if check.rule in REACHING]
    return _refusal(entitlement, about), _refusal(entitlement, [one for one in failed if one not in about])


def _refusal(entitlement: Entitlement, failed: Sequence[Check]) -> Refusal | None:
    if not failed:
        return None
    kind = _REFUSALS.get(failed[0].rule, NotEligible)
    return kind(
        failed[0].explanation,
        errors=[FieldError(check.field, check.explanation) for check in failed if check.field],
        facts=_reasons(entitlement, failed),
    )


def _named(rules: Policy, ask: Ask, name: str) -> Entitlement:
    found = rules.named(name)
    if found is None or not found.lets_ask(ask.requester, beneficiary=ask.beneficiary):
        whom = "" if ask.requester.id == ask.beneficiary.id else f" for {ask.beneficiary.user_name}"
        message = f"there is no entitlement of this name under which you may ask{whom}"
        raise UnknownEntitlement(message, errors=[FieldError("entitlement", message)])
    return found


def _none_matches(rules: Policy, ask: Ask) -> Refusal:
    open_to = rules.open_to(ask.beneficiary)
    own = [rule for rule in open_to if rule.lets_ask(ask.requester, beneficiary=ask.beneficiary)]
    if open_to and not own:
        return BeneficiaryRefused(f"no entitlement lets you ask for {ask.beneficiary.user_name}")
    if not own:
        who = "you" if ask.requester.id == ask.beneficiary.id else ask.beneficiary.user_name
        return NotEligible(f"no entitlement names {who} among its requesters")
    considered = [_reasons(rule, _missing(rule, ask.targets)) for rule in own]
    return NotEligible(
        "none of your entitlements covers all of these targets",
        errors=[FieldError("targets", reason) for one in considered for reason in one["reasons"]],
        facts={"entitlements": considered},
    )


def _missing(rule: Entitlement, targets: Sequence[Target]) -> Sequence[Check]:
    found = [check for target in targets for check in reaches(rule, target)]
    return Decision(tuple(found)).refusals


def _reasons(entitlement: Entitlement, failed: Sequence[Check]) -> dict[str, Any]:
    return {"entitlement": entitlement.name, "reasons": [check.explanation for check in failed]}
