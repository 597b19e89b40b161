"""Passwords that others guess: in lists, patterns, or made of words that everybody knows of this person and site.

zxcvbn estimates how many guesses a password stands, from lists of common passwords, names, English words, keyboard
rows, dates and repetitions. It knows neither Catalan nor us, so our words are taken out first and the rest is judged.
"""

import re
import unicodedata
from collections.abc import Iterable

ENOUGH_GUESSES = 10**10
"""A thousand years at the pace that `throttle` allows with one account."""
_JUDGED = 32
"""Characters: what comes after them is not needed any more."""
_SYMBOLS = str.maketrans("@({[<!|$+%", "acccciistx")
"""Letters that symbols stand for: zxcvbn tries every reading of several, which takes it seconds."""
_COMMON_WORDS = """
contrasenya contraseña password clau clave secret acces acceso usuari usuario admin administrador administradora
benvingut benvinguda bienvenido hola oficina programa sessio sesion dijous jueves gomunicipal ajuntament ayuntamiento
diputacio diputacion consell comarcal consorci consorcio generalitat govern gobierno municipal transparencia
participacio participacion catalunya cataluña barcelona girona lleida tarragona españa espanya
gener febrer març abril maig juny juliol agost setembre octubre novembre desembre primavera estiu tardor hivern
enero febrero marzo mayo junio julio septiembre noviembre diciembre verano otoño invierno
"""


def is_weak(password: str, known: Iterable[str]) -> bool:
    """Whether it is easy to guess; `known` are texts such as the person's name and address."""
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # ships no types; its lists take a tenth of a second

    words = {word for text in (_COMMON_WORDS, *known) for word in re.findall(r"[^\W_]{3,}", _folded(text))}
    rest = _folded(password)
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    judged = rest[:_JUDGED].translate(_SYMBOLS)
    return not judged or zxcvbn(judged, max_length=_JUDGED)["guesses"] < ENOUGH_GUESSES


def _folded(text: str) -> str:
    """In small letters, without accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))
