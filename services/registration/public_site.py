"""The body that runs the installation, as public pages and calendars name it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SiteOwner:
    organiser: str = ""
    """Name of the body; if empty, those of the programmes."""
    contact: str = ""
    """Mailbox for questions about personal data and accessibility; if empty, those of the programmes."""
    dir3: str = ""
    """Its code in the directory of the Spanish administrations; empty for none."""
    open_data_licence: str = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
    """The address of the terms under which the open data may be used."""
    keep_people: timedelta = timedelta(days=365)
    """How long after a session its registrations keep personal data."""
    keep_followers: timedelta = timedelta(days=90)
    """How long after its answer or decline a proposal's followers keep their addresses."""
    keep_waiting_followers: timedelta = timedelta(days=365)
    """How long after a proposal's last news its followers keep them."""
    mail_from: str = "dijous@localhost"
    """Mailbox of calendar entries whose programme has none."""
    mail_domain: str = "localhost"
    """The end of the UIDs of calendar entries, in mails and feeds."""
