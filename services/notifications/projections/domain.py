"""The latest state of other services' aggregates, from their events. Mails are written from it."""

from datetime import date, datetime, timedelta
from typing import Self

from shared.clock import StoredInstant
from shared.events import proposals, registration, support
from shared.events.registration import Body, Material, SurveyQuestion
from shared.events.vocabulary import (
    Audience,
    ContactSubject,
    FollowerRole,
    Language,
    MembershipState,
    PetitionState,
    ProposalKind,
    ProposalState,
    RegistrationStatus,
    SessionStatus,
    reads_otherwise,
)
from shared.invitations import invitation_sequence
from shared.storage.projections import Known


class KnownProgramme(Known):
    """`id` is the slug."""

    name: dict[Language, str]
    time_zone: str
    organiser: str = ""
    reply_to: str = ""
    tool: str = ""
    reminders_minutes: list[int]
    survey_questions: list[SurveyQuestion] = []
    survey_days: int
    survey_reminder_days: int
    bodies: list[Body] = []

    @classmethod
    def from_event(cls, event: registration.ProgrammeDefined) -> Self:
        return cls(id=event.programme, seen=event.version, **event.model_dump())

    def mailbox_of(self, owner: str) -> str:
        """Of the body with this key, or of the office; empty where there is none."""
        mailboxes = {body.key: body.mailbox for body in self.bodies}
        return mailboxes.get(owner, "") if owner else self.reply_to


class KnownSession(Known):
    programme: str
    title: dict[Language, str]
    description: dict[Language, str] | None = None
    starts_at: StoredInstant
    previous_starts_at: StoredInstant | None = None
    moved_sequence: int = 0
    """The SEQUENCE of the session's last move."""
    previous_title: dict[Language, str] | None = None
    previous_duration_minutes: int | None = None
    duration_minutes: int
    status: SessionStatus
    sequence: int = 0
    cancel_reason: dict[Language, str] | None = None
    recording_url: str = ""
    materials: list[Material] = []
    audience: Audience = Audience.EVERYBODY
    tentative: bool = False
    """Its date is provisional: that it moves or falls away is told to nobody."""

    @property
    def is_public(self) -> bool:
        """Whether it may be named to people who are not registered for it."""
        return self.audience is Audience.EVERYBODY

    @classmethod
    def from_event(cls, event: registration.SessionEvent) -> Self:
        return cls(id=event.session_id, seen=event.version, **event.model_dump())

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    def is_over(self, now: datetime) -> bool:
        return self.status is SessionStatus.ENDED or now >= self.ends_at

    def is_retitled_for(self, language: Language) -> bool:
        """Whether the last change gave it another title in this language."""
        return self.previous_title is not None and reads_otherwise(self.previous_title, self.title, language)

    def is_changed_for(self, language: Language) -> bool:
        """Whether the last change shows in a calendar in this language."""
        return bool(self.previous_duration_minutes) or self.is_retitled_for(language)


class Recipient(Known):
    email: str
    language: Language
    name: str = ""


