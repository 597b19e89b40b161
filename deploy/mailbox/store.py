"""The mails in one SQLite file: a mail that was accepted has been fsynced."""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.mailbox.letters import KIND_HEADER, Letter, header, parse, read
from shared.clock import from_millis, to_millis

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_recipient ON mails (recipient, id);
CREATE INDEX IF NOT EXISTS by_kind ON mails (kind, id);
"""

# A filter that is not given matches everything.
_LETTERS = """
SELECT id, recipient, received_at, raw FROM mails
WHERE id > ?1 AND (?2 IS NULL OR recipient = ?2) AND (?3 IS NULL OR kind = ?3)
"""
_NEXT_LETTERS = _LETTERS + "ORDER BY id LIMIT ?4"
_LAST_LETTERS = _LETTERS + "ORDER BY id DESC LIMIT ?4"


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    to: str
    subject: str
    kind: str
    received_at: datetime


class MailStore:
    """All calls block, `add` for an fsync: use it from threads. One process at a time writes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def add(self, recipients: Sequence[str], raw: bytes) -> None:
        """Store the mail once for each recipient; it is on disk when this returns."""
        message = parse(raw)
        subject, kind = header(message, "Subject"), header(message, KIND_HEADER)
        received_at = to_millis(datetime.now(UTC))
        rows = [(recipient, subject, kind, received_at, raw) for recipient in recipients]
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "INSERT INTO mails (recipient, subject, kind, received_at, raw) VALUES (?, ?, ?, ?, ?)", rows
            )
            self._database.execute("COMMIT")

    def page(self, *, before: int | None, recipient: str, limit: int) -> list[Line]:
        """Mails whose recipient contains the text, newest first, with ids below `before`."""
        rows = self._rows(
            "SELECT id, recipient, subject, kind, received_at FROM mails"
            " WHERE id < ? AND instr(recipient, ?) ORDER BY id DESC LIMIT ?",
            (before or 2**62, recipient.lower(), limit),
        )
        return [Line(row[0], row[1], row[2], row[3], from_millis(row[4])) for row in rows]

    def letters(self, *, after: int | None, to: str | None, kind: str | None, limit: int) -> list[Letter]:
        """Whole mails, oldest first: the first ones after that id, or without one the last of all."""
        statement = _LAST_LETTERS if after is None else _NEXT_LETTERS
        rows = self._rows(statement, (after or 0, to and to.lower(), kind, limit))
        return [read(row[0], row[1], from_millis(row[2]), row[3]) for row in sorted(rows)]

    def raw(self, mail_id: int) -> bytes | None:
        """The bytes as received."""
        rows = self._rows("SELECT raw FROM mails WHERE id = ?", (mail_id,))
        return bytes(rows[0][0]) if rows else None

    def letter(self, mail_id: int) -> Letter | None:
        rows = self._rows("SELECT id, recipient, received_at, raw FROM mails WHERE id = ?", (mail_id,))
        return read(rows[0][0], rows[0][1], from_millis(rows[0][2]), rows[0][3]) if rows else None

    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]  # columns vary
        with self._lock:
            return self._database.execute(statement, tuple(values)).fetchall()
