"""Mails as bytes: rendered and encoded once for everybody they are alike for, completed for each person.

Building a message object for each recipient costs about two milliseconds; joining pieces that are encoded already
costs a hundredth of that, and the speed of a whole fan-out is decided here.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime
from functools import lru_cache

from markupsafe import escape

from services.notifications.deliveries.domain import (
    CONTACT_KINDS,
    DIRECT_ANSWERS,
    MAILBOX_KINDS,
    Delivery,
    DeliveryKind,
    message_id,
)
from services.notifications.preferences.domain import group_of
from services.notifications.projections.domain import KnownContact, KnownRegistration, Recipient
from services.notifications.rendering.domain import MailContext, one_line, theirs
from services.notifications.rendering.icalendar import METHODS, CalendarLine, attendee, calendar_text, stamp
from services.notifications.rendering.mail_texts import MailTexts, Personal
from services.notifications.rendering.prepared import (
    Fill,
    PersonalMail,
    PreparedMail,
    encoded_piece,
    encoded_value,
    mark,
    marked_pieces,
)
from shared.events.vocabulary import Language, in_language
from shared.security.links import (
    CONTACT_LINK_LIFE,
    FOLLOWING_LINK_LIFE,
    SESSION_LINKS_LIFE,
    SUPPORT_LINK_LIFE,
    LinkPurpose,
    Links,
)
from shared.text.catalogues import Translations

PREFERENCES_LINK_LIFE = timedelta(days=365)

_LINK_ASKED_FOR_LIFE = timedelta(days=7)
"""How long a link that was asked for leads to one's data, also of a session of long ago."""
_LONGEST_NAME = 60
_LONGEST_ENTITY = 120
_HEADER_LENGTH = 900  # octets; a line may have 998 (RFC 5322 section 2.1.1)
_KEPT = 256  # kinds x languages x subjects that are being sent at a time


class Composer:
    """Composes mails. Safe to use from several threads: at worst a mail is prepared twice."""

    def __init__(self, words: Translations, links: Links, sender: str, message_id_domain: str) -> None:
        """`sender` is the bare address of the installation; its display name is the programme's."""
        self._texts = MailTexts(words, links)
        self._links = links
        self._sender = sender
        self._domain = message_id_domain
        self._prepared: dict[object, PreparedMail] = {}
        tokens = self._token_fills()
        self._in_text = tokens | {
            Personal.NAME: lambda mail: encoded_value(_comma_name(mail.recipient)),
            Personal.ENTITY: lambda mail: encoded_value(_entity(mail.recipient)),
        }
        self._in_html = tokens | {
            Personal.NAME: lambda mail: encoded_value(escape(_comma_name(mail.recipient))),
            Personal.ENTITY: lambda mail: encoded_value(escape(_entity(mail.recipient))),
        }
        self._in_calendar: Mapping[str, Fill] = {
            CalendarLine.SEQUENCE: _sequence,
            CalendarLine.STAMP: lambda mail: stamp(mail.delivery.dated_at).encode(),
            CalendarLine.ATTENDEE: lambda mail: encoded_piece(attendee(mail.recipient.email)),
            CalendarLine.JOIN: tokens[Personal.JOIN],
        }

    def compose(self, delivery: Delivery, context: MailContext, recipient: Recipient) -> bytes:
        """The whole mail with CRLF line ends: at every try the same, but for the boundary between its parts.

        Raises:
            jinja2.UndefinedError: the context lacks what this kind of mail tells of.
        """
        waiting = isinstance(recipient, KnownRegistration) and recipient.is_waiting
        key = (delivery.kind, recipient.language, waiting, context.key)
        prepared = self._prepared.get(key)
        if prepared is None:
            if len(self._prepared) >= _KEPT:
                self._prepared.clear()
            pieces = self._pieces(delivery.kind, recipient.language, context, waiting)
            prepared = self._prepared[key] = PreparedMail(pieces)
        return prepared.filled(PersonalMail(delivery, context, recipient))

    def _pieces(
        self, kind: DeliveryKind, language: Language, context: MailContext, waiting: bool
    ) -> Iterator[bytes | Fill]:
        personal = {each: mark(each) for each in Personal}
        if kind not in _KINDS_WITH_ENTITY:
            personal[Personal.ENTITY] = ""
        text = self._texts.render(kind, language, context, personal, waiting=waiting)
        boundary = f"=_{secrets.token_hex(12)}"  # quoted-printable never holds «=_»
        yield from self._head(kind, language, context, text.subject)
        yield f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'.encode()
        yield _part_head(boundary, 'text/plain; charset="utf-8"')
        yield from marked_pieces(text.text, self._in_text)
        yield _part_head(boundary, 'text/html; charset="utf-8"')
        yield from marked_pieces(text.html, self._in_html)
        if not waiting and (method := METHODS.get(kind)):
            yield _part_head(boundary, f'text/calendar; charset="utf-8"; method={method}')
            mailbox = context.programme.reply_to or self._sender
            join_prefix = self._links.page(f"/{LinkPurpose.JOIN}/")
            entry = calendar_text(method, context, language, mailbox, self._domain, join_prefix)
            yield from marked_pieces(entry, self._in_calendar)
        yield f"\r\n--{boundary}--\r\n".encode()

    def _head(
        self, kind: DeliveryKind, language: Language, context: MailContext, subject: str
    ) -> Iterator[bytes | Fill]:
        yield _shared_headers(kind, language, context, subject, self._sender)
        yield b"Date: "
        yield lambda mail: _header_date(mail.delivery.dated_at)
        yield b"\r\nMessage-ID: "
        yield lambda mail: message_id(mail.delivery, self._domain).encode()
        yield b"\r\nTo: "
        yield lambda mail: mail.recipient.email.encode("ascii")
        if kind not in DIRECT_ANSWERS | MAILBOX_KINDS:
            yield f"\r\nList-Unsubscribe: <{self._links.page(f'/{LinkPurpose.PREFERENCES}/')}".encode()
            yield self._in_text[Personal.PREFERENCES]
            if group := group_of(kind):
                yield f"?group={group}".encode()
            yield b">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
        yield b"\r\nMIME-Version: 1.0\r\n"

    def _token_fills(self) -> dict[str, Fill]:
        """A token is letters, digits, `-` and `_` in one line, so it is the same in headers, texts and calendar."""

        def fill(purpose: LinkPurpose, expiry: Callable[[PersonalMail], datetime]) -> Fill:
            def token(mail: PersonalMail) -> bytes:
                return self._links.token(purpose, mail.recipient.id, expiry(mail)).encode()

            return token

        def after(life: timedelta) -> Callable[[PersonalMail], datetime]:
            return lambda mail: mail.delivery.dated_at + life

        return {
            Personal.REGISTRATION: fill(LinkPurpose.REGISTRATION, _session_links_expiry),
            Personal.JOIN: fill(LinkPurpose.JOIN, _session_links_expiry),
            Personal.SUPPORT: fill(LinkPurpose.SUPPORT, after(SUPPORT_LINK_LIFE)),
            Personal.FOLLOWING: fill(LinkPurpose.FOLLOWING, after(FOLLOWING_LINK_LIFE)),
            Personal.PETITION: fill(LinkPurpose.PETITION, after(CONTACT_LINK_LIFE)),
            Personal.MEMBERSHIP: fill(LinkPurpose.MEMBERSHIP, after(CONTACT_LINK_LIFE)),
            Personal.PREFERENCES: fill(LinkPurpose.PREFERENCES, after(PREFERENCES_LINK_LIFE)),
            Personal.SURVEY: _survey_token,
        }


