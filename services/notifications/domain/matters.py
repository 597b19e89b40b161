"""What a mail is about: the snapshots that its words are taken from, the same for everybody who gets it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from services.notifications.domain.known import KnownProgramme, KnownProposal, KnownSession
from services.notifications.domain.surveys import LinkMaker
from services.notifications.domain.wording import Wording
from shared.clock import to_millis


@dataclass(frozen=True)
class Matter:
    """A programme with the session or the proposal (and its session, once scheduled) that a mail tells of."""

    programme: KnownProgramme
    session: KnownSession | None = None
    proposal: KnownProposal | None = None
    survey_links: LinkMaker | None = None
    """Of a survey: what makes each registration's link."""

    survey_closes_at: datetime | None = None
    """Of a survey: until when it can be answered."""

    wording: Wording | None = None
    """What the programme adds to the words; None for nothing."""

    @cached_property
    def key(self) -> tuple[tuple[str, int], ...]:
        """Identities and versions: equal keys give equal words."""
        snapshots = (self.programme, self.session, self.proposal)
        told = tuple((snapshot.id, snapshot.seen) for snapshot in snapshots if snapshot is not None)
        if self.survey_closes_at:
            told += (("survey", to_millis(self.survey_closes_at)),)
        return (*told, ("wording", self.wording.version)) if self.wording else told
