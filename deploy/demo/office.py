"""The demonstration's calls: to the API as the office and the public do, to pages as a person does, to the mailbox."""

import asyncio
import csv
import io
import re
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

PROBE_SECONDS = 0.05
PATIENCE_SECONDS = 60.0
MESSAGES_PAGE = 500

Mail = dict[str, Any]
T = TypeVar("T")


class DemoFailedError(Exception):
    """The installation did not do what the demonstration expects; the message says what."""


class Office:
    """All calls raise DemoFailedError for an unexpected answer."""

    def __init__(self, client: httpx.AsyncClient, staff_token: str) -> None:
        self._client = client
        self._staff = {"Authorization": f"Bearer {staff_token}"}
        self._last_mail = 0
        self._untaken: defaultdict[str, list[Mail]] = defaultdict(list)
        self.kinds: Counter[str] = Counter()
        """How many mails of each kind came so far."""

    async def staff(self, method: str, path: str, body: Any = None) -> Any:
        return _content(await self._call(method, path, self._staff, json=body))

    async def public(self, method: str, path: str, body: Any = None) -> Any:
        return _content(await self._call(method, path, {}, json=body))

    async def bring(self, what: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
        """Bring in a file; how many lines were new. Repeated while other services do not know what it speaks of."""
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        return int((await self.patiently("POST", f"/{what}/import", while_status=422, content=text.getvalue()))["new"])

    async def patiently(self, method: str, path: str, *, while_status: int, **body: Any) -> Any:
        """A staff call that depends on another service's event: repeated while it answers `while_status`."""

        async def answered() -> httpx.Response | None:
            answer = await self._call(method, path, self._staff, **body)
            return None if answer.status_code == while_status else answer

        return _content(await _eventually(answered, f"{method} {path}: still {while_status}"))

    async def _call(self, method: str, path: str, headers: Mapping[str, str], **body: Any) -> httpx.Response:
        return await self._client.request(method, f"/api/v1{path}", headers=headers, **body)

    async def press(self, path: str, button: str = "", fields: Mapping[str, str] | None = None) -> None:
        """Open the page of a personal link and send its form, as a person does; do not follow where that leads.
        `button` is where the form goes, beneath the page."""
        page = await self._client.get(path, follow_redirects=True)
        guard = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        form = {"csrf": guard[1] if guard else "", **(fields or {})}
        answer = await self._client.post(f"{page.url.path}{button}", data=form)
        if not answer.is_redirect:
            raise DemoFailedError(f"the form of a personal link is refused: {answer.status_code}")

    async def take(self, kind: str, count: int) -> list[Mail]:
        """So many mails of a kind that were not taken yet, in the order in which they came; waits for them."""

        async def arrived() -> list[Mail] | None:
            await self._read_mails()
            mails = self._untaken[kind]
            return mails[:count] if len(mails) >= count else None

        taken = await _eventually(arrived, f"fewer than {count} mails «{kind}» came")
        del self._untaken[kind][:count]
        return taken

    async def await_planned(self, kind: str, subject: str, count: int) -> None:
        """Wait until so many mails about something are planned, so that the clock may move to when they leave."""

        async def planned() -> bool | None:
            found = (await self.staff("GET", f"/deliveries?kind={kind}&limit=100"))["items"]
            return sum(item["subject"] == subject for item in found) >= count or None

        await _eventually(planned, f"fewer than {count} mails «{kind}» about {subject} are planned")

    async def require_no_other_mail(self) -> None:
        """Raises DemoFailedError if a mail came that no step waited for."""
        await self._read_mails()
        if surplus := {kind: len(mails) for kind, mails in self._untaken.items() if mails}:
            raise DemoFailedError(f"more mails came than the story knows: {surplus}")

    async def _read_mails(self) -> None:
        while True:
            query = {"after": self._last_mail, "limit": MESSAGES_PAGE}
            page = (await self._client.get("/mailbox/messages.json", params=query)).json()
            for mail in page:
                self._untaken[mail["kind"]].append(mail)
                self.kinds[mail["kind"]] += 1
            if not page:
                return
            self._last_mail = page[-1]["id"]


async def _eventually(probe: Callable[[], Awaitable[T | None]], failure: str) -> T:
    """What the probe finds once that is not None. Raises DemoFailedError where it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := await probe()) is None:
        if time.monotonic() > deadline:
            raise DemoFailedError(f"{failure} within {PATIENCE_SECONDS:.0f} s")
        await asyncio.sleep(PROBE_SECONDS)
    return found


def _content(answer: httpx.Response) -> Any:
    if answer.is_error:
        request = answer.request
        path = request.url.raw_path.decode().removeprefix("/api/v1")
        raise DemoFailedError(f"{request.method} {path}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None


def link_token(mail: Mail, page: str) -> str:
    """The token of the mail's personal link to a page. Raises DemoFailedError if it has none."""
    found = re.search(rf"/{page}/([A-Za-z0-9_-]+)", mail["text"])
    if found is None:
        raise DemoFailedError(f"the mail «{mail['kind']}» has no link to /{page}/")
    return found[1]
