"""The words of pages for states, kinds, orders and steps, and the choices that forms offer.

Words are message ids; templates translate them. Choices are pairs of a value and its words in the reader's language.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from fastapi import Request

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.domain.proposals import Proposal, Step
from services.proposals.store import HEAVIEST, MOST_SUPPORTED, NEWEST, OLDEST
from services.proposals.usecases import steps
from shared.events.vocabulary import ProposalKind, ProposalState, in_language
from shared.problems import mark
from shared.text.dates import date_in_words, time_in_words
from shared.web.pages import Pages

STATES = {
    ProposalState.RECEIVED: mark("Received"),
    ProposalState.UNDER_REVIEW: mark("Under review"),
    ProposalState.SCHEDULED: mark("Scheduled"),
    ProposalState.ANSWERED_IN_SESSION: mark("Answered"),
    ProposalState.DECLINED: mark("Declined"),
    ProposalState.MERGED: mark("Merged"),
}
_IN_SESSION = mark("Answered in session")


def state_of(reached: Proposal | Step) -> str:
    """The name of a state; an answer is «in session» only if it has one."""
    is_answer = reached.state is ProposalState.ANSWERED_IN_SESSION
    return _IN_SESSION if is_answer and reached.session_id else STATES[reached.state]


MEANINGS = {
    ProposalState.RECEIVED: mark("The programme office has it and will study it when it prepares the next sessions."),
    ProposalState.UNDER_REVIEW: mark("The programme office is studying whether and when a session can cover it."),
    ProposalState.SCHEDULED: mark("A session will cover it."),
    ProposalState.ANSWERED_IN_SESSION: mark("It has been answered."),
    ProposalState.DECLINED: mark("It will not be covered, for the reason given here."),
    ProposalState.MERGED: mark("It goes on as part of another proposal that asks for the same."),
}
"""What a state means for the author and the supporters."""

KINDS = {
    ProposalKind.TOPIC: mark("Topic for a session"),
    ProposalKind.DOUBT: mark("Recurrent doubt"),
}


class ListOrder(StrEnum):
    NEWEST = "newest"
    SUPPORTS = "supports"
    OLDEST = "oldest"
    WEIGHT = "weight"


ORDERS = {
    ListOrder.WEIGHT: HEAVIEST,
    ListOrder.NEWEST: NEWEST,
    ListOrder.SUPPORTS: MOST_SUPPORTED,
    ListOrder.OLDEST: OLDEST,
}
ORDER_WORDS = {
    ListOrder.WEIGHT: mark("Heaviest first"),
    ListOrder.NEWEST: mark("Newest first"),
    ListOrder.SUPPORTS: mark("Most supported first"),
    ListOrder.OLDEST: mark("Oldest first"),
}


class OfficeStep(StrEnum):
    """What the office can do with a proposal; also the last segment of the form's address."""

    REVIEW = "review"
    SCHEDULE = "schedule"
    ANSWER = "answer"
    DECLINE = "decline"
    MERGE = "merge"


STEP_OF = {
    ProposalState.UNDER_REVIEW: OfficeStep.REVIEW,
    ProposalState.SCHEDULED: OfficeStep.SCHEDULE,
    ProposalState.ANSWERED_IN_SESSION: OfficeStep.ANSWER,
    ProposalState.DECLINED: OfficeStep.DECLINE,
    ProposalState.MERGED: OfficeStep.MERGE,
}
"""The step that leads to a state."""

STEP_WORDS = {
    OfficeStep.REVIEW: mark("Take it up for review"),
    OfficeStep.SCHEDULE: mark("Schedule it for a session"),
    OfficeStep.ANSWER: mark("Answer it"),
    OfficeStep.DECLINE: mark("Decline it"),
    OfficeStep.MERGE: mark("Merge it into another proposal"),
}
STEP_CONSEQUENCES = {
    OfficeStep.REVIEW: mark("You can schedule, answer, decline or merge it later."),
    OfficeStep.SCHEDULE: mark(
        "It is answered when the session ends and comes back to review if the session is cancelled. "
        "Until then you can choose another session."
    ),
    OfficeStep.ANSWER: mark("This is its end: nothing more can be done with it."),
    OfficeStep.DECLINE: mark("If you change your mind, you can take it up for review again."),
    OfficeStep.MERGE: mark("Its followers and supports move to the other proposal. This cannot be undone."),
}
"""What follows from a step, as its confirmation says."""

ACTS = {
    steps.REVIEWED: STATES[ProposalState.UNDER_REVIEW],
    steps.SCHEDULED: STATES[ProposalState.SCHEDULED],
    steps.ANSWERED: STATES[ProposalState.ANSWERED_IN_SESSION],
    steps.DECLINED: STATES[ProposalState.DECLINED],
    steps.MERGED: STATES[ProposalState.MERGED],
}
"""The state that each act led to."""

IN_TEMPLATES: Mapping[str, Any] = {"state_of": state_of, "meanings": MEANINGS, "kinds": KINDS, "step_words": STEP_WORDS}
"""Values for every template that shows proposals."""

Choices = list[tuple[str, str]]


def worded(pages: Pages, request: Request, words: Iterable[tuple[str, str]]) -> Choices:
    return [(str(value), pages.text(request, word)) for value, word in words]


def programme_choices(pages: Pages, request: Request, programmes: Mapping[str, KnownProgramme]) -> Choices:
    language = pages.language(request)
    return sorted(
        ((slug, in_language(programme.name, language)) for slug, programme in programmes.items()),
        key=lambda choice: choice[1].casefold(),
    )


def session_choices(
    pages: Pages, request: Request, sessions: Iterable[KnownSession], programmes: Mapping[str, KnownProgramme]
) -> Choices:
    """Sessions by date and title; with the programme's name if there are several programmes."""
    language = pages.language(request)
    choices = []
    for session in sessions:
        programme = programmes[session.programme]
        day = date_in_words(session.starts_at, programme.time_zone, language)
        time = time_in_words(session.starts_at, programme.time_zone, language)
        where = f" · {in_language(programme.name, language)}" if len(programmes) > 1 else ""
        choices.append((session.id, f"{day}, {time}: {in_language(session.title, language)}{where}"))
    return choices
