"""The public pages, joined."""

from services.registration.web.public import feeds, home, joining, mine, registering, sessions, site
from services.registration.web.public.front import Front
from shared.web.page_routes import PageRouter


def routers(front: Front) -> list[PageRouter]:
    """All of them."""
    rooms = (home, feeds, sessions, registering, mine, joining, site)
    return [room.routes(front) for room in rooms]
