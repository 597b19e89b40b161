"""The stages wired together: each use case with its stores and neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.expansion import Fanouts
from services.notifications.deliveries.fanouts import FANOUT_COLLECTIONS, FanoutStore
from services.notifications.deliveries.store import DELIVERY_COLLECTIONS, DeliveryStore
from services.notifications.deliveries.usecases import DeliveryQueue, Wakers
from services.notifications.next_steps import NextSteps
from services.notifications.office.people import People
from services.notifications.office.usecases import DeliveryAdmin
from services.notifications.preferences.freeing import Freeing
from services.notifications.preferences.store import SUPPRESSION_COLLECTIONS, SUPPRESSIONS, SuppressionStore
from services.notifications.preferences.usecases import Preferences
from services.notifications.projections.store import PROJECTION_COLLECTIONS, Projections
from services.notifications.reminders import Reminders
from services.notifications.rendering.mail_texts import MailTexts
from services.notifications.rendering.messages import Composer
from services.notifications.rendering.wording import WORDING_COLLECTIONS, WORDINGS, Wording
from services.notifications.sending.batch import BatchLoader
from services.notifications.sending.outcomes import OutcomeWriter
from services.notifications.sending.rate_limit import ReplyRateLimit
from services.notifications.sending.sender import QueuedMail, Sender, SendingLimits
from services.notifications.sending.state import SENDING_COLLECTIONS, SENDING_STATES, SendingState, SendingStates
from services.notifications.sending.superseded import Superseding
from services.notifications.surveys.store import SURVEY_COLLECTIONS, SURVEY_PARTS, SurveyStore
from services.notifications.surveys.usecases import SurveyLinks, Surveys
from services.notifications.transport.smtp import Transport
from services.notifications.triggers.contacts import Contacts
from services.notifications.triggers.erasing import RecipientEraser
from services.notifications.triggers.memberships import Memberships
from services.notifications.triggers.petitions import Petitions
from services.notifications.triggers.proposals import Proposals
from services.notifications.triggers.registrations import Registrations
from services.notifications.triggers.sessions import Sessions
from services.notifications.wording.usecases import Wordings
from shared.clock import Clock
from shared.messaging.lease import LEASES, Lease
from shared.messaging.office_access import OFFICE_ACCESS_COLLECTIONS, OfficeAccess
from shared.messaging.reconciler import Reconciler
from shared.security.audit import AUDIT_COLLECTIONS, Audit
from shared.security.rate_limits import LIMIT_COLLECTIONS, RateLimiter
from shared.storage.aggregates import Aggregates
from shared.storage.contract import Index, Store

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    **PROJECTION_COLLECTIONS,
    **DELIVERY_COLLECTIONS,
    **FANOUT_COLLECTIONS,
    **SURVEY_COLLECTIONS,
    **SUPPRESSION_COLLECTIONS,
    **WORDING_COLLECTIONS,
    **SENDING_COLLECTIONS,
    LEASES: [],
    **LIMIT_COLLECTIONS,
    **AUDIT_COLLECTIONS,
    **OFFICE_ACCESS_COLLECTIONS,
}
AGGREGATES = (SURVEY_PARTS, SUPPRESSIONS, WORDINGS, SENDING_STATES)
"""The collections whose documents hold events and records of acts."""


@dataclass(frozen=True, slots=True)
class Stores:
    documents: Store
    known: Projections
    deliveries: DeliveryStore
    fanouts: FanoutStore
    surveys: SurveyStore
    suppressions: SuppressionStore
    wordings: Aggregates[Wording]
    sending: SendingStates
    limits: RateLimiter

    @classmethod
    def over(cls, documents: Store, *, secret: str, clock: Clock) -> "Stores":
        """`secret` keys the ids of suppressed addresses and of counters."""
        return cls(
            documents=documents,
            known=Projections.over(documents),
            deliveries=DeliveryStore(documents),
            fanouts=FanoutStore(documents),
            surveys=SurveyStore(documents, clock),
            suppressions=SuppressionStore(documents, secret, clock),
            wordings=Aggregates(documents, WORDINGS, Wording, clock=clock),
            sending=SendingStates(Aggregates(documents, SENDING_STATES, SendingState, clock=clock), clock),
            limits=RateLimiter(documents, clock, secret=secret.encode()),
        )


@dataclass(frozen=True, slots=True)
class UseCases:
    wakers: Wakers
    sessions: Sessions
    registrations: Registrations
    surveys: Surveys
    proposals: Proposals
    contacts: Contacts
    memberships: Memberships
    petitions: Petitions
    fanouts: Fanouts
    delivery_admin: DeliveryAdmin
    people: People
    preferences: Preferences
    wordings: Wordings
    audit: Audit
    access: OfficeAccess
    reconciler: Reconciler

    @classmethod
    def over(
        cls,
        stores: Stores,
        clock: Clock,
        reconciler: Reconciler,
        texts: MailTexts,
        *,
        page_size: int,
        survey_part_size: int,
    ) -> "UseCases":
        """`page_size`: recipients of a fan-out at a time."""
        known, deliveries, suppressions = stores.known, stores.deliveries, stores.suppressions
        wakers, audit = Wakers(), Audit(stores.documents, clock)
        queue = DeliveryQueue(deliveries, stores.fanouts, wakers, clock)
        surveys = Surveys(stores.surveys, known, queue, wakers, clock, survey_part_size)
        eraser = RecipientEraser(known, deliveries, suppressions)
        return cls(
            wakers=wakers,
            sessions=Sessions(known, queue, surveys, clock),
            registrations=Registrations(known, queue, surveys, eraser, clock),
            surveys=surveys,
            proposals=Proposals(known, queue, eraser),
            contacts=Contacts(known, queue, eraser, clock),
            memberships=Memberships(known, queue, NextSteps(deliveries, known, clock)),
            petitions=Petitions(known, queue),
            fanouts=make_fanouts(stores, wakers, clock, page_size=page_size),
            delivery_admin=DeliveryAdmin(
                deliveries, known, suppressions, make_freeing(stores, wakers, clock), audit, wakers, clock
            ),
            people=People(known, deliveries, suppressions, stores.documents, audit),
            preferences=Preferences(known, suppressions, clock),
            wordings=Wordings(known, stores.wordings, texts, clock),
            audit=audit,
            access=OfficeAccess(stores.documents),
            reconciler=reconciler,
        )


def make_fanouts(stores: Stores, wakers: Wakers, clock: Clock, *, page_size: int) -> Fanouts:
    reminders = Reminders(stores.deliveries, stores.known, clock)
    links = SurveyLinks(stores.surveys, stores.known, clock)
    return Fanouts(
        stores.fanouts,
        stores.deliveries,
        stores.known,
        wakers,
        clock,
        page_size=page_size,
        planners={
            DeliveryKind.REMINDER: reminders.plan,
            DeliveryKind.MEMBERSHIP_NEXT_STEP: NextSteps(stores.deliveries, stores.known, clock).plan,
            DeliveryKind.SURVEY: links.plan_survey,
            DeliveryKind.SURVEY_REMINDER: links.plan_reminder,
        },
        on_idle=links.forget,
    )


def make_loader(stores: Stores, *, answers_per_hour: int = 0) -> BatchLoader:
    """`answers_per_hour`: direct answers to one address in any hour; 0 for no limit."""
    limit = ReplyRateLimit(stores.limits, answers_per_hour)
    superseding = Superseding(stores.deliveries, stores.known)
    return BatchLoader(stores.known, stores.surveys, stores.suppressions, stores.wordings, limit, superseding)


def make_freeing(stores: Stores, wakers: Wakers, clock: Clock) -> Freeing:
    return Freeing(stores.suppressions, stores.deliveries, stores.known, wakers, clock)


def make_sender(
    stores: Stores, composer: Composer, transport: Transport[QueuedMail], clock: Clock, limits: SendingLimits
) -> Sender:
    writer = OutcomeWriter(
        stores.deliveries,
        stores.suppressions,
        make_freeing(stores, Wakers(), clock),
        clock,
        limits.backoff,
        limits.patience,
        limits.patience_to_know,
    )
    return Sender(
        stores.deliveries,
        make_loader(stores, answers_per_hour=limits.answers_per_hour),
        writer,
        composer,
        transport,
        Lease(stores.documents, "sending", clock=clock, length=limits.lease),
        stores.sending,
        clock,
        limits,
    )
