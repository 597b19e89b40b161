"""The mailbox in the browser and as JSON."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.params import Depends
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from jinja2 import Environment, PackageLoader

from deploy.mailbox.letters import Letter
from deploy.mailbox.store import MailStore

PAGE = 50
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HTML_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; frame-ancestors 'self'"
)
"""A mail is foreign content: no scripts, no forms, nothing fetched."""

MailId = Annotated[int, Path(ge=1, le=2**62)]
_templates = Environment(loader=PackageLoader("deploy.mailbox"), autoescape=True, trim_blocks=True)


def mailbox_routes(store: MailStore, *, guards: Sequence[Depends] = ()) -> APIRouter:
    """`/mailbox`, which shows everybody's mails with their personal links, for whom the guards let in."""
    pages = _Pages(store)
    router = APIRouter(prefix="/mailbox", include_in_schema=False, dependencies=guards)
    router.get("")(pages.mails)
    router.get("/messages.json")(pages.messages)
    router.get("/mailbox.css")(pages.css)
    router.get("/{mail_id}")(pages.mail)
    router.get("/{mail_id}/html")(pages.html)
    router.get("/{mail_id}/calendar.ics")(pages.calendar)
    router.get("/{mail_id}/raw")(pages.raw)
    return router


class _Pages:
    """FastAPI runs these in threads, since the store blocks."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    def mails(self, to: str = "", before: Annotated[int | None, Query(ge=1, le=2**62)] = None) -> HTMLResponse:
        lines = self._store.page(before=before, recipient=to.strip(), limit=PAGE + 1)
        shown = lines[:PAGE]
        older = urlencode({"to": to, "before": shown[-1].id}) if len(lines) > PAGE else ""
        return _page("list.html", lines=shown, recipient=to, older=older)

    def messages(
        self,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
        after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
        to: str | None = None,
        kind: str | None = None,
    ) -> list[Letter]:
        """Oldest first: the last `limit` mails, or with `after` the first `limit` ones after that id.

        `to` and `kind` match exactly. To follow the mailbox, ask again with the last id seen.
        """
        return self._store.letters(after=after, to=to, kind=kind, limit=limit)

    def css(self) -> Response:
        style = files("deploy.mailbox").joinpath("templates/mailbox.css").read_bytes()
        return Response(style, media_type="text/css", headers={"cache-control": "max-age=3600"})

    def mail(self, mail_id: MailId) -> HTMLResponse:
        return _page("letter.html", letter=self._found(mail_id))

    def html(self, mail_id: MailId) -> HTMLResponse:
        """The HTML part alone, for the frame that shows it; its links open in another window."""
        content = self._found(mail_id).html.replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(content, headers={"content-security-policy": HTML_POLICY})

    def calendar(self, mail_id: MailId) -> Response:
        content = self._found(mail_id).calendar
        if not content:
            raise HTTPException(404)
        disposition = {"content-disposition": f'attachment; filename="dijous-{mail_id}.ics"'}
        return Response(content, media_type="text/calendar; charset=utf-8", headers=disposition)

    def raw(self, mail_id: MailId) -> PlainTextResponse:
        content = self._store.raw(mail_id)
        if content is None:
            raise HTTPException(404)
        return PlainTextResponse(content)

    def _found(self, mail_id: int) -> Letter:
        letter = self._store.letter(mail_id)
        if letter is None:
            raise HTTPException(404)
        return letter


def _page(template: str, **values: object) -> HTMLResponse:
    content = _templates.get_template(template).render(values)
    return HTMLResponse(content, headers={"content-security-policy": PAGE_POLICY})
