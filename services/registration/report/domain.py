"""The report of one year of a programme. It reads what is kept without people, so who was erased still counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

from services.registration.coverage.domain import Coverage, Participation, Seat, coverage, participation
from services.registration.programmes.domain import Programme
from services.registration.projections import KnownMean, KnownProposal, KnownResult
from services.registration.report.commitments import Judged, Verdict, judged, question_text
from services.registration.report.petitions import PetitionFigures
from services.registration.sessions.domain import Session
from shared.entities.domain import Entity
from shared.events.vocabulary import Language, PetitionState, ProposalState, SessionStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a programme's reports are made of."""

    programme: Programme
    sessions: Sequence[Session]
    """Of every state, by start."""
    seats: Sequence[Seat]
    results: Mapping[str, KnownResult]
    """By session."""
    proposals: Sequence[KnownProposal]
    petitions: Sequence[PetitionFigures]
    directory: Sequence[Entity]

    def year_of(self, instant: datetime) -> int:
        """In the programme's time zone."""
        return instant.astimezone(ZoneInfo(self.programme.time_zone)).year

    def years(self, now: datetime) -> list[int]:
        """From the first session or proposal to this year, the latest first."""
        began = [session.starts_at for session in self.sessions]
        began += [each.created_at for each in self.proposals if each.created_at]
        latest = self.year_of(now)
        return list(range(latest, min([self.year_of(each) for each in began], default=latest) - 1, -1))


@dataclass(frozen=True, slots=True)
class HeldSession:
    session: Session
    registered: int
    attended: int
    entities: int
    """How many had somebody there."""
    result: KnownResult | None
    judged: Judged | None

    @property
    def questions(self) -> Mapping[str, KnownMean]:
        """What its results show, by key."""
        return (self.result.questions if self.result else None) or {}

    @property
    def answers(self) -> int:
        """0 too where they are too few to be told."""
        return (self.result.answers if self.result else None) or 0

    def mean(self, key: str) -> float | None:
        return self.questions[key].mean if key in self.questions else None


@dataclass(frozen=True, slots=True)
class Question:
    """One question over the sessions of a year whose results show it."""

    key: str
    text: Mapping[Language, str]
    """As it was asked the last time."""
    sessions: int
    answers: int
    mean: float
    """Each session weighs as much as it has answers."""


@dataclass(frozen=True, slots=True)
class Report:
    year: int
    held: Sequence[HeldSession]
    """By start; those brought in too."""
    cancelled: Sequence[Session]
    coming: Sequence[Session]
    participation: Mapping[str, Participation]
    """By entity."""
    coverage: Coverage
    questions: Sequence[Question]
    proposals: Mapping[ProposalState, int]
    """How those received in the year stand now."""
    petitions: Sequence[PetitionFigures]
    """Those received in the year."""

    @property
    def recorded(self) -> int:
        """How many of the sessions held were brought in."""
        return sum(bool(each.session.recorded) for each in self.held)

    @property
    def registered(self) -> int:
        return sum(each.registered for each in self.held)

    @property
    def attended(self) -> int:
        return sum(each.attended for each in self.held)

    @property
    def attendance(self) -> float | None:
        """The share of those registered that came; None if nobody was."""
        return self.attended / self.registered if self.registered else None

    @property
    def entities_that_came(self) -> int:
        return sum(bool(part.attended) for part in self.participation.values())

    @property
    def verdicts(self) -> Mapping[Verdict, int]:
        return Counter(each.judged.verdict for each in self.held if each.judged)

    @property
    def petitions_by_state(self) -> Mapping[PetitionState, int]:
        return Counter(each.state for each in self.petitions)

    @property
    def days_to_answer(self) -> float | None:
        """The median; None if none was answered."""
        days = [(each.answered_at - each.received_at).days for each in self.petitions if each.answered_at]
        return median(days) if days else None

    @property
    def answered_in_time(self) -> tuple[int, int]:
        """How many were answered in the days promised, and how many were not."""
        due = [(each.answered_at, each.answer_by) for each in self.petitions if each.answered_at and each.answer_by]
        in_time = sum(answered <= until for answered, until in due)
        return in_time, len(due) - in_time


def report(facts: Facts, year: int) -> Report:
    def in_year(instant: datetime | None) -> bool:
        return instant is not None and facts.year_of(instant) == year

    sessions = [session for session in facts.sessions if in_year(session.starts_at)]
    ended = {session.id for session in sessions if session.status is SessionStatus.ENDED}
    seats = [seat for seat in facts.seats if seat.session in ended]
    took_part = participation(seats)
    held = [_held(facts, session, seats) for session in sessions if session.id in ended]
    return Report(
        year=year,
        held=held,
        cancelled=[session for session in sessions if session.status is SessionStatus.CANCELLED],
        coming=[session for session in sessions if session.status is SessionStatus.SCHEDULED],
        participation=took_part,
        coverage=coverage(facts.directory, took_part),
        questions=_questions(facts, held),
        proposals=Counter(each.state for each in facts.proposals if in_year(each.created_at)),
        petitions=[each for each in facts.petitions if in_year(each.received_at)],
    )


def _held(facts: Facts, session: Session, seats: Sequence[Seat]) -> HeldSession:
    own = [seat for seat in seats if seat.session == session.id]
    result = facts.results.get(session.id)
    return HeldSession(
        session=session,
        registered=len(own),
        attended=sum(seat.came for seat in own),
        entities=len({seat.entity for seat in own if seat.came}),
        result=result,
        judged=judged(facts.programme, session, result),
    )


def _questions(facts: Facts, held: Sequence[HeldSession]) -> list[Question]:
    """Those of the programme first, in its order; then those that were asked once."""
    keys = dict.fromkeys([each.key for each in facts.programme.survey_questions])
    keys |= dict.fromkeys(key for each in held for key in each.questions)
    found = [_question(facts.programme, key, [each for each in held if each.mean(key) is not None]) for key in keys]
    return [question for question in found if question]


def _question(programme: Programme, key: str, asked: Sequence[HeldSession]) -> Question | None:
    answers = sum(each.answers for each in asked)
    if not answers:
        return None
    weighed = sum((each.mean(key) or 0) * each.answers for each in asked)
    text = question_text(key, asked[-1].questions[key], programme)
    return Question(key, text, len(asked), answers, weighed / answers)
