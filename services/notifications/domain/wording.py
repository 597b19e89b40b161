"""What a programme adds to the words of its mails: a paragraph before and one after, by kind and language."""

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from services.notifications.domain.deliveries import DeliveryKind
from shared.events.base import Event
from shared.events.vocabulary import Language
from shared.problems import mark
from shared.storage.aggregates import Aggregate
from shared.texts import holds_unseen, tidy_line

MAX_LETTERS = 1000
TOO_LONG = mark("This is longer than 1,000 characters.")
NOT_PLAIN = mark("This must not hold control characters.")


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
    """What stands before and after the words of a mail; plain text, no templates."""

    model_config = ConfigDict(frozen=True)

    introduction: Paragraphs = ""
    closing: Paragraphs = ""


NOTHING = Addition()


class Wording(Aggregate):
    """The additions of a programme; `id` is its slug. Its version tells the composer that mails read otherwise now."""

    additions: dict[DeliveryKind, dict[Language, Addition]] = {}

    def of(self, kind: DeliveryKind, language: Language) -> Addition:
        """What is added to a kind of mail in a language."""
        return self.additions.get(kind, {}).get(language, NOTHING)


def with_addition(
    kind: DeliveryKind, language: Language, addition: Addition
) -> Callable[[Wording], tuple[Wording, Sequence[Event]]]:
    """A kind of mail reads so from now on; with nothing it reads as it comes."""

    def decide(wording: Wording) -> tuple[Wording, Sequence[Event]]:
        texts = {**wording.additions.get(kind, {}), language: addition}
        kept = {each: text for each, text in texts.items() if text != NOTHING}
        additions = {**wording.additions, kind: kept}
        return wording.model_copy(update={"additions": {each: t for each, t in additions.items() if t}}), []

    return decide
