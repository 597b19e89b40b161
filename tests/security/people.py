"""Who knocks at a route: cookies and tokens of those who may and those who may not."""

from starlette.requests import Request

from shared.staff import Role, StaffMember
from shared.web.csrf import CSRF_COOKIE, FormGuard
from shared.web.staff_cookie import SESSION_COOKIE
from tests.security.matrix import MATRIX
from tests.security.routes import LINKS, NOBODYS_ID, OFFICE, Access, Route
from tests.support import office
from tests.support.embedded import Embedded
from tests.support.world import C, World

BROWSER_SECRET = "a-browser-s-secret-of-more-than-32-letters"


def office_cookie(installation: Embedded, role: Role, body: str = "") -> dict[str, str]:
    """The header of somebody of the office who is signed in, in a browser that has opened a page before."""
    member = StaffMember(f"m-{role.name.lower()}", role.name.title(), role, body=body)
    value = office.office_cookie(installation.secret, installation.clock, member)
    return {"Cookie": f"{SESSION_COOKIE}={value}; {CSRF_COOKIE}={BROWSER_SECRET}"}


def anybody(installation: Embedded) -> dict[str, str]:
    """The header of a browser that has opened a page before."""
    return {"Cookie": f"{CSRF_COOKIE}={BROWSER_SECRET}"}


def form_token(installation: Embedded) -> str:
    """The token of the forms in that browser."""
    guard = FormGuard(installation.secret, secure=False)
    request = Request({"type": "http", "headers": [(b"cookie", f"{CSRF_COOKIE}={BROWSER_SECRET}".encode())]})
    field = guard.field(guard.browser_secret(request))
    return str(field).partition('value="')[2].partition('"')[0]


def form_sender(world: World, route: Route) -> tuple[str, dict[str, str]]:
    """Address and cookies of who may send the form."""
    access = MATRIX[route]
    if access in LINKS:
        token = world.link(access, C).split("/")[2].partition("?")[0]
        return route.filled(token), anybody(world.installation)
    if access in (*OFFICE, Access.SIGN_IN):
        return route.filled(), office_cookie(world.installation, Role.ADMIN)
    known = {"/sessions/": world.sessions["coming"], "/proposals/": world.proposals["received"]}
    found = next((each for area, each in known.items() if route.path.startswith(area)), NOBODYS_ID)
    return route.filled().replace(NOBODYS_ID, found), anybody(world.installation)
