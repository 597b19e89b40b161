"""Petitions: asking, and what the office and the council do with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from services.registration.contacts.domain import Person, contact_of
from services.registration.eligibility import domain as eligibility
from services.registration.offers import domain as offers
from services.registration.offers.domain import Offer, OfferUnknownProblem
from services.registration.offers.questions import MOST_POINTS, QuestionKind
from services.registration.offers.store import OfferStore
from services.registration.petitions import domain as petitions
from services.registration.petitions.domain import ContactErasedProblem, Petition, PetitionUnknownProblem
from services.registration.petitions.placing import Placing
from services.registration.petitions.store import PetitionStore
from services.registration.programmes.usecases import Programmes
from services.registration.resources.usecases import Resources
from services.registration.sessions.presented import Doubt
from shared import ids
from shared.clock import Clock
from shared.entities.domain import Entity
from shared.events.support import Finding
from shared.events.vocabulary import Language, PetitionState
from shared.problems import ForbiddenProblem, LinkInvalidProblem, Problem, mark
from shared.security.actions import Action
from shared.security.links import LinkPurpose, Links
from shared.staff import Role, StaffMember
from shared.storage.aggregates import Decide, NotFoundError
from shared.storage.collection import Place, Slice
from shared.storage.contract import Scalar
from shared.storage.records import Author, Recording

DECIDED = (
    PetitionState.OFFERED,
    PetitionState.RESERVE,
    PetitionState.ACCEPTED,
    PetitionState.DECLINED,
    PetitionState.WITHDRAWN,
)
"""What the office may decide; the last one where the council says so to it."""


class BodyUnknownProblem(Problem):
    status = 422
    code = "body-unknown"
    title = mark("The programme has no body with this short name.")


class NoTextProblem(Problem):
    status = 422
    code = "no-text"
    title = mark("Points from 0 to 10 are for the criteria that are answered with a text.")


class TakesPartProblem(Problem):
    status = 409
    code = "takes-part"
    title = mark(
        "With this petition the local entity takes part in the programme already: to leave it, the programme office "
        "has to end its participation."
    )


class Members(Protocol):
    async def entities_of(self, programme: str) -> set[str]:
        """Codes of those that take part."""

    async def petitions_of(self, programme: str) -> set[str]:
        """Ids of the petitions with which they do."""


@dataclass(eq=False, repr=False)
class Petitions:
    _stored: PetitionStore
    _offers: OfferStore
    _programmes: Programmes
    _placing: Placing
    _resources: Resources
    _members: Members
    _tell: Callable[[eligibility.Finding], Finding]
    """In every language."""
    _links: Links
    _secret: bytes
    _clock: Clock

    def __post_init__(self) -> None:
        self.review = Action("petition.reviewed", Role.EDITOR, self._review)
        self.decide = Action("petition.decided", Role.EDITOR, self._decide)
        self.answer = Action("petition.answered", Role.EDITOR, self._answer)
        self.assign = Action("petition.assigned", Role.EDITOR, self._assign)
        self.score = Action("petition.scored", Role.EDITOR, self._score)
        self.treat = Action("petition.treated", Role.EDITOR, self._treat)

    async def findings(self, offer: Offer, entity: Entity) -> tuple[Finding, ...]:
        """What the official data say of an entity now."""
        programme = await self._programmes.get(offer.programme)
        known = await self._resources.facts_of(
            entity,
            accepted=await self._stored.count_accepted(offer.id, entity.code),
            is_member=entity.code in await self._members.entities_of(offer.programme),
            time_zone=programme.time_zone,
        )
        found = eligibility.findings(offer.rule, entity, known, self._clock())
        return tuple(map(self._tell, found))

    async def ask(
        self, offer: Offer, entity: Entity, person: Person, answers: Mapping[str, str], sent: str = ""
    ) -> None:
        """Take a petition, whatever the official data say. `sent` names the form: sent twice it makes one petition."""
        now, programme = self._clock(), await self._programmes.get(offer.programme)
        key = ids.derived_id(self._secret, "petition", offer.id, entity.code, person.email, sent or ids.new_id())
        subject = petitions.subject_of(key, offer.programme, entity.code, entity.name)
        petition = Petition(
            id=key,
            offer_id=offer.id,
            programme=offer.programme,
            entity=entity.code,
            entity_name=entity.name,
            owner=programme.body_of(entity.province),
            contact=contact_of(person, self._secret, subject),
            answers={key: answer for key, answer in answers.items() if answer},
            findings=await self.findings(offer, entity),
            received_at=now,
            changed_at=now,
            answer_by=None if offer.answer_days is None else now + timedelta(days=offer.answer_days),
        )
        begun, events = petitions.received(petition)
        await self._stored.create(begun, *events)

    async def get(self, petition_id: str, member: StaffMember) -> Petition:
        """Raises:
        PetitionUnknownProblem: there is none.
        ForbiddenProblem: another body's.
        """
        petition = await self._stored.get(petition_id)
        if petition is None:
            raise PetitionUnknownProblem
        if member.body and petition.owner != member.body:
            raise ForbiddenProblem
        return petition

    async def listed(
        self, member: StaffMember, offer_id: str = "", *, limit: int, after: Place | None = None
    ) -> Slice[Petition]:
        """All, or those of an offer; for a body's staff, its own."""
        where: dict[str, Scalar] = {"offer_id": offer_id} if offer_id else {}
        if member.body:
            where["owner"] = member.body
        return await self._stored.listed(where, limit=limit, after=after)

    async def read_link(self, token: str) -> Petition:
        """The petition of the contact whose link it is.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem: the link is not good.
            ContactErasedProblem: the contact was erased.
        """
        contact_id = self._links.read(LinkPurpose.PETITION, token, self._clock())
        petition = await self._stored.with_contact(contact_id)
        if petition is None:
            raise LinkInvalidProblem
        if not petition.contact.is_somebody:
            raise ContactErasedProblem
        return petition

    async def language(self, token: str) -> Language | None:
        """Of the contact's mails, also after the link expired."""
        petition = await self._stored.with_contact(self._links.subject(LinkPurpose.PETITION, token))
        return petition.contact.language if petition else None

    async def doubts(self, programme: str) -> list[Doubt]:
        """What accepted petitions for support ask and no session has treated, the oldest first."""
        asked = {offer.id: [each.key for each in offer.doubts] for offer in await self._offers.all_of(programme)}
        return [
            Doubt(petition.id, petition.entity_name, text)
            for petition in await self._stored.accepted_in(programme)
            if not petition.session_id
            for key in asked.get(petition.offer_id, ())
            if (text := petition.answers.get(key))
        ]

    async def supported(self, programme: str) -> set[str]:
        """Codes of the entities whose petition for support is accepted."""
        support = {offer.id for offer in await self._offers.all_of(programme) if offer.is_support}
        return {each.entity for each in await self._stored.accepted_in(programme) if each.offer_id in support}

    async def offer_of(self, petition: Petition) -> Offer:
        offer = await self._offers.get(petition.offer_id)
        if offer is None:
            raise OfferUnknownProblem
        return offer

    async def accept(self, petition: Petition, name: str, role: str) -> None:
        """Accept the place for the council. Again: nothing changes.

        Raises:
            NotOfferedProblem, OfferExpiredProblem: there is no place for it, or no more.
        """
        ask = partial(petitions.ask_to_accept, name=name, role=role, now=self._clock())
        await self._placing.accept(await self._stored.change(petition.id, ask))

    async def withdraw(self, petition: Petition) -> None:
        """For the council; again, nothing changes. Raises as `require_withdrawal`."""
        if petition.state is not PetitionState.WITHDRAWN:
            await self.require_withdrawal(petition)
        withdraw = partial(petitions.withdraw, reason="", by="", now=self._clock())
        await self._placing.release(await self._stored.change(petition.id, withdraw))

    async def may_withdraw(self, petition: Petition) -> bool:
        return petition.may_become(PetitionState.WITHDRAWN) and not await self._takes_part(petition)

    async def require_withdrawal(self, petition: Petition) -> None:
        """Raises:
        NoSuchStepProblem: it was declined or answered, or withdrawn already.
        TakesPartProblem: its entity takes part with it.
        """
        petition.require(PetitionState.WITHDRAWN)
        if await self._takes_part(petition):
            raise TakesPartProblem

    async def _takes_part(self, petition: Petition) -> bool:
        return petition.id in await self._members.petitions_of(petition.programme)

    async def _review(self, by: Author, petition_id: str, reason: str = "") -> Petition:
        step = partial(petitions.review, reason=reason, by=by.member.name, now=self._clock())
        return await self._step(by, petition_id, step)

    async def _answer(self, by: Author, petition_id: str, text: str) -> Petition:
        step = partial(petitions.answer, text=text, by=by.member.name, now=self._clock())
        return await self._step(by, petition_id, step)

    async def _assign(self, by: Author, petition_id: str, owner: str, reason: str) -> Petition:
        """Raises BodyUnknownProblem."""
        petition = await self.get(petition_id, by.member)
        bodies = {body.key for body in (await self._programmes.get(petition.programme)).bodies}
        if owner and owner not in bodies:
            raise BodyUnknownProblem
        step = partial(petitions.assign, owner=owner, reason=reason, by=by.member.name, now=self._clock())
        return await self._step(by, petition_id, step, owner=owner)

    async def _score(self, by: Author, petition_id: str, question: str, points: int, reason: str) -> Petition:
        """Raises NoTextProblem."""
        offer = await self.offer_of(await self.get(petition_id, by.member))
        texts = {each.key for each in offer.questions if each.kind is QuestionKind.TEXT and each.weight}
        if question not in texts or not 0 <= points <= MOST_POINTS:
            raise NoTextProblem
        step = partial(petitions.score, key=question, points=points, reason=reason)
        return await self._step(by, petition_id, step, question=question, points=points)

    async def _treat(self, by: Author, petition_id: str, session_id: str) -> Petition:
        """Note that a session treats its doubts; with an empty id, that none does."""
        return await self._step(by, petition_id, partial(petitions.treat, session_id=session_id), session=session_id)

    async def _decide(self, by: Author, petition_id: str, state: PetitionState, reason: str) -> Petition:
        """Decide of one petition. The record goes with the decision, which stands on the offer unless it is that the
        council withdraws.

        Raises:
            PetitionUnknownProblem, ForbiddenProblem: as `get`.
            NoSuchStepProblem: it stands otherwise.
            NoPlacesProblem: none is free.
            TakesPartProblem: who takes part does not withdraw.
        """
        petition = await self.get(petition_id, by.member)
        petition.require(state)
        now, details = self._clock(), {"state": state.value, "entity": petition.entity}
        if state is PetitionState.WITHDRAWN:
            await self.require_withdrawal(petition)
            withdraw = partial(petitions.withdraw, reason=reason, by=by.member.name, now=now)
            record: Recording[Petition] = by.record(petition_id, details)
            await self._placing.release(await self._stored.change(petition_id, withdraw, record=record))
        else:
            decide = partial(
                offers.decide, petition_id=petition_id, state=state, reason=reason, by=by.member.name, now=now
            )
            await self._placing.decide(petition.offer_id, decide, by.record(petition_id, details))
        return await self.get(petition_id, by.member)

    async def _step(self, by: Author, petition_id: str, step: Decide[Petition], **details: str | int) -> Petition:
        petition = await self.get(petition_id, by.member)
        record: Recording[Petition] = by.record(petition_id, {"entity": petition.entity, **details})
        try:
            return await self._stored.change(petition_id, step, record=record)
        except NotFoundError:
            raise PetitionUnknownProblem from None

    async def return_to_the_office(self) -> bool:
        """Petitions of bodies that a programme has no more go to the office; a step of a loop."""
        programmes, now = await self._programmes.by_slug(), self._clock()
        async for petition in self._stored.passed_on():
            programme = programmes.get(petition.programme)
            if programme is None or petition.owner not in {body.key for body in programme.bodies}:
                assign = partial(petitions.assign, owner="", reason="", by="", now=now)
                await self._stored.change(petition.id, assign)
        return False

    async def republish(self, petition_id: str) -> None:
        await self._stored.republish(petition_id, petitions.republish)
