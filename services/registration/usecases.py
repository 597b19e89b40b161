"""The nouns wired together: each use case with the stores and the other use cases that it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Self

from services.registration import projections
from services.registration.accounts import store as account_store
from services.registration.accounts import throttle
from services.registration.accounts.domain import SignInRules
from services.registration.accounts.office_sessions import OfficeSessions
from services.registration.accounts.passkeys import RelyingParty
from services.registration.accounts.second_factor import SecondFactor
from services.registration.accounts.sign_in import SigningIn
from services.registration.accounts.store import OFFICE_PEOPLE, AccountStore
from services.registration.accounts.throttle import SignInThrottle
from services.registration.accounts.usecases import Accounts
from services.registration.attendance.usecases import Attendance
from services.registration.contacts import usecases as contact_usecases
from services.registration.contacts.usecases import Contacts
from services.registration.entities import store as entity_store
from services.registration.entities.store import ENTITIES, EntityStore
from services.registration.entities.usecases import Entities
from services.registration.memberships import store as membership_store
from services.registration.memberships.choices import Choices
from services.registration.memberships.enrolment import Enrolments
from services.registration.memberships.leaving import Leaving
from services.registration.memberships.store import MEMBERSHIPS, MembershipStore
from services.registration.memberships.usecases import AcceptedPetition, Memberships, OwnMembership, Petitions
from services.registration.moving_in.usecases import MovingIn
from services.registration.open_data.usecases import OpenData
from services.registration.planning.usecases import Planning
from services.registration.programmes import store as programme_store
from services.registration.programmes.store import PROGRAMMES, ProgrammeStore
from services.registration.programmes.usecases import Programmes
from services.registration.projections import Projections
from services.registration.registrations import store as registration_store
from services.registration.registrations.erasing import Retention, erase_person
from services.registration.registrations.personal import OwnRegistration
from services.registration.registrations.rate_limits import Allowance, RateLimit
from services.registration.registrations.seating import Seating
from services.registration.registrations.store import ERASURES, REGISTRATIONS, RegistrationStore
from services.registration.registrations.usecases import Registrations
from services.registration.resources import store as resource_store
from services.registration.resources.store import ASSISTANCES, RESOURCES, AssistanceStore, ResourceStore
from services.registration.resources.usecases import Resources
from services.registration.seats import store as seat_store
from services.registration.seats.store import Rosters
from services.registration.sessions import store as session_store
from services.registration.sessions.store import SESSIONS, SessionStore
from services.registration.sessions.usecases import Sessions
from shared.clock import Clock
from shared.imports.accepted import IMPORT_COLLECTIONS, IMPORTS
from shared.messaging.office_access import OFFICE_PEOPLE_KIND
from shared.messaging.reconciler import Reconciler
from shared.security.audit import AUDIT_COLLECTIONS, Audit
from shared.security.erasing import Erasing, Note, Purge
from shared.security.links import Links
from shared.security.rate_limits import LIMIT_COLLECTIONS, RateLimiter
from shared.storage.collection import Collection
from shared.storage.contract import Index, Store, Where, greater, one_of

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    **programme_store.COLLECTIONS,
    **session_store.COLLECTIONS,
    **registration_store.COLLECTIONS,
    **contact_usecases.COLLECTIONS,
    **membership_store.COLLECTIONS,
    **seat_store.COLLECTIONS,
    **entity_store.COLLECTIONS,
    **resource_store.COLLECTIONS,
    **account_store.COLLECTIONS,
    **throttle.COLLECTIONS,
    **projections.COLLECTIONS,
    **IMPORT_COLLECTIONS,
    **LIMIT_COLLECTIONS,
    **AUDIT_COLLECTIONS,
}
AGGREGATES = (
    *(PROGRAMMES, SESSIONS, REGISTRATIONS, OFFICE_PEOPLE, IMPORTS, ENTITIES),
    *(RESOURCES, ASSISTANCES, MEMBERSHIPS),
)
"""The collections whose outboxes the relay publishes."""


class NoPetitions:
    """Entities take part by the office's decision alone."""

    async def accepted(self, _: str) -> AcceptedPetition | None:
        return None

    async def give_back(self, _: str) -> None:
        """No reserve waits for the place."""


