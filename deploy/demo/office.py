"""The demonstration's hands: the API as the office and the people use it, and the mailbox that they read."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx

PROBE_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
MESSAGES_PAGE = 500


class DemoFailedError(Exception):
    """The installation did not do what the demonstration expects; the message says what."""


class Office:
    """Calls the API of an installation and reads its mailbox."""

    def __init__(self, client: httpx.AsyncClient, staff_token: str) -> None:
        self._client = client
        self._staff = {"Authorization": f"Bearer {staff_token}"}
        self._last_mail = 0
        self.mails: list[dict[str, Any]] = []
        """Every mail received so far, oldest first."""

    async def staff(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the programme office.

        Raises:
            DemoFailedError: the API refuses it.
        """
        return await self._call(method, path, body, self._staff)

    async def public(self, method: str, path: str, body: Any = None) -> Any:
        """A call of anybody.

        Raises:
            DemoFailedError: the API refuses it.
        """
        return await self._call(method, path, body, {})

    async def _call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        answer = await self._client.request(method, f"/api/v1{path}", json=body, headers=headers)
        if answer.is_error:
            raise DemoFailedError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    async def patiently(self, method: str, path: str, body: Any, *, while_status: int) -> Any:
        """A staff call that another service's news must come before: tried again while it answers that status."""

        async def attempt() -> Any:
            answer = await self._client.request(method, f"/api/v1{path}", json=body, headers=self._staff)
            if answer.status_code == while_status:
                return None
            if answer.is_error:
                raise DemoFailedError(f"{method} {path}: {answer.status_code} {answer.text}")
            return answer.json()

        deadline = time.monotonic() + PATIENCE_SECONDS
        while (result := await attempt()) is None:
            if time.monotonic() > deadline:
                raise DemoFailedError(f"{method} {path}: still {while_status} after {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(PROBE_SECONDS)
        return result

    async def join(self, token: str) -> None:
        """Follow a personal link into a session and press its button, as a person does; the meeting is not visited.

        Raises:
            DemoFailedError: it does not lead there.
        """
        page = await self._client.get(f"/join/{token}")
        guard = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        answer = await self._client.post(f"/join/{token}", data={"csrf": guard[1] if guard else ""})
        if not answer.is_redirect:
            raise DemoFailedError(f"a link to join does not lead to the session: {answer.status_code}")

    async def read_mails(self) -> None:
        """Read what came since."""
        while True:
            query = {"after": self._last_mail, "limit": MESSAGES_PAGE}
            page = (await self._client.get("/mailbox/messages.json", params=query)).json()
            self.mails += page
            if not page:
                return
            self._last_mail = page[-1]["id"]

    def kinds(self) -> Counter[str]:
        """How many mails of each kind came so far."""
        return Counter(mail["kind"] for mail in self.mails)

    async def await_mails(self, kind: str, count: int) -> list[dict[str, Any]]:
        """Wait until so many mails of a kind have come in all; all of them.

        Raises:
            DemoFailedError: they did not come.
        """

        def found() -> list[dict[str, Any]]:
            return [mail for mail in self.mails if mail["kind"] == kind]

        await self._until(lambda: len(found()) >= count, lambda: f"{len(found())} of {count} mails «{kind}»")
        return found()

    async def _until(self, is_so: Callable[[], bool], explain: Callable[[], str]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        await self.read_mails()
        while not is_so():
            if time.monotonic() > deadline:
                raise DemoFailedError(f"only {explain()} came within {PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(PROBE_SECONDS)
            await self.read_mails()


def link_token(mail: dict[str, Any], page: str) -> str:
    """The token of the personal link to a page in a mail.

    Raises:
        DemoFailedError: the mail has none.
    """
    found = re.search(rf"/{page}/([A-Za-z0-9_-]+)", mail["text"])
    if found is None:
        raise DemoFailedError(f"the mail «{mail['kind']}» has no link to /{page}/")
    return found[1]
