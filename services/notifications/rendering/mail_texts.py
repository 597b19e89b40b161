"""The subject, text and HTML of mails, rendered from `emails/<kind>/` in the recipient's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from services.notifications.deliveries.domain import (
    CONTACT_KINDS,
    DIRECT_ANSWERS,
    MAILBOX_KINDS,
    PROPOSAL_KINDS,
    SESSION_KINDS,
    DeliveryKind,
)
from services.notifications.projections.domain import (
    KnownMembership,
    KnownOffer,
    KnownPetition,
    KnownProposal,
    KnownSession,
)
from services.notifications.rendering.domain import MailContext, one_line, theirs
from services.notifications.rendering.wording import NOTHING
from shared.events.vocabulary import Language, in_language
from shared.security.links import LinkPurpose, Links
from shared.text.catalogues import Translations
from shared.text.dates import date_in_words, day_in_words, instant_in_words, time_in_words
from shared.web.compiled_templates import COMPILED_TEMPLATES

TEMPLATES = Path(__file__).parent / "emails"

STYLE = (TEMPLATES / "layout" / "style.css").read_text(encoding="utf-8")
"""The `<style>` of every mail, byte for byte: a content security policy names its hash."""

_AFTER_THE_SESSION = {
    DeliveryKind.SURVEY,
    DeliveryKind.SURVEY_REMINDER,
    DeliveryKind.RESULTS,
    DeliveryKind.MATERIALS,
}
_DATED = SESSION_KINDS - _AFTER_THE_SESSION
"""Kinds whose subject says when the session is, so that lists of mails show it."""

_PREHEADER_LENGTH = 150
"""Characters of the hidden first line of the HTML, which lists of mails show beside the subject; they cut off more."""

_LONGEST_TITLE = 150
"""Of a proposal, which anybody may have typed."""
_BLANK_LINES = re.compile(r"\n{3,}")
_BLANK_LINES_BETWEEN = re.compile(r"\n{2,}")


class Personal(StrEnum):
    """The parts of a mail that differ from person to person."""

    NAME = "name"
    """With a comma before it, or empty where no name is known."""
    ENTITY = "entity"
    REGISTRATION = "registration"
    JOIN = "join"
    SURVEY = "survey"
    SUPPORT = "support"
    FOLLOWING = "following"
    PETITION = "petition"
    MEMBERSHIP = "membership"
    PREFERENCES = "preferences"
    """This and the seven before it are tokens: the last segments of personal links."""


@dataclass(frozen=True, slots=True)
class MailText:
    """A rendered mail; `text` and `html` have Unix line ends."""

    subject: str
    text: str
    html: str


class MailTexts:
    """Renders mails. The caller gives what is personal: real values, or marks to be replaced later."""

    def __init__(self, words: Translations, links: Links) -> None:
        self._links = links
        self._environments = {language: _environment(words, language) for language in Language}

    def render(
        self,
        kind: DeliveryKind,
        language: Language,
        context: MailContext,
        personal: Mapping[Personal, str],
        *,
        waiting: bool = False,
    ) -> MailText:
        """The text of a kind; `waiting` when the recipient is, or was to the last, on the waiting list.

        Raises:
            jinja2.UndefinedError: the context lacks what this kind tells of.
        """
        environment = self._environments[language]
        context = _without_hidden(kind, context)
        values = {"kind": kind, "language": language, "waiting": waiting, "is_answer": kind in DIRECT_ANSWERS}
        values |= self._values(language, context) | self._personal(language, personal)
        addition = context.wording.of(kind, language) if context.wording else NOTHING
        values |= {"introduction": _paragraphs(addition.introduction), "closing": _paragraphs(addition.closing)}
        if kind in DIRECT_ANSWERS & SESSION_KINDS | MAILBOX_KINDS:
            values["unsubscribe_url"] = ""
        if context.session and not context.session.is_public:
            values["session_url"] = values["registration_url"]
        values["is_contact"] = kind in CONTACT_KINDS
        values["contact_url"] = values[f"{kind.partition('_')[0]}_url"] if kind in CONTACT_KINDS else ""
        if kind not in PROPOSAL_KINDS:
            values["following_url"] = ""
        heading = one_line(environment.get_template(f"{kind}/subject.txt").render(values))
        subject = f"{heading} · {values['when']}" if kind in _DATED else heading
        preheader = one_line(environment.get_template(f"{kind}/preheader.txt").render(values))
        values |= {"heading": heading, "subject": subject, "preheader": preheader[:_PREHEADER_LENGTH]}
        text = environment.get_template("layout/body.txt").render(values)
        html = environment.get_template("layout/body.html").render(values)
        return MailText(subject, _BLANK_LINES.sub("\n\n", text).strip() + "\n", html.strip() + "\n")

    def _personal(self, language: Language, personal: Mapping[Personal, str]) -> dict[str, str]:
        return {
            "comma_name": personal[Personal.NAME],
            "entity": personal[Personal.ENTITY],
            "registration_url": self._links.page(f"/{LinkPurpose.REGISTRATION}/{personal[Personal.REGISTRATION]}"),
            "join_url": self._links.page(f"/{LinkPurpose.JOIN}/{personal[Personal.JOIN]}"),
            "survey_url": self._links.survey_url(personal[Personal.SURVEY], language),
            "support_url": self._links.page(f"/{LinkPurpose.SUPPORT}/{personal[Personal.SUPPORT]}"),
            "following_url": self._links.page(f"/{LinkPurpose.FOLLOWING}/{personal[Personal.FOLLOWING]}"),
            "petition_url": self._links.page(f"/{LinkPurpose.PETITION}/{personal[Personal.PETITION]}"),
            "membership_url": self._links.page(f"/{LinkPurpose.MEMBERSHIP}/{personal[Personal.MEMBERSHIP]}"),
            "unsubscribe_url": self._links.page(f"/{LinkPurpose.PREFERENCES}/{personal[Personal.PREFERENCES]}"),
        }

    def _values(self, language: Language, context: MailContext) -> dict[str, Any]:
        values: dict[str, Any] = {
            "programme": in_language(context.programme.name, language),
            "organiser": context.programme.organiser,
            "tool": one_line(context.programme.tool),
            "programme_url": self._links.page(f"/programmes/{context.programme.id}", language),
            "survey_closes": "",
            "title": "",
            "starts": "",
            "when": "",
            "is_tentative": False,
        }
        time_zone = context.programme.time_zone
        if context.survey_closes_at:
            values["survey_closes"] = _when(context.survey_closes_at, time_zone, language)
        if context.session:
            values |= self._session(language, context.session, time_zone)
        if context.proposal:
            values |= self._proposal(language, context.proposal)
        if context.membership:
            values |= _membership(language, context.membership)
        if context.petition and context.offer:
            values |= self._petition(language, context.petition, context.offer, time_zone)
        return values

    def _session(self, language: Language, session: KnownSession, time_zone: str) -> dict[str, Any]:
        previous = session.previous_starts_at
        return {
            "title": one_line(in_language(session.title, language)),
            "starts": instant_in_words(session.starts_at, time_zone, language),
            "when": _when(session.starts_at, time_zone, language),
            "is_same_day": previous is not None and _day(previous, time_zone) == _day(session.starts_at, time_zone),
            "previous_starts": instant_in_words(previous, time_zone, language) if previous else "",
            "previous_title": (
                one_line(in_language(session.previous_title or {}, language))
                if session.is_retitled_for(language)
                else ""
            ),
            "is_tentative": session.tentative,
            "minutes": session.duration_minutes,
            "previous_minutes": session.previous_duration_minutes,
            "cancel_reason": in_language(session.cancel_reason or {}, language),
            "recording_url": _web_address(session.recording_url),
            "materials": [material for material in session.materials if _web_address(material.url)],
            "session_url": self._links.page(f"/sessions/{session.id}", language),
            "results_url": self._links.page(f"/results/{session.id}", language),
        }

    def _proposal(self, language: Language, proposal: KnownProposal) -> dict[str, Any]:
        return {
            "proposal_title": theirs(proposal.title, _LONGEST_TITLE),
            "merged_title": theirs(proposal.merged_into_title, _LONGEST_TITLE),
            "in_session": bool(proposal.session_id),
            "reason": proposal.reason,
            "proposal_url": self._links.page(f"/proposals/{proposal.id}", language),
            "merged_url": self._links.page(f"/proposals/{proposal.merged_into or proposal.id}", language),
        }

    def _petition(
        self, language: Language, petition: KnownPetition, offer: KnownOffer, time_zone: str
    ) -> dict[str, Any]:
        until = petition.offered_until
        return {
            "offer": one_line(in_language(offer.title, language)),
            "findings": [(each.passed, one_line(in_language(each.text, language))) for each in petition.findings],
            "answer_days": offer.answer_days,
            "offered_until": instant_in_words(until, time_zone, language) if until else "",
            "place_in_reserve": petition.place_in_reserve,
            "has_place": offer.places is not None,
            "office_url": self._links.page(f"/office/petitions/{petition.id}", language),
        }


def _membership(language: Language, membership: KnownMembership) -> dict[str, Any]:
    return {
        "phase": one_line(in_language(membership.phase_name, language)),
        "next_step": membership.next_step,
        "due": day_in_words(membership.due_on, language) if membership.due_on else "",
    }


@cache
def _environment(words: Translations, language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=COMPILED_TEMPLATES,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["style"] = Markup(STYLE)  # noqa: S704  our own file
    environment.install_gettext_translations(words.catalogue(language), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    return environment


def _without_hidden(kind: DeliveryKind, context: MailContext) -> MailContext:
    """Who only follows a proposal is not told of a session that is not for everybody."""
    is_named = context.session is None or context.session.is_public or kind in SESSION_KINDS
    return context if is_named else replace(context, session=None)


def _day(instant: datetime, time_zone: str) -> date:
    return instant.astimezone(ZoneInfo(time_zone)).date()


def _when(instant: datetime, time_zone: str, language: Language) -> str:
    return f"{date_in_words(instant, time_zone, language)}, {time_in_words(instant, time_zone, language)}"


def _paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph; an empty line parts paragraphs."""
    return [paragraph.split("\n") for paragraph in _BLANK_LINES_BETWEEN.split(text) if paragraph]


def _web_address(url: str) -> str:
    """The address if a browser opens it, else nothing: `javascript:` and the like never become a link."""
    return url if urlsplit(url).scheme in ("http", "https") and not any(c.isspace() for c in url) else ""
