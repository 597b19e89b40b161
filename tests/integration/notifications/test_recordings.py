"""Followers of a proposal are told of the recording of the session that answered it."""

from shared.events import Event
from shared.events.proposals import ProposalAnswered
from shared.events.registration import EntityRegistered, MaterialsPublished
from shared.events.vocabulary import ProposalState, RegistrationStatus, SessionStatus
from tests.integration.notifications.house import SESSION, House, person, session_ended, session_values
from tests.integration.notifications.test_proposals import (
    AUTHOR,
    back_under_review,
    proposal,
    registered_author,
    session_cancelled,
    tell_the_date,
    told,
)

RECORDING = "https://video.example/1"


def answered(step: int = 2) -> ProposalAnswered:
    changes = {"session_id": SESSION, "step": step}
    return ProposalAnswered(version=4, **proposal(ProposalState.ANSWERED_IN_SESSION, **changes))


def published(version: int = 10, recording: str = RECORDING) -> MaterialsPublished:
    return MaterialsPublished(version=version, **session_values(status=SessionStatus.ENDED, recording_url=recording))


async def _recording_told(house: House, *events: Event) -> list[str]:
    """Who is told of the recording by these events."""
    await house.hear(*events)
    return [news for news in await told(house) if news.startswith("proposal_recording")]


async def test_followers_are_told_of_the_recording_once_also_when_it_is_replaced(house: House) -> None:
    await tell_the_date(house)
    both = ["proposal_recording author", "proposal_recording supporter"]
    assert await _recording_told(house, session_ended(), answered(), published()) == both
    assert await _recording_told(house, published(), published(11, "https://video.example/2")) == []


async def test_a_recording_before_the_end_is_told_with_the_answer(house: House) -> None:
    await tell_the_date(house)
    assert await _recording_told(house, published(5)) == [], "it is still to be answered"
    events = session_ended(recording_url=RECORDING), answered()
    assert await _recording_told(house, *events) == ["proposal_recording author", "proposal_recording supporter"]


async def test_materials_without_recording_are_not_told_to_followers(house: House) -> None:
    await tell_the_date(house)
    assert await _recording_told(house, session_ended(), answered(), published(recording="")) == []


async def test_a_recording_that_was_withdrawn_is_not_told(house: House) -> None:
    await tell_the_date(house)
    assert await _recording_told(house, session_ended(), answered(), published(), published(11, "")) == []


async def test_who_has_a_seat_gets_the_recording_with_the_materials_alone(house: House) -> None:
    await tell_the_date(house)
    await house.hear(registered_author())
    news = await _recording_told(house, session_ended(), answered(), published())
    assert news == ["proposal_recording supporter"]


async def test_who_only_waited_for_a_seat_is_told_of_the_recording(house: House) -> None:
    await tell_the_date(house)
    waiting = {**person(1, RegistrationStatus.WAITING), "email": f"{AUTHOR[:6]}@alamus.example"}
    await house.hear(EntityRegistered(version=1, **waiting))
    news = await _recording_told(house, session_ended(), answered(), published())
    assert news == ["proposal_recording author", "proposal_recording supporter"]


async def test_of_a_cancelled_session_no_recording_is_told(house: House) -> None:
    await tell_the_date(house)
    assert await _recording_told(house, session_cancelled(), back_under_review(), published()) == []
