"""The names of those whom rows know by id."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from protem.api.schemas.references import Person
from protem.broker import catalogue
from protem.db.models import Principal, Token


@dataclass(frozen=True, slots=True)
class Names:
    """Everybody whom some rows name: people read at once, services as they are met."""

    session: Session
    people: Mapping[str, Principal]

    @classmethod
    def of(cls, session: Session, principal_ids: Iterable[str]) -> "Names":
        return cls(session, catalogue.named(session, set(principal_ids)))

    def person(self, principal_id: str) -> Person:
        return Person.of(self.people[principal_id])

    def service(self, token_id: uuid.UUID | None) -> str | None:
        """Return the name of the service whose token this is; a session reads each one once."""
        return None if token_id is None else self.session.get_one(Token, token_id).name
