"""Who is calling, and on whose behalf."""

import uuid
from dataclasses import dataclass, field

from protem.db.models import TokenRole
from protem.domain.authority import Relation, Verb, may, within
from protem.domain.catalogue import Person
from protem.domain.errors import ActAsRefused, Forbidden

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
    touch_due: bool = False
    """Whether the token's last use on record is old enough to be written anew."""

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

    @property
    def on_record(self) -> str:
        """The name that stands beside what this caller did: the person where there is one."""
        return self.acting_as or self.label

    @property
    def key(self) -> str:
        """What tells this caller from all others, whatever they are called now."""
        person = self.person.id if self.person else ""
        bearer = "" if self.role is TokenRole.PERSONAL else f"{self.role}:{self.token_id or self.name}"
        return f"{bearer}/{person}"

    def in_scope(self, verb: Verb) -> bool:
        """Tell whether the token may be used for ``verb``; only acting as somebody needs a scope."""
        return not self.acts_as or within(verb, self.scopes)

    def require(self, verb: Verb, *further: Relation) -> None:
        """Raise ``Forbidden`` or ``ActAsRefused`` unless the tables of authority allow ``verb``."""
        self.require_scope(verb)
        if not may(verb, self.relations | frozenset(further)):
            message = f"{verb} is not for {self.label}"
            raise Forbidden(message, facts={"verb": verb})

    def require_scope(self, verb: Verb) -> None:
        """Raise ``ActAsRefused`` if this is a service that may not use ``verb`` as somebody."""
        if not self.in_scope(verb):
            message = f"the token of {self.name} lacks the scope for {verb} as somebody else"
            raise ActAsRefused(message, facts={"verb": verb})


CONSOLE = Caller(name="console", role=TokenRole.ADMIN)
"""Whoever runs ``protem`` on the machine that holds the database."""
