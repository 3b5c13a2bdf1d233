"""How entitlements are shown to those whom they concern."""

from protem.api.presenting import conditions
from protem.api.schemas import offers as schemas
from protem.api.schemas.references import AccountName, PermissionSetName
from protem.broker.offers import Offer
from protem.domain.authority import Relation
from protem.domain.catalogue import Account
from protem.domain.entitlements import Approval, ApprovalStep, Entitlement

_SHOWN = 100


def one(offer: Offer) -> schemas.Entitlement:
    rule = offer.rule
    return schemas.Entitlement(
        name=rule.name,
        description=rule.description,
        relations=sorted(offer.relations),
        permission_sets=_permission_sets(offer),
        accounts=_accounts(offer),
        beneficiaries=_people(rule) if Relation.REQUESTER_FOR in offer.relations else None,
        default_duration=rule.duration.default,
        maximum_duration=rule.duration.maximum,
        justification_minimum_length=rule.justification_minimum_length,
        ticket=_ticket(rule),
        allowed_hours=conditions.hours(rule.allowed_hours) if rule.allowed_hours else None,
        maximum_concurrent=rule.maximum_concurrent,
        cool_down=rule.cool_down,
        approval=_approval(rule.approval) if rule.approval else None,
        break_glass=rule.break_glass,
        extension=_extension(rule),
        on_eligibility_lost=rule.on_eligibility_lost,
        when_removed_outside=rule.when_removed_outside,
    )


def account(found: Account) -> AccountName:
    return AccountName(id=found.id, name=found.name)


def _accounts(offer: Offer) -> schemas.Accounts:
    found = offer.reach.accounts
    return schemas.Accounts(count=len(found), items=[account(one) for one in found[:_SHOWN]])


def _permission_sets(offer: Offer) -> schemas.PermissionSets:
    found = offer.reach.permission_sets
    return schemas.PermissionSets(
        count=len(found), items=[PermissionSetName(arn=one.arn, name=one.name) for one in found[:_SHOWN]]
    )


def _people(rule: Entitlement) -> schemas.People:
    return schemas.People(users=list(rule.requesters.users), groups=list(rule.requesters.groups))


def _ticket(rule: Entitlement) -> schemas.Ticket:
    pattern = rule.ticket.pattern
    return schemas.Ticket(required=rule.ticket.required, pattern=pattern.text if pattern else None)


def _approval(asked: Approval) -> schemas.Approval:
    return schemas.Approval(
        steps=[_step(step) for step in asked.steps],
        expires_after=asked.expires_after,
        through=list(asked.through),
    )


def _step(step: ApprovalStep) -> schemas.Step:
    return schemas.Step(
        name=step.name,
        required=step.required,
        users=list(step.approvers.users),
        groups=list(step.approvers.groups),
        owner_tag=step.approvers.owner_tag,
        when=[conditions.sentence(when) for when in step.when],
    )


def _extension(rule: Entitlement) -> schemas.Extension | None:
    if rule.extension is None:
        return None
    return schemas.Extension(maximum_count=rule.extension.maximum_count, maximum=rule.extension.maximum)
