"""Composed mails, read as a mail program reads them and compared with those that `email` builds the slow way."""

import dataclasses
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from itertools import product

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from services.notifications.deliveries.domain import (
    CONTACT_KINDS,
    DIRECT_ANSWERS,
    MAILBOX_KINDS,
    PROPOSAL_KINDS,
    SEAT_NOTICES,
    SESSION_KINDS,
    DeliveryKind,
    message_id,
)
from services.notifications.preferences.domain import group_of
from services.notifications.projections.domain import KnownContact, KnownRegistration, Recipient
from services.notifications.rendering.domain import theirs
from services.notifications.rendering.icalendar import METHODS
from services.notifications.rendering.mail_texts import TEMPLATES, MailText, MailTexts, Personal
from services.notifications.rendering.messages import PREFERENCES_LINK_LIFE
from services.notifications.surveys.domain import LinkMaker
from shared.events.vocabulary import Language, RegistrationStatus
from shared.security.links import (
    CONTACT_LINK_LIFE,
    FOLLOWING_LINK_LIFE,
    SESSION_LINKS_LIFE,
    SUPPORT_LINK_LIFE,
    LinkPurpose,
)
from tests.support.mails import (
    CLOSES_AT,
    DOMAIN,
    LINKS,
    LOCALE,
    NOW,
    PERSON,
    SENDER,
    SESSION,
    SESSION_END,
    SURVEY_KEY,
    WORDS,
    composed,
    context_of,
    delivery_of,
    make_composer,
    make_programme,
    make_proposal,
    make_registration,
    make_session,
    parsed,
    parts,
    recipient_of,
)

NASTY_NAMES = [
    "",
    "Núria Puig",
    'Ona "la <b>Gran</b>" O\'Neill & Fills',
    "<script>alert(1)</script>",
    "=3D=20=\r\n.\r\nBcc: x@y.example",
    "x" * 200,
    "à" * 70 + " .",
    "مها \u202e لوران",
    "\ue000a:name\ue001 %(title)s {{ name }} %s",
]
KINDS = list(DeliveryKind)


def personal_values(kind: DeliveryKind, recipient: Recipient) -> dict[Personal, str]:
    """What the composer has to put in, made the slow way."""
    with_entity = kind in CONTACT_KINDS | {
        DeliveryKind.CONFIRMATION,
        DeliveryKind.WAITING_LIST,
        DeliveryKind.PROMOTION,
    }
    has_entity = isinstance(recipient, KnownRegistration | KnownContact) and with_entity
    entity = recipient.entity_name if has_entity else ""
    until = SESSION_END + SESSION_LINKS_LIFE
    name = theirs(recipient.name, 60)
    return {
        Personal.NAME: f", {name}" if name else "",
        Personal.ENTITY: theirs(entity, 120),
        Personal.REGISTRATION: LINKS.token(LinkPurpose.REGISTRATION, recipient.id, until),
        Personal.JOIN: LINKS.token(LinkPurpose.JOIN, recipient.id, until),
        Personal.SURVEY: LinkMaker(SURVEY_KEY, SESSION).token(recipient.id),
        Personal.SUPPORT: LINKS.token(LinkPurpose.SUPPORT, recipient.id, NOW + SUPPORT_LINK_LIFE),
        Personal.FOLLOWING: LINKS.token(LinkPurpose.FOLLOWING, recipient.id, NOW + FOLLOWING_LINK_LIFE),
        Personal.PETITION: LINKS.token(LinkPurpose.PETITION, recipient.id, NOW + CONTACT_LINK_LIFE),
        Personal.MEMBERSHIP: LINKS.token(LinkPurpose.MEMBERSHIP, recipient.id, NOW + CONTACT_LINK_LIFE),
        Personal.PREFERENCES: LINKS.token(LinkPurpose.PREFERENCES, recipient.id, NOW + PREFERENCES_LINK_LIFE),
    }


def text_of(kind: DeliveryKind, recipient: Recipient) -> MailText:
    return MailTexts(WORDS, LINKS).render(kind, recipient.language, context_of(kind), personal_values(kind, recipient))


def built_slowly(kind: DeliveryKind, recipient: Recipient) -> EmailMessage:
    """The mail by the book: a template rendered with real values, an `EmailMessage` for one person."""
    text = text_of(kind, recipient)
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = text.subject
    message.set_content(text.text)
    message.add_alternative(text.html, subtype="html")
    return parsed(message.as_bytes())


