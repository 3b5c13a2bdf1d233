"""From YAML text to plain values that remember where they stood.

Scalars stay the text that was written: the language knows which of them are numbers, so that an
account ``012345678901`` keeps its zero and a group may be called ``off``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml
from yaml.reader import Reader

LIMIT = 1_048_576
"""Bytes of a document; a thousand thorough entitlements take half of it."""

_DEEPEST = 16
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text; both numbers count from one."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where; the path is empty where the text is no YAML at all."""

    path: Path
    mark: Mark | None
    message: str


@dataclass(slots=True)
class Tree:
    """The values of a document, the place of each, and what was wrong with the YAML."""

    value: Value = None
    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _wrong: set[Path] = field(default_factory=set)

    def fault(self, path: Path, mark: Mark | None, message: str) -> None:
        self.faults.append(Fault(path, mark, message))
        self._wrong.add(path)

    def spoiled(self, path: Path) -> bool:
        """Whether something on the way to ``path`` has been found wrong already."""
        return any(path[:end] in self._wrong for end in range(len(path) + 1))


def read(source: str) -> Tree:
    """Return the tree of ``source``; where it is no YAML, the only thing in it is the fault."""
    text = source.removeprefix("\ufeff")
    if len(text.encode(errors="surrogatepass")) > LIMIT:
        return _unreadable(None, "the document is larger than one mebibyte")
    if (stray := Reader.NON_PRINTABLE.search(text)) is not None:
        before = text[: stray.start()]
        place = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        return _unreadable(place, f"the character U+{ord(stray[0]):04X} has no place in YAML")
    try:
        return _Composer(yaml.parse(text, Loader=_Loader)).document()
    except yaml.MarkedYAMLError as error:
        problem = " ".join(part for part in (error.context, error.problem) if part)
        return _unreadable(
            _mark(error.problem_mark or error.context_mark), f"this is not valid YAML: {problem}"
        )
    except yaml.YAMLError as error:
        return _unreadable(None, f"this is not valid YAML: {error}")


def _unreadable(mark: Mark | None, message: str) -> Tree:
    tree = Tree()
    tree.fault((), mark, message)
    return tree


def _mark(mark: Any) -> Mark | None:
    return None if mark is None else Mark(mark.line + 1, mark.column + 1)


class _TooDeep(yaml.MarkedYAMLError):
    """Nesting beyond anything the language has."""


class _Composer:
    """Builds the values from the parser's events, without anchors, aliases, tags and types."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._tree = Tree()

    def document(self) -> Tree:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._tree.fault((), Mark(1, 1), "the document is empty")
            return self._tree
        self._tree.value = self._value(next(self._events), ())
        next(self._events)  # the end of the document
        if isinstance(another := next(self._events), yaml.DocumentStartEvent):
            self._tree.fault((), _mark(another.start_mark), "a second document begins here; only one is read")
        return self._tree

    def _value(self, event: Any, path: Path) -> Value:
        mark = _mark(event.start_mark)
        if mark:
            self._tree.values[path] = mark
        if len(path) > _DEEPEST:
            raise _TooDeep(problem="nothing is nested this deep", problem_mark=event.start_mark)
        if event.anchor is not None:
            self._tree.fault(path, mark, "anchors (&) and aliases (*) are not read; write the value out")
        if getattr(event, "tag", None) is not None:
            self._tree.fault(path, mark, f"the tag {event.tag} is not read; leave it out")
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event, path)
            case yaml.SequenceStartEvent():
                return list(self._items(path))
            case yaml.MappingStartEvent():
                return self._mapping(path)
        return None

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> str | None:
        if not event.style and event.value in _EMPTY:
            self._tree.fault(path, _mark(event.start_mark), "is empty; write a value, or leave the key out")
            return None
        return str(event.value)

    def _items(self, path: Path) -> Iterator[Value]:
        position = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._value(event, (*path, position))
            position += 1

    def _mapping(self, path: Path) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, mark = self._key(event, path), _mark(event.start_mark)
            here = (*path, key)
            value = self._value(next(self._events), here)
            if key in found:
                first = self._tree.keys[here].line
                self._tree.fault(here, mark, f"is here twice; the first is in line {first}")
                continue
            found[key] = value
            if mark:
                self._tree.keys[here] = mark
        return found

    def _key(self, event: Any, path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        raise yaml.MarkedYAMLError(problem="a key is a single word", problem_mark=event.start_mark)
