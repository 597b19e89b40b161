"""The documents of the surveys: the key and state of each, and the parts of its links."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications.surveys.domain import Survey, SurveyPart
from shared.clock import Clock, to_millis
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Store, at_most, less

SURVEY_KEYS = "survey_keys"
SURVEY_PARTS = "survey_parts"

SURVEY_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    SURVEY_KEYS: [Index(("open", "tend_at"))],
    SURVEY_PARTS: [Index(("session_id",)), PENDING],
}


class SurveyStore:
    """Surveys of sessions, and the parts of their links."""

    def __init__(self, documents: Store, clock: Clock) -> None:
        self._documents = documents
        self.parts = Aggregates(documents, SURVEY_PARTS, SurveyPart, clock=clock)

    async def get(self, session_id: str) -> Survey | None:
        """The survey of a session."""
        document = await self._documents.get(SURVEY_KEYS, session_id)
        return Survey.model_validate(document) if document else None

    async def is_open(self, session_id: str) -> bool:
        """Whether it has not closed."""
        survey = await self.get(session_id)
        return survey is not None and survey.open == 1

    async def add(self, survey: Survey) -> bool:
        """Insert it; False when it is there already."""
        return await self._documents.insert(SURVEY_KEYS, survey.model_dump(mode="json", by_alias=True))

    async def update(
        self, session_id: str, fields: Mapping[str, Any], *, guard: Mapping[str, Any] | None = None
    ) -> bool:
        """Set fields if the guard holds; whether it did."""
        return await self._documents.update(SURVEY_KEYS, session_id, guard=guard, assign=fields)

    async def call(self, session_id: str, now: datetime) -> bool:
        """Make an open survey due for its next step now; False when there is none."""
        return await self._documents.update(
            SURVEY_KEYS,
            session_id,
            guard={"open": 1},
            assign={"tend_at": to_millis(now)},
            increment={"calls": 1},
        )

    async def claim(self, owner: str, now: datetime, until: datetime) -> Survey | None:
        """Lease a survey whose next step is due."""
        claimed = await self._documents.claim(
            SURVEY_KEYS,
            {"open": 1, "tend_at": at_most(to_millis(now))},
            owner=owner,
            now=to_millis(now),
            until=to_millis(until),
            order=[("tend_at", 1)],
        )
        return Survey.model_validate(claimed[0]) if claimed else None

    async def release(self, survey: Survey, tend_at: datetime | None) -> None:
        """End the lease; the next step is due at `tend_at`, or at once if somebody called meanwhile."""
        later = {"lease_until": 0, "tend_at": to_millis(tend_at) if tend_at else None}
        if not await self.update(survey.id, later, guard={"calls": survey.calls}):
            await self.update(survey.id, {"lease_until": 0})

    async def see(self, session_id: str, version: int) -> None:
        """Note the version of an event of feedback's survey, to answer its inventory."""
        await self.update(session_id, {"seen": version}, guard={"seen": less(version)})

    async def parts_of(self, session_id: str) -> list[SurveyPart]:
        """The parts of a session's links that were prepared."""
        return [part async for part in self.parts.each({"session_id": session_id})]

    async def delete_parts(self, session_id: str) -> None:
        """Delete the hashes."""
        await self._documents.delete(SURVEY_PARTS, {"session_id": session_id})

    async def erase(self, session_id: str) -> None:
        """Delete the hashes and leave no byte of them or of the key, once.

        Raises:
            StoreError: the deleted bytes are still being read; try again.
        """
        await self.delete_parts(session_id)
        survey = await self.get(session_id)
        if survey is not None and not survey.erased:
            await self._documents.compact()
            await self.update(session_id, {"erased": 1})
