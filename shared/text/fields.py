"""Types of form fields: tidied text without unseen characters, and addresses."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from shared.events.vocabulary import NO_WORDS, Language
from shared.problems import mark
from shared.text.unseen import holds_unseen, tidied, tidied_line
from shared.text.web_addresses import web_address

NOT_PLAIN = mark("Line breaks and control characters are not allowed here.")


def _one_line(text: str) -> str:
    if holds_unseen(text):
        raise ValueError(NOT_PLAIN)
    return text


def _paragraphs(text: str) -> str:
    plain = text.replace("\r\n", "\n")
    if holds_unseen(plain, allowed="\n\t"):
        raise ValueError(NOT_PLAIN)
    return plain


def _with_words(texts: dict[Language, str]) -> dict[Language, str]:
    written = {language: text for language, text in texts.items() if text}
    if not written:
        raise ValueError(NO_WORDS)
    return written


def _https_or_nothing(url: str) -> str:
    return web_address(url) if url else url


OneLine = Annotated[
    str, StringConstraints(strip_whitespace=True), BeforeValidator(tidied_line), AfterValidator(_one_line)
]
Paragraphs = Annotated[
    str, StringConstraints(strip_whitespace=True), BeforeValidator(tidied), AfterValidator(_paragraphs)
]
Titles = Annotated[dict[Language, Annotated[OneLine, Field(max_length=300)]], AfterValidator(_with_words)]
Descriptions = Annotated[dict[Language, Annotated[Paragraphs, Field(max_length=4000)]], AfterValidator(_with_words)]
_Typed = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
_STORED = Field(max_length=2000)
"""Percent-encoding may lengthen what was typed."""
HttpsUrl = Annotated[_Typed, AfterValidator(web_address), _STORED]
"""An address to show or redirect to, never fetched."""
OptionalHttpsUrl = Annotated[_Typed, AfterValidator(_https_or_nothing), _STORED]
