"""Inputs held against the service model, patterns and enumerations included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from protem.sandbox.refusals import Refusal
from protem.sandbox.wire.patterns import compiled

AnyShape = Any
"""A shape of botocore's; which attributes it has goes by its `type_name`, unseen by types."""

PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "structure": dict,
    "list": list,
    "map": dict,
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint not met; `kind` is the word Organizations has for it."""

    path: str
    value: str | None
    kind: str
    constraint: str

    def __str__(self) -> str:
        value = "Value" if self.value is None else f"Value '{self.value}'"
        return f"{value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def violations(shape: AnyShape, value: Any, path: str = "") -> Iterator[Violation]:
    """Yield every constraint of the model that the value breaks; refuse a value of another type."""
    metadata: Mapping[str, Any] = shape.metadata
    if metadata.get("document"):
        return
    _check_type(shape, value, path)
    match value:
        case dict() if shape.type_name == "structure":
            yield from _of_structure(shape, value, path)
        case list():
            yield from _of_length(metadata, value, path)
            for number, item in enumerate(value, start=1):
                yield from violations(shape.member, item, f"{path}.{number}.member")
        case str():
            yield from _of_string(metadata, value, path)
        case int() if not isinstance(value, bool):
            yield from _of_number(metadata, value, path)


def _check_type(shape: AnyShape, value: Any, path: str) -> None:
    expected = PYTHON_TYPES.get(shape.type_name, object)
    confused = isinstance(value, bool) and shape.type_name != "boolean"
    if confused or not isinstance(value, expected):
        message = f"{type(value).__name__} cannot be read as {shape.type_name} at '{path}'"
        raise Refusal("SerializationException", message)


def _of_structure(shape: AnyShape, value: dict[str, Any], path: str) -> Iterator[Violation]:
    for name, member in shape.members.items():
        spelled = name[0].lower() + name[1:]
        place = f"{path}.{spelled}" if path else spelled
        if value.get(name) is not None:
            yield from violations(member, value[name], place)
        elif name in shape.required_members:
            yield Violation(place, None, "INPUT_REQUIRED", "Member must not be null")


def _of_string(metadata: Mapping[str, Any], value: str, path: str) -> Iterator[Violation]:
    yield from _of_length(metadata, value, path)
    pattern, allowed = metadata.get("pattern"), metadata.get("enum")
    if pattern and not compiled(pattern).fullmatch(value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
        yield Violation(path, value, "INVALID_PATTERN", constraint)
    if allowed and value not in allowed:
        constraint = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        yield Violation(path, value, "INVALID_ENUM", constraint)


def _of_length(metadata: Mapping[str, Any], value: str | list[Any], path: str) -> Iterator[Violation]:
    least, most = metadata.get("min"), metadata.get("max")
    shown = value if isinstance(value, str) else str(value)
    if least is not None and len(value) < least:
        constraint = f"Member must have length greater than or equal to {least}"
        yield Violation(path, shown, "MIN_LENGTH_EXCEEDED", constraint)
    if most is not None and len(value) > most:
        constraint = f"Member must have length less than or equal to {most}"
        yield Violation(path, shown, "MAX_LENGTH_EXCEEDED", constraint)


def _of_number(metadata: Mapping[str, Any], value: int, path: str) -> Iterator[Violation]:
    least, most = metadata.get("min"), metadata.get("max")
    if least is not None and value < least:
        constraint = f"Member must have value greater than or equal to {least}"
        yield Violation(path, str(value), "MIN_VALUE_EXCEEDED", constraint)
    if most is not None and value > most:
        constraint = f"Member must have value less than or equal to {most}"
        yield Violation(path, str(value), "MAX_VALUE_EXCEEDED", constraint)
