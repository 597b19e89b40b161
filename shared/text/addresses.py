"""Mail addresses: one type everywhere, so that a person is the same person everywhere."""

import re
from functools import lru_cache
from typing import Annotated

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from pydantic import AfterValidator, StringConstraints

from shared.problems import mark
from shared.text.unseen import without_unseen_ends

NOT_AN_ADDRESS = mark("This is not an email address.")
NOT_ASCII = mark("Before the @ there can be no accents or special letters: not every mail server takes them.")
MAX_LENGTH = 254  # RFC 5321 with erratum 1690: a path of 256 without its angle brackets
_GMAIL = ("gmail.com", "googlemail.com")
_LOCAL_PART_LENGTH = 64  # RFC 5321 section 4.5.3.1.1
_PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
"""Nearly every address has this before the @; the library parses the others."""


def normalised_address(text: str) -> str:
    """The address in lower case, its domain in IDNA's ASCII form, without surrounding spaces and unseen characters.

    The domain is not looked up; names reserved for tests and examples are valid. Raises ValueError unless the text is
    exactly one plain address: no display name, quoting, list or control characters, and ASCII before the @-sign,
    because not every server takes anything else.
    """
    given = without_unseen_ends(text)
    if len(given) > MAX_LENGTH:  # first: the library takes 0.3 s to refuse 900 kB
        raise ValueError(NOT_AN_ADDRESS)
    local_part, _, domain = given.rpartition("@")
    if given.isascii() and len(local_part) <= _LOCAL_PART_LENGTH and _PLAIN_LOCAL_PART.fullmatch(local_part):
        return _whole(f"{local_part}@{_ascii_domain(domain)}")
    address = _read(given)
    if address.ascii_email is None:
        raise ValueError(NOT_ASCII)
    return _whole(address.ascii_email)


def mailbox_of(address: str) -> str:
    """The mailbox that a normalised address leads to, for limits: what stands after a plus (RFC 5233) leads to the same
    one, and so do dots at Gmail. Elsewhere dots tell people apart: «a.puig» and «ap.uig» may be two."""
    local_part, at, domain = address.rpartition("@")
    mailbox = local_part.partition("+")[0] or local_part
    if domain in _GMAIL:
        mailbox, domain = mailbox.replace(".", ""), "gmail.com"
    return f"{mailbox}{at}{domain}"


def _read(text: str) -> ValidatedEmail:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=True, strict=True)
    except EmailNotValidError:
        raise ValueError(NOT_AN_ADDRESS) from None  # the library's words repeat parts of the address


@lru_cache(maxsize=4096)  # the people of a council share its domain, and parsing one takes as long as storing it
def _ascii_domain(domain: str) -> str:
    return _read(f"x@{domain}").ascii_domain


def _whole(address: str) -> str:
    if len(address) > MAX_LENGTH:
        raise ValueError(NOT_AN_ADDRESS)
    return address.lower()


EmailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_LENGTH), AfterValidator(normalised_address)
]
