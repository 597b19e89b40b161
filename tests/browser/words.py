"""What the pages say, in the reader's language: journeys go by the words that a person reads."""

from functools import cache
from pathlib import Path

from shared.events.vocabulary import Language
from shared.text.catalogues import Translations

ROOT = Path(__file__).parents[2]


@cache
def _words() -> Translations:
    return Translations(*sorted(path for path in (ROOT / "services").glob("**/locale") if path.is_dir()))


class Say:
    """Translates the English words of the catalogues."""

    def __init__(self, language: str) -> None:
        self._language = Language(language)

    def __call__(self, message: str, **values: object) -> str:
        """The message as the page says it; `values` fill its placeholders."""
        text = _words().catalogue(self._language).gettext(message)
        return text % values if "%(" in text else text
