"""The stored surveys: key, state and the parts of the links."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.notifications.surveys.domain import Survey, SurveyPart
from shared.clock import Clock, to_millis
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Store, Where, at_most, less
from shared.storage.projections import Projection

SURVEY_KEYS = "survey_keys"
SURVEY_PARTS = "survey_parts"
SURVEY_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    SURVEY_KEYS: [Index(("open", "tend_at"))],
    SURVEY_PARTS: [Index(("session_id",)), PENDING],
}


class SurveyStore(Projection[Survey]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, SURVEY_KEYS, Survey)
        self.parts = Aggregates(store, SURVEY_PARTS, SurveyPart, clock=clock)

    async def update(self, session_id: str, fields: Mapping[str, Any], *, guard: Where | None = None) -> bool:
        return await self._store.update(SURVEY_KEYS, session_id, guard=guard, assign=fields)

    async def call(self, session_id: str, now: datetime) -> bool:
        """Make an open survey due for its next step now; False if there is none."""
        due = {"tend_at": to_millis(now)}
        return await self._store.update(SURVEY_KEYS, session_id, guard={"open": 1}, assign=due, increment={"calls": 1})

    async def claim(self, owner: str, now: datetime, until: datetime) -> Survey | None:
        """Lease a survey whose next step is due."""
        claimed = await self._store.claim(
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
        """Note the version of feedback's survey, to answer its inventory."""
        await self.update(session_id, {"seen": version}, guard={"seen": less(version)})

    async def parts_of(self, session_id: str) -> list[SurveyPart]:
        return [part async for part in self.parts.each({"session_id": session_id})]

    async def delete_parts(self, session_id: str) -> None:
        await self._store.delete(SURVEY_PARTS, {"session_id": session_id})

    async def erase(self, session_id: str) -> None:
        """Delete the hashes and overwrite them and the key, once.

        Raises:
            StoreError: the deleted bytes are still being read; try again.
        """
        await self.delete_parts(session_id)
        survey = await self.get(session_id)
        if survey is not None and not survey.erased:
            await self._store.compact()
            await self.update(session_id, {"erased": 1})