NO_PETITIONS = NoPetitions()
NO_LIMITS = Allowance()
USUAL_RULES = SignInRules()


async def nothing_to_purge(_: str) -> None:
    """Where no broker keeps what was published."""


@dataclass(frozen=True)
class Stores:
    programmes: ProgrammeStore
    sessions: SessionStore
    registrations: RegistrationStore
    rosters: Rosters
    entities: EntityStore
    accounts: AccountStore
    resources: ResourceStore
    assistances: AssistanceStore
    members: MembershipStore

    @classmethod
    def over(cls, documents: Store, clock: Clock) -> Self:
        return cls(
            programmes=ProgrammeStore(documents, clock),
            sessions=SessionStore(documents, clock),
            registrations=RegistrationStore(documents, clock),
            rosters=Rosters(documents),
            entities=EntityStore(documents, clock),
            accounts=AccountStore(documents, clock),
            resources=ResourceStore(documents, clock),
            assistances=AssistanceStore(documents, clock),
            members=MembershipStore(documents, clock),
        )


@dataclass(frozen=True)
class MemberCases:
    """All that concerns an entity's way through the phases."""

    office: Memberships
    own: OwnMembership
    enrolments: Enrolments
    leaving: Leaving
    choices: Choices

    @classmethod
    def over(
        cls,
        stores: Stores,
        programmes: Programmes,
        contacts: Contacts,
        registrations: Registrations,
        entities: Entities,
        links: Links,
        secret: bytes,
        audit: Audit,
        clock: Clock,
        petitions: Petitions = NO_PETITIONS,
    ) -> Self:
        stored, sessions, people = stores.members, stores.sessions, stores.registrations
        leaving = Leaving(stored, sessions, people, registrations, petitions, clock)
        return cls(
            office=Memberships(stored, programmes, contacts, leaving, secret, clock),
            own=OwnMembership(stored, contacts, links, secret, clock),
            enrolments=Enrolments(stored, sessions, people, registrations, entities, audit, clock),
            leaving=leaving,
            choices=Choices(programmes, petitions),
        )


@dataclass(frozen=True)
class Access:
    """Who of the office may come in."""

    accounts: Accounts
    sign_in: SigningIn
    sessions: OfficeSessions
    second_factor: SecondFactor

    @classmethod
    def over(
        cls,
        documents: Store,
        stored: AccountStore,
        links: Links,
        secret: bytes,
        audit: Audit,
        clock: Clock,
        rules: SignInRules,
    ) -> Self:
        throttle, party = SignInThrottle(documents, secret, clock), RelyingParty.at(links.public_url, rules.site_name)
        sign_in = SigningIn(stored, throttle, secret, clock, rules.context)
        return cls(
            accounts=Accounts(stored, sign_in, audit, clock),
            sign_in=sign_in,
            sessions=OfficeSessions(stored, clock, rules.session_length),
            second_factor=SecondFactor(stored, party, rules.administrators_need_passkey, clock),
        )


