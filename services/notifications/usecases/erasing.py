"""What goes with a person who is erased, beside what the erasure itself takes away."""

from services.notifications.domain.known import Recipient
from services.notifications.domain.suppressions import SuppressionReason
from services.notifications.store import NotificationsStore


async def forget_bounce(store: NotificationsStore, known: Recipient | None, nobody: Recipient) -> None:
    """Forget that an address bounced which only the person erased had. `nobody` is what is kept from now on.

    Called before that is kept, since a crash in between leaves no address to look for, and afterwards, since of two
    erased at the same time neither was the last before.
    """
    if known is None or not known.email or known.seen > nobody.seen:
        return
    if set(await store.recipients.at([known.email])) <= {known.id}:
        for suppression in (await store.suppressions.of([known.email])).get(known.email, []):
            if suppression.reason is SuppressionReason.BOUNCED:
                await store.suppressions.lift(suppression.id)
