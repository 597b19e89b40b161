"""The list of all sessions as it is searched: of each only what a search looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.text.search_words import words_of


@dataclass(frozen=True, slots=True)
class IndexEntry:
    session_id: str
    version: int
    programme: str
    starts_at: datetime
    over_at: datetime
    changed_at: datetime
    """When people last had something new to read about it."""
    texts: tuple[str, ...]

    def year(self, zone: ZoneInfo) -> int:
        return self.starts_at.astimezone(zone).year


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for; empty where it does not matter."""

    text: str = ""
    programme: str = ""
    year: str = ""


@lru_cache(maxsize=4096)  # 40 µs each, and the same sessions are searched again and again
def folded(*texts: str) -> str:
    """The words of the texts as they are compared, each with a blank before it."""
    return "".join(f" {word}" for text in texts for word in words_of(text))


def in_reading_order(lines: list[IndexEntry], now: datetime) -> list[IndexEntry]:
    """Of lines of which the last to begin is in front: those not over yet, the next one first, then those that are."""
    coming = [line for line in reversed(lines) if line.over_at > now]
    return coming + [line for line in lines if line.over_at <= now]


def search(lines: list[IndexEntry], wanted: SearchQuery, zones: Mapping[str, ZoneInfo]) -> list[IndexEntry]:
    """The lines of these programmes where every word looked for begins one of the session's, whatever the accents and
    the language."""
    beginnings = [f" {word}" for word in words_of(wanted.text)]
    return [
        line
        for line in lines
        if line.programme in zones
        and wanted.programme in ("", line.programme)
        and all(beginning in folded(*line.texts) for beginning in beginnings)
        and wanted.year in ("", str(line.year(zones[line.programme])))
    ]
