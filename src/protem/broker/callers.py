"""Who is calling, and on whose behalf."""

import uuid
from dataclasses import dataclass

from protem.db.models import TokenRole
from protem.domain.authority import Relation, Scope, Verb
from protem.domain.catalogue import Person
from protem.domain.errors import ActAsRefused, Forbidden, ScopeMissing
from protem.domain.ruling import Ruling, rule, within

_BY_ROLE = {
    TokenRole.PERSONAL: frozenset({Relation.PERSON}),
    TokenRole.SERVICE: frozenset({Relation.SERVICE}),
    TokenRole.ADMIN: frozenset({Relation.ADMIN}),
    TokenRole.AUDITOR: frozenset({Relation.AUDITOR}),
}
_STOPPING = frozenset({Scope.GRANTS_REVOKE, Scope.LOCKS_CREATE})


@dataclass(frozen=True, slots=True)
class Confirming:
    """The change of somebody else that a caller is just confirming."""

    change_id: uuid.UUID
    proposed_by: str

    @property
    def facts(self) -> dict[str, str]:
        """What every event of the change names besides its own facts."""
        return {"change_id": str(self.change_id), "proposed_by": self.proposed_by}


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller; ``person`` is whose rights apply, ``service`` who spoke for them."""

    name: str
    role: TokenRole
    token_id: uuid.UUID | None = None
    login_id: uuid.UUID | None = None
    """By which login a browser calls, if one does."""
    person: Person | None = None
    scopes: frozenset[Scope] | None = None
    """What the token is for; None for whoever is not bounded by a token's scopes."""
    offices: frozenset[Relation] = frozenset()
    """What a person's groups make of them, besides a person: admin, auditor."""
    act_as_groups: tuple[str, ...] = ()
    """The groups as whose members a service may act; none means everybody."""
    by_previous_secret: bool = False
    """Whether the token's secret before its last rotation was presented."""
    rate_limit: int | None = None
    """Calls a minute, where the token says so."""
    touch_due: bool = False
    """Whether the token's last use on record is old enough to be written anew."""
    bound_to_two: bool = False
    """Whether what could give access takes another admin's word, too."""
    confirming: Confirming | None = None

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
        if self.person:
            return frozenset({Relation.PERSON}) | self.offices
        stops = self.role is TokenRole.SERVICE and not _STOPPING.isdisjoint(self.scopes or ())
        return _BY_ROLE[self.role] | ({Relation.RESPONDER} if stops else frozenset())

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
        """The name that stands beside what this caller did: the person where there is one.

        What one has proposed and another confirmed bears the names of both.
        """
        name = self.acting_as or self.label
        return f"{self.confirming.proposed_by} with {name}" if self.confirming else name

    @property
    def alone(self) -> bool:
        """Whether this is one admin where two are needed."""
        return self.bound_to_two and self.confirming is None

    @property
    def key(self) -> str:
        """What tells this caller from all others, whatever they are called now."""
        person = self.person.id if self.person else ""
        bearer = "" if self.role is TokenRole.PERSONAL else f"{self.role}:{self.token_id or self.name}"
        return f"{bearer}/{person}"

    def exceeds(self, other: "Caller") -> bool:
        """Tell whether this credential was for more than ``other``, by which the same one is known now."""
        if other.scopes is not None and (self.scopes is None or not self.scopes <= other.scopes):
            return True
        return not self.relations <= other.relations

    def in_scope(self, verb: Verb) -> bool:
        """Tell whether the token may be used for ``verb``, whoever may use it."""
        return within(verb, self.scopes, acting=self.acts_as)

    def require(self, verb: Verb, *further: Relation) -> None:
        """Raise ``Forbidden`` unless the tables of authority allow ``verb``.

        Raises ``ActAsRefused`` or ``ScopeMissing`` if they do, but not with this token.
        """
        relations = self.relations | frozenset(further)
        match rule(verb, relations=relations, scopes=self.scopes, acting=self.acts_as):
            case Ruling.ALLOWED:
                pass
            case Ruling.OUT_OF_SCOPE:
                raise self._out_of_scope(verb)
            case Ruling.FORBIDDEN:
                raise Forbidden(f"{verb} is not for {self.label}", facts={"verb": verb})

    def require_second(self, verb: Verb) -> None:
        """Raise ``Forbidden`` where ``verb`` needs two people and only one has spoken.

        Callers are asked to propose before they get here: this is for a path on which that was forgotten.
        """
        if self.alone:
            raise Forbidden(
                f"{verb} takes effect only once another admin has confirmed it", facts={"verb": verb}
            )

    def require_scope(self, verb: Verb) -> None:
        """Raise ``ActAsRefused`` or ``ScopeMissing`` if the token is not for ``verb``."""
        if not self.in_scope(verb):
            raise self._out_of_scope(verb)

    def _out_of_scope(self, verb: Verb) -> ActAsRefused | ScopeMissing:
        facts = {"verb": verb}
        if self.acts_as:
            message = f"the token of {self.name} lacks the scope for {verb} as somebody else"
            return ActAsRefused(message, facts=facts)
        return ScopeMissing(f"this token lacks the scope for {verb}", facts=facts)


CONSOLE = Caller(name="console", role=TokenRole.ADMIN)
"""Whoever runs ``protem`` on the machine that holds the database."""
