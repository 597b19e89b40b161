"""What a programme adds to its mails: text before and after, by kind and language."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from services.notifications.deliveries.domain import DeliveryKind
from shared.events.base import Event
from shared.events.vocabulary import Language
from shared.problems import Problem, mark
from shared.storage.aggregates import PENDING, Aggregate
from shared.storage.contract import Index
from shared.text.unseen import holds_unseen, tidy_line

WORDINGS = "wordings"
WORDING_COLLECTIONS: Mapping[str, Sequence[Index]] = {WORDINGS: [PENDING]}

MAX_LETTERS = 1000
TOO_LONG = mark("This is longer than 1,000 characters.")
NOT_PLAIN = mark("This must not hold control characters.")


class ProgrammeUnknownProblem(Problem):
    status = 404
    code = "programme-unknown"
    title = mark("There is no such programme.")


def clean(text: str) -> str:
    """A text of a few paragraphs, tidied, stripped and with Unix line ends.

    Raises:
        ValueError: it is too long or holds unseen characters; the words are a message id.
    """
    lines = [line.rstrip() for line in tidy_line(text).strip().splitlines()]
    if any(holds_unseen(line) for line in lines):
        raise ValueError(NOT_PLAIN)
    if len(cleaned := "\n".join(lines)) > MAX_LETTERS:
        raise ValueError(TOO_LONG)
    return cleaned


Paragraphs = Annotated[str, AfterValidator(clean)]


class Addition(BaseModel):
    """Plain text before and after the text of a mail; no templates."""

    model_config = ConfigDict(frozen=True)

    introduction: Paragraphs = ""
    closing: Paragraphs = ""


NOTHING = Addition()


class Wording(Aggregate):
    """The additions of a programme; `id` is its slug. A new version makes the composer render its mails anew."""

    additions: dict[DeliveryKind, dict[Language, Addition]] = {}

    def of(self, kind: DeliveryKind, language: Language) -> Addition:
        return self.additions.get(kind, {}).get(language, NOTHING)


def with_addition(
    kind: DeliveryKind, language: Language, addition: Addition
) -> Callable[[Wording], tuple[Wording, Sequence[Event]]]:
    def decide(wording: Wording) -> tuple[Wording, Sequence[Event]]:
        texts = {**wording.additions.get(kind, {}), language: addition}
        kept = {each: text for each, text in texts.items() if text != NOTHING}
        additions = {**wording.additions, kind: kept}
        return wording.model_copy(update={"additions": {each: t for each, t in additions.items() if t}}), []

    return decide
