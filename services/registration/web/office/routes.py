"""The pages of the programme office, joined."""

from fastapi import APIRouter

from services.registration.outgoing import OidcProvider
from services.registration.web.office import (
    attendance,
    audit,
    entities,
    moving,
    oidc,
    people,
    planning,
    programmes,
    registrations,
    sessions,
    signing_in,
    survey,
    today,
)
from services.registration.web.office.desk import Desk


def routers(
    desk: Desk, provider: OidcProvider | None, *, role_claim: str, secret: bytes, public_url: str
) -> list[APIRouter]:
    """All of them; `provider` signs people in beside the local accounts."""
    found: list[APIRouter] = [
        signing_in.routes(desk, has_oidc=provider is not None),
        today.routes(desk),
        people.routes(desk, public_url),
        audit.routes(desk),
        sessions.routes(desk),
        moving.routes(desk),
        registrations.routes(desk),
        attendance.routes(desk),
        programmes.routes(desk),
        survey.routes(desk),
        planning.routes(desk),
        entities.routes(desk),
    ]
    if provider:
        secure = public_url.startswith("https://")
        found.append(oidc.routes(desk, provider, role_claim, secret, secure=secure))
    return found
