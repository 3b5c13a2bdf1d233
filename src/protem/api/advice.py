"""How a refusal looks over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of refusal looks over HTTP; ``advice`` is for whoever meets it."""

    status: int
    advice: str
    headers: Mapping[str, str] = field(default_factory=dict)
