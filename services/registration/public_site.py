"""What all public pages share: the frame, the links, who runs the installation."""

from dataclasses import dataclass
from datetime import timedelta

from shared.clock import Clock
from shared.security.links import Links
from shared.web.pages import Pages


@dataclass(frozen=True, slots=True)
class SiteOwner:
    """The body that runs the installation."""

    organiser: str = ""
    """Name of the body; empty: those that the programmes name."""
    contact: str = ""
    """Mailbox for questions about personal data and accessibility; empty: those of the programmes."""
    keep_people: timedelta = timedelta(days=365)
    """How long after a session the data of those registered are kept."""
    keep_followers: timedelta = timedelta(days=90)
    """How long after a proposal was answered or declined the addresses of its followers are kept."""
    mail_from: str = "dijous@localhost"
    """The mailbox of entries whose programme has none."""
    mail_domain: str = "localhost"
    """What the UIDs of calendar entries end with, in mails and feeds alike."""


@dataclass(frozen=True)
class PublicSite:
    """The public side of the service; each noun adds the use cases that its pages call."""

    pages: Pages
    links: Links
    owner: SiteOwner
    clock: Clock
