"""What a programme promises of its surveys, compared with what came out: no mean below the lowest one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.registration.programmes.domain import Programme
from services.registration.projections import KnownMean, KnownResult
from services.registration.sessions.domain import Session
from shared.events.vocabulary import Language, SessionStatus


class Verdict(StrEnum):
    """Whether a session kept what was promised."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """A mean is hidden, or there are no results yet."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A session that a promise holds for."""

    session: Session
    lowest: float
    """The mean that was promised."""
    verdict: Verdict
    below: Sequence[tuple[Mapping[Language, str], float]] = ()
    """The questions whose mean is lower, with it."""


def judged(programme: Programme, session: Session, result: KnownResult | None) -> Judged | None:
    """None where nothing was promised when the session was held, or where no survey follows it."""
    lowest = programme.lowest_mean_at(session.starts_at)
    if lowest is None or session.status is not SessionStatus.ENDED or not (session.survey or result):
        return None
    questions = (result.questions if result else None) or {}
    below = [
        (question_text(key, each, programme), each.mean)
        for key, each in questions.items()
        if each.mean is not None and each.mean < lowest
    ]
    if below:
        return Judged(session, lowest, Verdict.BROKEN, below)
    is_told = questions and all(each.mean is not None for each in questions.values())
    return Judged(session, lowest, Verdict.KEPT if is_told else Verdict.UNKNOWN)


def question_text(key: str, asked: KnownMean, programme: Programme) -> dict[Language, str]:
    """What the question asked: as the results say, else as the programme asks it now, else its key."""
    now = next((each.text for each in programme.survey_questions if each.key == key), None)
    return asked.text or now or {Language.CA: key}
