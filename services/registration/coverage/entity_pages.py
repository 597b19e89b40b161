"""One entity at the office: what it requested and finished elsewhere, and how it took part here."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from services.registration.eligibility.domain import POPULATION_YEAR
from services.registration.entities.usecases import Entities
from services.registration.memberships.office_pages import STATE_NAMES
from services.registration.memberships.store import MembershipStore
from services.registration.offers.usecases import Offers
from services.registration.petitions.office_pages import STATE_NAMES as PETITION_STATES
from services.registration.petitions.store import PetitionStore
from services.registration.programmes.usecases import Programmes
from services.registration.registrations.store import RegistrationStore
from services.registration.resources.usecases import Resources
from services.registration.sessions.domain import Session
from services.registration.sessions.store import SessionStore
from shared.entities.domain import Entity
from shared.staff import StaffMember
from shared.text.dates import OFFICE_ZONE
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router


@dataclass(frozen=True)
class EntityDesk(Desk):
    entities: Entities
    resources: Resources
    registrations: RegistrationStore
    sessions: SessionStore
    programmes: Programmes
    members: MembershipStore
    petitions: PetitionStore
    offers: Offers


@dataclass(frozen=True, slots=True)
class SessionRow:
    session: Session
    registered: int
    attended: int


def routes(desk: EntityDesk) -> PageRouter:
    """`/office/entities/{code}`; after the directory's other pages, whose paths it would match."""
    router = page_router(desk.pages)
    viewer = Depends(desk.viewer)

    @router.get("/office/entities/{code}")
    async def entity(request: Request, code: str, _: StaffMember = viewer) -> HTMLResponse:
        found = await desk.entities.get(code)
        # One section of the page for each noun that knows the entity.
        sections: dict[str, Any] = {
            "assistances": await desk.resources.of_entity(found),
            "petitions": await desk.petitions.of_entity(*await desk.entities.codes_of(found)),
            "memberships": await desk.members.of_entity(found.code),
            "sessions": await _sessions(desk, found),
        }
        return desk.pages.render(
            request,
            "office/entity.html",
            entity=found,
            population_year=POPULATION_YEAR,
            resources=await desk.resources.by_slug(),
            programmes=await desk.programmes.by_slug(),
            today=desk.clock().astimezone(ZoneInfo(OFFICE_ZONE)).date(),
            state_names=STATE_NAMES,
            petition_states=PETITION_STATES,
            offers=await desk.offers.by_id(),
            **sections,
        )

    return router


async def _sessions(desk: EntityDesk, entity: Entity) -> list[SessionRow]:
    """Those for which somebody of the entity has a seat, the latest first."""
    registered, attended = Counter[str](), Counter[str]()
    async for document in desk.registrations.participation(entities=await desk.entities.codes_of(entity)):
        registered[document["session_id"]] += 1
        attended[document["session_id"]] += bool(document.get("attended_at"))
    sessions = (await desk.sessions.many(registered)).values()
    rows = [SessionRow(each, registered[each.id], attended[each.id]) for each in sessions]
    return sorted(rows, key=lambda row: row.session.starts_at, reverse=True)
