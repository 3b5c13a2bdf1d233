"""Who the API takes a caller for."""

from pydantic import Field

from protem.api.schemas.fields import Output
from protem.broker.callers import Caller
from protem.domain.authority import Verb
from protem.domain.catalogue import Person as Somebody


class Group(Output):
    id: str
    name: str


class Person(Output):
    id: str
    user_name: str
    groups: list[Group]

    @classmethod
    def of(cls, person: Somebody) -> "Person":
        groups = sorted(person.groups, key=lambda group: group.name)
        return cls(
            id=person.id,
            user_name=person.user_name,
            groups=[Group(id=group.id, name=group.name) for group in groups],
        )


class Me(Output):
    name: str = Field(description="The name of the token.")
    role: str = Field(description="What the token is for: `personal`, `service`, `admin` or `auditor`.")
    person: Person | None = Field(description="Whose rights apply; null for a token that stands for nobody.")
    offices: list[str] = Field(description="What the groups of that person make of them: `admin`, `auditor`.")
    service: str | None = Field(description="The service that acts as that person, if one does.")
    scopes: list[str] = Field(description="What the token is for; none where no scopes bound it.")
    may: list[str] = Field(
        description="The operations that are open, by `operationId`; some only for your own."
    )

    @classmethod
    def of(cls, caller: Caller, may: frozenset[Verb]) -> "Me":
        return cls(
            name=caller.name,
            role=caller.role,
            person=Person.of(caller.person) if caller.person else None,
            offices=sorted(caller.offices),
            service=caller.service,
            scopes=sorted(caller.scopes or ()),
            may=sorted(may),
        )
