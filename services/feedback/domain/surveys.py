"""The survey of a session: an aggregate from its links' arrival until its results are sealed.

The functions are pure: they take a survey and return the changed survey and its events.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.domain.results import Results, publishable_number
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.feedback import FeedbackSubmitted, ResultsPublished, SurveyClosed, SurveyOpened, SurveyUnanswered
from shared.events.registration import SurveyQuestion
from shared.storage.aggregates import Aggregate

_SET_BY_STORE = 0
"""An event's version is set when it is saved with its aggregate."""


class SurveyState(StrEnum):
    PREPARING = "preparing"
    """Links or facts are still missing; no link was mailed."""
    OPEN = "open"
    CLOSING = "closing"
    """It is decided that no more answers come; they are being summed up."""
    CLOSED = "closed"
    """The sum is safe; slots and hashes are being deleted."""
    PUBLISHED = "published"


UNFINISHED = (SurveyState.PREPARING, SurveyState.OPEN)
"""The states in which a survey takes links or answers."""


class Survey(Aggregate):
    """A session's survey; `id` is the session's."""

    state: SurveyState = SurveyState.PREPARING
    programme: str = ""
    parts: int
    """How many parts there were from the start; a token's part depends on it."""
    links_in_place: dict[int, int] = {}
    """By part, how many links its tally has a slot for."""
    questions: tuple[SurveyQuestion, ...] = ()
    """As the programme had them at the opening."""
    closes_at: StoredInstant | None = None
    reminder_at: StoredInstant | None = None
    """When the people without an answer are reminded; None for never."""
    reminded: int = 0
    """1 once they were."""
    answers: int = 0
    """How many answered; 0 until it is closed."""
    lost: int = 0
    """How many answers were lost with their key, so that people could answer again."""
    sealed: int = 0
    """1 once its key is destroyed and the store holds no byte of slots and hashes any more."""
    imported: int = 0
    """1 if nobody was asked here: a file brought the results."""

    @property
    def parts_in_place(self) -> list[int]:
        return sorted(self.links_in_place)

    @property
    def links(self) -> int:
        """How many people were asked."""
        return sum(self.links_in_place.values())

    @property
    def keys(self) -> list[str]:
        return [question.key for question in self.questions]

    @property
    def is_over(self) -> bool:
        return self.state not in UNFINISHED

    def takes_answers(self, now: datetime) -> bool:
        return self.state is SurveyState.OPEN and self.closes_at is not None and now < self.closes_at

    def is_complete(self) -> bool:
        return set(range(self.parts)) <= set(self.parts_in_place)


class AnswerCount(Aggregate):
    """How many answers there were last, announced where the rule allows. Kept apart from the survey, whose version
    counts its states only."""

    programme: str
    answers: int


Decided = tuple[Survey, Sequence[Event]]
Unspent = Mapping[int, Sequence[str]]
"""By part, the hashes of the links not used."""


def with_links(survey: Survey, part: int, links: int) -> Decided:
    """Note how many links a part's tally has. An open survey announces late ones; a survey that is over stays."""
    if survey.is_over or links <= survey.links_in_place.get(part, -1):
        return survey, []
    survey = survey.model_copy(update={"links_in_place": {**survey.links_in_place, part: links}})
    return survey, [_opened_event(survey)] if survey.state is SurveyState.OPEN else []


def frozen(survey: Survey, session: KnownSession, programme: KnownProgramme) -> Decided:
    """Fix questions and dates before the first part opens, once."""
    if survey.state is not SurveyState.PREPARING or survey.closes_at or not session.ended_at:
        return survey, []
    days = programme.survey_reminder_days
    changes = {
        "programme": programme.id,
        "questions": programme.questions,
        "closes_at": session.ended_at + timedelta(days=programme.survey_days),
        "reminder_at": session.ended_at + timedelta(days=days) if days else None,
    }
    return survey.model_copy(update=changes), []


def opened(survey: Survey) -> Decided:
    """All parts take answers, so the links may be mailed."""
    if survey.state is not SurveyState.PREPARING:
        return survey, []
    survey = survey.model_copy(update={"state": SurveyState.OPEN})
    return survey, [_opened_event(survey)]


