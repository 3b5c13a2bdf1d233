"""One case, sent as somebody, and judged: by its document, by its code, and by who may still call."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from schemathesis import Case
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from tests.api import contract
from tests.attacks.ground import Ground
from tests.attacks.harvest import Harvest

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
ACCEPTED = checks.negative_data_rejection
"""That what was accepted was in order; every refusal is as good as another if it is declared."""

_JSON = "application/json"
_REFUSED = 400

_LASTING = frozenset({"wait"})
"""Parameters that make an answer take real time."""


@dataclass
class Tally:
    """What came of it all."""

    statuses: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, operation: str, kind: str, status: int) -> None:
        self.statuses[operation, kind, status] += 1

    def by_status(self) -> Counter[int]:
        """Return how often each status was answered."""
        counted = Counter[int]()
        for (_, _, status), count in self.statuses.items():
            counted[status] += count
        return counted

    @property
    def sent(self) -> int:
        return self.statuses.total()


@dataclass
class Attack:
    """Everything that is sent against one ground."""

    ground: Ground
    chance: Random
    harvest: Harvest = field(default_factory=Harvest)
    tally: Tally = field(default_factory=Tally)

    def send(self, case: Case[Any], kind: str) -> Any:
        """Send a case as somebody and note whatever is wrong with the answer."""
        headers = self.ground.cast.headers(kind)
        if "Act-As" in headers:
            case.headers.pop("Act-As", None)
        answer = case.call(headers=headers)
        if answer.status_code == 401 and self.ground.cast.lost(kind):
            headers = self.ground.cast.headers(kind)
            answer = case.call(headers=headers)
        self.tally.add(case.operation.label, kind, answer.status_code)
        wrong = self._wrong(case, answer)
        if wrong:
            self.tally.failures.append(f"{case.operation.label} as {kind}: {wrong}\n{_curl(case)}")
        self._reap(case, answer)
        return answer

    def season(self, case: Case[Any], *, chance: float = 0.75) -> Case[Any]:
        """Put what was seen in answers where a case has something made up, this often."""
        for name in _LASTING & set(case.query or ()):
            del case.query[name]
        for name in case.path_parameters or ():
            if not _in_order(case, name):
                continue  # this is what is wrong with it
            seen = self.harvest.path_value(name, case.operation.path, self.chance)
            if seen is not None and self.chance.random() < chance:
                case.path_parameters[name] = seen
        if isinstance(case.body, dict):
            case.body = self._seasoned(case.body, chance) | self._shown(case, chance)
        return case

    def _shown(self, case: Case[Any], chance: float) -> dict[str, Any]:
        """Return the digest of what the address names, most of the time: that of another is refused early."""
        named = (case.path_parameters or {}).get("request_id")
        digest = self.harvest.some(f"digest of {named}", self.chance)
        wanted = isinstance(case.body, dict) and "digest" in case.body and self.chance.random() < chance
        return {"digest": digest} if digest and wanted else {}

    def _seasoned(self, body: Any, chance: float) -> Any:
        match body:
            case dict():
                return {name: self._value(name, value, chance) for name, value in body.items()}
            case list():
                return [self._seasoned(value, chance) for value in body]
            case _:
                return body

    def _value(self, name: str, value: Any, chance: float) -> Any:
        seen = self.harvest.some(_ALIASES.get(name, name), self.chance)
        if isinstance(value, str) and isinstance(seen, str) and self.chance.random() < chance:
            return seen
        return self._seasoned(value, chance)

    def _wrong(self, case: Case[Any], answer: Any) -> str | None:
        if answer.status_code >= 500:
            return f"{answer.status_code} {answer.text[:300]}"
        if answer.status_code == 401:
            return "a good credential was refused"
        try:
            case.validate_response(
                answer, checks=CHECKS + ([ACCEPTED] if answer.status_code < _REFUSED else [])
            )
            read: Any = _Read(answer)
            contract.check(self.ground.api.http, case.method, case.formatted_path, read)
        except (FailureGroup, AssertionError) as failure:
            return str(failure)[:600]
        return None

    def _reap(self, case: Case[Any], answer: Any) -> None:
        if answer.status_code < 300 and _JSON in answer.headers.get("content-type", ()):
            self.harvest.reap(case.operation.path, json.loads(answer.content or b"null"))


def _in_order(case: Case[Any], name: str) -> bool:
    """Tell whether a part of an address is what the document asks for."""
    if not name.endswith("_id"):
        return name == "name"
    try:
        uuid.UUID(str(case.path_parameters[name]))
    except ValueError:
        return False
    return True


_ALIASES = {"user": "user_name", "beneficiary": "user_name", "subject": "name"}


@dataclass
class _Read:
    """An answer as ``contract`` wants it."""

    answer: Any

    @property
    def status_code(self) -> int:
        return int(self.answer.status_code)

    @property
    def text(self) -> str:
        return str(self.answer.text)

    def json(self) -> Any:
        return json.loads(self.answer.content)


def _curl(case: Case[Any]) -> str:
    body = "" if case.body is NOT_SET else f" {case.body!r}"
    return f"  {case.method} {case.formatted_path} {dict(case.query or {})} {dict(case.headers or {})}{body}"[
        :1000
    ]
