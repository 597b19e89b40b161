"""The demonstration's calls: to the API as the office and the public do, and to the mailbox."""

import asyncio
import re
import time
from collections import Counter
from typing import Any

import httpx

PROBE_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
MESSAGES_PAGE = 500


class DemoFailedError(Exception):
    """The installation did not do what the demonstration expects; the message says what."""


class Office:
    """All calls raise DemoFailedError for an unexpected answer."""

    def __init__(self, client: httpx.AsyncClient, staff_token: str) -> None:
        self._client = client
        self._staff = {"Authorization": f"Bearer {staff_token}"}
        self._last_mail = 0
        self.mails: list[dict[str, Any]] = []
        """Every mail received so far, oldest first."""

    async def staff(self, method: str, path: str, body: Any = None) -> Any:
        return _content(await self._call(method, path, body, self._staff))

    async def public(self, method: str, path: str, body: Any = None) -> Any:
        return _content(await self._call(method, path, body, {}))

    async def patiently(self, method: str, path: str, body: Any, *, while_status: int) -> Any:
        """A staff call that depends on another service's event: repeated while it answers `while_status`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := await self._call(method, path, body, self._staff)).status_code == while_status:
            if time.monotonic() > deadline:
                raise DemoFailedError(f"{method} {path}: still {while_status} after {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(PROBE_SECONDS)
        return _content(answer)

    async def _call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        return await self._client.request(method, f"/api/v1{path}", json=body, headers=headers)

    async def join(self, token: str) -> None:
        """Follow a personal link into a session and press its button, as a person does; do not visit the meeting."""
        page = await self._client.get(f"/join/{token}", follow_redirects=True)
        guard = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        answer = await self._client.post(page.url.path, data={"csrf": guard[1] if guard else ""})
        if not answer.is_redirect:
            raise DemoFailedError(f"a link to join does not lead to the session: {answer.status_code}")

    def kinds(self) -> Counter[str]:
        """How many mails of each kind came so far."""
        return Counter(mail["kind"] for mail in self.mails)

    async def await_mails(self, kind: str, count: int) -> list[dict[str, Any]]:
        """All mails of a kind, after at least `count` arrived."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            await self._read_mails()
            found = [mail for mail in self.mails if mail["kind"] == kind]
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                came = f"{len(found)} of {count} mails «{kind}»"
                raise DemoFailedError(f"only {came} came within {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(PROBE_SECONDS)

    async def _read_mails(self) -> None:
        while True:
            query = {"after": self._last_mail, "limit": MESSAGES_PAGE}
            page = (await self._client.get("/mailbox/messages.json", params=query)).json()
            self.mails += page
            if not page:
                return
            self._last_mail = page[-1]["id"]


def _content(answer: httpx.Response) -> Any:
    if answer.is_error:
        request = answer.request
        path = request.url.raw_path.decode().removeprefix("/api/v1")
        raise DemoFailedError(f"{request.method} {path}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None


def link_token(mail: dict[str, Any], page: str) -> str:
    """The token of the mail's personal link to a page. Raises DemoFailedError if it has none."""
    found = re.search(rf"/{page}/([A-Za-z0-9_-]+)", mail["text"])
    if found is None:
        raise DemoFailedError(f"the mail «{mail['kind']}» has no link to /{page}/")
    return found[1]
