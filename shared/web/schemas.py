"""What every body of a request has in common: JSON is taken as it is, so "60" is no number and 1 is not true.

A form of a page has nothing but text; it is checked with `strict=False`.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Whole = Annotated[int, Field(strict=True)]


Yes = Annotated[bool, Field(strict=True)]


class RequestModel(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Nothing(RequestModel):
    """An empty body."""
