"""The list of all sessions for the search, with only the fields that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlencode
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
    texts: tuple[str, ...]

    def year(self, zone: ZoneInfo) -> int:
        return self.starts_at.astimezone(zone).year


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """An empty field matches everything."""

    text: str = ""
    programme: str = ""
    year: str = ""
    page: int = 1

    @property
    def values(self) -> dict[str, str]:
        """The fields of the form."""
        return {"q": self.text, "programme": self.programme, "year": self.year}

    def address(self, page: int) -> str:
        asked = {name: value for name, value in self.values.items() if value}
        return "/sessions?" + urlencode({**asked, "page": page})


@lru_cache(maxsize=4096)  # 40 µs each, and the same sessions are searched again and again
def folded(*texts: str) -> str:
    """The words of the texts without case and accents, each after a blank."""
    return "".join(f" {word}" for text in texts for word in words_of(text))


def in_reading_order(entries: list[IndexEntry], now: datetime) -> list[IndexEntry]:
    """First the sessions to come, the next one first; then the past ones. `entries` begins with the latest start."""
    coming = [entry for entry in reversed(entries) if entry.over_at > now]
    return coming + [entry for entry in entries if entry.over_at <= now]


def search(entries: list[IndexEntry], wanted: SearchQuery, zones: Mapping[str, ZoneInfo]) -> list[IndexEntry]:
    """The sessions of these programmes in which every word of the query begins a word, in any language."""
    beginnings = [f" {word}" for word in words_of(wanted.text)]
    return [
        entry
        for entry in entries
        if entry.programme in zones
        and wanted.programme in ("", entry.programme)
        and all(beginning in folded(*entry.texts) for beginning in beginnings)
        and wanted.year in ("", str(entry.year(zones[entry.programme])))
    ]
