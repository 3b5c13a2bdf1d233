"""A whole document: what was written, its one normal form, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from protem.broker.documents import language
from protem.broker.documents.faults import from_pydantic, presented, repeated_names
from protem.broker.documents.reading import Fault, Tree, read
from protem.domain import digests
from protem.domain.entitlements import Approval, ApprovalStep, DurationLimits, Entitlement
from protem.domain.errors import EntitlementsInvalid
from protem.domain.selectors import Accounts, People, PermissionSets

_MOST_FAULTS = 100
"""How many an author is shown at once."""


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document; two with the same digest mean the same, whatever their comments and order."""

    source: str
    normal: dict[str, Any]
    entitlements: tuple[Entitlement, ...]

    @property
    def digest(self) -> str:
        return digests.digest(self.normal)


def parse(source: str, *, file: str) -> Document:
    """Return the document that ``source`` holds.

    Raises ``EntitlementsInvalid`` with what is wrong, each with its place in ``file``.
    """
    tree = read(source)
    parsed, faults = _validated(tree)
    if parsed is None or faults:
        count = "1 thing is" if len(faults) == 1 else f"{len(faults)} things are"
        shown = [presented(fault, file=file) for fault in faults[:_MOST_FAULTS]]
        more = f"; these are the first {_MOST_FAULTS}" if len(faults) > _MOST_FAULTS else ""
        raise EntitlementsInvalid(f"{count} wrong in {file}{more}", errors=shown)
    return Document(source, _normal(parsed), _meaning(parsed))


def entitlements(document: Mapping[str, Any]) -> tuple[Entitlement, ...]:
    """Return what a document in normal form means."""
    return _meaning(language.File.model_validate(document))


def _validated(tree: Tree) -> tuple[language.File | None, list[Fault]]:
    if tree.spoiled(()):
        return None, tree.faults
    faults = [*tree.faults, *repeated_names(tree)]
    try:
        return language.File.model_validate(tree.value), faults
    except ValidationError as error:
        faults += from_pydantic(error, tree)
    return None, sorted(
        faults, key=lambda fault: (fault.mark.line, fault.mark.column) if fault.mark else (0, 0)
    )


def _normal(parsed: language.File) -> dict[str, Any]:
    # Defaults are left out: a key that a later version adds must not change the digest of an old document.
    return {
        "entitlements": [
            rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for rule in parsed.entitlements
        ]
    }


def _meaning(parsed: language.File) -> tuple[Entitlement, ...]:
    return tuple(_entitlement(rule) for rule in parsed.entitlements)


def _entitlement(rule: language.Entitlement) -> Entitlement:
    return Entitlement(
        name=rule.name,
        description=rule.description,
        requesters=_people(rule.requesters),
        permission_sets=PermissionSets(names=tuple(rule.permission_sets.names)),
        accounts=Accounts(
            named=tuple(rule.accounts.ids), all=rule.accounts.all, excluded=tuple(rule.accounts.excluded)
        ),
        duration=DurationLimits(default=rule.duration.default, maximum=rule.duration.maximum),
        justification_minimum_length=rule.justification.minimum_length,
        approval=_approval(rule.approval) if rule.approval else None,
    )


def _approval(approval: language.Approval) -> Approval:
    return Approval(
        steps=tuple(
            ApprovalStep(name=step.name, approvers=_people(step.approvers), required=step.required)
            for step in approval.steps
        ),
        expires_after=approval.expires_after,
        through=tuple(approval.through),
    )


def _people(people: language.People) -> People:
    return People(users=tuple(people.users), groups=tuple(people.groups))
