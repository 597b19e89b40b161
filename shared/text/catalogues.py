"""A service's words in Catalan, Spanish and English: gettext catalogues `ca.po` and `es.po` of its `locale` folders.

Message ids are the English words, so English needs no catalogue.
"""

import gettext
import io
import re
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shared.events.vocabulary import Language

DEFAULT_LANGUAGE = Language.CA


class Translations:
    def __init__(self, *folders: Path) -> None:
        self._folders = (Path(__file__).parents[1] / "locale", *folders)
        self._catalogues = {language: self._join(language) for language in Language}

    def catalogue(self, language: Language) -> gettext.NullTranslations:
        return self._catalogues[language]

    def text(self, language: Language, message: str, **values: object) -> str:
        return self._catalogues[language].gettext(message).format_map(values)

    def _join(self, language: Language) -> gettext.NullTranslations:
        joined = gettext.NullTranslations()
        for folder in self._folders:
            if (path := folder / f"{language}.po").exists():
                translations = gettext.GNUTranslations(io.BytesIO(_compile(path)))
                translations.add_fallback(joined)
                joined = translations
        return joined


@cache
def _compile(path: Path) -> bytes:
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    return compiled.getvalue()


def preferred_language(accept_language: str) -> Language:
    """The best language of an Accept-Language header (RFC 9110 section 12.5.4), else Catalan."""
    wishes = [wish for item in accept_language.lower().split(",") if (wish := _WISH.fullmatch(item.strip()))]
    for wish in sorted(wishes, key=_quality, reverse=True):  # equal ones stay in the header's order
        if _quality(wish) > 0 and wish["tag"] in (*Language, "*"):
            return DEFAULT_LANGUAGE if wish["tag"] == "*" else Language(wish["tag"])
    return DEFAULT_LANGUAGE


_WISH = re.compile(r"(?P<tag>[a-z]+|\*)(-[a-z0-9-]+)?([ \t]*;[ \t]*q=(?P<quality>[01](\.[0-9]{0,3})?))?")


def _quality(wish: re.Match[str]) -> float:
    return float(wish["quality"] or 1)