@pytest.mark.parametrize(("kind", "language"), list(product(KINDS, Language)))
def test_what_is_composed_in_pieces_reads_like_what_is_built_as_a_whole(kind: DeliveryKind, language: Language) -> None:
    for name in NASTY_NAMES:
        changes = {"name": name, "language": language}
        if kind not in PROPOSAL_KINDS:
            changes["entity_name"] = name or "Ajuntament"
        recipient = recipient_of(kind, **changes)
        quick, slow = composed(kind, recipient), built_slowly(kind, recipient)
        assert quick["Subject"] == text_of(kind, recipient).subject  # the slow way may lose spaces where it folds
        for content_type, content in parts(slow).items():
            assert parts(quick)[content_type] == content


@pytest.mark.parametrize(("kind", "name"), list(product(KINDS, NASTY_NAMES)))
def test_every_line_is_short_ends_in_crlf_and_holds_ascii_only(kind: DeliveryKind, name: str) -> None:
    raw = make_composer().compose(delivery_of(kind), context_of(kind), recipient_of(kind, name=name))
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    _, _, body = raw.partition(b"\r\n\r\n")
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    assert not parsed(raw).defects
    assert not [defect for part in parsed(raw).walk() for defect in part.defects]


@pytest.mark.parametrize("kind", [DeliveryKind.SURVEY, DeliveryKind.SURVEY_REMINDER, DeliveryKind.RESULTS])
def test_no_line_of_what_thousands_get_begins_with_a_dot(kind: DeliveryKind) -> None:
    """Dots at the start are doubled when a mail is handed over: every mail would be copied for that."""
    assert b"\r\n." not in make_composer().compose(delivery_of(kind), context_of(kind), make_registration())


def test_links_of_what_the_office_sends_once_more_live_as_long_as_those_of_a_new_mail() -> None:
    kind, resent_at = DeliveryKind.SUPPORT_CONFIRMATION, NOW + timedelta(days=30)
    raw = make_composer().compose(delivery_of(kind, resent_at=resent_at), context_of(kind), recipient_of(kind))
    token = LINKS.token(LinkPurpose.SUPPORT, recipient_of(kind).id, resent_at + SUPPORT_LINK_LIFE)
    assert token in parsed(raw).get_body(("plain",)).get_content()


@pytest.mark.parametrize("kind", KINDS)
def test_headers_say_who_what_and_that_a_machine_wrote(kind: DeliveryKind) -> None:
    message = composed(kind)
    assert message["From"] == f"Dijous GOmunicipal <{SENDER}>"
    assert message["Reply-To"] == "oficina@consorci.example"
    assert message.get_all("To") == ["nuria@alamus.example"]
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == message_id(delivery_of(kind), DOMAIN)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply, RN, NRN"
    assert message["X-Dijous-Kind"] == kind
    assert message["Content-Language"] == "ca"
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("kind", KINDS)
def test_all_but_direct_answers_can_be_stopped_with_one_click(kind: DeliveryKind) -> None:
    message, token = composed(kind), personal_values(kind, recipient_of(kind))[Personal.PREFERENCES]
    url = f"https://dijous.example/preferences/{token}"
    is_said = kind not in DIRECT_ANSWERS & SESSION_KINDS | MAILBOX_KINDS
    assert (url in parts(message)["text/plain"].splitlines()) == is_said, "anybody may type any address for a proposal"
    if kind in DIRECT_ANSWERS | MAILBOX_KINDS:
        assert message["List-Unsubscribe"] is None
        assert message["List-Unsubscribe-Post"] is None
    else:
        group = group_of(kind)
        assert (kind in group.kinds) == (kind not in SEAT_NOTICES)
        assert message["List-Unsubscribe"] == f"<{url}?group={group}>" if group else f"<{url}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(("kind", "language"), list(product(KINDS, Language)))
def test_text_and_html_have_the_same_links_and_each_stands_on_its_own_line(
    kind: DeliveryKind, language: Language
) -> None:
    both = parts(composed(kind, recipient_of(kind, language=language)))
    lines = [line for line in both["text/plain"].splitlines() if "https://" in line]
    assert all(re.fullmatch(r"https://\S+", line) for line in lines)
    in_html = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', both["text/html"])]
    assert in_html == lines
    assert f'<html lang="{language}">' in both["text/html"]


