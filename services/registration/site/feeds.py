"""The sessions for calendars, feed readers and other sites: iCalendar, Atom (RFC 4287), JSON Feed 1.1."""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
from fastapi import Request, Response
from icalendar import vDuration

from services.registration.programmes.domain import Programme
from services.registration.sessions.icalendar import calendar_entry, new_calendar
from services.registration.sessions.presented import PresentedSession, SessionSite
from services.registration.sessions.search import IndexEntry
from shared.events.vocabulary import Language, in_language
from shared.problems import mark
from shared.text.dates import instant_in_words
from shared.web.page_routes import PageRouter, page_router
from shared.web.sitemaps import MAX_AGE_SECONDS

_REFRESH = timedelta(hours=12)
KEPT_FOR = timedelta(days=400)
"""How long a past session stays in the calendars."""
_COMING = 500
_PAST = 200
_IN_FEED = 50
_MOST_KEPT = 24
_kept: OrderedDict[str, bytes] = OrderedDict()
"""The latest written feeds, by tag."""
_ATOM = "http://www.w3.org/2005/Atom"
ALL_SESSIONS = mark("All sessions")
CANCELLED = mark("Cancelled: {title}")
MOVED = mark("Moved: {title}")
TENTATIVE = mark("Provisional date: {title}")


@dataclass(frozen=True, slots=True)
class Feed:
    name: str
    address: str
    """With the language if the request has one."""
    entries: Sequence[IndexEntry]
    """Coming sessions, the next one first, then past ones, so that a limit leaves out the furthest."""
    programmes: Mapping[str, Programme]
    seen_at: datetime
    site: SessionSite
    language: Language

    def title(self, shown: PresentedSession) -> str:
        """The entry's title, after «Cancelled» or, for a coming session, «Provisional date» or «Moved»."""
        title = in_language(shown.session.title, self.language)
        message = MOVED if shown.has_moved and not shown.is_over else ""
        message = CANCELLED if shown.is_cancelled else TENTATIVE if shown.is_tentative else message
        return self.site.pages.words.text(self.language, message, title=title) if message else title

    def text(self, shown: PresentedSession) -> str:
        when = instant_in_words(shown.session.starts_at, shown.zone, self.language)
        description = in_language(shown.session.description or {}, self.language)
        return f"{when}\n\n{description}".strip()

    def digest(self, form: str) -> str:
        """Changes with anything that the feed is made of."""
        versions = [
            (entry.session_id, entry.version, self.programmes[entry.programme].version, entry.over_at <= self.seen_at)
            for entry in self.entries
        ]
        made_of = (form, self.name, self.address, self.language, self.site.links.public_url, self.site.owner, versions)
        return hashlib.sha256(repr(made_of).encode()).hexdigest()[:32]

    @property
    def updated(self) -> datetime | None:
        return max((entry.changed_at for entry in self.entries), default=None)


@dataclass(frozen=True, slots=True)
class FeedFormat:
    media_type: str
    write: Callable[[Feed, Sequence[PresentedSession]], bytes]
    most: int | None = None
    """The most sessions that it holds; None for all."""


def routes(site: SessionSite) -> PageRouter:
    router = page_router(site.pages)
    for path, form in _FORMATS.items():
        router.get(path)(_answering(site, form))
    return router


async def _feed(site: SessionSite, request: Request) -> Feed:
    """The feed of the path's programme, or of all."""
    slug = request.path_params.get("slug", "")
    programmes = {slug: await site.programmes.get(slug)} if slug else await site.programmes.by_slug()
    language, now = site.pages.language(request), site.clock()
    entries = [entry for entry in await site.sessions.index() if entry.programme in programmes]
    coming = [entry for entry in reversed(entries) if entry.over_at > now][:_COMING]
    past = [entry for entry in entries if entry.over_at <= now][:_PAST]
    everything = f"{site.pages.text(request, ALL_SESSIONS)} · {site.pages.site_name}"
    asked = f"?lang={language}" if request.query_params.get("lang") == language else ""
    return Feed(
        name=in_language(programmes[slug].name, language) if slug else everything,
        address=site.links.page(request.url.path + asked),
        entries=[*coming, *(entry for entry in past if entry.starts_at > now - KEPT_FOR)],
        programmes=programmes,
        seen_at=now,
        site=site,
        language=language,
    )


