"""Somebody at the pages who sees no colours and runs no scripts: opens a page, fills in its form, sends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

CONFIRM = "confirmed"


@dataclass
class HtmlForm:
    """A form as it stands on a page."""

    action: str
    method: str = "post"
    fields: dict[str, str] = field(default_factory=dict)
    """What a browser would send of it, without any button."""
    buttons: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Notes the forms, with what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self._form: HtmlForm | None = None
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = HtmlForm(values.get("action", ""), values.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None:
            self._note(self._form, tag, values)

    def _note(self, form: HtmlForm, tag: str, values: Mapping[str, str]) -> None:
        name, value = values.get("name", ""), values.get("value", "")
        is_box = values.get("type") in ("radio", "checkbox")
        if values.get("type") == "file":
            form.files.add(name)
        elif tag == "input" and name and (not is_box or "checked" in values):
            form.fields[name] = value
        elif tag == "button" and name:
            form.buttons[name] = value
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in values or self._select not in form.fields):
            form.fields[self._select] = value

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "form":
            self._form = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser without a screen; `headers` are its cookies."""

    api: httpx.AsyncClient
    headers: Mapping[str, str]

    async def open(self, path: str, *, to: str = "") -> HtmlForm:
        """The form of a page, or the one that goes `to` such an address.

        Raises:
            AssertionError: the page has no such form.
        """
        return form_of(await self.api.get(path, headers=self.headers), to)

    async def send(self, path: str, fields: Mapping[str, str], *, to: str = "") -> httpx.Response:
        """Open a page, fill in its form and send it; confirm what is to be confirmed."""
        answer = await self.post(path, await self.open(path, to=to), fields)
        if answer.status_code == 200 and CONFIRM in (again := form_of(answer, to)).buttons:
            answer = await self.post(path, again, {CONFIRM: again.buttons[CONFIRM]})
        return answer

    async def send_again(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the form of a page that is open already."""
        return await self.post(page.request.url.path, form_of(page), fields)

    async def done(self, path: str, fields: Mapping[str, str], *, to: str = "") -> str:
        """Send a form that is to be taken; the address to which it leads."""
        answer = await self.send(path, fields, to=to)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {answer.text[-3000:]}"
        return answer.headers["location"].partition("?")[0]

    async def post(self, path: str, form: HtmlForm, fields: Mapping[str, str]) -> httpx.Response:
        """Send a form that is open already, of the page at `path`."""
        action = form.action if form.action.startswith("/") else path
        return await self.api.post(action, data={**form.fields, **fields}, headers=self.headers)


def form_of(page: httpx.Response, to: str = "") -> HtmlForm:
    """The form of a page that goes `to` such an address, or the first of those that are sent by POST.

    Raises:
        AssertionError: there is none.
    """
    forms = [form for form in forms_in(page.text.partition("<main")[2] or page.text) if form.method == "post"]
    found = [form for form in forms if form.action.endswith(to)]
    assert found, f"{page.request.url}: {page.status_code}, no form to …{to}, only {[form.action for form in forms]}"
    return found[0]


def forms_in(markup: str) -> list[HtmlForm]:
    """The forms in it."""
    reader = _Reader()
    reader.feed(markup)
    return reader.forms
