"""What every body of a request has in common."""

from pydantic import BaseModel, ConfigDict


class RequestModel(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Nothing(RequestModel):
    """An empty body."""
