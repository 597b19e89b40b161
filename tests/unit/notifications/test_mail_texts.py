"""What the mails say: to whom, when, with what, what there is to do and until when."""

import html
import re
from datetime import timedelta
from itertools import product

import pytest

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.projections.domain import KnownSession
from shared.events.vocabulary import Language, RegistrationStatus
from shared.security.links import SESSION_LINKS_LIFE, LinkPurpose
from tests.support.mails import (
    LINKS,
    PERSON,
    SESSION,
    SESSION_END,
    STARTS_AT,
    composed,
    make_programme,
    make_proposal,
    make_registration,
    make_session,
    parts,
    recipient_of,
)

KINDS = list(DeliveryKind)


@pytest.mark.parametrize("kind", [DeliveryKind.CONFIRMATION, DeliveryKind.PROMOTION, DeliveryKind.REMINDER])
@pytest.mark.parametrize(
    ("language", "phrases"),
    [
        (
            Language.CA,
            [
                "càmera",
                "internet",
                "uns minuts abans",
                "dijous 25 d'abril de 2024, 10.00\u00a0h (hora d'Europa central)",
            ],
        ),
        (
            Language.ES,
            [
                "cámara",
                "internet",
                "unos minutos antes",
                "jueves 25 de abril de 2024, 10:00\u00a0h (hora de Europa central)",
            ],
        ),
        (
            Language.EN,
            [
                "camera",
                "internet",
                "a few minutes early",
                "Thursday 25 April 2024, 10:00 (Central European Summer Time)",
            ],
        ),
    ],
)
def test_who_is_to_attend_reads_when_and_with_what(kind: DeliveryKind, language: Language, phrases: list[str]) -> None:
    text = parts(composed(kind, make_registration(language=language)))["text/plain"]
    assert not [phrase for phrase in phrases if phrase not in text]


@pytest.mark.parametrize("kind", [DeliveryKind.SURVEY, DeliveryKind.SURVEY_REMINDER])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.CA, "Podeu respondre fins al dijous 9 de maig de 2024, 0.30\u00a0h."),
        (Language.ES, "Puede responder hasta el jueves 9 de mayo de 2024, 0:30\u00a0h."),
        (Language.EN, "You can answer until Thursday 9 May 2024, 0:30."),
    ],
)
def test_a_survey_says_until_when_it_can_be_answered_where_the_programme_is(
    kind: DeliveryKind, language: Language, words: str
) -> None:
    both = parts(composed(kind, recipient_of(kind, language=language)))
    assert words in both["text/plain"].splitlines()
    assert words in both["text/html"]


@pytest.mark.parametrize("held_seat", [True, False])
def test_only_who_had_a_seat_has_an_entry_withdrawn(held_seat: bool) -> None:
    kind = DeliveryKind.REGISTRATION_CANCELLED
    message = composed(kind, make_registration(status=RegistrationStatus.CANCELLED, held_seat=held_seat))
    both = parts(message)
    assert ("text/calendar" in both) == ("del calendari" in both["text/plain"]) == held_seat
    assert message["Subject"].startswith("Baixa de la inscripció: " if held_seat else "Baixa de la llista d'espera: ")


@pytest.mark.parametrize(
    ("language", "held_seat", "words"),
    [
        (Language.CA, True, "La vostra inscripció a aquesta sessió s'ha donat de baixa:"),
        (Language.CA, False, "Ja no sou a la llista d'espera d'aquesta sessió:"),
        (Language.ES, True, "Su inscripción en esta sesión se ha dado de baja:"),
        (Language.ES, False, "Ya no está en la lista de espera de esta sesión:"),
        (Language.EN, True, "Your registration for this session has been cancelled:"),
        (Language.EN, False, "You are no longer on the waiting list of this session:"),
    ],
)
def test_the_mail_about_a_cancelled_registration_is_true_whoever_cancelled_it(
    language: Language, held_seat: bool, words: str
) -> None:
    person = make_registration(status=RegistrationStatus.CANCELLED, held_seat=held_seat, language=language)
    both = parts(composed(DeliveryKind.REGISTRATION_CANCELLED, person))
    assert words in both["text/plain"].splitlines()
    assert words in html.unescape(both["text/html"])


@pytest.mark.parametrize(
    ("session_id", "words"), [(SESSION, "ha tingut resposta en una sessió:"), ("", "ha tingut resposta:")]
)
def test_an_answer_is_said_to_come_from_a_session_only_where_it_does(session_id: str, words: str) -> None:
    both = parts(composed(DeliveryKind.PROPOSAL_ANSWERED, proposal=make_proposal(session_id=session_id)))
    assert words in both["text/plain"]
    assert words in both["text/html"]
    assert ("Sessió:" in both["text/plain"]) == bool(session_id)


@pytest.mark.parametrize(("kind", "language"), list(product(KINDS, Language)))
def test_every_mail_has_one_clear_action_and_a_first_line_beside_its_subject(
    kind: DeliveryKind, language: Language
) -> None:
    message = composed(kind, recipient_of(kind, language=language))
    html = parts(message)["text/html"]
    assert html.count('class="action"') == 1
    (first_line,) = re.findall(r'<body>\s+<div class="preheader">(.+)</div>\s+<main>', html)
    assert first_line not in message["Subject"]
    assert ".preheader { display: none;" in html


