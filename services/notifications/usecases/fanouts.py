"""Expanding a fan-out: a delivery for everybody concerned, page by page, the same ones however often interrupted."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from services.notifications.delivery_store import delivery_document
from services.notifications.domain.deliveries import DeliveryKind, delivery_id, make_delivery
from services.notifications.domain.fanouts import Fanout
from services.notifications.domain.reminders import reminders
from services.notifications.domain.surveys import LinkMaker
from services.notifications.store import NotificationsStore
from services.notifications.usecases.bells import Bells
from shared import ids
from shared.clock import Clock
from shared.events.vocabulary import RegistrationStatus
from shared.faults import failpoint
from shared.storage.contract import Document

LEASE = timedelta(seconds=10)
"""Renewed at every page; after a crash another replica goes on so much later."""
_ANYBODY = "-"

Make = Callable[[Sequence[str]], list[Document]]
"""The deliveries for a page of recipients."""


class Fanouts:
    """Makes deliveries of fan-outs. Every replica runs one; a claim saves them from doing the same twice."""

    def __init__(self, store: NotificationsStore, clock: Clock, bells: Bells, *, page_size: int) -> None:
        self._store = store
        self._clock = clock
        self._bells = bells
        self._page_size = page_size
        self._owner = ids.new_id()
        self._holders: tuple[str, dict[str, str]] = ("", {})

    async def step(self) -> bool:
        """Expand the oldest fan-out; whether there may be another."""
        now = self._clock()
        fanout = await self._store.fanouts.claim(self._owner, now, now + LEASE)
        if fanout is None:
            self._holders = ("", {})
            return False
        if fanout.kind is DeliveryKind.SURVEY_REMINDER:
            await self._remind(fanout)
        elif make := await self._maker(fanout):
            await self._expand(fanout, make)
        else:
            await self._store.fanouts.finish(fanout.id)
        return True

    async def _expand(self, fanout: Fanout, make: Make) -> None:
        after = fanout.cursor
        while page := await self._audience(fanout, after):
            recipients = [item["_id"] for item in page if _is_concerned(fanout, item)]
            await self._insert(make(recipients))
            failpoint("after-fanout-page")
            after = page[-1]["_id"]
            if len(page) < self._page_size:
                break
            if not await self._store.fanouts.save_cursor(fanout.id, self._owner, after, self._clock() + LEASE):
                return  # another replica goes on with it
        await self._store.fanouts.finish(fanout.id)

    async def _audience(self, fanout: Fanout, after: str) -> list[Document]:
        members = self._store.known.registrations if fanout.is_about_session else self._store.known.followers
        return await members(fanout.subject_id, after=after, limit=self._page_size)

    async def _insert(self, documents: Sequence[Document]) -> None:
        if await self._store.deliveries.insert(documents):
            self._bells.sender()

    async def _maker(self, fanout: Fanout) -> Make | None:
        """How the deliveries of this fan-out are made; None when it does not apply any more."""
        if fanout.kind is DeliveryKind.REMINDER:
            return await self._reminders(fanout)
        if fanout.kind is DeliveryKind.SURVEY:
            return await self._links(fanout)
        template = self._template(fanout)
        return lambda recipients: [_addressed(template, fanout, recipient) for recipient in recipients]

    async def _reminders(self, fanout: Fanout) -> Make | None:
        session = await self._store.known.session(fanout.subject_id)
        programme = await self._store.known.programme(session.programme) if session else None
        if session is None or programme is None:
            return None
        now = self._clock()
        await self._store.reminders.follow(session, programme, now)
        return lambda recipients: [
            delivery_document(delivery) for delivery in reminders(session, programme, recipients, now)
        ]

    async def _links(self, fanout: Fanout) -> Make | None:
        """Survey links go to those whose link feedback has taken over."""
        survey = await self._store.surveys.get(fanout.subject_id)
        if survey is None or not survey.key:
            return None
        parts = await self._store.surveys.parts_of(survey.id)
        opened = {digest for part in parts for digest in survey.opened_of(part)}
        maker = LinkMaker(survey.key_bytes, survey.id)
        template = self._template(fanout)
        return lambda recipients: [
            _addressed(template, fanout, recipient) for recipient in recipients if maker.hash(recipient) in opened
        ]

    async def _remind(self, fanout: Fanout) -> None:
        """Of a survey's reminder the links are known: find whose they are."""
        holders = await self._holders_of(fanout.subject_id)
        template = self._template(fanout)
        recipients = sorted(holders[digest] for digest in fanout.hashes if digest in holders)
        await self._insert([_addressed(template, fanout, recipient) for recipient in recipients])
        await self._store.fanouts.finish(fanout.id)

    async def _holders_of(self, session_id: str) -> dict[str, str]:
        """Registration by hash of its link. Kept from one part to the next, forgotten when there is none."""
        if self._holders[0] != session_id:
            self._holders = (session_id, await self._read_holders(session_id))
        return self._holders[1]

    async def _read_holders(self, session_id: str) -> dict[str, str]:
        survey = await self._store.surveys.get(session_id)
        if survey is None or not survey.key:
            return {}
        maker = LinkMaker(survey.key_bytes, session_id)
        holders: dict[str, str] = {}
        after = ""
        while page := await self._store.known.registrations(session_id, after=after, limit=self._page_size):
            seated = (item["_id"] for item in page if item["status"] == RegistrationStatus.REGISTERED.value)
            holders |= {maker.hash(registration_id): registration_id for registration_id in seated}
            after = page[-1]["_id"]
        return holders

    def _template(self, fanout: Fanout) -> Document:
        """The delivery of a fan-out to anybody: for each person only ids are put in, which costs a tenth."""
        now = self._clock()
        delivery = make_delivery(
            fanout.kind,
            fanout.subject_id,
            _ANYBODY,
            due_at=now,
            now=now,
            round_=fanout.delivery_round,
            sequence=fanout.sequence,
        )
        return delivery_document(delivery)


def _addressed(template: Document, fanout: Fanout, recipient_id: str) -> Document:
    document_id = delivery_id(fanout.kind, fanout.subject_id, recipient_id, fanout.delivery_round)
    return {**template, "_id": document_id, "recipient_id": recipient_id}


def _is_concerned(fanout: Fanout, item: Document) -> bool:
    return not fanout.is_about_session or fanout.concerns(RegistrationStatus(item["status"]))
