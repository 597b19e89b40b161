"""The words of the mails: shown, adjusted for a programme, taken back."""

import re
from email import message_from_bytes, policy
from html import unescape

import pytest

from services.notifications.app import LOCALES
from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.rendering.messages import Composer
from shared.events.vocabulary import Language
from shared.staff import Role
from shared.text.catalogues import Translations
from tests.integration.notifications.house import PROGRAMME, House, programme_defined, registered, session_scheduled

LIST = f"/office/mails/wording/{PROGRAMME}"
PAGE = f"{LIST}/confirmation/ca"
WORDS = "Porteu els dubtes <b>apuntats</b>.\n{{ title }} %(name)s\n\nFins aviat & gràcies."


@pytest.fixture
async def known(house: House) -> House:
    """Somebody is registered; an administrator, whose browser speaks English, is signed in."""
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    house.http.headers["accept-language"] = "en"
    house.sign_in(Role.ADMIN)
    return house


async def act(house: House, name: str, **fields: str) -> str:
    """Press a button of the form; the page that comes of it."""
    answer = await house.http.post(PAGE, data=await house.form(PAGE, act=name, **fields))
    if answer.status_code == 303:
        answer = await house.http.get(answer.headers["location"])
    return answer.text


def preview(page: str) -> str:
    found = re.search('srcdoc="([^"]*)"', page)
    assert found
    return unescape(found[1])


async def mail(house: House, composer: Composer) -> dict[str, str]:
    """The parts of the confirmation as it would be sent now."""
    batch = await house.loader().load(await house.deliveries("confirmation"), house.clock.now)
    (ready,) = batch.ready
    message = message_from_bytes(
        composer.compose(ready.delivery, ready.context, ready.recipient), policy=policy.default
    )
    return {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", list(DeliveryKind))
async def test_every_kind_is_shown_in_every_language(known: House, kind: DeliveryKind, language: Language) -> None:
    answer = await known.http.get(f"{LIST}/{kind}/{language}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in preview(answer.text)
    assert len(answer.content) < 100_000
    assert '<iframe class="letter" sandbox title=' in answer.text


async def test_a_preview_saves_nothing(known: House) -> None:
    page = await act(known, "preview", introduction=WORDS)
    assert "This is not saved yet." in page
    assert "<p>Porteu els dubtes &lt;b&gt;apuntats&lt;/b&gt;.<br>{{ title }} %(name)s</p>" in preview(page)
    assert "apuntats" in page.partition("</textarea>")[0]
    assert not await known.raw.find("wordings")
    assert not await known.acts()


async def test_what_is_saved_stands_in_the_mails_from_then_on_and_can_be_taken_out(known: House) -> None:
    composer = Composer(Translations(*LOCALES), known.links, "dijous@dijous.example", "dijous.example")
    assert "Porteu" not in (await mail(known, composer))["text/plain"]
    page = await act(known, "save", introduction=WORDS, closing="Equip")
    assert "Saved." in page
    parts = await mail(known, composer)
    text = parts["text/plain"].replace("\r\n", "\n")
    assert "\n\nPorteu els dubtes <b>apuntats</b>.\n{{ title }} %(name)s\n\nFins aviat & gràcies.\n\n" in text
    assert text.index("Person 1") < text.index("Porteu") < text.index("/join/") < text.index("Equip")
    assert "<b>" not in parts["text/html"]
    assert "<p>Fins aviat &amp; gràcies.</p>" in parts["text/html"]
    assert "Adjusted" in (await known.http.get(LIST)).text
    await act(known, "reset", introduction=WORDS)
    assert "Porteu" not in (await mail(known, composer))["text/plain"]
    assert "Adjusted" not in (await known.http.get(LIST)).text
    entries = await known.acts()
    assert [entry.action for entry in entries] == ["wording.reset", "wording.adjusted"]


async def test_the_same_words_saved_again_leave_no_other_record(known: House) -> None:
    await act(known, "reset")
    assert not await known.acts(), "it reads as it came already"
    for _ in range(2):
        await act(known, "save", introduction="Hola")
    [entry] = await known.acts()
    kept = {"kind": "confirmation", "language": "ca", "introduction": "Hola", "closing": ""}
    assert (entry.action, entry.subject, entry.details) == ("wording.adjusted", PROGRAMME, kept)


async def test_one_language_or_kind_says_nothing_of_another(known: House) -> None:
    await act(known, "save", introduction="Hola")
    for other in (f"{LIST}/confirmation/es", f"{LIST}/reminder/ca"):
        assert "<p>Hola</p>" not in preview((await known.http.get(other)).text)


async def test_what_a_paste_leaves_unseen_is_left_out(known: House) -> None:
    await act(known, "save", introduction="\ufeffPorteu\tl'ordinador\u200b")
    page = (await known.http.get(PAGE)).text
    assert "Porteu l&#39;ordinador<" in page


@pytest.mark.parametrize("introduction", ["x" * 1001, "bell \x07"])
async def test_what_is_too_long_or_not_plain_is_refused_and_kept_in_the_form(known: House, introduction: str) -> None:
    answer = await known.http.post(PAGE, data=await known.form(PAGE, act="save", introduction=introduction))
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'href="#introduction"' in answer.text
    assert introduction[:5] in answer.text
    assert not await known.raw.find("wordings")


async def test_only_administrators_adjust(known: House) -> None:
    form = await known.form(PAGE, act="save", introduction="Hola")
    known.sign_in(Role.EDITOR)
    assert "<textarea" not in (await known.http.get(PAGE)).text
    assert (await known.http.post(PAGE, data=form)).status_code == 403
    assert not await known.raw.find("wordings")


@pytest.mark.parametrize("path", [f"{LIST}/letter/ca", f"{LIST}/survey/xx", "/office/mails/wording/none"])
async def test_what_is_not_there_is_a_page_that_says_so(known: House, path: str) -> None:
    answer = await known.http.get(path)
    assert answer.status_code in (404, 422)
    assert "<h1>" in answer.text


async def test_the_policy_of_the_page_allows_the_mails_own_style_and_nothing_else(known: House) -> None:
    answer = await known.http.get(PAGE)
    style = re.search("style-src ([^;]*);", answer.headers["content-security-policy"])
    assert style
    assert len(style[1].split()) == 2
    assert "unsafe" not in answer.headers["content-security-policy"]
