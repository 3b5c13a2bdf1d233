"""Fingerprints of what people were shown, so that a decision is about exactly that."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Canonical: TypeAlias = "str | int | bool | Sequence[Canonical] | Mapping[str, Canonical] | None"


def digest(facts: Canonical) -> str:
    """Return ``sha256:`` and the hex digest of the facts in one canonical JSON form.

    Floats are left out on purpose: strings, whole numbers, lists and objects have one spelling.
    """
    canonical = json.dumps(
        facts,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
