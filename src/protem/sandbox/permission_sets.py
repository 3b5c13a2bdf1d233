"""Permission sets and what they allow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from protem.sandbox.identifiers import Identifiers
from protem.sandbox.timeline import Timeline


@dataclass(slots=True)
class PermissionSet:
    arn: str
    name: str
    description: str
    session_duration: str
    created_at: datetime
    relay_state: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    managed_policies: list[str] = field(default_factory=list)
    customer_managed_policies: list[tuple[str, str]] = field(default_factory=list)
    """Name and path of each."""
    inline_policy: str = ""
    permissions_boundary: str = ""
    version: int = 1
    """Rises with each change of what it allows; accounts have what was provisioned to them."""


class PermissionSets:
    """The permission sets of the instance, as their administrators leave them.

    The operations that write them (create, update, delete, attach, detach, put, tag, provision)
    join as handlers over these methods; `Operations.begin` serves provisioning as it is.
    """

    def __init__(self, *, timeline: Timeline, identifiers: Identifiers) -> None:
        self._timeline = timeline
        self._identifiers = identifiers
        self.instance_id = identifiers.instance()
        self._sets: dict[str, PermissionSet] = {}

    @property
    def instance_arn(self) -> str:
        return f"arn:aws:sso:::instance/{self.instance_id}"

    def add(
        self,
        name: str,
        *,
        description: str = "",
        session_duration: str = "PT1H",
        tags: Mapping[str, str] | None = None,
        managed_policies: Iterable[str] = (),
        customer_managed_policies: Iterable[tuple[str, str]] = (),
        inline_policy: str = "",
        permissions_boundary: str = "",
    ) -> str:
        """Return the ARN of a new permission set; names are unique."""
        with self._timeline as timeline:
            if self.named(name):
                raise ValueError(f"there is a permission set {name!r} already")
            set_id = self._identifiers.permission_set()
            arn = f"arn:aws:sso:::permissionSet/{self.instance_id}/{set_id}"
            self._sets[arn] = PermissionSet(
                arn,
                name,
                description,
                session_duration,
                timeline.now(),
                tags=dict(tags or {}),
                managed_policies=list(managed_policies),
                customer_managed_policies=list(customer_managed_policies),
                inline_policy=inline_policy,
                permissions_boundary=permissions_boundary,
            )
            return arn

    def remove(self, arn: str) -> None:
        with self._timeline:
            del self._sets[arn]

    def change(
        self,
        arn: str,
        *,
        managed_policies: Iterable[str] | None = None,
        inline_policy: str | None = None,
        session_duration: str | None = None,
    ) -> None:
        """Change what is named; accounts keep what they have until it is provisioned again."""
        with self._timeline:
            changed = self._sets[arn]
            if managed_policies is not None:
                changed.managed_policies = list(managed_policies)
            if inline_policy is not None:
                changed.inline_policy = inline_policy
            if session_duration is not None:
                changed.session_duration = session_duration
            changed.version += 1

    def tag(self, arn: str, **tags: str) -> None:
        with self._timeline:
            self._sets[arn].tags.update(tags)

    def untag(self, arn: str, *keys: str) -> None:
        with self._timeline:
            for key in keys:
                self._sets[arn].tags.pop(key, None)

    def all(self) -> list[PermissionSet]:
        with self._timeline:
            return list(self._sets.values())

    def get(self, arn: str) -> PermissionSet | None:
        with self._timeline:
            return self._sets.get(arn)

    def named(self, name: str) -> PermissionSet | None:
        return next((found for found in self.all() if found.name == name), None)