def test_composing_again_gives_the_same_mail() -> None:
    composer, kind = make_composer(), DeliveryKind.CONFIRMATION
    once = composer.compose(delivery_of(kind), context_of(kind), make_registration())
    assert composer.compose(delivery_of(kind), context_of(kind), make_registration()) == once


def test_the_mail_after_another_closing_says_the_other() -> None:
    composer, kind = make_composer(), DeliveryKind.SURVEY
    texts = [
        parts(parsed(composer.compose(delivery_of(kind), context_of(kind, closes_at=at), make_registration())))
        for at in (None, CLOSES_AT, CLOSES_AT + timedelta(days=7))
    ]
    said = [re.findall("fins al .* de maig", each["text/plain"]) for each in texts]
    assert said == [[], ["fins al dijous 9 de maig"], ["fins al dijous 16 de maig"]]


def test_a_change_of_the_session_is_in_the_next_mail() -> None:
    composer, kind = make_composer(), DeliveryKind.REMINDER
    before = context_of(kind)
    after = context_of(kind, session=make_session(title={"ca": "Un altre títol"}).model_copy(update={"seen": 2}))
    subjects = [
        parsed(composer.compose(delivery_of(kind), context, make_registration()))["Subject"]
        for context in (before, after)
    ]
    assert "portal" in subjects[0]
    assert "Un altre títol" in subjects[1]


def test_a_mail_holds_nothing_of_who_was_written_to_before() -> None:
    composer, kind = make_composer(), DeliveryKind.CONFIRMATION
    first = make_registration(name="Primera", email="first@x.example", entity_name="Ajuntament d'Abrera")
    composer.compose(delivery_of(kind), context_of(kind), first)
    second = composer.compose(delivery_of(kind), context_of(kind), make_registration(id="other" + PERSON[5:]))
    token = personal_values(kind, first)[Personal.JOIN]
    for trace in ("Primera", "first@x.example", "Abrera", token):
        assert trace.encode() not in second


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("Dues\r\nlínies\nBcc: x@y.example", "Inscripció confirmada: Dues línies Bcc: x@y.example"),
        ("100 % «transparència»", "Inscripció confirmada: 100 % «transparència»"),
        ("%(name)s {{ title }}", "Inscripció confirmada: %(name)s {{ title }}"),
        ("=?utf-8?q?x=0ABcc:_x@y.example?=", "Inscripció confirmada: =?utf-8?q?x=0ABcc:_x@y.example?="),
    ],
)
def test_a_nasty_title_stays_in_the_subject(title: str, subject: str) -> None:
    message = composed(DeliveryKind.CONFIRMATION, session=make_session(title={"ca": title}))
    assert message["Subject"] == f"{subject} · dijous 25 d'abril de 2024, 10.00\u00a0h"
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "name",
    [
        'Dijous", <x@y.example>, "\r\nBcc: x@y.example',
        "=?utf-8?q?x=0ABcc:_x@y.example?=",
        "=?utf-8?q?x=22,_=3Cx@y=3E?=",
    ],
)
def test_a_programme_with_a_nasty_name_is_one_sender(name: str) -> None:
    message = composed(DeliveryKind.SURVEY, programme=make_programme(name={"ca": name}, reply_to=""))
    (sender,) = message["From"].addresses
    assert sender.addr_spec == SENDER
    assert message["Bcc"] is None
    assert message["Reply-To"] is None


