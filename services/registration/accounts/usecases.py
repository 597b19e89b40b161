"""The people of the office: adding, changing roles, removing."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.registration.accounts.domain import (
    PASSWORD_LINK_LASTS,
    Account,
    LastAdministratorProblem,
    PersonExistsProblem,
    PersonUnknownProblem,
)
from services.registration.accounts.sign_in import SigningIn
from services.registration.accounts.store import AccountStore
from shared.clock import Clock
from shared.events.base import Event
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.staff import Role, StaffMember
from shared.storage.records import Author, Recording


@dataclass(eq=False)
class Accounts:
    _stored: AccountStore
    _signing_in: SigningIn
    _audit: Audit
    _clock: Clock

    def __post_init__(self) -> None:
        self.add = Action("person.added", Role.ADMIN, self._add)
        self.password_link = Action("person.link-made", Role.ADMIN, self._password_link)
        self.change_role = Action("person.role-changed", Role.ADMIN, self._change_role)
        self.remove = Action("person.removed", Role.ADMIN, self._remove)

    async def everybody(self) -> list[Account]:
        """By name."""
        return await self._stored.everybody()

    async def get(self, person_id: str) -> Account:
        """Raises:
        PersonUnknownProblem: there is nobody with that id.
        """
        person = await self._stored.get(person_id)
        if person is None or person.is_removed:
            raise PersonUnknownProblem
        return person

    async def _add(self, by: Author, name: str, user_name: str, role: Role) -> Account:
        """Add a person, who then sets a password by a one-time link or signs in by OIDC.

        Raises:
            PersonExistsProblem: the user name is taken.
        """
        person = Account(
            id=self._signing_in.id_of(user_name), user_name=user_name, name=name, role=role, added_at=self._clock()
        )
        record: Recording[Account] = by.record(name, {"role": role.name.lower()})
        if await self._stored.create(person, person.access_changed(), record=record):
            return person

        def again(before: Account) -> tuple[Account, Sequence[Event]]:
            if not before.is_removed:
                raise PersonExistsProblem
            return person.in_place_of(before)

        return await self._stored.change(person.id, again, record=record)

    async def _password_link(self, by: Author, person_id: str) -> str:
        """The token of a new link to set a password, in place of the one before; the person's password stays.

        Raises:
            PersonUnknownProblem: there is nobody with that id.
        """
        person = await self.get(person_id)
        await self._audit.record(by.member, by.act, person.id)  # a link is no aggregate, and may be of use at once
        return await self._stored.new_link(person.id, self._clock() + PASSWORD_LINK_LASTS)

    async def _change_role(self, by: Author, person_id: str, role: Role) -> Account:
        """Raises:
        PersonUnknownProblem: there is nobody with that id.
        LastAdministratorProblem: nobody would be left to manage the office.
        """
        person = await self.get(person_id)
        if role is not Role.ADMIN:
            await self._require_another_administrator(person)
        return await self._stored.change(
            person.id, lambda now: now.in_role(role), record=by.record(person.id, {"role": role.name.lower()})
        )

    async def _remove(self, by: Author, person_id: str) -> None:
        """Remove a person: from registration's pages at once, from the others' once the event has come.

        Raises:
            PersonUnknownProblem, LastAdministratorProblem: as `change_role`.
        """
        person = await self.get(person_id)
        await self._require_another_administrator(person)
        now = self._clock()
        nobody = {"name": "", "user_name": "", "password_hash": "", "subject": "", "role": Role.VIEWER}

        def gone(current: Account) -> tuple[Account, Sequence[Event]]:
            removed = current.model_copy(update={**nobody, "removed_at": now})
            return removed, [removed.access_changed()]

        await self._stored.change(person.id, gone, record=by.record(person.id))

    async def present(self, member: StaffMember) -> StaffMember | None:
        """The member as the office knows them now; None once removed."""
        person = await self._stored.get(member.id)
        if person is None:
            return member
        return None if person.is_removed else person.member

    async def republish(self, person_id: str) -> None:
        await self._stored.republish(person_id, lambda person: [person.access_changed()])

    async def _require_another_administrator(self, person: Account) -> None:
        if person.role is Role.ADMIN and await self._stored.count_administrators() < 2:
            raise LastAdministratorProblem