def test_the_first_line_is_no_longer_than_lists_of_mails_show() -> None:
    proposal = make_proposal(reason="paraula " * 100)
    html = parts(composed(DeliveryKind.PROPOSAL_DECLINED, proposal=proposal))["text/html"]
    (first_line,) = re.findall('class="preheader">(.+)</div>', html)
    assert len(first_line) == 150


def test_who_had_a_seat_in_a_cancelled_session_finds_the_others_and_their_registration() -> None:
    lines = parts(composed(DeliveryKind.SESSION_CANCELLED))["text/plain"].splitlines()
    own = LINKS.url(LinkPurpose.REGISTRATION, PERSON, SESSION_END + SESSION_LINKS_LIFE)
    assert {"https://dijous.example/programmes/gomunicipal?lang=ca", own} <= set(lines)


@pytest.mark.parametrize("title", ["", "Tots els contractes"])
def test_a_merge_names_the_proposal_that_goes_on(title: str) -> None:
    both = parts(composed(DeliveryKind.PROPOSAL_MERGED, proposal=make_proposal(merged_into_title=title)))
    assert ("«Tots els contractes»" in both["text/plain"].splitlines()) == bool(title)
    assert "«»" not in both["text/html"]
    assert "https://dijous.example/proposals/otheraaaaaaaaaaa?lang=ca" in both["text/plain"].splitlines()


@pytest.mark.parametrize(
    ("session", "subject", "action"),
    [
        (make_session(), "Gravació i materials: ", "https://video.example/1"),
        (make_session(materials=[]), "Gravació: ", "https://video.example/1"),
        (make_session(recording_url=""), "Materials: ", f"https://dijous.example/sessions/{SESSION}?lang=ca"),
    ],
)
def test_what_was_published_is_called_what_it_is(session: KnownSession, subject: str, action: str) -> None:
    message = composed(DeliveryKind.MATERIALS, session=session)
    assert message["Subject"] == subject + session.title[Language.CA]
    assert f'<p class="action"><a href="{action}">' in parts(message)["text/html"]


@pytest.mark.parametrize("kind", [DeliveryKind.CONFIRMATION, DeliveryKind.REMINDER])
@pytest.mark.parametrize("tool", ["Microsoft Teams", ""])
def test_the_tool_is_named_where_the_programme_tells_it(kind: DeliveryKind, tool: str) -> None:
    text = parts(composed(kind, programme=make_programme(tool=tool)))["text/plain"]
    assert ("On: en línia, amb Microsoft Teams" in text.splitlines()) == bool(tool)
    named = tool or "l'eina de videoconferència"
    assert f"Si no heu fet servir mai {named}," in text


@pytest.mark.parametrize(
    "kind",
    [
        DeliveryKind.CONFIRMATION,
        DeliveryKind.WAITING_LIST,
        DeliveryKind.PROMOTION,
        DeliveryKind.REGISTRATION_CANCELLED,
        DeliveryKind.REMINDER,
        DeliveryKind.RESCHEDULED,
        DeliveryKind.CHANGED,
        DeliveryKind.SESSION_CANCELLED,
    ],
)
def test_the_subject_about_a_seat_says_when_the_session_is(kind: DeliveryKind) -> None:
    assert composed(kind)["Subject"].endswith(" · dijous 25 d'abril de 2024, 10.00\u00a0h")


def test_of_a_change_the_title_before_is_told_only_where_it_was_another() -> None:
    session = make_session(
        title={"ca": "Ara", "es": "Siempre"},
        previous_title={"ca": "Abans", "es": "Siempre"},
        previous_duration_minutes=45,
    )
    catalan, spanish = (
        parts(composed(DeliveryKind.CHANGED, make_registration(language=language), session=session))["text/plain"]
        for language in (Language.CA, Language.ES)
    )
    assert "El títol d'abans era: Abans" in catalan
    assert "título anterior" not in spanish
    assert "45 minutos" in spanish


ANOTHER_TIME = {
    Language.CA: ("Canvi d'hora: ", "Aquesta sessió ha canviat d'hora. Estava prevista per al ", "la nova hora"),
    Language.ES: ("Cambio de hora: ", "Esta sesión ha cambiado de hora. Estaba prevista para el ", "la nueva hora"),
    Language.EN: ("New time: ", "This session has another time. It was to be held on ", "the new time"),
}


@pytest.mark.parametrize("language", Language)
def test_a_move_within_the_day_is_told_as_another_time(language: Language) -> None:
    session = make_session(previous_starts_at=STARTS_AT - timedelta(minutes=90))
    mail = composed(DeliveryKind.RESCHEDULED, make_registration(language=language), session=session)
    subject, sentence, preheader = ANOTHER_TIME[language]
    assert mail["subject"].startswith(subject)
    assert sentence in " ".join(parts(mail)["text/plain"].split())
    assert sentence in " ".join(html.unescape(parts(mail)["text/html"]).split())
    assert preheader in parts(mail)["text/html"]


def test_the_day_of_a_move_is_that_of_the_programme() -> None:
    session = make_session(starts_at=STARTS_AT, previous_starts_at=STARTS_AT - timedelta(hours=9))
    kind = DeliveryKind.RESCHEDULED
    assert composed(kind, session=session)["subject"].startswith("Canvi d'hora: ")
    far = composed(kind, session=session, programme=make_programme(time_zone="America/New_York"))
    assert far["subject"].startswith("Canvi de data: ")