@settings(deadline=None)  # three files of tests at a time, on two cores
@given(st.lists(st.text('aàé’«»{}%(),:;=?_"<>@\\😀1', min_size=1, max_size=14), min_size=1, max_size=30))
def test_any_title_and_any_name_of_a_programme_come_through_their_headers(words: list[str]) -> None:
    text = " ".join(words)
    raw = make_composer().compose(
        delivery_of(DeliveryKind.PROPOSAL_MERGED),
        dataclasses.replace(
            context_of(DeliveryKind.PROPOSAL_MERGED),
            programme=make_programme(name={"ca": text}),
            proposal=make_proposal(title=text),
        ),
        recipient_of(DeliveryKind.PROPOSAL_MERGED),
    )
    headers = message_from_bytes(raw)  # the newer parser may add a space between two encoded words of a name
    name, address = parseaddr(headers["From"])
    assert (str(make_header(decode_header(name))), address) == (text, SENDER)
    assert str(make_header(decode_header(headers["Subject"]))) == f"Proposta fusionada: {theirs(text, 150)}".rstrip()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Núria Puig", "Núria Puig"),
        ("M.Carme Puig i J. Roca", "M. Carme Puig i J. Roca"),
        ("Guanyeu a www.premi.cat/ara ara!", "Guanyeu a www. premi. cat/ara ara!"),
        ("https://premi.cat HTTP:\\\\premi.cat", "https premi. cat HTTP premi. cat"),
        ("escriviu a jo@premi.cat", "escriviu a jo@premi. cat"),
        ("premi。cat premi．cat", "premi. cat premi. cat"),
        ("Llei 39/2015, versió 2.0", "Llei 39/2015, versió 2.0"),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_words_of_others_are_short_and_become_no_links(typed: str, told: str) -> None:
    assert theirs(typed, 60) == told


@pytest.mark.parametrize("kind", [DeliveryKind.PROPOSAL_RECEIVED, DeliveryKind.SUPPORT_CONFIRMATION])
def test_no_subject_to_an_address_that_nobody_proved_holds_words_of_others(kind: DeliveryKind) -> None:
    bait = make_proposal(title="Guanyeu un premi a www.premi.cat ara mateix")
    mail = composed(kind, proposal=bait)
    assert "premi" not in mail["Subject"]
    assert all("www. premi. cat" in content for content in (parts(mail)["text/plain"], parts(mail)["text/html"]))


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_holds_a_link_that_a_person_typed(kind: DeliveryKind) -> None:
    bait = {"name": "https://premi.cat"} | ({"entity_name": "www.premi.cat"} if kind in SESSION_KINDS else {})
    proposal = make_proposal(title="www.premi.cat", merged_into_title="www.premi.cat")
    assert b"premi.cat" not in composed(kind, recipient_of(kind, **bait), proposal=proposal).as_bytes()


def test_only_web_addresses_become_links() -> None:
    session = make_session(recording_url="javascript:alert(1)", materials=[])
    assert "javascript" not in parts(composed(DeliveryKind.MATERIALS, session=session))["text/html"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_of_an_invitation_carry_a_calendar_part(kind: DeliveryKind) -> None:
    message = composed(kind)
    found = [part for part in message.iter_parts() if part.get_content_type() == "text/calendar"]
    assert bool(found) == (kind in METHODS)
    for part in found:
        assert part.get_param("method") == METHODS[kind]
        assert Calendar.from_ical(part.get_content())["METHOD"] == METHODS[kind]


@pytest.mark.parametrize("kind", [DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED, DeliveryKind.SESSION_CANCELLED])
def test_who_waits_for_a_seat_is_told_without_an_invitation(kind: DeliveryKind) -> None:
    both = parts(composed(kind, make_registration(status=RegistrationStatus.WAITING)))
    assert "text/calendar" not in both
    assert "/join/" not in both["text/plain"]


@pytest.mark.parametrize("language", [Language.CA, Language.ES])
def test_every_message_is_translated_and_none_is_stale(language: Language) -> None:
    extracted = {
        message
        for _, _, message, _, _ in extract_from_dir(
            str(TEMPLATES),
            [("**.txt", "jinja2"), ("**.html", "jinja2")],
            options_map={"**.txt": {"silent": "false"}, "**.html": {"silent": "false"}},
            keywords={"_": None, "ngettext": (1, 2)},
        )
    }
    with (LOCALE / f"{language}.po").open("rb") as file:
        translated = {message.id: message for message in read_po(file) if message.id}
    assert extracted == set(translated)
    for message in translated.values():
        texts = [message.string] if isinstance(message.string, str) else message.string
        assert all(texts), f"{message.id} has no translation"
        placeholders = set(re.findall(r"%\(\w+\)s", str(message.id)))
        assert placeholders == set(re.findall(r"%\(\w+\)s", str(message.string))), message.id


def test_no_mail_speaks_of_certificates_or_training() -> None:
    for kind, language in product(KINDS, Language):
        text = parts(composed(kind, recipient_of(kind, language=language)))["text/plain"].lower()
        assert not re.search("certifica|formaci|training|diploma", text)