def _answering(site: SessionSite, form: FeedFormat) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        """The feed, or 304 if the reader has it already. Nothing personal is in it, so caches may keep it."""
        feed = await _feed(site, request)
        tag = f'"{feed.digest(form.media_type)}"'
        cached = f"public, max-age={MAX_AGE_SECONDS}"
        headers = {"etag": tag, "cache-control": cached, "vary": "accept-language, cookie"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = _kept.get(tag) or await _written(tag, feed, form)
        return Response(body, media_type=form.media_type, headers={**headers, "access-control-allow-origin": "*"})

    return answer


async def _written(tag: str, feed: Feed, form: FeedFormat) -> bytes:
    """Write the feed once. Its sessions are read only here: hundreds take many milliseconds."""
    sessions = await feed.site.some([entry.session_id for entry in feed.entries[: form.most]], feed.programmes)
    if tag not in _kept:  # nobody else has written it meanwhile
        _kept[tag] = form.write(feed, sessions)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return _kept[tag]


def _ical(feed: Feed, sessions: Sequence[PresentedSession]) -> bytes:
    """A calendar to subscribe to, with cancelled sessions marked so."""
    calendar = new_calendar(shown.zone for shown in sessions)
    calendar.add("name", feed.name)
    calendar.add("x-wr-calname", feed.name)
    calendar["refresh-interval"] = vDuration(_REFRESH, params={"VALUE": "DURATION"})
    calendar["x-published-ttl"] = vDuration(_REFRESH)
    for shown in sessions:
        entry = calendar_entry(shown, feed.site.owner, feed.language)
        entry.add("url", feed.site.links.page(shown.path))
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _atom(feed: Feed, sessions: Sequence[PresentedSession]) -> bytes:
    root = Element("feed", {"xmlns": _ATOM, "xml:lang": feed.language})
    home = feed.site.links.page("/")
    _texts(root, id=home, title=feed.name, updated=_rfc3339(feed.updated))
    SubElement(root, "link", {"rel": "self", "href": feed.address})
    SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": home})
    for shown in sessions:
        entry, address = SubElement(root, "entry"), feed.site.links.page(shown.path)
        _texts(entry, id=address, title=feed.title(shown), updated=_rfc3339(shown.session.last_changed_at))
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address})
        author = SubElement(entry, "author")
        _texts(author, name=shown.programme.organiser or in_language(shown.programme.name, feed.language))
        SubElement(entry, "category", {"term": shown.programme.id})
        _texts(entry, summary=feed.text(shown))
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _rfc3339(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds") if instant else "1970-01-01T00:00:00Z"


def _json(feed: Feed, sessions: Sequence[PresentedSession]) -> bytes:
    items = [
        {
            "id": feed.site.links.page(shown.path),
            "url": feed.site.links.page(shown.path),
            "title": feed.title(shown),
            "content_text": feed.text(shown),
            "date_modified": _rfc3339(shown.session.last_changed_at),
            "tags": [shown.programme.id],
            "language": str(feed.language),
        }
        for shown in sessions
    ]
    return orjson.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.name,
            "home_page_url": feed.site.links.page("/"),
            "feed_url": feed.address,
            "language": str(feed.language),
            "items": items,
        }
    )


_CALENDAR = FeedFormat("text/calendar; charset=utf-8; method=PUBLISH", _ical)
_FORMATS = {
    "/calendar.ics": _CALENDAR,
    "/programmes/{slug}/calendar.ics": _CALENDAR,
    "/feed.atom": FeedFormat("application/atom+xml; charset=utf-8", _atom, most=_IN_FEED),
    "/feed.json": FeedFormat("application/feed+json; charset=utf-8", _json, most=_IN_FEED),
}
