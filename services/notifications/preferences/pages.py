"""The page behind the link that stops mails, and the one-click request of mail programs (RFC 8058)."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.notifications.preferences.domain import GROUP_NAMES, GROUPS, MailGroup
from services.notifications.preferences.usecases import Preferences
from services.notifications.projections.domain import Recipient
from shared.clock import Clock
from shared.security.links import LinkPurpose, Links
from shared.web.bodies import read_form
from shared.web.pages import Form, Pages, see_other

_ONE_CLICK = {"List-Unsubscribe": "One-Click"}
_LONGEST_CLICK = 1000
"""Bytes of its body at most, in either encoding. A longer body is the page's form."""
_ALL = "all"


@dataclass(frozen=True, slots=True)
class PreferencesPages:
    _preferences: Preferences
    _pages: Pages
    _links: Links
    _clock: Clock

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route("/preferences/{token}", self.show, methods=["GET"])
        router.add_api_route("/preferences/{token}", self.choose, methods=["POST"])

    async def show(self, request: Request, token: str, saved: str = "") -> Response:
        return await self._present(request, await self._recipient(request, token), is_saved=bool(saved))

    async def choose(self, request: Request, token: str, group: MailGroup = MailGroup.ALL) -> Response:
        """Save the choice. One click in a mail program stops the mail's `group`; without cookie or form token, the
        signed link is its permission."""
        recipient = await self._recipient(request, token)
        if await _is_one_click(request):
            await self._preferences.stop(recipient, group)
            return await self._present(request, recipient, is_saved=True)  # it follows no redirect (section 3.1)
        form = await self._pages.form(request)
        await self._preferences.choose(recipient, _wanted(form))
        return see_other(f"{request.url.path}?saved=1")

    async def _recipient(self, request: Request, token: str) -> Recipient:
        """The link's recipient, whose language the page then has."""
        subject = self._links.subject(LinkPurpose.PREFERENCES, token)
        self._pages.speak(request, await self._preferences.language(subject))
        return await self._preferences.recipient(self._links.read(LinkPurpose.PREFERENCES, token, self._clock()))

    async def _present(self, request: Request, recipient: Recipient, *, is_saved: bool) -> Response:
        choices = await self._preferences.read(recipient)
        groups = [(group, *GROUP_NAMES[group]) for group in GROUPS]
        return self._pages.render(request, "preferences.html", choices=choices, groups=groups, is_saved=is_saved)


def _wanted(form: Form) -> frozenset[MailGroup]:
    """The ticked groups, or those of the buttons for all and none."""
    if every := form.get("every"):
        return frozenset(GROUPS if every == _ALL else ())
    return frozenset(group for group in GROUPS if form.get(group))


async def _is_one_click(request: Request) -> bool:
    """Whether the body is RFC 8058's one field, in either of its two encodings."""
    return len(await request.body()) <= _LONGEST_CLICK and await read_form(request) == (_ONE_CLICK, {})
