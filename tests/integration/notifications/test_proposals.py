"""What followers of a proposal are told."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.deliveries.domain import DeliveryState
from shared import ids
from shared.clock import to_millis
from shared.events import Event
from shared.events.proposals import (
    FollowerErased,
    ProposalFollowed,
    ProposalMerged,
    ProposalReviewStarted,
    ProposalScheduled,
    ProposalSupported,
    SupportRequested,
    TopicProposed,
)
from shared.events.registration import EntityRegistered, SessionCancelled
from shared.events.vocabulary import (
    FollowerRole,
    Language,
    ProposalKind,
    ProposalState,
    SessionStatus,
)
from shared.security.links import LinkPurpose
from tests.integration.notifications.house import (
    PROGRAMME,
    SESSION,
    STAFF,
    START,
    House,
    person,
    programme_defined,
    session_rescheduled,
    session_scheduled,
    session_values,
)

PROPOSAL = ids.encode(b"proposal-1")
OTHER = ids.encode(b"proposal-2")
AUTHOR, SUPPORTER = (ids.encode(name.ljust(16, b".")) for name in (b"author", b"supporter"))


def proposal(state: ProposalState, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "proposal_id": PROPOSAL,
        "programme": PROGRAMME,
        "kind": ProposalKind.DOUBT,
        "title": "Com publiquem els contractes menors?",
        "state": state,
        "supports": 1,
    }
    return {**values, **changes}


def proposed() -> TopicProposed:
    return TopicProposed(version=1, **proposal(ProposalState.RECEIVED))


def review_started(version: int = 2) -> ProposalReviewStarted:
    return ProposalReviewStarted(version=version, **proposal(ProposalState.UNDER_REVIEW))


def scheduled(version: int = 3, session: str = SESSION) -> ProposalScheduled:
    return ProposalScheduled(version=version, **proposal(ProposalState.SCHEDULED, session_id=session))


def placed(step: int = 1) -> ProposalScheduled:
    """Scheduled by an event that numbers its step."""
    return ProposalScheduled(version=3, **proposal(ProposalState.SCHEDULED, session_id=SESSION, step=step))


def back_under_review(step: int = 2, version: int = 4) -> ProposalReviewStarted:
    """Its session was cancelled."""
    changes = {"step": step, "cancelled_session_id": SESSION}
    return ProposalReviewStarted(version=version, **proposal(ProposalState.UNDER_REVIEW, **changes))


MOVED = START + timedelta(days=7)


def moved(version: int = 2, sequence: int = 1) -> Event:
    return session_rescheduled(version, MOVED, sequence, START)


def session_cancelled(version: int = 3) -> SessionCancelled:
    return SessionCancelled(version=version, **session_values(status=SessionStatus.CANCELLED, sequence=2))


def followed(
    follower: str = AUTHOR,
    role: FollowerRole = FollowerRole.AUTHOR,
    version: int = 1,
    after_step: int | None = None,
) -> ProposalFollowed:
    return ProposalFollowed(
        version=version,
        follower_id=follower,
        proposal_id=PROPOSAL,
        role=role,
        email=f"{follower[:6]}@alamus.example",
        language=Language.CA,
        after_step=after_step,
    )


def support_requested(support: str = SUPPORTER, version: int = 1) -> SupportRequested:
    return SupportRequested(
        version=version,
        support_id=support,
        proposal_id=PROPOSAL,
        proposal_title="Com publiquem els contractes menors?",
        programme=PROGRAMME,
        email=f"{support[:6]}@alamus.example",
        language=Language.CA,
    )


def follower_erased(follower: str = AUTHOR, version: int = 5) -> FollowerErased:
    return FollowerErased(version=version, follower_id=follower, proposal_id=PROPOSAL)


async def test_the_author_is_told_that_it_was_received_whichever_comes_first(house: House) -> None:
    await house.hear(followed(), proposed(), followed())
    assert await house.recipients("proposal_received") == [AUTHOR]


async def test_author_and_supporters_are_told_every_step(house: House) -> None:
    await house.hear(proposed(), followed(), followed(SUPPORTER, FollowerRole.SUPPORTER), review_started(), scheduled())
    assert await house.recipients("proposal_under_review") == sorted([AUTHOR, SUPPORTER])
    assert await house.recipients("proposal_scheduled") == sorted([AUTHOR, SUPPORTER])
    assert await house.recipients("proposal_received") == [AUTHOR]


async def test_a_step_is_told_though_a_support_came_in_between(house: House) -> None:
    supported = ProposalSupported(version=3, **proposal(ProposalState.UNDER_REVIEW, supports=2))
    await house.hear(proposed(), followed(), supported, review_started(2))
    assert await house.recipients("proposal_under_review") == [AUTHOR]


async def test_a_step_that_is_overtaken_by_the_next_is_not_told_any_more(house: House) -> None:
    await house.hear(proposed(), followed(), scheduled(3), review_started(2))
    assert not await house.deliveries("proposal_under_review")
    assert await house.recipients("proposal_scheduled") == [AUTHOR]


async def test_another_session_is_another_piece_of_news(house: House) -> None:
    await house.hear(proposed(), followed(), scheduled(3), scheduled(4, ids.encode(b"session-22")), scheduled(4))
    assert await house.recipients("proposal_scheduled") == [AUTHOR, AUTHOR]


async def test_a_second_review_is_news_and_the_same_one_again_is_not(house: House) -> None:
    def reviewed(version: int, step: int) -> ProposalReviewStarted:
        return ProposalReviewStarted(version=version, **proposal(ProposalState.UNDER_REVIEW, step=step))

    await house.hear(
        proposed(), followed(), reviewed(2, 1), reviewed(2, 1), scheduled(3), reviewed(4, 3), reviewed(4, 3)
    )
    assert await house.recipients("proposal_under_review") == [AUTHOR, AUTHOR]


async def test_an_author_who_becomes_known_late_is_told_what_all_were_told(house: House) -> None:
    await house.hear(proposed(), scheduled(), followed())
    assert await house.recipients("proposal_scheduled") == [AUTHOR]


async def test_a_supporter_who_becomes_known_late_is_told_the_steps_since_the_confirmation(house: House) -> None:
    reviewed = ProposalReviewStarted(version=2, **proposal(ProposalState.UNDER_REVIEW, step=1))
    placed = ProposalScheduled(version=3, **proposal(ProposalState.SCHEDULED, session_id=SESSION, step=2))
    await house.hear(proposed(), reviewed, placed, followed(SUPPORTER, FollowerRole.SUPPORTER, after_step=1))
    assert await house.recipients("proposal_scheduled") == [SUPPORTER]
    assert not await house.deliveries("proposal_under_review")


async def test_who_did_not_confirm_a_support_is_told_nothing_but_the_link(house: House) -> None:
    await house.hear(proposed(), support_requested(), scheduled())
    assert await house.recipients("support_confirmation") == [SUPPORTER]
    assert not await house.deliveries("proposal_scheduled")


async def test_who_asked_to_support_and_confirmed_is_told_in_any_order(house: House) -> None:
    confirmed = followed(SUPPORTER, FollowerRole.SUPPORTER, version=2)
    await house.hear(proposed(), confirmed, support_requested(version=1), scheduled())
    assert await house.recipients("proposal_scheduled") == [SUPPORTER]


async def test_an_author_who_supports_it_too_remains_its_author(house: House) -> None:
    await house.hear(proposed(), support_requested(AUTHOR, version=2), followed(version=1), scheduled())
    assert await house.recipients("proposal_received") == [AUTHOR]
    assert await house.recipients("proposal_scheduled") == [AUTHOR]
    follower = await house.store.known.followers.get(AUTHOR)
    assert follower is not None
    assert follower.role is FollowerRole.AUTHOR


async def test_a_support_asked_for_again_is_mailed_again(house: House) -> None:
    await house.hear(support_requested(version=1), support_requested(version=1), support_requested(version=3))
    assert await house.recipients("support_confirmation") == [SUPPORTER, SUPPORTER]


async def test_a_merge_is_told_to_the_followers_of_the_merged_one(house: House) -> None:
    merged = ProposalMerged(version=4, **proposal(ProposalState.MERGED, merged_into=OTHER))
    await house.hear(proposed(), followed(), followed(SUPPORTER, FollowerRole.SUPPORTER), merged)
    assert await house.recipients("proposal_merged") == sorted([AUTHOR, SUPPORTER])


async def test_an_erased_follower_is_forgotten_and_told_nothing_more(house: House) -> None:
    await house.hear(proposed(), followed(), followed(SUPPORTER, FollowerRole.SUPPORTER))
    await house.hear(follower_erased(), follower_erased(), scheduled())
    assert f"{AUTHOR[:6]}@" not in str(await house.raw.find("followers"))
    of_author = [each for each in await house.deliveries() if each["recipient_id"] == AUTHOR]
    assert [(each["state"], each["reason"]) for each in of_author] == [("skipped", "recipient erased")]
    assert await house.recipients("proposal_scheduled") == [SUPPORTER]


async def test_what_comes_late_of_an_erased_follower_brings_nobody_back(house: House) -> None:
    await house.hear(programme_defined(), proposed(), follower_erased(), followed(), support_requested(AUTHOR, 2))
    await house.hear(scheduled())
    assert "@" not in str(await house.raw.find("followers"))
    assert not await house.deliveries("proposal_scheduled")
    batch = await house.loader().load(await house.deliveries(), house.clock.now)
    assert batch.ready == []
    assert await house.store.known.followers.missing([(AUTHOR, 5)]) == []


@pytest.mark.parametrize(
    "events",
    [
        [followed(), follower_erased(), support_requested(AUTHOR, 6)],
        [followed(), support_requested(AUTHOR, 6), follower_erased()],
        [follower_erased(), support_requested(AUTHOR, 6), followed()],
    ],
    ids=["in order", "erasure late", "following late"],
)
async def test_who_asks_anew_after_the_erasure_is_told_no_news_before_confirming(
    house: House, events: list[Event]
) -> None:
    await house.hear(proposed(), *events, scheduled())
    follower = await house.store.known.followers.get(AUTHOR)
    assert follower is not None
    assert follower.email
    assert not await house.deliveries("proposal_scheduled")
    await house.hear(followed(version=7), review_started(8))
    assert await house.recipients("proposal_under_review") == [AUTHOR]


async def test_the_office_reads_and_erases_a_follower_with_all_that_was_noted_of_the_address(house: House) -> None:
    await house.hear(proposed(), followed(), followed(SUPPORTER, FollowerRole.SUPPORTER))
    email = f"{AUTHOR[:6]}@alamus.example"
    token = house.links.token(LinkPurpose.PREFERENCES, AUTHOR, house.clock.now + timedelta(days=1))
    await house.http.post(f"/preferences/{token}", data={"List-Unsubscribe": "One-Click"})
    asked: dict[str, Any] = {"json": {"email": email.upper()}, "headers": STAFF}
    kept = (await house.http.post("/api/v1/recipients/export", **asked)).json()
    assert [each["email"] for each in kept["followers"]] == [email]
    assert [each["kind"] for each in kept["mails"]] == ["proposal_received"]
    assert [each["address"] for each in kept["suppressions"]] == [email]
    assert (await house.http.post("/api/v1/recipients/erase", **asked)).json() == {"erased": 1, "unfinished": 0}
    assert email.encode() not in house.raw_bytes()
    assert f"{SUPPORTER[:6]}@".encode() in house.raw_bytes()
    assert (await house.http.post("/api/v1/recipients/export", **asked)).json() == {
        "registrations": [],
        "followers": [],
        "contacts": [],
        "mails": [],
        "suppressions": [],
    }
    for verb in ("export", "erase"):
        assert (await house.http.post(f"/api/v1/recipients/{verb}", json={"email": email})).status_code == 401


async def told(house: House) -> list[str]:
    """Send what is open: the kinds of mail to each follower, as `kind recipient`."""
    due = [
        item for item in await house.deliveries() if item["open"] and item["next_try_at"] <= to_millis(house.clock.now)
    ]
    batch = await house.loader().load(due, house.clock.now)
    await house.store.deliveries.mark_sent([each.delivery.id for each in batch.ready], house.clock.now)
    for reason, skipped in batch.skipped.items():
        await house.store.deliveries.mark(skipped, DeliveryState.SKIPPED, reason)
    house.clock.now += timedelta(minutes=1)
    return sorted(f"{each.delivery.kind} {NAMES.get(each.recipient.id, 'registered')}" for each in batch.ready)


NAMES = {AUTHOR: "author", SUPPORTER: "supporter"}


async def tell_the_date(house: House) -> None:
    """The author and a supporter are told that a session treats the proposal, and when."""
    await house.hear(programme_defined(), session_scheduled(), proposed(), followed())
    await house.hear(followed(SUPPORTER, FollowerRole.SUPPORTER), placed())
    assert await told(house) == [
        "proposal_received author",
        "proposal_scheduled author",
        "proposal_scheduled supporter",
    ]


def registered_author() -> EntityRegistered:
    """The author has a seat in the session that treats the proposal."""
    return EntityRegistered(version=1, **{**person(1), "email": f"{AUTHOR[:6]}@alamus.example"})


async def test_who_was_told_the_date_is_told_that_the_session_moved(house: House) -> None:
    await tell_the_date(house)
    await house.hear(moved(), moved())
    assert await told(house) == ["proposal_rescheduled author", "proposal_rescheduled supporter"]


@pytest.mark.parametrize(
    "events",
    [[session_cancelled()], [session_cancelled(), back_under_review()], [back_under_review(), session_cancelled()]],
    ids=["alone", "in order", "review first"],
)
async def test_who_was_told_the_date_is_told_once_that_the_session_is_off(house: House, events: list[Event]) -> None:
    await tell_the_date(house)
    news = []
    for event in events:
        await house.hear(event)
        news += await told(house)
    assert news == ["proposal_session_cancelled author", "proposal_session_cancelled supporter"]


@pytest.mark.parametrize(
    ("event", "of_follower", "of_place"),
    [
        (moved(), "proposal_rescheduled supporter", "rescheduled registered"),
        (session_cancelled(), "proposal_session_cancelled supporter", "session_cancelled registered"),
    ],
    ids=["moved", "cancelled"],
)
async def test_who_is_registered_too_is_told_once(house: House, event: Event, of_follower: str, of_place: str) -> None:
    await tell_the_date(house)
    await house.hear(registered_author())
    assert await told(house) == ["confirmation registered"]
    await house.hear(event)
    assert await told(house) == [of_follower, of_place]


async def test_who_is_told_the_new_date_with_the_session_is_not_told_of_the_move(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), proposed(), followed(), placed(), moved())
    assert await told(house) == ["proposal_received author", "proposal_scheduled author"]


async def test_a_move_that_is_heard_again_after_the_new_date_was_told_is_no_news(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), moved(), proposed(), followed(), placed())
    assert await told(house) == ["proposal_received author", "proposal_scheduled author"]
    await house.hear(moved())
    assert await told(house) == []


async def test_of_two_moves_on_the_way_the_last_is_told(house: House) -> None:
    await tell_the_date(house)
    await house.hear(moved(), session_rescheduled(3, MOVED + timedelta(days=7), 2, MOVED))
    assert await told(house) == ["proposal_rescheduled author", "proposal_rescheduled supporter"]


async def test_a_move_is_not_told_once_the_session_is_off(house: House) -> None:
    await tell_the_date(house)
    await house.hear(moved(), session_cancelled())
    assert await told(house) == ["proposal_session_cancelled author", "proposal_session_cancelled supporter"]


async def test_a_proposal_that_the_session_no_longer_treats_is_not_told_of_it(house: House) -> None:
    await tell_the_date(house)
    await house.hear(
        ProposalReviewStarted(version=4, **proposal(ProposalState.UNDER_REVIEW, step=2)), moved(), session_cancelled()
    )
    assert await told(house) == ["proposal_under_review author", "proposal_under_review supporter"]


async def test_the_date_of_a_session_that_is_off_is_not_told(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), proposed(), followed(), placed())
    await house.hear(session_cancelled(), back_under_review())
    assert await told(house) == ["proposal_received author", "proposal_session_cancelled author"]


async def test_who_supports_it_after_its_session_was_cancelled_is_not_told_of_that(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), proposed(), placed())
    await house.hear(session_cancelled(), back_under_review())
    await house.hear(followed(SUPPORTER, FollowerRole.SUPPORTER, after_step=2), followed())
    assert await told(house) == ["proposal_received author", "proposal_session_cancelled author"]
