"""Whether mails go out, kept for all replicas and told to other services: only the one that sends knows by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from shared.clock import Clock, StoredInstant
from shared.events.notifications import SendingStateChanged
from shared.storage.aggregates import PENDING, Aggregate, Aggregates
from shared.storage.contract import Index, StoreError

log = structlog.get_logger(__name__)

SENDING_STATES = "sending_states"
SENDING_COLLECTIONS: Mapping[str, Sequence[Index]] = {SENDING_STATES: [PENDING]}
_SENDER = "sender"


class SendingState(Aggregate):
    trouble: str = ""
    """Why mails do not go out, as the relay puts it; empty while they do."""
    since: StoredInstant

    def changed(self) -> SendingStateChanged:
        return SendingStateChanged(version=0, sender=self.id, pauses=bool(self.trouble), since=self.since)


@dataclass(eq=False)
class SendingStates:
    _stored: Aggregates[SendingState]
    _clock: Clock
    _noted: str | None = field(default=None, init=False)
    """What this replica wrote last; None if it has not sent yet."""

    async def trouble(self) -> str:
        """Why mails do not go out, whichever replica sends; empty if they do."""
        state = await self._stored.get(_SENDER)
        return state.trouble if state else ""

    async def note(self, trouble: str) -> None:
        """Keep what the replica that sends knows; an event says that mails stopped or go out again."""
        if trouble == self._noted:
            return
        new = SendingState(id=_SENDER, trouble=trouble, since=self._clock())
        try:
            if not trouble or not await self._stored.create(new, new.changed()):
                await self._change(new)
        except StoreError as error:
            log.error("state of sending not kept yet", action="sending_state_not_kept", error=str(error))
        else:
            self._noted = trouble

    async def republish(self, key: str) -> None:
        await self._stored.republish(key, lambda state: [state.changed()])

    async def _change(self, new: SendingState) -> None:
        def decide(state: SendingState) -> tuple[SendingState, list[SendingStateChanged]]:
            if bool(state.trouble) == bool(new.trouble):
                return state.model_copy(update={"trouble": new.trouble}), []
            changed = state.model_copy(update={"trouble": new.trouble, "since": new.since})
            return changed, [changed.changed()]

        if await self._stored.get(_SENDER):
            await self._stored.change(_SENDER, decide)
