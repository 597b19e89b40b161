"""Whose registrations our mails do not reach."""

from collections.abc import Sequence

from services.registration.projections import KnownBounces
from services.registration.registrations.domain import Registration
from services.registration.registrations.store import RegistrationStore


class Bounces:
    """Finds the registrations whose address refuses our mails."""

    def __init__(self, known: KnownBounces, stored: RegistrationStore) -> None:
        self._known = known
        self._stored = stored

    async def among(self, registrations: Sequence[Registration]) -> set[str]:
        """Those of these registrations whose person is not reached: the address is the same for all sessions."""
        refused = (await self._stored.many(await self._known.recipients())).values()
        addresses = {each.email for each in refused if each.email}
        return {each.id for each in registrations if each.email in addresses}