class KnownRegistration(Recipient):
    session_id: str
    status: RegistrationStatus
    entity_code: str
    entity_name: str
    generation: int = 1
    held_seat: bool = True
    """If cancelled: whether it had a seat, not a place on the waiting list."""

    @classmethod
    def from_event(cls, event: registration.PersonEvent) -> Self:
        return cls(id=event.registration_id, seen=event.version, **event.model_dump())

    @classmethod
    def from_erasure(cls, event: registration.RegistrationErased) -> Self:
        """A registration without a person."""
        return cls(
            id=event.registration_id,
            seen=event.version,
            email="",
            language=Language.CA,
            session_id=event.session_id,
            status=RegistrationStatus.CANCELLED,
            entity_code="",
            entity_name="",
            generation=event.generation,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether the person waits for a seat, or waited until giving up: no calendar entry."""
        return self.status is RegistrationStatus.WAITING or (self._is_given_up and not self.held_seat)

    @property
    def _is_given_up(self) -> bool:
        return self.status is RegistrationStatus.CANCELLED

    def sequence_in(self, session: KnownSession) -> int:
        """RFC 5546 SEQUENCE of this person's calendar entry."""
        return invitation_sequence(session.sequence, self.generation, given_up=self._is_given_up)


class KnownProposal(Known):
    programme: str
    kind: ProposalKind
    title: str
    state: ProposalState
    session_id: str = ""
    cancelled_session_id: str = ""
    reason: str = ""
    merged_into: str = ""
    merged_into_title: str = ""
    step: int = 0
    """The number of its steps; 0 if the event did not say."""

    @classmethod
    def from_event(cls, event: proposals.ProposalEvent) -> Self:
        return cls(id=event.proposal_id, seen=event.version, **event.model_dump())

    @property
    def step_round(self) -> str:
        """Tells two steps of a kind apart: by number, or by target if the event has no number."""
        return str(self.step) if self.step else self.merged_into or self.told_session_id

    @property
    def cancellation_round(self) -> str:
        """`step_round` of the step back to review when its session is cancelled."""
        return str(self.step + 1) if self.step else self.session_id

    @property
    def told_session_id(self) -> str:
        """The session that treats it, or was to before its cancellation."""
        return self.session_id or self.cancelled_session_id


class KnownFollower(Recipient):
    """A person who gets the news of a proposal, or is asked to confirm a support."""

    proposal_id: str
    role: FollowerRole

    @classmethod
    def from_event(cls, event: proposals.ProposalFollowed) -> Self:
        return cls(id=event.follower_id, seen=event.version, **event.model_dump())

    @classmethod
    def from_request(cls, event: proposals.SupportRequested) -> Self:
        return cls(id=event.support_id, seen=event.version, role=FollowerRole.SUPPORTER, **event.model_dump())

    @classmethod
    def from_erasure(cls, event: proposals.FollowerErased) -> Self:
        """A follower without a person."""
        return cls(
            id=event.follower_id,
            seen=event.version,
            email="",
            language=Language.CA,
            proposal_id=event.proposal_id,
            role=FollowerRole.SUPPORTER,
        )


class KnownOffer(Known):
    """What entities may ask a programme for."""

    programme: str
    title: dict[Language, str]
    places: int | None = None
    answer_days: int | None = None

    @classmethod
    def from_event(cls, event: support.OfferPublished) -> Self:
        return cls(id=event.offer_id, seen=event.version, **event.model_dump(include=set(cls.model_fields)))


class KnownPetition(Known):
    """What an entity asks for under an offer, and how it stands."""

    programme: str
    offer_id: str
    entity: str
    state: PetitionState
    owner: str = ""
    step: int = 0
    handovers: int = 0
    offered_until: StoredInstant | None = None
    place_in_reserve: int | None = None
    findings: list[support.Finding] = []
    """Only what is received tells them."""

    @classmethod
    def from_event(cls, event: support.PetitionEvent) -> Self:
        return cls(id=event.petition_id, seen=event.version, **event.model_dump())

    @property
    def mailbox_id(self) -> str:
        """Of its owner, as a recipient."""
        return mailbox_id(self.programme, self.owner)


def mailbox_id(programme: str, owner: str) -> str:
    return f"{programme}:{owner}"


class KnownMembership(Known):
    """An entity's way through the phases of a programme."""

    programme: str
    entity: str
    state: MembershipState
    phase_name: dict[Language, str]
    step: int = 0
    next_step: str = ""
    due_on: date | None = None
    next_step_seen: int = 0
    """The version that set the next step."""

    @classmethod
    def from_event(cls, event: support.MembershipEvent) -> Self:
        return cls(id=event.membership_id, seen=event.version, **event.model_dump(exclude={"text", "due_on"}))


class KnownContact(Recipient):
    """A person who is told what becomes of a petition or a membership."""

    about: ContactSubject
    about_id: str
    entity_name: str
    generation: int = 1

    @classmethod
    def from_event(cls, event: support.ContactNamed) -> Self:
        return cls(id=event.contact_id, seen=event.version, **event.model_dump())

    @classmethod
    def from_erasure(cls, event: support.ContactErased) -> Self:
        """A contact without a person."""
        return cls(
            id=event.contact_id,
            seen=event.version,
            email="",
            language=Language.CA,
            about=event.about,
            about_id=event.about_id,
            entity_name="",
            generation=event.generation,
        )
