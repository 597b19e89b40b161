"""What a mail is about, the same for everybody who gets it."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from services.notifications.projections.domain import (
    KnownMembership,
    KnownOffer,
    KnownPetition,
    KnownProgramme,
    KnownProposal,
    KnownSession,
)
from services.notifications.rendering.wording import Wording
from services.notifications.surveys.domain import LinkMaker
from shared.clock import to_millis


@dataclass(frozen=True)
class MailContext:
    """A programme with what a mail is about: a session, a proposal (and its session, once scheduled), a membership, a
    petition (and its offer)."""

    programme: KnownProgramme
    session: KnownSession | None = None
    proposal: KnownProposal | None = None
    membership: KnownMembership | None = None
    petition: KnownPetition | None = None
    offer: KnownOffer | None = None
    survey_links: LinkMaker | None = None
    """Makes each registration's link to the survey."""
    survey_closes_at: datetime | None = None
    """The survey's last moment."""
    wording: Wording | None = None
    """What the programme adds to the text; None for nothing."""

    @property
    def is_about_entity(self) -> bool:
        return self.membership is not None or self.petition is not None

    @cached_property
    def key(self) -> tuple[tuple[str, int], ...]:
        """Ids and versions: equal keys give equal texts."""
        snapshots = (self.programme, self.session, self.proposal, self.membership, self.petition, self.offer)
        told = tuple((snapshot.id, snapshot.seen) for snapshot in snapshots if snapshot is not None)
        if self.survey_closes_at:
            told += (("survey", to_millis(self.survey_closes_at)),)
        return (*told, ("wording", self.wording.version)) if self.wording else told


def one_line(text: str) -> str:
    return " ".join(text.split())


_SCHEME = re.compile(r"[:\uff1a][/\\\uff0f]{2,}")
_DOT_OF_AN_ADDRESS = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d])")


def theirs(text: str, most: int) -> str:
    """Words that anybody may have typed, for a mail to an address that nobody proved: one line, shortened, and without
    anything that mail programs make a link of. «www.site.cat» becomes «www. site. cat»."""
    plain = _DOT_OF_AN_ADDRESS.sub(". ", _SCHEME.sub(" ", one_line(text)))
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
