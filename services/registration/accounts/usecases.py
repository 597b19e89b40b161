"""The people of the office: adding, changing roles, removing."""

from collections.abc import Sequence

from services.registration.accounts.domain import (
    Account,
    LastAdministratorProblem,
    PersonExistsProblem,
    PersonUnknownProblem,
)
from services.registration.accounts.sign_in import SigningIn, password_link
from services.registration.accounts.store import AccountStore
from shared.clock import Clock
from shared.events.base import Event
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.staff import Role, StaffMember
from shared.storage.records import Author, Recording


class Accounts:
    """What an administrator does about the people of the office."""

    def __init__(self, office: AccountStore, signing_in: SigningIn, audit: Audit, clock: Clock) -> None:
        self._office = office
        self._signing_in = signing_in
        self._audit = audit
        self._clock = clock
        self.add = Action("person.added", Role.ADMIN, self._add)
        self.password_link = Action("person.link-made", Role.ADMIN, self._password_link)
        self.change_role = Action("person.role-changed", Role.ADMIN, self._change_role)
        self.remove = Action("person.removed", Role.ADMIN, self._remove)

    async def everybody(self) -> list[Account]:
        """All of them by name."""
        return await self._office.everybody()

    async def names(self) -> dict[str, str]:
        """All of them: the name by id."""
        return {person.id: person.name for person in await self.everybody()}

    async def get(self, person_id: str) -> Account:
        """One of them.

        Raises:
            PersonUnknownProblem: there is nobody with that id.
        """
        person = await self._office.people.get(person_id)
        if person is None or person.is_removed:
            raise PersonUnknownProblem
        return person

    async def _add(self, by: Author, name: str, user_name: str, role: Role) -> Account:
        """Add somebody, who then sets a password by a one-time link or signs in by OIDC.

        Raises:
            PersonExistsProblem: the user name is taken.
        """
        person = Account(
            id=self._signing_in.id_of(user_name), user_name=user_name, name=name, role=role, added_at=self._clock()
        )
        record: Recording[Account] = by.record(name, {"role": role.name.lower()})
        if await self._office.people.create(person, person.access_changed(), record=record):
            return person

        def again(before: Account) -> tuple[Account, Sequence[Event]]:
            if not before.is_removed:
                raise PersonExistsProblem
            return person.in_place_of(before)

        return await self._office.people.change(person.id, again, record=record)

    async def _password_link(self, by: Author, person_id: str) -> str:
        """The token of a new link to set a password, in place of the one before; the person's password stays.

        Raises:
            PersonUnknownProblem: there is nobody with that id.
        """
        person = await self.get(person_id)
        await self._audit.record(by.member, by.act, person.id)  # a link is no aggregate, and may be of use at once
        return await password_link(self._office, person.id, self._clock)

    async def _change_role(self, by: Author, person_id: str, role: Role) -> Account:
        """Give somebody another role.

        Raises:
            PersonUnknownProblem: there is nobody with that id.
            LastAdministratorProblem: nobody would be left to manage the office.
        """
        person = await self.get(person_id)
        if role is not Role.ADMIN:
            await self._require_another_administrator(person)
        return await self._office.people.change(
            person.id, lambda now: now.in_role(role), record=by.record(person.id, {"role": role.name.lower()})
        )

    async def _remove(self, by: Author, person_id: str) -> None:
        """Remove somebody, who is out of registration's pages at once and of the others' as soon as they are told.

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

        await self._office.people.change(person.id, gone, record=by.record(person.id))

    async def present(self, member: StaffMember) -> StaffMember | None:
        """Somebody who is signed in, as the office knows them now; None for who was removed."""
        person = await self._office.people.get(member.id)
        if person is None:
            return member
        return None if person.is_removed else person.member

    async def restate(self, person_id: str) -> None:
        """Tell once more what somebody may do."""
        await self._office.people.restate(person_id, lambda person: [person.access_changed()])

    async def _require_another_administrator(self, person: Account) -> None:
        if person.role is Role.ADMIN and await self._office.count_administrators() < 2:
            raise LastAdministratorProblem
