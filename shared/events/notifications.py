"""Events that the notifications service publishes."""

from shared.events.base import Event, Stream


class SurveyLinksPrepared(
    Event, name="sync.survey-links-prepared", source="notifications", key="session_id", stream=Stream.SYNC
):
    """The links of a session's survey exist; published again until SurveyOpened is seen.

    `hashes` are the lower-case hex SHA-256 of the links' tokens, shuffled: nothing in them or in their order tells a
    person. Chunks stay below the broker's message limit and each is an anonymity set of its own.
    """

    session_id: str
    part: int
    """Number of this chunk, from 0."""
    parts: int
    """How many chunks there are in all; a later, larger number means that late registrants were added."""
    hashes: list[str]
