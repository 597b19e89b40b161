"""Learning whom our mails do not reach."""

from collections.abc import Sequence

from services.registration.domain.known_bounces import KnownBounce
from services.registration.domain.registrations import Registration
from services.registration.office_store import KnownBounces
from services.registration.store import RegistrationStore
from shared.events.notifications import BounceLifted, MailBounced


class Bounces:
    """Whose address refuses our mails."""

    def __init__(self, known: KnownBounces, store: RegistrationStore) -> None:
        self._known = known
        self._store = store

    async def learn(self, event: MailBounced) -> None:
        """Keep that an address refuses mails; an older event than those before changes nothing."""
        await self._known.learn(KnownBounce.told_by(event))

    async def lift(self, event: BounceLifted) -> None:
        """Keep that it gets mails again, also when that is heard of first."""
        await self._known.learn(KnownBounce.lifted_by(event))

    async def among(self, registrations: Sequence[Registration]) -> set[str]:
        """Those of these registrations whose person is not reached: the address is the same for all sessions."""
        told = await self._store.registrations_with(await self._known.recipients())
        refusing = {each.email for each in told if each.email}
        return {each.id for each in registrations if each.email in refusing}
