"""What the public pages of registrations share: a session's page and the personal link."""

from dataclasses import dataclass

from fastapi import Request

from services.registration.entities.usecases import Entities
from services.registration.registrations.personal import OwnRegistration
from services.registration.registrations.rate_limits import RateLimit
from services.registration.registrations.usecases import Registrations, RegistrationView
from services.registration.sessions.presented import SessionSite
from shared.security.links import LinkPurpose


@dataclass(frozen=True)
class RegistrationSite(SessionSite):
    """The public pages on which a person registers and looks after the registration."""

    registrations: Registrations
    own: OwnRegistration
    entities: Entities
    rate_limit: RateLimit

    async def personal(
        self, request: Request, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION
    ) -> RegistrationView:
        """The registration that a link names. From here on the page, also one of an error, is in its language.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem, ErasedProblem: the link is not good, or no longer.
        """
        self.pages.speak(request, await self.registrations.language(token, purpose))
        return await self.registrations.view(self.registrations.read_link(token, purpose))
