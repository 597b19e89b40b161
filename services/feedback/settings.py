"""What the feedback service reads from the environment beside the settings of all services."""

from typing import Annotated

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    feedback_announce_seconds: Annotated[float, Field(gt=0)] = 60
    """How often the number of answers is announced; rarely enough not to show the minute of an answer."""
    feedback_check_seconds: Annotated[float, Field(gt=0)] = 2
    """How often surveys are looked at that are due to open, to remind or to close."""
