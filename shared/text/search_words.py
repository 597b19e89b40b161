"""Words for searching entities, however people write them."""

import re
import unicodedata

_WRITTEN_OUT = {
    "ayuntamiento": "ajuntament",
    "ayto": "ajuntament",
    "aj": "ajuntament",
    "consejo": "consell",
    "diputacion": "diputacio",
    "st": "sant",
    "sta": "santa",
}
_ELA_GEMINADA = str.maketrans("", "", "·•‧")


def words_of(text: str) -> list[str]:
    """Lower-case words without accents and punctuation; «l·l» becomes «ll»."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_ELA_GEMINADA)).casefold()
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return [_WRITTEN_OUT.get(word, word) for word in re.findall(r"[a-z0-9]+", plain)]
