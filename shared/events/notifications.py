"""Events that the notifications service publishes."""

from shared.events.base import Event, Stream


class SurveyLinksPrepared(
    Event, name="sync.survey-links-prepared", source="notifications", key="session_id", stream=Stream.SYNC
):
    """The links of a session's survey exist; published again until SurveyOpened is seen.

    `hashes` are the lower-case hex SHA-256 of the links' tokens in bytes, in an order that tells no person. Chunks stay
    below the broker's message limit and each is an anonymity set of its own. The link of somebody who became known late
    joins the chunk that its token names: that chunk is published again, with all of its hashes and a later version.
    """

    session_id: str
    part: int
    """Number of this chunk, from 0."""
    parts: int
    """How many chunks there are in all: by it a token names its chunk. Settled when the links are prepared first."""
    hashes: list[str]
