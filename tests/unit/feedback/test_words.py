"""Every word of the service is there in Catalan and Spanish, and nothing else is."""

import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.feedback import app

SERVICE = Path(app.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]


def words_in_use() -> set[str]:
    found = extract_from_dir(SERVICE, METHODS, keywords={"mark": None, "_": None})
    return {str(message) for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", ["ca", "es"])
def test_a_catalogue_has_every_word_and_no_other(language: str) -> None:
    with (app.LOCALE / f"{language}.po").open("rb") as file:
        catalogue = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    in_use = words_in_use()
    assert len(in_use) > 20, "the words are found"
    assert set(catalogue) == in_use
    for message, text in catalogue.items():
        assert text, message
        assert placeholders(text) == placeholders(message)


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
