"""What the office asks of each service for one person, named by their mail address in the body: never in a URL."""

from pydantic import BaseModel, ConfigDict

from shared.text.addresses import EmailAddress


class PersonIn(BaseModel):
    """Whom it is about."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    email: EmailAddress


class ErasedOut(BaseModel):
    """What an erasure found, and what goes on by itself."""

    erased: int
    """From how many documents the person was erased now: 0 where nothing was kept any more."""
    unfinished: int = 0
    """How many erasures, of anybody, wait until the broker has forgotten too."""
