"""The stored reminders of a session."""

from collections.abc import Collection, Iterable
from datetime import datetime

from services.notifications.deliveries.domain import DeliveryKind, DeliveryState
from services.notifications.deliveries.store import DELIVERIES
from services.notifications.projections.documents import PAGE
from services.notifications.projections.domain import KnownSession
from services.notifications.reminders.domain import WITHDRAWN, due
from shared.clock import to_millis
from shared.storage.contract import Document, Scalar, Store, Where, one_of


class ReminderStore:
    """Deliveries that are reminders, sent or not."""

    def __init__(self, documents: Store) -> None:
        self._documents = documents

    async def follow(self, session: KnownSession, chosen: Collection[int], now: datetime) -> None:
        """Withdraw the reminders that are not among the chosen minutes before the start. Take up again the withdrawn
        ones that are and whose time is still to come."""
        to_come = {minutes: to_millis(due(session, minutes)) for minutes in chosen if due(session, minutes) > now}
        after: list[Scalar] | None = None
        where: Where = {"subject_id": session.id, "kind": DeliveryKind.REMINDER.value}
        while page := await self._documents.find(DELIVERIES, where, limit=PAGE, after=after):
            await self._withdraw(item["_id"] for item in page if item["open"] and item["minutes_before"] not in chosen)
            for minutes, due_at in to_come.items():
                await self._take_up(_withdrawn(page, minutes, due_at), due_at)
            after = [page[-1]["_id"]]

    async def _withdraw(self, ids: Iterable[str]) -> None:
        assign = {"state": DeliveryState.SKIPPED.value, "open": 0, "reason": WITHDRAWN}
        await self._change(list(ids), {"open": 1}, assign)

    async def _take_up(self, ids: Iterable[str], due_at: int) -> None:
        assign = {"state": DeliveryState.DUE.value, "open": 1, "reason": "", "next_try_at": due_at}
        await self._change(list(ids), {"open": 0, "reason": WITHDRAWN}, assign)

    async def _change(self, ids: list[str], guard: Where, assign: Document) -> None:
        if ids:
            await self._documents.update_many(DELIVERIES, {"_id": one_of(list(ids)), **guard}, assign=assign)


def _withdrawn(page: list[Document], minutes: int, due_at: int) -> Iterable[str]:
    """The ids of those so many minutes before the session's present start."""
    for item in page:
        if (item["reason"], item["minutes_before"], item["due_at"]) == (WITHDRAWN, minutes, due_at):
            yield item["_id"]
