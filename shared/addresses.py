"""Mail addresses: one type for every place that takes one, so that a person is the same person everywhere."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, StringConstraints

from shared.problems import mark
from shared.texts import without_unseen_ends

NOT_AN_ADDRESS = mark("This is not an email address.")
NOT_ASCII = mark("Before the @ there can be no accents or special letters: not every mail server takes them.")
MAX_LENGTH = 254  # RFC 5321 with erratum 1690: a path of 256 without its angle brackets


def normalised_address(text: str) -> str:
    """The address as it is stored, compared and written to: lower case whole, its domain in IDNA's ASCII form.

    Spaces and what a paste leaves unseen around it are left out. Whether the domain receives mail is not looked up.
    Names reserved for tests and examples are accepted.

    Raises:
        ValueError: it is not exactly one plain address: no display name, no quoting, no list, no control characters,
            and ASCII before the @-sign, since not every server takes anything else.
    """
    try:
        address = validate_email(
            without_unseen_ends(text),
            check_deliverability=False,
            test_environment=True,
            allow_smtputf8=True,
            strict=True,
        )
    except EmailNotValidError:
        raise ValueError(NOT_AN_ADDRESS) from None  # the library's words repeat parts of the address
    if address.ascii_email is None:
        raise ValueError(NOT_ASCII)
    normalised = address.ascii_email.lower()
    if len(normalised) > MAX_LENGTH:
        raise ValueError(NOT_AN_ADDRESS)
    return normalised


EmailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_LENGTH), AfterValidator(normalised_address)
]
"""A field that holds one mail address, normalised."""
