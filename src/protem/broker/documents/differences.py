"""What one document changes about another, entitlement by entitlement and field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from protem.broker.documents import language
from protem.domain import names


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field with its values before and after as JSON; None where it was or will be absent."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changed:
    """An entitlement that stays, with everything about it that does not."""

    name: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """The way from one document to another; all empty when they mean the same."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Differences:
    """Return what leads from one document in normal form to another."""
    old, new = _by_key(before), _by_key(after)
    return Differences(
        added=tuple(rule["name"] for key, rule in new.items() if key not in old),
        removed=tuple(rule["name"] for key, rule in old.items() if key not in new),
        changed=tuple(
            Changed(new[key]["name"], fields)
            for key in new
            if key in old and (fields := tuple(_changes(old[key], new[key])))
        ),
    )


def _by_key(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    # Defaults are written out, so that a change to or from one shows both values.
    rules = language.File.of(document).entitlements
    return {names.key(rule.name): rule.model_dump(mode="json", by_alias=True) for rule in rules}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[FieldChange]:
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    for field in [*old, *(added for added in new if added not in old)]:
        if old.get(field) != new.get(field):
            yield FieldChange(field, old.get(field), new.get(field))


def _leaves(part: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in part.items():
        field = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{field}.")
        elif key == "steps":
            yield field, [step["name"] for step in value]
            for step in value:
                yield from _leaves(step, f"{field}[{step['name']}].")
        elif key == "when":
            for position, alternative in enumerate(value):
                yield from _leaves(alternative, f"{field}[{position}].")
        elif key == "windows":
            yield field, [_hours(window) for window in value]
        elif value is not None:
            yield field, value


def _hours(window: Mapping[str, Any]) -> str:
    return f"{' '.join(window['days'])} {window['from']}-{window['to']}"
