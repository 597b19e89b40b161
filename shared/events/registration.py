"""Events that the registration service publishes: programmes, sessions, registrations, who is of the office."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.events.base import Event, Stream
from shared.events.vocabulary import (
    Audience,
    EntityKind,
    Language,
    ProgrammeKind,
    RegistrationStatus,
    SessionStatus,
    ShortTexts,
    Snapshot,
    Texts,
)
from shared.staff import Role


class SurveyQuestion(Snapshot):
    """One question of the survey, answered on a scale from 0 to 10."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    text: ShortTexts


class Material(Snapshot):
    """A document to read after a session."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    url: str


class Body(Snapshot):
    """A body that accompanies entities through a programme, such as a provincial council."""

    key: str
    """Opaque; the same key in two programmes is the same body."""
    name: str
    mailbox: str = ""
    """Read by its staff; empty if it has none."""
    provinces: list[str] = []
    """Whose entities it accompanies, as the directory names them."""


class Phase(Snapshot):
    """One phase that the entities of a programme go through, in the programme's order."""

    key: str
    text: ShortTexts


class ProgrammeDefined(Event, name="programmes.programme-defined", source="registration", key="programme"):
    """A programme was created or its settings changed; the whole of what other services need of it."""

    programme: str
    """The slug, which is the programme's id."""
    name: ShortTexts
    kind: ProgrammeKind
    time_zone: str
    """IANA name; dates in mails and pages are shown in it."""
    organiser: str = ""
    """Name of the body that runs it, as the mails sign."""
    reply_to: str = ""
    """Mailbox of the office, which is read; the calendar's organiser. Empty: the installation's own."""
    tool: str = ""
    """With what one connects to its sessions."""
    reminders_minutes: list[int]
    """Minutes before the start at which registrants are reminded."""
    survey_questions: list[SurveyQuestion]
    survey_days: int
    """Days that a survey stays open after the session's end."""
    survey_reminder_days: int
    """Days after the end at which those who have not answered are reminded once; 0 for never."""
    accredited: bool = False
    """Whether its sessions are accredited as training."""
    bodies: list[Body] = []
    phases: list[Phase] = []


class EntityListed(Event, name="entities.entity-listed", source="registration", key="code"):
    """An entity was imported into the directory, or one imported before has other particulars. The entities that Dijous
    brings are not told."""

    code: str
    """Its ens code (10 digits) if it is a municipality; the directory's own of any other body."""
    kind: EntityKind
    name: str
    """Full name of the body."""
    short_name: str
    """The municipality's own name."""
    idescat_code: str = ""
    ine_code: str = ""
    comarca: str = ""
    province: str = ""
    population: int | None = None


class SessionEvent(Event, source="registration", key="session_id"):
    """What all events of a session carry: the session as it is now, without its join link, which never leaves
    registration."""

    session_id: str
    programme: str
    title: ShortTexts
    description: Texts | None = None
    starts_at: AwareDatetime
    duration_minutes: int
    capacity: int | None = None
    status: SessionStatus
    sequence: int = 0
    """RFC 5546 SEQUENCE: raised by one at every change that calendars must show."""
    recording_url: str = ""
    materials: list[Material] = []
    audience: Audience = Audience.EVERYBODY
    """Who may know of it and register. What is not for everybody is never shown in public."""
    entities: list[str] = []
    """The codes of those it is for, where `audience` is `entities`."""
    tentative: bool = False
    """The date is provisional: nobody can register yet."""
    survey: bool = True
    """Whether a survey follows it."""


class SessionScheduled(SessionEvent, name="sessions.session-scheduled"):
    """A session was put on the calendar."""


class SessionChanged(SessionEvent, name="sessions.session-changed"):
    """Title, description, duration or capacity changed; the start did not. What calendars show of it is told with what
    it was before, and raises the sequence."""

    previous_title: ShortTexts | None = None
    """The title before; None where it is the same."""
    previous_duration_minutes: int | None = None
    """The duration before; None where it is the same."""


class SessionRescheduled(SessionEvent, name="sessions.session-rescheduled"):
    """The session moved to another time."""

    previous_starts_at: AwareDatetime


class SessionCancelled(SessionEvent, name="sessions.session-cancelled"):
    """The session will not take place."""

    reason: Texts | None = None


class SessionEnded(SessionEvent, name="sessions.session-ended"):
    """The session took place and is over; its roster is fixed."""

    ended_at: AwareDatetime
    registrations: int
    """How many hold a seat: so many get a survey link."""


class SessionRecorded(SessionEvent, name="sessions.session-recorded"):
    """A session that took place before its programme ran here was brought in, or what is known of it was corrected.
    It has no people and no survey: nobody is told of it."""

    external_id: str = ""
    """What the file that brought it calls it."""


class MaterialsPublished(SessionEvent, name="sessions.materials-published"):
    """The recording or the materials of a session are there to be seen."""


class PersonEvent(Event, source="registration", key="registration_id", stream=Stream.PEOPLE):
    """What the events about one registration carry: the person's contact, so these travel in the people stream."""

    registration_id: str
    session_id: str
    programme: str
    status: RegistrationStatus
    name: str
    email: str
    entity_code: str
    entity_name: str
    role: str = ""
    language: Language
    generation: int = 1
    """Raised when a person who had cancelled registers again: a new round of mails."""


class EntityRegistered(PersonEvent, name="people.entity-registered"):
    """A person was registered for an entity; `status` tells a seat from a place on the waiting list."""


class WaitingListPromoted(PersonEvent, name="people.waiting-list-promoted"):
    """A seat freed and the first of the waiting list has it."""


class RegistrationCancelled(PersonEvent, name="people.registration-cancelled"):
    """A seat or a place on the waiting list was given up, by the person or by the programme office."""

    held_seat: bool = True
    """Whether it was a seat, so that there is a calendar entry to withdraw; False for a place on the waiting list."""


class RegistrationCorrected(PersonEvent, name="people.registration-corrected"):
    """A person corrected name, entity, role or language; the address stays. Tells all that those before told."""

    promoted: bool = False
    """Whether the seat came from the waiting list."""


class ConfirmationRequested(PersonEvent, name="people.confirmation-requested"):
    """A person asks for the confirmation, or the notice of the waiting list, once more."""


class RegistrationErased(
    Event, name="people.registration-erased", source="registration", key="registration_id", stream=Stream.PEOPLE
):
    """A person's name, address and role are erased: whoever keeps them forgets them too. Holds none of them."""

    registration_id: str
    session_id: str
    programme: str
    generation: int = 1


class OfficeAccessChanged(
    Event, name="sync.office-access-changed", source="registration", key="person_id", stream=Stream.SYNC
):
    """What somebody of the programme office may do from now on: who was added, signed in or out, has another role or
    was removed."""

    person_id: str
    """Opaque; the one that the cookie of who is signed in holds."""
    role: Role | None
    """1 reads, 2 edits, 3 administers; None for who is not of the office any more."""
    sessions: tuple[str, ...] = ()
    """Opaque ids of the sessions in which they are signed in; a cookie of another one counts no more."""
    body: str = ""
    """Key of the body whose staff they are, who see only what is theirs; empty for the office itself."""
