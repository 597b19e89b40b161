"""The survey of a session: an aggregate from its links' arrival until its results are sealed.

Every function here is pure: it takes a survey and answers what becomes of it and the events that tell of it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.domain.results import Results
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.feedback import FeedbackSubmitted, ResultsPublished, SurveyClosed, SurveyOpened, SurveyUnanswered
from shared.events.registration import SurveyQuestion
from shared.storage.aggregates import Aggregate

_SET_BY_STORE = 0
"""An event's version is set when it is saved with its aggregate."""


class SurveyState(StrEnum):
    """Where a survey is in its life."""

    PREPARING = "preparing"
    """Links or facts are still missing; no link was mailed."""
    OPEN = "open"
    CLOSING = "closing"
    """It is decided that no more answers come; they are being summed up."""
    CLOSED = "closed"
    """The sum is safe; slots and hashes are being deleted."""
    PUBLISHED = "published"


UNFINISHED = (SurveyState.PREPARING, SurveyState.OPEN)
"""It is still to take answers."""


class Survey(Aggregate):
    """A session's survey; `id` is the session's."""

    state: SurveyState = SurveyState.PREPARING
    programme: str = ""
    parts: int
    """How many parts there were from the start: by it a token finds its part."""
    links_in_place: dict[int, int] = {}
    """By part, how many links its tally has a slot for."""
    questions: tuple[SurveyQuestion, ...] = ()
    """As the programme had them at the opening."""
    closes_at: StoredInstant | None = None
    reminder_at: StoredInstant | None = None
    """When those who have not answered are reminded; None for never."""
    reminded: int = 0
    """1 once they were."""
    answers: int = 0
    """How many answered; 0 until it is closed."""
    sealed: int = 0
    """1 once the store holds no byte of slots and hashes any more."""

    @property
    def parts_in_place(self) -> list[int]:
        """The parts whose tally is there."""
        return sorted(self.links_in_place)

    @property
    def links(self) -> int:
        """How many people were asked."""
        return sum(self.links_in_place.values())

    @property
    def keys(self) -> list[str]:
        """The keys of its questions."""
        return [question.key for question in self.questions]

    @property
    def is_over(self) -> bool:
        """Whether it takes no more links and answers."""
        return self.state not in UNFINISHED

    def takes_answers(self, now: datetime) -> bool:
        """Whether it is open at that instant."""
        return self.state is SurveyState.OPEN and self.closes_at is not None and now < self.closes_at

    def is_complete(self) -> bool:
        """Whether all the parts there were from the start are in place."""
        return set(range(self.parts)) <= set(self.parts_in_place)


class AnswerCount(Aggregate):
    """How many answers were announced; apart from the survey, whose versions tell of its states only."""

    programme: str
    answers: int


Decided = tuple[Survey, Sequence[Event]]
Decide = Callable[[Survey], Decided]
Unspent = Mapping[int, Sequence[str]]
"""By part, the hashes of the links not used."""


def with_links(part: int, links: int) -> Decide:
    """A part's tally has a slot for so many links; of a survey that is open it is told that late ones were added.
    Nothing changes when the survey is over."""

    def decide(survey: Survey) -> Decided:
        if survey.is_over or links <= survey.links_in_place.get(part, -1):
            return survey, []
        survey = survey.model_copy(update={"links_in_place": {**survey.links_in_place, part: links}})
        return survey, [_opened_event(survey)] if survey.state is SurveyState.OPEN else []

    return decide


def frozen(session: KnownSession, programme: KnownProgramme) -> Decide:
    """Questions and dates are fixed before the first part opens; the first word counts."""

    def decide(survey: Survey) -> Decided:
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

    return decide


def opened(survey: Survey) -> Decided:
    """All parts take answers: the links may be mailed."""
    if survey.state is not SurveyState.PREPARING:
        return survey, []
    survey = survey.model_copy(update={"state": SurveyState.OPEN})
    return survey, [_opened_event(survey)]


def republished(survey: Survey, results: Results | None, unspent: Unspent) -> list[Event]:
    """The events that tell where a survey stands to who knows nothing of it."""
    match survey.state:
        case SurveyState.OPEN:
            return [_opened_event(survey), *(_unanswered_events(survey, unspent) if survey.reminded else [])]
        case SurveyState.CLOSED:
            return [_closed_event(survey)]
        case SurveyState.PUBLISHED if results:
            return [_closed_event(survey), _published_event(survey, results)]
        case _:
            return []


def reminded(unspent: Unspent) -> Decide:
    """The links not used yet are told, once, all by the same version."""

    def decide(survey: Survey) -> Decided:
        if survey.state is not SurveyState.OPEN or survey.reminded:
            return survey, []
        return survey.model_copy(update={"reminded": 1}), _unanswered_events(survey, unspent)

    return decide


def counted(answers: int) -> Callable[[AnswerCount], tuple[AnswerCount, Sequence[Event]]]:
    """The number of answers is announced when it has grown."""

    def decide(known: AnswerCount) -> tuple[AnswerCount, Sequence[Event]]:
        if answers <= known.answers:
            return known, []
        event = FeedbackSubmitted(
            version=_SET_BY_STORE, session_id=known.id, programme=known.programme, answers=answers
        )
        return known.model_copy(update={"answers": answers}), [event]

    return decide


def closing(survey: Survey) -> Decided:
    """No more answers, from now on and whatever happens."""
    if survey.state is not SurveyState.OPEN:
        return survey, []
    return survey.model_copy(update={"state": SurveyState.CLOSING}), []


def closed(answers: int) -> Decide:
    """The sum is safe. Hashes that still wait to be published are of no use any more and go."""

    def decide(survey: Survey) -> Decided:
        if survey.state is not SurveyState.CLOSING:
            return survey, []
        outbox = tuple(e for e in survey.outbox if e.headers["ce-type"] != SurveyUnanswered.event_type())
        changes = {"state": SurveyState.CLOSED, "answers": answers, "outbox": outbox}
        survey = survey.model_copy(update=changes)
        return survey, [_closed_event(survey)]

    return decide


def published(results: Results) -> Decide:
    """Slots and hashes are deleted and the results are there to be seen."""

    def decide(survey: Survey) -> Decided:
        if survey.state is not SurveyState.CLOSED:
            return survey, []
        survey = survey.model_copy(update={"state": SurveyState.PUBLISHED})
        return survey, [_published_event(survey, results)]

    return decide


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
    return SurveyClosed(version=_SET_BY_STORE, session_id=survey.id, programme=survey.programme, answers=survey.answers)


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
