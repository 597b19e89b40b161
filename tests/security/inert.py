"""Whether what was written acts: in markup, read by a parser and opened in the browser; in mails and calendars."""

from html.parser import HTMLParser

import icalendar
from playwright.async_api import Page

OUR_SCRIPT_TYPES = ("application/ld+json",)
CANARY = "window.called = 0; window.xq = () => { window.called += 1 }; window.alert = window.xq"

MAIL_HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language",
    "Auto-Submitted", "X-Auto-Response-Suppress", "X-Dijous-Kind", "List-Unsubscribe", "List-Unsubscribe-Post",
    "References", "In-Reply-To", "List-Id", "Content-Transfer-Encoding",
}  # fmt: skip
CALENDAR_PROPERTIES = {
    "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS",
    "ORGANIZER", "ATTENDEE", "TRANSP", "CREATED", "LAST-MODIFIED", "CLASS", "CATEGORIES", "CONTACT", "DURATION",
}  # fmt: skip
CALENDAR_PARTS = {"VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT"}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Reader(HTMLParser):
    """Notes elements and attributes that act."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []
        self._script: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag in ("iframe", "object", "embed", "base", "applet") or (tag == "meta" and "http-equiv" in values):
            self.active.append(f"<{tag}>")
        if tag == "link" and values.get("rel") == "stylesheet":
            self.active.append("<link rel=stylesheet>")
        if tag == "script" and values.get("type") not in OUR_SCRIPT_TYPES:
            self._script = ""
        for name, value in values.items():
            is_scheme = value.strip().lower().startswith(("javascript:", "data:", "vbscript:"))
            if (
                name.startswith("on")
                or name == "srcdoc"
                or (name in ("href", "src", "action", "formaction") and is_scheme)
            ):
                self.active.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._script is not None:
            if "xq" in self._script:
                self.active.append(f"<script>{self._script}")
            self._script = None


def active_parts(html: str) -> list[str]:
    """The elements and attributes of a page that would act."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.active


async def calls(page: Page) -> int:
    """How often the function was called that the payloads try to call; the page holds `CANARY` as an init script."""
    await page.mouse.move(5, 5)
    return int(await page.evaluate("window.called ?? 0"))


def summary(calendar: str, email: str) -> str:
    """What the only event of a mail's calendar part is called; it is for one person, with what we wrote."""
    read = icalendar.Calendar.from_ical(calendar)
    (event,) = read.walk("VEVENT")
    assert set(event) <= CALENDAR_PROPERTIES
    assert {part.name for part in read.walk()} <= CALENDAR_PARTS
    assert str(event["ATTENDEE"]).lower() == f"mailto:{email}"
    return str(event["SUMMARY"])
