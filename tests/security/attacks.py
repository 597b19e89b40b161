"""A payload and everything that is written with it."""

from dataclasses import dataclass, field
from typing import Any

LANGUAGES = ("ca", "es", "en")
SHARED = "shared"


@dataclass
class Attack:
    """A payload and where it was written."""

    number: int
    payload: str
    sessions: dict[str, str] = field(default_factory=dict)
    """`cancelled`, `ended`, and `commented`, which is the same for all."""
    proposals: dict[str, str] = field(default_factory=dict)
    mails: list[dict[str, Any]] = field(default_factory=list)

    @property
    def programme(self) -> str:
        """The programme whose every word it is."""
        return f"attack-{self.number}"

    @property
    def email(self) -> str:
        """The address that all its mails go to."""
        return f"attack{self.number}@inj.example"

    @property
    def entity(self) -> str:
        """The code of the entity that is called so."""
        return f"INJ-{self.number}"

    @property
    def url(self) -> str:
        """The payload inside an address, as far as an address may hold it."""
        return "https://files.example/" + self.payload.replace(" ", "")

    def everywhere(self) -> dict[str, str]:
        """The payload in every language."""
        return dict.fromkeys(LANGUAGES, self.payload)
