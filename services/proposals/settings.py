"""Settings of the proposals service, from the environment."""

from typing import Annotated

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What proposals reads besides the common settings."""

    sweep_seconds: Annotated[float, Field(gt=0)] = 5
    """How often steps that a crash left out are looked for."""
