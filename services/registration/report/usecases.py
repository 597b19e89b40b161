"""Collecting what reports are made of, and finding the sessions that broke a promise."""

from datetime import timedelta

from services.registration.coverage.usecases import seats
from services.registration.entities.usecases import Entities
from services.registration.petitions.store import PetitionStore
from services.registration.programmes.domain import Programme
from services.registration.programmes.schemas import MOST_SURVEY_DAYS
from services.registration.programmes.usecases import Programmes
from services.registration.projections import KnownProposals, KnownResults
from services.registration.registrations.store import RegistrationStore
from services.registration.report.commitments import Judged, Verdict, judged
from services.registration.report.domain import Facts
from services.registration.report.petitions import PetitionFigures
from services.registration.sessions.store import SessionStore
from shared.clock import Clock

SHOWN_FOR = timedelta(days=30)
"""How long after the planned end of its survey a broken promise is to be dealt with."""


class Reports:
    def __init__(
        self,
        sessions: SessionStore,
        registrations: RegistrationStore,
        programmes: Programmes,
        entities: Entities,
        results: KnownResults,
        proposals: KnownProposals,
        petitions: PetitionStore,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._registrations = registrations
        self._programmes = programmes
        self._entities = entities
        self._results = results
        self._proposals = proposals
        self._petitions = petitions
        self._clock = clock

    async def facts(self, programme: Programme) -> Facts:
        sessions = await self._sessions.of_programme(programme.id)
        return Facts(
            programme=programme,
            sessions=sessions,
            seats=await seats(self._registrations, programme.id),
            results=await self._results.many(session.id for session in sessions),
            proposals=await self._proposals.of_programme(programme.id),
            petitions=[PetitionFigures.of(each) async for each in self._petitions.of_programme(programme.id)],
            directory=await self._entities.everybody(),
        )

    async def broken(self) -> list[Judged]:
        """The sessions of late whose survey has a mean below what was promised, by start."""
        now, programmes = self._clock(), await self._programmes.by_slug()
        lately = await self._sessions.between(now - SHOWN_FOR - timedelta(days=MOST_SURVEY_DAYS), now)
        results = await self._results.many(session.id for session in lately)
        found = []
        for session in lately:
            programme = programmes[session.programme]
            verdict = judged(programme, session, results.get(session.id))
            shown_until = session.over_at + timedelta(days=programme.survey_days) + SHOWN_FOR
            if verdict and verdict.verdict is Verdict.BROKEN and now < shown_until:
                found.append(verdict)
        return found
