"""Bodies of requests and answers that services share. JSON is strict: "60" is no number and 1 is not true.

A page's form holds only text and is checked with `strict=False`.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.text.addresses import EmailAddress

Whole = Annotated[int, Field(strict=True)]
Yes = Annotated[bool, Field(strict=True)]


class RequestModel(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Nothing(RequestModel):
    """An empty body."""


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
