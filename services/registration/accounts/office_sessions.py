"""Sessions of the office: begun at a sign-in, ended by their holder, an administrator or a new password."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from services.registration.accounts.domain import Account, How, OfficeSession
from services.registration.accounts.store import AccountStore
from shared import ids
from shared.clock import Clock
from shared.staff import StaffMember
from shared.storage.aggregates import NotFoundError
from shared.storage.records import Author, Recording

SIGNED_IN = "person.signed-in"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OfficeSessions:
    _accounts: AccountStore
    _clock: Clock
    _length: timedelta
    """After which a session is over, whatever is done in it."""

    async def begin(self, person: Account, how: How, *, instead_of: str = "") -> tuple[StaffMember, datetime]:
        """Sign somebody in whose identity was proved: the member in the new session, and when it ends.

        Raises:
            NotOfTheOfficeProblem: the person was removed meanwhile.
        """
        now = self._clock()
        failures, failed_at = await self._accounts.failures(person.id)
        session = OfficeSession(
            id=ids.new_id(), began_at=now, ends_at=now + self._length, how=how, failures=failures, failed_at=failed_at
        )
        record: Recording[Account] = Author(person.member, SIGNED_IN).record(
            person.id, {"how": how.value, "failures": failures}
        )
        kept = await self._accounts.change(
            person.id, lambda account: account.signed_in(session, instead_of=instead_of), record=record
        )
        await self._accounts.forget_failures(person.id)
        return replace(kept.member, session=session.id), session.ends_at

    async def end(self, member: StaffMember) -> None:
        """Sign somebody out of this session, wherever its cookie was copied to."""
        log.info("signed out", action="signed_out", person=member.id)
        with suppress(NotFoundError):  # an older backup was restored since
            await self._accounts.change(
                member.id, lambda account: account.keeping_sessions(lambda session: session.id != member.session)
            )
