"""Everything an Identity Center knows, in one place for the handlers."""

import hashlib

from protem.clock import Clock
from protem.sandbox.assignments import Assignments
from protem.sandbox.directory import Directory
from protem.sandbox.fulfilment import Fulfilment
from protem.sandbox.identifiers import Identifiers
from protem.sandbox.operations import Operations
from protem.sandbox.organization import Organization
from protem.sandbox.pages import Pager
from protem.sandbox.permission_sets import PermissionSets
from protem.sandbox.settings import Settings, Span
from protem.sandbox.timeline import Timeline


class State:
    """The nouns, wired: one timeline, one source of identifiers."""

    def __init__(self, *, clock: Clock, settings: Settings) -> None:
        self.settings = settings
        self.timeline = timeline = Timeline(clock)
        self.identifiers = identifiers = Identifiers(settings.seed)
        self.directory = Directory(timeline=timeline, identifiers=identifiers)
        self.organization = Organization(
            timeline=timeline,
            identifiers=identifiers,
            management_account=settings.management_account,
        )
        self.permission_sets = PermissionSets(timeline=timeline, identifiers=identifiers)
        self.assignments = Assignments(
            timeline=timeline,
            directory=self.directory,
            permission_sets=self.permission_sets,
            removed_principals_vanish=settings.assignments_of_removed_principals == "vanish",
        )
        self.operations = self._operations()
        secret = hashlib.sha256(f"pages of {settings.seed}".encode()).digest()
        self.pager = Pager(secret, settings.page_size)
        self.created_at = clock.now()

    def seconds(self, span: Span) -> float:
        if isinstance(span, tuple):
            return self.identifiers.between(*span)
        return span

    def _operations(self) -> Operations:
        fulfilment = Fulfilment(
            settings=self.settings,
            directory=self.directory,
            organization=self.organization,
            assignments=self.assignments,
        )
        return Operations(
            timeline=self.timeline,
            identifiers=self.identifiers,
            carry_out=fulfilment.carry_out,
            kept_seconds=self.settings.operations_kept_seconds,
        )
