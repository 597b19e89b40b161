"""Events that the notifications service publishes."""

from pydantic import AwareDatetime

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


class SendingStateChanged(
    Event, name="sync.sending-state-changed", source="notifications", key="sender", stream=Stream.SYNC
):
    """Mails stopped going out, or go out again. Says nothing about any mail."""

    sender: str
    """Always the same: one replica sends at a time."""
    pauses: bool
    """Whether all mails, or those to whole domains, are kept because of what the relay answers."""
    since: AwareDatetime


class MailBounced(
    Event, name="people.mail-bounced", source="notifications", key="suppression_id", stream=Stream.PEOPLE
):
    """A mail was refused for good, and its address gets none until the office lifts that. Holds no address."""

    suppression_id: str
    """Opaque, one for an address: what bounces again after it was lifted is told with the same."""
    kind: str
    """What the mail told, as the list of deliveries names it."""
    subject_id: str
    """The session or the proposal that it was about."""
    recipient_id: str
    """The registration or the follower who was to get it."""
    bounced_at: AwareDatetime


class BounceLifted(
    Event, name="people.bounce-lifted", source="notifications", key="suppression_id", stream=Stream.PEOPLE
):
    """An address whose mail bounced may get mails again, or nobody has it any more."""

    suppression_id: str
