"""A reader without a screen who opens mailed links as a browser does: with cookies, and on to the clean address."""

from typing import Any

import httpx


class Reader(httpx.AsyncClient):
    """Follows the exchange of a link's token and no other redirect.

    Tests may bring cookies in a header of their own; those of open links are sent beside them.
    """

    async def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        self._add_open_links(request)
        answer = await super().send(request, **how)
        is_exchange = request.method == "GET" and "link-" in answer.headers.get("set-cookie", "")
        if is_exchange and (clean := answer.next_request):
            clean.headers["cookie"] = request.headers.get("cookie", "")
            self._add_open_links(clean)
            answer = await super().send(clean, **how)
            token = max(request.url.path.split("/"), key=len)
            assert token not in answer.text, f"the page of an open link repeats its token: {answer.text}"
        return answer

    def _add_open_links(self, request: httpx.Request) -> None:
        given = request.headers.get("cookie", "")
        links = [f"{cookie.name}={cookie.value}" for cookie in self.cookies.jar if "link-" in cookie.name]
        if cookies := [each for each in (given, *links) if each and (each == given or each not in given)]:
            request.headers["cookie"] = "; ".join(cookies)
