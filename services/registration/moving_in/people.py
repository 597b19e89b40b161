"""People for a session to come: each is registered as if by hand, and gets the same mail."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from services.registration.entities.usecases import Entities
from services.registration.moving_in.entities import entity_meant
from services.registration.moving_in.faults import fault_of
from services.registration.moving_in.past_sessions import IN_THE_FILE_TWICE, Cells
from services.registration.registrations.domain import SessionClosedProblem
from services.registration.registrations.store import RegistrationStore
from services.registration.registrations.usecases import Person, Registrations
from services.registration.sessions.domain import Session
from services.registration.sessions.problems import NotForEntityProblem, TentativeProblem
from shared.entities.domain import Entity
from shared.events.vocabulary import Language
from shared.imports.plans import Change, Fault, Line, LineState, Plan, wrong
from shared.text.addresses import EmailAddress
from shared.text.fields import OneLine
from shared.text.search_words import words_of

_LANGUAGES = {
    **dict.fromkeys(("ca", "cat", "catala", "catalan"), Language.CA),
    **dict.fromkeys(("es", "cas", "castella", "castellano", "espanyol", "espanol", "spanish"), Language.ES),
    **dict.fromkeys(("en", "angles", "ingles", "english"), Language.EN),
}


class _Given(BaseModel):
    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    email: EmailAddress
    role: Annotated[OneLine, Field(max_length=200)] = ""
    language: Language = Language.CA


@dataclass(eq=False)
class ComingPeople:
    _registrations: Registrations
    _stored: RegistrationStore
    _entities: Entities

    async def plan(self, session_id: str, rows: Sequence[tuple[int, Cells]]) -> Plan:
        """Raises SessionUnknownProblem, SessionClosedProblem, TentativeProblem."""
        session = await self._registrations.open_session(session_id)
        read = [(number, cells, await self._read(cells, session)) for number, cells in rows]
        there = await self._there(session_id, [found[0].email for *_, found in read if isinstance(found, tuple)])
        seen: dict[str, int] = {}
        lines: list[Line] = []
        for number, cells, found in read:
            if isinstance(found, list):
                lines.append(wrong(number, cells.get("name", ""), *found))
                continue
            given, entity = found
            about = f"{given.name}, {entity.name}"
            if other := seen.get(given.email):
                lines.append(wrong(number, about, Fault("email", IN_THE_FILE_TWICE, {"other": other})))
            elif given.email in there:
                lines.append(Line(number, about, LineState.SAME))
            else:
                item = {"session": session_id, "entity": entity.code, **given.model_dump(mode="json")}
                lines.append(Line(number, about, LineState.NEW, [Change("email", "", given.email)], item=item))
            seen.setdefault(given.email, number)
        return Plan(lines, mails=sum(line.item is not None for line in lines))

    async def store(self, item: Mapping[str, Any]) -> None:
        """Safe to repeat. A session that has closed meanwhile takes nobody more."""
        entity = await self._entities.find(item["entity"])
        person = Person(item["name"], item["email"], item["role"], Language(item["language"]))
        with suppress(SessionClosedProblem, TentativeProblem, NotForEntityProblem):
            session = await self._registrations.open_session(item["session"])
            if entity:
                await self._registrations.register(session, entity, person)

    async def _read(self, cells: Cells, session: Session) -> tuple[_Given, Entity] | list[Fault]:
        entity = await self._entity(cells.get("entity", ""), session)
        faults = [entity] if isinstance(entity, Fault) else []
        language = _LANGUAGES.get(" ".join(words_of(cells.get("language", "ca"))), cells.get("language"))
        fields = {name: cells.get(name, "") for name in ("name", "email", "role")} | {"language": language}
        try:
            given = _Given.model_validate(fields)
        except ValidationError as error:
            return [*faults, *(fault_of(item, str(item["loc"][0])) for item in error.errors())]
        return faults if isinstance(entity, Fault) else (given, entity)

    async def _entity(self, written: str, session: Session) -> Entity | Fault:
        entity = await entity_meant(self._entities, written)
        if isinstance(entity, Fault):
            return entity
        try:
            await self._registrations.require_for(session, entity.code)
        except NotForEntityProblem as problem:
            return Fault("entity", problem.title)
        return entity

    async def _there(self, session_id: str, addresses: Sequence[str]) -> set[str]:
        """The addresses that have a place already."""
        ids = {self._registrations.id_of(session_id, address): address for address in addresses}
        return {ids[each.id] for each in (await self._stored.many(ids)).values() if each.is_active}
