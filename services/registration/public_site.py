"""The body that runs the installation, as public pages and calendars name it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SiteOwner:
    organiser: str = ""
    """Name of the body; empty: those that the programmes name."""
    contact: str = ""
    """Mailbox for questions about personal data and accessibility; empty: those of the programmes."""
    keep_people: timedelta = timedelta(days=365)
    """How long after a session the data of those registered are kept."""
    keep_followers: timedelta = timedelta(days=90)
    """How long after a proposal was answered or declined the addresses of its followers are kept."""
    mail_from: str = "dijous@localhost"
    """The mailbox of calendar entries whose programme has none."""
    mail_domain: str = "localhost"
    """The end of the UIDs of calendar entries, in mails and feeds."""