@dataclass(frozen=True)
class UseCases:
    """All of them. Only the composition sees them together: handlers and pages get those that they call."""

    stores: Stores
    programmes: Programmes
    sessions: Sessions
    seating: Seating
    registrations: Registrations
    own: OwnRegistration
    erasing: Erasing
    membership: MemberCases
    retention: Retention
    rate_limit: RateLimit
    entities: Entities
    resources: Resources
    attendance: Attendance
    planning: Planning
    moving_in: MovingIn
    known: Projections
    access: Access
    audit: Audit
    reconciler: Reconciler

    @property
    def contacts(self) -> Contacts:
        return self.own.contacts

    @cached_property
    def open_data(self) -> OpenData:
        return OpenData(self.sessions, self.programmes, self.stores.registrations, self.entities)

    def __post_init__(self) -> None:
        """Join the sweep: announce what is live, keep complete what others announce."""

        def live_sessions() -> Where:
            return {"_id": one_of(self.sessions.live)}

        def live_registrations() -> Where:
            return {"session_id": one_of(self.sessions.live), "announced": greater(0)}

        announces = self.reconciler.announces
        announces("registration-programmes", PROGRAMMES, {}, self.programmes.republish)
        announces("registration-sessions", SESSIONS, live_sessions, self.sessions.republish)
        announces("registration-registrations", REGISTRATIONS, live_registrations, self.registrations.republish)
        announces("registration-erasures", REGISTRATIONS, self.retention.lately, self.registrations.republish)
        announces("registration-memberships", MEMBERSHIPS, {}, self.stores.members.republish_one)
        announces("registration-entities", ENTITIES, {}, self.stores.entities.republish_one)
        announces(OFFICE_PEOPLE_KIND, OFFICE_PEOPLE, {}, self.access.accounts.republish)
        self.reconciler.keeps("proposals-proposals", self.known.proposals.missing)
        self.reconciler.keeps("feedback-results", self.known.results.missing)
        self.reconciler.keeps("notifications-sending", self.known.senders.missing)


def wire(
    documents: Store,
    links: Links,
    secret: bytes,
    reconciler: Reconciler,
    clock: Clock,
    *,
    purge: Purge = nothing_to_purge,
    purge_contact: Purge = nothing_to_purge,
    allowance: Allowance = NO_LIMITS,
    rules: SignInRules = USUAL_RULES,
) -> UseCases:
    """The use cases on a database. `secret` keys the ids of registrations, people and counters."""
    stores, audit, known = Stores.over(documents, clock), Audit(documents, clock), Projections.over(documents)
    people, rosters, members = stores.registrations, stores.rosters, stores.members
    seating, entities = Seating(stores.sessions, people, rosters, clock), Entities(stores.entities, audit)
    registrations = Registrations(people, stores.sessions, members, rosters, seating, links, secret, audit, clock)
    erasing = _erasing(documents, stores, seating, purge, clock)
    programmes, contacts = Programmes(stores.programmes, members), Contacts(documents, [members], purge_contact)
    resources = Resources(stores.resources, stores.assistances, entities)
    sessions = Sessions(stores.sessions, rosters, seating, known.results, members, people, clock)
    own = OwnRegistration(documents, people, stores.sessions, seating, registrations, erasing, contacts, audit, clock)
    membership = MemberCases.over(stores, programmes, contacts, registrations, entities, links, secret, audit, clock)
    return UseCases(
        stores=stores,
        programmes=programmes,
        sessions=sessions,
        seating=seating,
        registrations=registrations,
        own=own,
        erasing=erasing,
        membership=membership,
        retention=Retention(people, stores.sessions, erasing, clock),
        rate_limit=RateLimit(RateLimiter(documents, clock, secret=secret), allowance),
        entities=entities,
        resources=resources,
        attendance=Attendance(stores.sessions, people, clock),
        planning=Planning(stores.sessions, sessions, clock),
        moving_in=MovingIn(documents, stores.sessions, people, programmes, entities, registrations, resources, clock),
        known=known,
        access=Access.over(documents, stores.accounts, links, secret, audit, clock, rules),
        audit=audit,
        reconciler=reconciler,
    )


def _erasing(documents: Store, stores: Stores, seating: Seating, purge: Purge, clock: Clock) -> Erasing:
    erase = partial(erase_person, stores.registrations, stores.sessions, seating, clock)
    return Erasing(Collection(documents, ERASURES, Note), erase, purge)
