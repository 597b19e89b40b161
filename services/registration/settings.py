"""Settings of the registration service, from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What registration reads besides the common settings."""

    sweep_seconds: Annotated[float, Field(gt=0)] = 5
    """How often unfinished work is looked for, and how old it must be to be taken up."""
    end_after_minutes: Annotated[int, Field(ge=0)] = 60
    """A session that nobody ended is ended so long after its planned end."""

    @property
    def end_after(self) -> timedelta:
        """`end_after_minutes` as a duration."""
        return timedelta(minutes=self.end_after_minutes)
