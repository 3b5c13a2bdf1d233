"""Who is calling, and on whose behalf."""

import uuid
from dataclasses import dataclass, field

from protem.db.models import TokenRole
from protem.domain.authority import Relation, Verb, may
from protem.domain.entitlements import Person
from protem.domain.errors import Forbidden

_BY_ROLE = {
    TokenRole.PERSONAL: frozenset({Relation.PERSON}),
    TokenRole.SERVICE: frozenset({Relation.SERVICE}),
    TokenRole.ADMIN: frozenset({Relation.ADMIN}),
    TokenRole.AUDITOR: frozenset({Relation.AUDITOR}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller; ``person`` is whose rights apply, ``service`` who spoke for them."""

    name: str
    role: TokenRole
    token_id: uuid.UUID | None = None
    person: Person | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def acts_as(self) -> bool:
        """Whether this is a service that speaks as a person."""
        return self.role is TokenRole.SERVICE and self.person is not None

    @property
    def service(self) -> str | None:
        """The name of the service that acts, if one does."""
        return self.name if self.acts_as else None

    @property
    def relations(self) -> frozenset[Relation]:
        """How this caller stands to the installation as a whole."""
        return frozenset({Relation.PERSON}) if self.person else _BY_ROLE[self.role]

    @property
    def label(self) -> str:
        """The name under which the audit knows whoever presented the credential."""
        if self.role is TokenRole.PERSONAL and self.person:
            return f"user:{self.person.user_name}"
        return f"{self.role}:{self.name}"

    @property
    def acting_as(self) -> str | None:
        """The name under which the audit knows the person that a service speaks for."""
        return f"user:{self.person.user_name}" if self.acts_as and self.person else None

    def require(self, verb: Verb, *further: Relation) -> None:
        """Raise ``Forbidden`` unless the table of authority allows ``verb`` to this caller."""
        if not may(verb, self.relations | frozenset(further)):
            message = f"{verb} is not for {self.label}"
            raise Forbidden(message, facts={"verb": verb})


CONSOLE = Caller(name="console", role=TokenRole.ADMIN)
"""Whoever runs ``protem`` on the machine that holds the database."""
