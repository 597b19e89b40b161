"""Bringing in what was before, and the people of a session to come, from a file: planned, then all at once."""

from dataclasses import dataclass
from functools import partial

from services.registration.entities.usecases import Entities
from services.registration.moving_in.assistances import ToldAssistances
from services.registration.moving_in.columns import (
    ASSISTANCE_COLUMNS,
    PARTICIPATION_COLUMNS,
    PEOPLE_COLUMNS,
    SESSION_COLUMNS,
)
from services.registration.moving_in.participation import PastParticipation
from services.registration.moving_in.past_sessions import PastSessions
from services.registration.moving_in.people import ComingPeople
from services.registration.programmes.usecases import Programmes
from services.registration.registrations.store import RegistrationStore
from services.registration.registrations.usecases import Registrations
from services.registration.resources.usecases import Resources
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.imports.accepted import Imports
from shared.imports.files import FileImport
from shared.imports.plans import LineState, Plan
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.contract import Store
from shared.storage.records import Author


@dataclass(eq=False)
class MovingIn:
    _documents: Store
    _sessions: SessionStore
    _registrations: RegistrationStore
    _programmes: Programmes
    _entities: Entities
    _registering: Registrations
    _resources: Resources
    _clock: Clock

    def __post_init__(self) -> None:
        past = PastSessions(self._sessions, self._programmes, self._clock)
        took_part = PastParticipation(
            self._sessions, self._programmes, self._entities, self._registrations, self._clock
        )
        self._people = ComingPeople(self._registering, self._registrations, self._entities)
        assistances = ToldAssistances(self._resources, self._entities)
        carry_out = {
            "sessions": past.store,
            "participation": took_part.store,
            "people": self._people.store,
            "assistances": self._resources.store,
        }
        self.imports = Imports.over(self._documents, self._clock, carry_out)
        self.sessions = FileImport(
            SESSION_COLUMNS, past.plan, Action("sessions.imported", Role.ADMIN, partial(self._accept, "sessions", ""))
        )
        self.participation = FileImport(
            PARTICIPATION_COLUMNS,
            took_part.plan,
            Action("participation.imported", Role.ADMIN, partial(self._accept, "participation", "")),
        )
        self.assistances = FileImport(
            ASSISTANCE_COLUMNS,
            assistances.plan,
            Action("assistances.imported", Role.ADMIN, partial(self._accept, "assistances", "")),
        )

    def people(self, session_id: str) -> FileImport:
        """The import of the people of a session to come."""
        accept = partial(self._accept, "people", session_id)
        action = Action("registrations.imported", Role.EDITOR, accept)
        return FileImport(PEOPLE_COLUMNS, partial(self._people.plan, session_id), action, holds_people=True)

    async def _accept(self, kind: str, subject: str, by: Author, plan: Plan) -> None:
        counts = plan.counts
        details = {"lines_new": counts[LineState.NEW], "lines_changed": counts[LineState.CHANGED]}
        await self.imports.accept(kind, plan.items, by.record(subject, details))
