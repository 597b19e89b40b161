"""What a form offers to choose from, in the reader's language: pairs of a value and its words."""

from collections.abc import Iterable, Mapping

from fastapi import Request

from services.proposals.domain.known import KnownProgramme, KnownSession
from shared.events.vocabulary import in_language
from shared.text.dates import date_in_words, time_in_words
from shared.web.pages import Pages

Choices = list[tuple[str, str]]


def worded(pages: Pages, request: Request, words: Iterable[tuple[str, str]]) -> Choices:
    """Values with marked words."""
    return [(str(value), pages.text(request, word)) for value, word in words]


def programme_choices(pages: Pages, request: Request, programmes: Mapping[str, KnownProgramme]) -> Choices:
    """Programmes by their names."""
    language = pages.language(request)
    return sorted(
        ((slug, in_language(programme.name, language)) for slug, programme in programmes.items()),
        key=lambda choice: choice[1].casefold(),
    )


def session_choices(
    pages: Pages, request: Request, sessions: Iterable[KnownSession], programmes: Mapping[str, KnownProgramme]
) -> Choices:
    """Sessions by date and title; with the programme's name where there are several."""
    language = pages.language(request)
    choices = []
    for session in sessions:
        programme = programmes[session.programme]
        day = date_in_words(session.starts_at, programme.time_zone, language)
        time = time_in_words(session.starts_at, programme.time_zone, language)
        where = f" · {in_language(programme.name, language)}" if len(programmes) > 1 else ""
        choices.append((session.id, f"{day}, {time}: {in_language(session.title, language)}{where}"))
    return choices
