"""What is wrong with a document, in words its author can act on."""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from protem.broker.documents.language import LATER, File
from protem.broker.documents.reading import Fault, Mark, Path, Tree, Value
from protem.domain import names
from protem.domain.errors import FieldError

_MESSAGES = {
    "string_type": "write text here",
    "dict_type": "write tags with their values here, as in {{env: prod}}",
    "list_type": "write a list here, as in [first, second]",
    "too_short": "needs at least one entry",
    "too_long": "has more than {max_length} entries",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": (
        "use letters, digits, dots, dashes and underscores, at most 64, with a letter or digit at either end"
    ),
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "is none of these: {expected}",
    "value_error": "{error}",
}
_OF_KEY = "[key]"
MOST = 1_000
"""Faults of validation that are put into words; a document can have a million."""
_ELSEWHERE = {"owner_tag": "stands only under approvers: owners decide, they do not ask"}
"""Keys that an author may expect in more places than they have."""


def from_pydantic(error: ValidationError, tree: Tree) -> Iterator[Fault]:
    """Yield a fault for everything that validation found, except where the YAML was wrong already."""
    for found in islice(error.errors(include_url=False), MOST):
        path, of_key = _as_written(found["loc"], tree.value)
        if not tree.spoiled(path):
            wrong_value = isinstance(found["input"], str) and found["type"] != "extra_forbidden"
            mark = tree.values.get(path) if wrong_value and not of_key else None
            yield Fault(path, mark or _place(path, tree), _message(found, path))


def repeated_names(tree: Tree) -> Iterator[Fault]:
    """Yield a fault for each entitlement, and each step within one, whose name was used before."""
    rules = _list(tree.value, "entitlements")
    yield from _repeated(rules, ("entitlements",), tree)
    for position, rule in enumerate(rules):
        steps = _list(rule.get("approval") if isinstance(rule, dict) else None, "steps")
        yield from _repeated(steps, ("entitlements", position, "approval", "steps"), tree)


def presented(fault: Fault, *, file: str) -> FieldError:
    """Return the fault as callers see it: the path, then the place in the file and the sentence."""
    place = f"{file}:{fault.mark.line}:{fault.mark.column}" if fault.mark else file
    return FieldError(field=dotted(fault.path), message=f"{place}: {fault.message}")


def dotted(path: Path) -> str:
    """Return a path as it is written: ``entitlements[0].duration.maximum``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def _as_written(location: Path, value: Value) -> tuple[Path, bool]:
    """Return where something stands in the document, and whether the key there is meant, not its value.

    What may be written as the one instead of a list of it stands at place 0 for validation only.
    """
    written: list[str | int] = []
    for step in location:
        if step == _OF_KEY:
            return tuple(written), True
        if isinstance(step, int) and not isinstance(value, list):
            continue
        written.append(step)
        value = _under(value, step)
    return tuple(written), False


def _under(value: Value, step: str | int) -> Value:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int):
        return value[step]
    return None


def _place(path: Path, tree: Tree) -> Mark | None:
    """Return where ``path`` stands; for what is missing, where it would have stood."""
    for end in range(len(path), -1, -1):
        if mark := tree.keys.get(path[:end]) or tree.values.get(path[:end]):
            return mark
    return None


def _message(found: Any, path: Path) -> str:
    match found["type"]:
        case "extra_forbidden":
            return _unknown(str(path[-1]), _model_at(path[:-1]))
        case "missing":
            return f"is missing; write {_description(path)}"
        case "model_type" | "model_attributes_type":
            return f"write keys and values here; the keys are {_listed(_model_at(path))}"
        case kind if kind in _MESSAGES:
            return _MESSAGES[kind].format_map(found.get("ctx", {}))
        case _:
            return str(found["msg"])


def _unknown(key: str, model: type[BaseModel]) -> str:
    if key in LATER:
        return "is not supported by this version of Protem"
    if key in _ELSEWHERE:
        return _ELSEWHERE[key]
    near = get_close_matches(key, _fields(model), n=1)
    hint = f"did you mean {near[0]}?" if near else f"the keys here are {_listed(model)}"
    return f"is not a key of the language; {hint}"


def _description(path: Path) -> str:
    fields = _fields(_model_at(path[:-1]))
    return next((f.description for key, f in fields.items() if key == path[-1] and f.description), "a value")


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _listed(model: type[BaseModel]) -> str:
    return ", ".join(_fields(model))


def _model_at(path: Path) -> type[BaseModel]:
    """Return the part of the language that stands at ``path``."""
    model: type[BaseModel] = File
    for key in path:
        if isinstance(key, str):
            field = _fields(model).get(key)
            model = (_model_in(field.annotation) if field else None) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)


def _list(value: Value, key: str) -> list[Value]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _repeated(items: list[Value], path: Path, tree: Tree) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for position, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        first = seen.setdefault(names.key(name), position)
        if first != position:
            here = (*path, position, "name")
            yield Fault(here, tree.values.get(here), f"{name!r} is also the name of {dotted((*path, first))}")
