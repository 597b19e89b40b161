"""Events that the feedback service publishes: surveys and results, never an answer, never a token."""

from pydantic import AwareDatetime

from shared.events.base import Event, Stream
from shared.events.vocabulary import ShortTexts, Snapshot


class QuestionResult(Snapshot):
    """One question's published figures; what the small-group rule hides is None."""

    mean: float | None = None
    """Arithmetic mean of the scores 0-10, rounded to two decimals."""
    distribution: list[int] | None = None
    """How many gave each score, from 0 to 10: eleven counts."""
    text: ShortTexts | None = None
    """What was asked; None where it is not told."""


class SurveyOpened(Event, name="surveys.survey-opened", source="feedback", key="session_id"):
    """The survey can be answered: its links may be mailed. Told again when late links were put in place."""

    session_id: str
    programme: str
    parts: int
    """How many chunks of links are in place."""
    closes_at: AwareDatetime
    links: list[int] = []
    """How many links of each chunk are in place. A chunk only ever grows, so the number says which they are."""


class SurveyUnanswered(Event, name="sync.survey-unanswered", source="feedback", key="session_id", stream=Stream.SYNC):
    """The links not used yet, for the one reminder; in chunks as they were prepared."""

    session_id: str
    part: int
    hashes: list[str]


class FeedbackSubmitted(Event, name="surveys.feedback-submitted", source="feedback", key="session_id"):
    """Answers came in. Published on a timer with the count alone, so that its time tells nobody, and from five on."""

    session_id: str
    programme: str
    answers: int


class SurveyClosed(Event, name="surveys.survey-closed", source="feedback", key="session_id"):
    """No more answers; the links are of no use from now on and their key is to be destroyed. `answers` is 0
    when there are fewer than 5."""

    session_id: str
    programme: str
    answers: int


class ResultsPublished(Event, name="surveys.results-published", source="feedback", key="session_id"):
    """The results of a session's survey, under the small-group rule (fewer than 5: nothing; 5-9: means;
    10 or more: distributions)."""

    session_id: str
    programme: str
    answers: int | None
    """None when there are fewer than 5."""
    questions: dict[str, QuestionResult]
