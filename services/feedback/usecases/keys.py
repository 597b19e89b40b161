"""The key of each open survey: a message of the broker, of which no backup is made.

It is made once and overwritten when the survey is sealed. Each replica remembers the keys that it has used, and puts
them back should the broker lose its store.
"""

from collections.abc import Container, Iterator
from contextlib import contextmanager

import nats.errors
from faststream.exceptions import IncorrectState
from faststream.nats import NatsBroker
from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import APIError, NotFoundError

from services.feedback.domain.encryption import new_key
from shared.events.feedback import SurveyUnanswered
from shared.events.notifications import SurveyLinksPrepared
from shared.messaging.publishing import jetstream, publish
from shared.messaging.purging import delete_all, purge_events
from shared.messaging.streams import KEYS
from shared.storage.contract import StoreError

EVENTS_WITH_HASHES = (SurveyLinksPrepared, SurveyUnanswered)
_SUBJECT = "keys.surveys."
_NO_MESSAGE = 10037
_NOT_THE_FIRST = 10071


class SurveyKeys:
    """Every method raises StoreError where the broker does not answer."""

    def __init__(self, broker: NatsBroker) -> None:
        self._broker = broker
        self._known: dict[str, bytes] = {}

    async def get(self, session_id: str) -> bytes:
        """The key of a survey that has opened.

        Raises:
            StoreError: it is missing.
        """
        key = await self.find(session_id)
        if key is None:
            raise StoreError("the key of a survey is missing")
        return key

    async def find(self, session_id: str) -> bytes | None:
        if session_id not in self._known and (stored := await self._stored(session_id)):
            self._known[session_id] = stored
        return self._known.get(session_id)

    async def make(self, session_id: str) -> bytes:
        """The survey's key; a new one if there is none."""
        key = await self.find(session_id) or await self._put(session_id, new_key())
        self._known[session_id] = key
        return key

    def forget(self, session_id: str) -> None:
        """Ask the broker again the next time."""
        self._known.pop(session_id, None)

    async def put_back(self, live: Container[str]) -> None:
        """Store the keys of live surveys again that the broker has lost; forget those of others."""
        for session_id, key in list(self._known.items()):
            if session_id in live:
                self._known[session_id] = await self._stored(session_id) or await self._put(session_id, key)
            else:
                self.forget(session_id)

    async def destroy(self, session_id: str) -> None:
        """Overwrite the key, and the hashes of links that went through the broker."""
        self.forget(session_id)
        with _broker_trouble():
            await purge_events(self._broker, EVENTS_WITH_HASHES, session_id)
            await delete_all(self._js, KEYS, _SUBJECT + session_id)

    async def sessions(self) -> list[str]:
        """Whose surveys have a key."""
        with _broker_trouble():
            info = await self._js.stream_info(KEYS, subjects_filter=f"{_SUBJECT}*")
        return [subject.removeprefix(_SUBJECT) for subject in info.state.subjects or {}]

    async def _stored(self, session_id: str) -> bytes | None:
        with _broker_trouble():
            try:
                return (await self._js.get_last_msg(KEYS, _SUBJECT + session_id)).data
            except NotFoundError as error:
                if error.err_code != _NO_MESSAGE:
                    raise  # the stream itself is missing: that says nothing about the key
        return None

    async def _put(self, session_id: str, key: bytes) -> bytes:
        """Store a key; the one that is there if another replica was faster."""
        only_first: dict[str, str] = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE: "0"}
        with _broker_trouble():
            try:
                await publish(self._js, _SUBJECT + session_id, key, only_first, stream=KEYS)
            except APIError as error:
                if error.err_code != _NOT_THE_FIRST:
                    raise
                return (await self._js.get_last_msg(KEYS, _SUBJECT + session_id)).data or b""
        return key

    @property
    def _js(self) -> JetStreamContext:
        return jetstream(self._broker)


@contextmanager
def _broker_trouble() -> Iterator[None]:
    """Turn the broker's errors into a store's: for who asks, a store is not to be had."""
    try:
        yield
    except (nats.errors.Error, IncorrectState, TimeoutError, OSError) as error:
        raise StoreError(f"the broker does not give or take a survey's key: {error}") from error
