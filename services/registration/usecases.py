"""The nouns wired together: each use case with the stores and the other use cases that it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import NamedTuple, Self

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
from services.registration.eligibility.wording import told
from services.registration.entities import store as entity_store
from services.registration.entities.store import ENTITIES, EntityStore
from services.registration.entities.usecases import Entities
from services.registration.memberships import store as membership_store
from services.registration.memberships.choices import Choices
from services.registration.memberships.enrolment import Enrolments
from services.registration.memberships.leaving import Leaving
from services.registration.memberships.store import MEMBERSHIPS, MembershipStore
from services.registration.memberships.usecases import Memberships, OwnMembership
from services.registration.moving_in.usecases import MovingIn
from services.registration.offers import store as offer_store
from services.registration.offers.store import OFFERS, OfferStore
from services.registration.offers.usecases import Offers
from services.registration.open_data.usecases import OpenData
from services.registration.petitions import store as petition_store
from services.registration.petitions.accepted import AcceptedPetitions
from services.registration.petitions.erasing import PetitionContacts, contacts_over
from services.registration.petitions.placing import Placing
from services.registration.petitions.selecting import Selecting
from services.registration.petitions.store import PETITIONS, PetitionStore
from services.registration.petitions.usecases import Petitions
from services.registration.planning.usecases import Planning
from services.registration.programmes import store as programme_store
from services.registration.programmes.store import PROGRAMMES, ProgrammeStore
from services.registration.programmes.usecases import Programmes
from services.registration.projections import Projections
from services.registration.registrations import store as registration_store
from services.registration.registrations.erasing import erase_person, people_over
from services.registration.registrations.personal import OwnRegistration
from services.registration.registrations.rate_limits import Allowance, RateLimit
from services.registration.registrations.seating import Seating
from services.registration.registrations.store import ERASURES, REGISTRATIONS, RegistrationStore
from services.registration.registrations.usecases import Registrations
from services.registration.report.usecases import Reports
from services.registration.resources import store as resource_store
from services.registration.resources.store import ASSISTANCES, RESOURCES, AssistanceStore, ResourceStore
from services.registration.resources.usecases import Resources
from services.registration.retention.usecases import Kept, Retention
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
from shared.text.catalogues import Translations

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    **programme_store.COLLECTIONS,
    **session_store.COLLECTIONS,
    **registration_store.COLLECTIONS,
    **contact_usecases.COLLECTIONS,
    **membership_store.COLLECTIONS,
    **seat_store.COLLECTIONS,
    **entity_store.COLLECTIONS,
    **resource_store.COLLECTIONS,
    **offer_store.COLLECTIONS,
    **petition_store.COLLECTIONS,
    **account_store.COLLECTIONS,
    **throttle.COLLECTIONS,
    **projections.COLLECTIONS,
    **IMPORT_COLLECTIONS,
    **LIMIT_COLLECTIONS,
    **AUDIT_COLLECTIONS,
}
AGGREGATES = (
    *(PROGRAMMES, SESSIONS, REGISTRATIONS, OFFICE_PEOPLE, IMPORTS, ENTITIES),
    *(RESOURCES, ASSISTANCES, MEMBERSHIPS, OFFERS, PETITIONS),
)
"""The collections whose outboxes the relay publishes."""


NO_LIMITS = Allowance()
USUALLY_KEPT = timedelta(days=365)
USUAL_RULES = SignInRules()
ENGLISH = Translations()


async def nothing_to_purge(_: str) -> None:
    """Where no broker keeps what was published."""


class Purges(NamedTuple):
    """What the broker keeps of a person is deleted there, by what the person is to us."""

    registration: Purge = nothing_to_purge
    contact: Purge = nothing_to_purge


NOTHING_TO_PURGE = Purges()


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
    offers: OfferStore
    petitions: PetitionStore

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
            offers=OfferStore(documents, clock),
            petitions=PetitionStore(documents, clock),
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
        petitions: AcceptedPetitions,
        links: Links,
        secret: bytes,
        audit: Audit,
        clock: Clock,
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
class Support:
    """What entities ask for."""

    offers: Offers
    placing: Placing
    petitions: Petitions
    selecting: Selecting
    accepted: AcceptedPetitions

    @classmethod
    def over(
        cls,
        stores: Stores,
        programmes: Programmes,
        resources: Resources,
        entities: Entities,
        links: Links,
        secret: bytes,
        words: Translations,
        clock: Clock,
    ) -> Self:
        placing = Placing(stores.offers, stores.petitions, clock)
        return cls(
            offers=Offers(stores.offers, programmes, placing, clock),
            placing=placing,
            petitions=Petitions(
                stores.petitions,
                stores.offers,
                programmes,
                placing,
                resources,
                stores.members,
                partial(told, words=words),
                links,
                secret,
                clock,
            ),
            selecting=Selecting(stores.offers, stores.petitions, placing, entities, clock),
            accepted=AcceptedPetitions(stores.petitions, placing, clock),
        )


@dataclass(frozen=True)
class UseCases:
    """All of them. Only the composition sees them together: handlers and pages get those that they call."""

    stores: Stores
    programmes: Programmes
    sessions: Sessions
    registrations: Registrations
    own: OwnRegistration
    erasing: Erasing
    membership: MemberCases
    retention: Retention
    reports: Reports
    rate_limit: RateLimit
    entities: Entities
    resources: Resources
    attendance: Attendance
    planning: Planning
    moving_in: MovingIn
    support: Support
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
        announces(
            "registration-erasures",
            REGISTRATIONS,
            self.stores.registrations.erased_lately,
            self.registrations.republish,
        )
        announces("registration-memberships", MEMBERSHIPS, {}, self.stores.members.republish_one)
        announces("registration-entities", ENTITIES, {}, self.stores.entities.republish_one)
        announces("registration-offers", OFFERS, {}, self.support.offers.republish)
        announces("registration-petitions", PETITIONS, {}, self.support.petitions.republish)
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
    purges: Purges = NOTHING_TO_PURGE,
    allowance: Allowance = NO_LIMITS,
    rules: SignInRules = USUAL_RULES,
    words: Translations = ENGLISH,
    keep_people: timedelta = USUALLY_KEPT,
) -> UseCases:
    """`secret` keys the ids of registrations, people and counters; `keep_people`: where a programme says nothing."""
    stores, audit, known = Stores.over(documents, clock), Audit(documents, clock), Projections.over(documents)
    people, dates, rosters, members = stores.registrations, stores.sessions, stores.rosters, stores.members
    seating = Seating(dates, people, rosters, clock)
    programmes, entities, resources = _directory(stores, audit, clock)
    registrations = Registrations(people, dates, members, rosters, seating, links, secret, audit, clock)
    erasing, contacts = _erasing(documents, stores, seating, purges, clock)
    support = Support.over(stores, programmes, resources, entities, links, secret, words, clock)
    sessions = Sessions(dates, rosters, seating, known.results, members, people, clock)
    of_members = (stores, programmes, contacts, registrations, entities, support.accepted)
    return UseCases(
        stores=stores,
        programmes=programmes,
        sessions=sessions,
        registrations=registrations,
        own=OwnRegistration(documents, people, dates, seating, registrations, erasing, contacts, audit, clock),
        erasing=erasing,
        membership=MemberCases.over(*of_members, links, secret, audit, clock),
        retention=Retention(programmes, _kept(stores, erasing, contacts), keep_people, clock),
        reports=Reports(dates, people, programmes, entities, known.results, known.proposals, stores.petitions, clock),
        rate_limit=RateLimit(RateLimiter(documents, clock, secret=secret), allowance),
        entities=entities,
        resources=resources,
        attendance=Attendance(stores.sessions, people, clock),
        planning=Planning(stores.sessions, sessions, clock),
        moving_in=MovingIn(documents, stores.sessions, people, programmes, entities, registrations, resources, clock),
        support=support,
        known=known,
        access=Access.over(documents, stores.accounts, links, secret, audit, clock, rules),
        audit=audit,
        reconciler=reconciler,
    )


def _directory(stores: Stores, audit: Audit, clock: Clock) -> tuple[Programmes, Entities, Resources]:
    """The programmes, the entities, and what these did with the resources of the catalogue."""
    entities = Entities(stores.entities, audit)
    resources = Resources(stores.resources, stores.assistances, entities)
    return Programmes(stores.programmes, stores.members, clock), entities, resources


def _erasing(
    documents: Store, stores: Stores, seating: Seating, purges: Purges, clock: Clock
) -> tuple[Erasing, Contacts]:
    erase = partial(erase_person, stores.registrations, stores.sessions, seating, clock)
    of_petitions = PetitionContacts(stores.petitions, stores.offers, clock)
    contacts = Contacts(documents, [stores.members, of_petitions], purges.contact)
    return Erasing(Collection(documents, ERASURES, Note), erase, purges.registration), contacts


def _kept(stores: Stores, erasing: Erasing, contacts: Contacts) -> list[Kept]:
    """Whose time with us ends."""
    return [
        Kept(partial(people_over, stores.registrations, stores.sessions), erasing),
        Kept(stores.members.people_over, contacts.erasing),
        Kept(partial(contacts_over, stores.petitions, stores.members), contacts.erasing),
    ]
