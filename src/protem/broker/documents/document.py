"""A whole document: what was written, its one normal form, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from protem.broker.documents import language, meaning
from protem.broker.documents.faults import MOST, from_pydantic, presented, repeated_names
from protem.broker.documents.reading import Fault, Tree, read
from protem.domain import digests
from protem.domain.entitlements import Entitlement
from protem.domain.errors import EntitlementsInvalid

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
        many = f"{MOST} or more" if len(faults) >= MOST else str(len(faults))
        count = "1 thing is" if many == "1" else f"{many} things are"
        shown = [presented(fault, file=file) for fault in faults[:_MOST_FAULTS]]
        more = f"; these are the first {_MOST_FAULTS}" if len(faults) > _MOST_FAULTS else ""
        raise EntitlementsInvalid(f"{count} wrong in {file}{more}", errors=shown)
    return Document(source, parsed.normal(), _meaning(parsed))


def entitlements(document: Mapping[str, Any]) -> tuple[Entitlement, ...]:
    """Return what a document in normal form means."""
    return _meaning(language.File.of(document))


def _validated(tree: Tree) -> tuple[language.File | None, list[Fault]]:
    if tree.spoiled(()):
        return None, tree.faults
    faults = [*tree.faults, *repeated_names(tree)]
    try:
        return language.File.of(tree.value), faults
    except ValidationError as error:
        faults += from_pydantic(error, tree)
    return None, sorted(
        faults, key=lambda fault: (fault.mark.line, fault.mark.column) if fault.mark else (0, 0)
    )


def _meaning(parsed: language.File) -> tuple[Entitlement, ...]:
    return tuple(meaning.entitlement(rule) for rule in parsed.entitlements)