_KINDS_WITH_ENTITY = CONTACT_KINDS | {DeliveryKind.CONFIRMATION, DeliveryKind.WAITING_LIST, DeliveryKind.PROMOTION}


def _shared_headers(kind: DeliveryKind, language: Language, context: MailContext, subject: str, sender: str) -> bytes:
    programme = context.programme
    headers = {"From": _mailbox(one_line(in_language(programme.name, language)), sender)}
    if programme.reply_to:
        headers["Reply-To"] = _mailbox("", programme.reply_to)
    headers |= {
        "Subject": subject if _is_plain(subject) else _encoded(subject, "Subject"),
        "Content-Language": language,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply, RN, NRN",
        "X-Dijous-Kind": kind,
    }
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")


def _mailbox(name: str, address: str) -> str:
    """A name and a bare address for a header.

    Raises:
        ValueError, email.errors.MessageError: the address is not one.
    """
    mailbox = Address(display_name=name if _is_plain(name) else "", addr_spec=address)
    return str(mailbox) if _is_plain(name) else f"{_encoded(name, 'From')} <{mailbox}>"


def _is_plain(text: str) -> bool:
    """Whether a header may hold it as it is: nothing in it is an encoded word (RFC 2047) or asks for one."""
    return text.isascii() and text.isprintable() and "=?" not in text and len(text) < _HEADER_LENGTH


def _encoded(text: str, header: str) -> str:
    """As encoded words. `EmailMessage` would do it, but where it folds between two of them it may lose a space."""
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _part_head(boundary: str, content_type: str) -> bytes:
    head = f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode()


def _session_links_expiry(mail: PersonalMail) -> datetime:
    session = mail.context.session
    assert session is not None
    expiry = session.ends_at + SESSION_LINKS_LIFE
    is_asked_for = mail.delivery.kind is DeliveryKind.PERSONAL_LINK
    return max(expiry, mail.delivery.dated_at + _LINK_ASKED_FOR_LIFE) if is_asked_for else expiry


def _survey_token(mail: PersonalMail) -> bytes:
    maker = mail.context.survey_links
    assert maker is not None
    return maker.token(mail.recipient.id).encode()


@lru_cache(maxsize=64)
def _header_date(instant: datetime) -> bytes:
    return format_datetime(instant.astimezone(UTC)).encode()


def _comma_name(recipient: Recipient) -> str:
    name = theirs(recipient.name, _LONGEST_NAME)
    return f", {name}" if name else ""


def _entity(recipient: Recipient) -> str:
    if isinstance(recipient, KnownRegistration | KnownContact):
        return theirs(recipient.entity_name, _LONGEST_ENTITY)
    return ""


def _sequence(mail: PersonalMail) -> bytes:
    session, registration = mail.context.session, mail.recipient
    assert session is not None
    assert isinstance(registration, KnownRegistration)
    return str(registration.sequence_in(session)).encode()
