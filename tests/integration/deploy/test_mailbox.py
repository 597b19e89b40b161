"""The mailbox: what was accepted is kept, shown, and harmless to look at."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from deploy.mailbox.pages import mailbox_routes
from deploy.mailbox.smtp import running_smtp
from deploy.mailbox.store import MailStore
from shared.text.catalogues import Translations
from shared.web.application import make_application


class _Ready:
    async def check(self) -> dict[str, str]:
        return {}


class Mailbox:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = MailStore(path)
        app = make_application("mailbox", "Mailbox", [mailbox_routes(self.store)], Translations(), _Ready())
        self.web = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        self.port = 0

    async def receive(self, *mails: EmailMessage, to: list[str] | None = None) -> None:
        def send() -> None:
            with smtplib.SMTP("127.0.0.1", self.port) as smtp:
                for mail in mails:
                    smtp.send_message(mail, to_addrs=to)

        await asyncio.to_thread(send)

    async def messages(self, **query: str | int) -> list[dict[str, object]]:
        answer = await self.web.get("/mailbox/messages.json", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json())


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[Mailbox]:
    mailbox = Mailbox(tmp_path / "mailbox.sqlite3")
    async with running_smtp(mailbox.store, "127.0.0.1", 0) as port:
        mailbox.port = port
        yield mailbox
    await mailbox.web.aclose()
    mailbox.store.close()


def _mail(to: str = "nuria@alamus.example", *, kind: str = "confirmation", number: int = 0) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Oficina <oficina@dijous.example>"
    mail["To"] = to
    mail["Subject"] = f"Inscripció confirmada {number}"
    mail["X-Dijous-Kind"] = kind
    mail.set_content("Hola, Núria.\nhttps://dijous.example/registration/abc\n")
    mail.add_alternative("<html><head><script>alert(1)</script></head><body>Núria</body></html>", subtype="html")
    mail.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar", params={"method": "REQUEST"})
    return mail


async def test_an_accepted_mail_is_told_with_all_its_parts(mailbox: Mailbox) -> None:
    await mailbox.receive(_mail("Nuria@Alamus.example"))
    (message,) = await mailbox.messages()
    assert message["to"] == "nuria@alamus.example"
    assert message["subject"] == "Inscripció confirmada 0"
    assert message["kind"] == "confirmation"
    assert "/registration/abc" in str(message["text"])
    assert "Núria" in str(message["html"])
    assert str(message["calendar"]).startswith("BEGIN:VCALENDAR")
    assert message["headers"]["From"] == "Oficina <oficina@dijous.example>"  # type: ignore[index]  # JSON


async def test_accepted_mails_outlive_the_process(mailbox: Mailbox) -> None:
    await mailbox.receive(_mail())
    again = MailStore(mailbox.path)
    assert len(again.letters(after=None, to=None, kind=None, limit=10)) == 1
    again.close()


async def test_a_mail_to_two_people_is_one_for_each(mailbox: Mailbox) -> None:
    await mailbox.receive(_mail(), to=["a@x.example", "b@x.example"])
    assert [message["to"] for message in await mailbox.messages()] == ["a@x.example", "b@x.example"]


async def test_messages_come_oldest_first_and_can_be_followed(mailbox: Mailbox) -> None:
    await mailbox.receive(*(_mail(number=number) for number in range(5)))
    assert [message["id"] for message in await mailbox.messages(limit=2)] == [4, 5]
    assert [message["id"] for message in await mailbox.messages(after=0, limit=2)] == [1, 2]
    assert [message["id"] for message in await mailbox.messages(after=2)] == [3, 4, 5]


async def test_messages_are_found_by_recipient_and_kind(mailbox: Mailbox) -> None:
    await mailbox.receive(_mail("a@x.example"), _mail("b@x.example"), _mail("a@x.example", kind="survey"))
    assert [message["id"] for message in await mailbox.messages(to="A@x.example")] == [1, 3]
    assert [message["id"] for message in await mailbox.messages(to="a@x.example", kind="survey")] == [3]


@pytest.mark.parametrize("query", ["limit=0", "limit=10001", "after=-1", "after=x"])
async def test_a_wrong_query_is_refused(mailbox: Mailbox, query: str) -> None:
    assert (await mailbox.web.get(f"/mailbox/messages.json?{query}")).status_code == 422


async def test_the_list_shows_the_newest_first_in_pages(mailbox: Mailbox) -> None:
    mails = [_mail(f"p{number}@x.example", number=number) for number in range(60)]
    await mailbox.receive(*mails)
    first = (await mailbox.web.get("/mailbox")).text
    assert first.index("confirmada 59") < first.index("confirmada 10<")
    assert "confirmada 9<" not in first
    older = (await mailbox.web.get("/mailbox?to=&before=11")).text
    assert "confirmada 9<" in older
    found = (await mailbox.web.get("/mailbox?to=p42@")).text
    assert "confirmada 42" in found
    assert "confirmada 41" not in found


async def test_a_mail_s_html_is_shown_where_it_can_do_nothing(mailbox: Mailbox) -> None:
    await mailbox.receive(_mail())
    page = await mailbox.web.get("/mailbox/1")
    assert '<iframe title="El missatge en HTML" src="/mailbox/1/html" sandbox=' in page.text
    assert "alert(1)" not in page.text
    assert '<a href="https://dijous.example/registration/abc"' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    html = await mailbox.web.get("/mailbox/1/html")
    policy = html.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "script" not in policy
    assert "default-src 'none'" in policy


async def test_a_hostile_subject_is_text(mailbox: Mailbox) -> None:
    mail = _mail()
    mail.replace_header("Subject", "<script>alert(2)</script>")
    await mailbox.receive(mail)
    for page in ("/mailbox", "/mailbox/1"):
        assert "<script>" not in (await mailbox.web.get(page)).text


async def test_the_parts_can_be_downloaded(mailbox: Mailbox) -> None:
    await mailbox.receive(_mail())
    calendar = await mailbox.web.get("/mailbox/1/calendar.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert "attachment" in calendar.headers["content-disposition"]
    raw = await mailbox.web.get("/mailbox/1/raw")
    assert raw.headers["content-type"].startswith("text/plain")
    assert "X-Dijous-Kind: confirmation" in raw.text


@pytest.mark.parametrize("page", ["/mailbox/7", "/mailbox/7/html", "/mailbox/7/raw", "/mailbox/7/calendar.ics"])
async def test_a_mail_that_is_not_there_is_not_found(mailbox: Mailbox, page: str) -> None:
    assert (await mailbox.web.get(page)).status_code == 404


async def test_a_mail_that_cannot_be_kept_is_refused_for_now(mailbox: Mailbox) -> None:
    mailbox.store.close()
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        await mailbox.receive(_mail())
    assert refusal.value.smtp_code == 451
