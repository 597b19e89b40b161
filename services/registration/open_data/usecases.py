"""The tables of registration as open data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from services.registration.entities.usecases import Entities
from services.registration.open_data.domain import Held, Seat, participation
from services.registration.open_data.tables import OpenTable, Written
from services.registration.programmes.domain import Programme
from services.registration.programmes.usecases import Programmes
from services.registration.registrations.store import RegistrationStore
from services.registration.sessions.domain import Session
from services.registration.sessions.usecases import Sessions
from shared.clock import from_millis
from shared.events.vocabulary import Language, SessionStatus
from shared.storage.contract import Scalar
from shared.text.spreadsheets import csv_table

_SESSION_COLUMNS = (
    *("id", "programme", *(f"title_{language}" for language in Language)),
    *("starts_at", "ends_at", "time_zone", "status", "page", "recording_url"),
)
_PARTICIPATION_COLUMNS = ("programme", "year", "entity", "name", "sessions_attended")
"""Names for programs, the same in every language."""


@dataclass(eq=False)
class OpenData:
    _sessions: Sessions
    _programmes: Programmes
    _registrations: RegistrationStore
    _entities: Entities

    def __post_init__(self) -> None:
        self.sessions = OpenTable(self._sessions_csv)
        self.sessions_json = OpenTable(self._sessions_json)
        self.participation = OpenTable(self._participation_csv)

    async def modified(self, now: datetime, public_url: str) -> Mapping[str, datetime | None]:
        """When the data of each table changed last, if that is known."""
        tables = {"sessions": self.sessions, "participation": self.participation}
        return {name: (await table.read(now, public_url)).modified for name, table in tables.items()}

    async def _public(self) -> list[tuple[Session, Programme]]:
        """Every session that anybody may know of, by start."""
        programmes = await self._programmes.by_slug()
        ids = [entry.session_id for entry in await self._sessions.index()]
        found = [view.session for view in await self._sessions.some(ids)]
        return [(each, programmes[each.programme]) for each in sorted(found, key=lambda each: each.starts_at)]

    async def _sessions_csv(self, _: datetime, public_url: str) -> Written:
        found = await self._public()
        rows = [_row(session, programme, public_url) for session, programme in found]
        since = found[0][0].starts_at if found else None
        return Written(csv_table(_SESSION_COLUMNS, rows).encode(), _changed(found), since)

    async def _sessions_json(self, _: datetime, public_url: str) -> Written:
        found = await self._public()
        items = [
            {
                "id": session.id,
                "programme": session.programme,
                "title": {language.value: text for language, text in session.title.items()},
                "starts_at": session.starts_at,
                "ends_at": session.ends_at,
                "time_zone": programme.time_zone,
                "status": _status(session),
                "page": _page(session, public_url),
                "recording_url": session.recording_url,
                "materials": [material.model_dump(mode="json") for material in session.materials],
            }
            for session, programme in found
        ]
        return Written(orjson.dumps(items, option=orjson.OPT_INDENT_2), _changed(found))

    async def _participation_csv(self, now: datetime, _: str) -> Written:
        held = [
            Held(session.id, session.programme, session.starts_at, programme.time_zone)
            for session, programme in await self._public()
            if session.status is SessionStatus.ENDED
        ]
        seats, changes = [], [_turn_of_year(now)]
        over = {session.id for session in held if session.year < now.year}
        async for document in self._registrations.participation():
            seats.append(Seat(document["session_id"], document["entity_code"], bool(document.get("attended_at"))))
            if document["session_id"] in over and document["changed_at"] != document.get("erased_at"):
                changes.append(from_millis(document["changed_at"]))  # an erasure changes nothing that is told
        table: list[list[Scalar]] = []
        for row in participation(held, seats, now):
            entity = await self._entities.find(row.entity)
            table.append([row.programme, row.year, row.entity, entity.name if entity else "", row.sessions])
        modified = max(changes) if table else None
        return Written(csv_table(_PARTICIPATION_COLUMNS, table).encode(), modified)


def _row(session: Session, programme: Programme, public_url: str) -> list[Scalar]:
    return [
        session.id,
        session.programme,
        *(session.title.get(language, "") for language in Language),
        session.starts_at.isoformat(),
        session.ends_at.isoformat(),
        programme.time_zone,
        _status(session),
        _page(session, public_url),
        session.recording_url,
    ]


def _page(session: Session, public_url: str) -> str:
    return f"{public_url}/sessions/{session.id}"


def _status(session: Session) -> str:
    return "tentative" if session.is_scheduled and session.tentative else session.status


def _changed(found: list[tuple[Session, Programme]]) -> datetime | None:
    return max([session.last_changed_at for session, _ in found], default=None)


def _turn_of_year(now: datetime) -> datetime:
    """When the last year that is over was added."""
    return now.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
