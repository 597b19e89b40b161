"""The people of the office: adding, changing roles, removing."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.registration.accounts.domain import (
    PASSWORD_LINK_LASTS,
    Account,
    LastAdministratorProblem,
    PersonExistsProblem,
    PersonUnknownProblem,
    require_own_administrator,
)
from services.registration.accounts.sign_in import SigningIn
from services.registration.accounts.store import AccountStore
from shared.clock import Clock
from shared.events.base import Event
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.staff import Role, StaffMember
from shared.storage.records import Author, Details, Recording


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
        self.sign_out = Action("person.signed-out", Role.ADMIN, self._sign_out)
        self.sign_out_everybody = Action("person.signed-out", Role.ADMIN, self._sign_out_everybody)
        self.sign_out_myself = Action("person.signed-out", Role.VIEWER, self._sign_out_myself)
        self.remove_passkeys = Action("person.passkeys-removed", Role.ADMIN, self._remove_passkeys)
        self.remove_my_passkey = Action("person.passkeys-removed", Role.VIEWER, self._remove_my_passkey)

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

    async def _add(self, by: Author, name: str, user_name: str, role: Role, body: str = "") -> Account:
        """Add a person, who then sets a password by a one-time link or signs in by OIDC.

        Raises:
            PersonExistsProblem: the user name is taken.
            BodyAdministratorProblem: a body's staff would administer.
        """
        require_own_administrator(role, body)
        person = Account(
            id=self._signing_in.id_of(user_name),
            user_name=user_name,
            name=name,
            role=role,
            body=body,
            added_at=self._clock(),
        )
        record: Recording[Account] = by.record(name, _access(role, body))
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
        return await self._stored.new_link(self._clock() + PASSWORD_LINK_LASTS, person)

    async def _change_role(self, by: Author, person_id: str, role: Role, body: str = "") -> Account:
        """Change what somebody may do; with a body, only for the entities that it accompanies.

        Raises:
            PersonUnknownProblem: there is nobody with that id.
            LastAdministratorProblem: nobody would be left to manage the office.
            BodyAdministratorProblem: a body's staff would administer.
        """
        person = await self.get(person_id)
        if role is not Role.ADMIN:
            await self._require_another_administrator(person)
        return await self._stored.change(
            person.id, lambda now: now.in_role(role, body), record=by.record(person.id, _access(role, body))
        )

    async def _remove(self, by: Author, person_id: str) -> None:
        """Remove a person: from registration's pages at once, from the others' once the event has come.

        Raises:
            PersonUnknownProblem, LastAdministratorProblem: as `change_role`.
        """
        person = await self.get(person_id)
        await self._require_another_administrator(person)
        now = self._clock()
        await self._stored.change(person.id, lambda current: current.removed(now), record=by.record(person.id))
        await self._stored.forget(person.id)

    async def _sign_out(self, by: Author, person_id: str) -> None:
        """End all sessions of somebody.

        Raises:
            PersonUnknownProblem: there is nobody with that id.
        """
        await self._end_sessions(by, (await self.get(person_id)).id)

    async def _sign_out_everybody(self, by: Author) -> None:
        """End all sessions of all people, also one's own: last, so that an error leaves them to whoever acts."""
        for person in sorted(await self.everybody(), key=lambda each: each.id == by.member.id):
            await self._end_sessions(by, person.id)

    async def _sign_out_myself(self, by: Author) -> None:
        """End all of one's own sessions, also this one.

        Raises:
            PersonUnknownProblem: as `get`.
        """
        await self._sign_out(by, by.member.id)

    async def _remove_passkeys(self, by: Author, person_id: str, reason: str) -> None:
        """Take all passkeys from somebody who has lost them, and end their sessions: the password is enough again.

        Raises:
            PersonUnknownProblem: there is nobody with that id.
        """
        person = await self.get(person_id)
        record: Recording[Account] = by.record(person.id, {"reason": reason})
        await self._stored.change(person.id, lambda now: now.without_passkeys(), record=record)

    async def _remove_my_passkey(self, by: Author, passkey_id: str) -> None:
        """Raises:
        PasskeyUnknownProblem: one has no such passkey.
        """

        def without(now: Account) -> tuple[Account, Sequence[Event]]:
            gone = now.passkey(passkey_id)
            return now.with_passkeys(tuple(passkey for passkey in now.passkeys if passkey != gone))

        await self._stored.change(by.member.id, without, record=by.record(by.member.id))

    async def failures(self, person_id: str) -> int:
        """Wrong attempts to sign in as that person since they last did."""
        return (await self._stored.failures(person_id))[0]

    async def present(self, member: StaffMember) -> StaffMember | None:
        """The member as the office knows them now; None once removed or signed out.

        Accounts are never deleted: of whom nothing is known, an older backup was restored, and the cookie counts.
        """
        person = await self._stored.get(member.id)
        return person.member_in(member.session) if person else member

    async def republish(self, person_id: str) -> None:
        await self._stored.republish(person_id, lambda person: [person.access_changed()])

    async def _end_sessions(self, by: Author, person_id: str) -> None:
        record: Recording[Account] = by.record(person_id)
        await self._stored.change(person_id, lambda now: now.keeping_sessions(lambda _: False), record=record)

    async def _require_another_administrator(self, person: Account) -> None:
        if person.role is Role.ADMIN and await self._stored.count_administrators() < 2:
            raise LastAdministratorProblem


def _access(role: Role, body: str) -> Details:
    return {"role": role.name.lower(), **({"body": body} if body else {})}
