"""Findings in the languages of the pages."""

from datetime import date, datetime
from textwrap import shorten
from zoneinfo import ZoneInfo

from babel.lists import format_list

from services.registration.eligibility.domain import Finding, Value, Words
from shared.events import support
from shared.events.vocabulary import Language, in_language
from shared.text.catalogues import Translations
from shared.text.dates import LOCALES, OFFICE_ZONE, instant_in_words, on_day_in_words
from shared.text.numbers import decimal_in_words

_LONGEST = 300
"""Of the text of a finding in an event."""


def told(finding: Finding, words: Translations) -> support.Finding:
    """In every language, for a document or an event."""
    texts = {language: in_words(finding.words, language, words) for language in Language}
    return support.Finding(passed=finding.passed, text=texts)


def in_words(found: Words, language: Language, words: Translations) -> str:
    values = {name: _value(value, language, words) for name, value in found.values.items()}
    return shorten(words.text(language, found.message, **values), _LONGEST, placeholder="…")


def _value(value: Value, language: Language, words: Translations) -> str:
    match value:
        case str():
            return value
        case int():
            return decimal_in_words(value, language, 0)
        case datetime():
            zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else OFFICE_ZONE
            return instant_in_words(value, zone, language)
        case date():
            return on_day_in_words(value, language)
        case Words():
            return in_words(value, language, words)
        case tuple():
            return format_list([_value(each, language, words) for each in value], locale=LOCALES[language])
    return in_language(value, language)