def republished(survey: Survey, results: Results | None, unspent: Unspent) -> list[Event]:
    """The events of the survey's present state, for a service that missed them."""
    match survey.state:
        case SurveyState.OPEN:
            return [_opened_event(survey), *(_unanswered_events(survey, unspent) if survey.reminded else [])]
        case SurveyState.CLOSED:
            return [_closed_event(survey)]
        case SurveyState.PUBLISHED if results:
            closed_event = [] if survey.imported else [_closed_event(survey)]
            return [*closed_event, _published_event(survey, results)]
        case _:
            return []


def reminded(survey: Survey, unspent: Unspent) -> Decided:
    """Announce the unused links once, all with the same version."""
    if survey.state is not SurveyState.OPEN or survey.reminded:
        return survey, []
    return survey.model_copy(update={"reminded": 1}), _unanswered_events(survey, unspent)


def counted(known: AnswerCount, answers: int) -> tuple[AnswerCount, Sequence[Event]]:
    """Announce the number of answers if it has grown and the small-group rule lets it be known."""
    if answers <= known.answers:
        return known, []
    event = FeedbackSubmitted(version=_SET_BY_STORE, session_id=known.id, programme=known.programme, answers=answers)
    events = [event] if publishable_number(answers) else []
    return known.model_copy(update={"answers": answers}), events


def with_lost(survey: Survey, answers: int) -> Decided:
    return survey.model_copy(update={"lost": survey.lost + answers}), []


def closing(survey: Survey) -> Decided:
    """Take no more answers, for good."""
    if survey.state is not SurveyState.OPEN:
        return survey, []
    return survey.model_copy(update={"state": SurveyState.CLOSING}), []


def closed(survey: Survey, answers: int) -> Decided:
    """The sum is safe. Drop the hashes that still wait to be published: nobody needs them any more."""
    if survey.state is not SurveyState.CLOSING:
        return survey, []
    outbox = tuple(e for e in survey.outbox if e.headers["ce-type"] != SurveyUnanswered.event_type())
    changes = {"state": SurveyState.CLOSED, "answers": answers, "outbox": outbox}
    survey = survey.model_copy(update=changes)
    return survey, [_closed_event(survey)]


def published(survey: Survey, results: Results) -> Decided:
    """Slots and hashes are deleted; the results can be seen."""
    if survey.state is not SurveyState.CLOSED:
        return survey, []
    survey = survey.model_copy(update={"state": SurveyState.PUBLISHED})
    return survey, [_published_event(survey, results)]


def brought(results: Results) -> Decided:
    """The survey of a session of the past whose results a file brings: over from the beginning, nobody was asked."""
    survey = Survey(
        id=results.id,
        state=SurveyState.PUBLISHED,
        programme=results.programme,
        parts=0,
        closes_at=results.published_at,
        answers=results.n or 0,
        sealed=1,
        imported=1,
    )
    return survey, [_published_event(survey, results)]


def brought_again(survey: Survey, results: Results) -> Decided:
    """Another file has other results. Those of a survey that was held here stay."""
    if not survey.imported:
        return survey, []
    changes = {"answers": results.n or 0, "closes_at": results.published_at}
    return survey.model_copy(update=changes), [_published_event(survey, results)]


def sealed(survey: Survey) -> Decided:
    """The store gave back the deleted bytes."""
    return survey.model_copy(update={"sealed": 1}), []


def _opened_event(survey: Survey) -> SurveyOpened:
    assert survey.closes_at is not None, "dates are fixed before it opens"
    return SurveyOpened(
        version=_SET_BY_STORE,
        session_id=survey.id,
        programme=survey.programme,
        parts=len(survey.parts_in_place),
        closes_at=survey.closes_at,
        links=[survey.links_in_place[part] for part in survey.parts_in_place],
    )


def _closed_event(survey: Survey) -> SurveyClosed:
    shown = publishable_number(survey.answers) or 0  # the event has no None: its schema is kept for ever
    return SurveyClosed(version=_SET_BY_STORE, session_id=survey.id, programme=survey.programme, answers=shown)


def _published_event(survey: Survey, results: Results) -> ResultsPublished:
    return ResultsPublished(
        version=_SET_BY_STORE,
        session_id=survey.id,
        programme=survey.programme,
        answers=results.n,
        questions=results.figures(),
    )


def _unanswered_events(survey: Survey, unspent: Unspent) -> list[SurveyUnanswered]:
    return [
        SurveyUnanswered(version=_SET_BY_STORE, session_id=survey.id, part=part, hashes=list(hashes))
        for part, hashes in unspent.items()
        if hashes
    ]
