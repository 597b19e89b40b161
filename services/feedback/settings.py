"""What the feedback service reads from the environment beside the settings of all services."""

from typing import Annotated

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the feedback service."""

    feedback_announce_seconds: Annotated[float, Field(gt=0)] = 60
    """How often the number of answers is announced. Rarely enough that an announcement tells nobody's minute."""
    feedback_check_seconds: Annotated[float, Field(gt=0)] = 2
    """How often surveys are looked at that are due to open, to remind or to close."""
