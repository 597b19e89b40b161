"""Settings of the proposals service, from the environment."""

from typing import Annotated

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    sweep_seconds: Annotated[float, Field(gt=0)] = 5
    """How often to look for steps that a crash interrupted."""
    proposals_per_address: Annotated[int, Field(ge=0)] = 10
    """How many may be proposed with one mail address in a day; 0 for any number."""
    proposals_per_origin: Annotated[int, Field(ge=0)] = 60
    """How many may be proposed from one network address in an hour; 0 for any number. Many may share one."""
    supports_per_address: Annotated[int, Field(ge=0)] = 20
    """How many supports may be asked for with one mail address in a day; 0 for any number."""
    supports_per_origin: Annotated[int, Field(ge=0)] = 300
    """How many supports may be asked for from one network address in an hour; 0 for any number."""
