"""Instants in words, in the programme's time zone: what a person reads in a mail."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone_name

from shared.events.vocabulary import Language

_LOCALES = {Language.CA: "ca_ES", Language.ES: "es_ES", Language.EN: "en_GB"}
_PATTERNS = {
    Language.CA: "EEEE d MMMM 'de' y, H.mm 'h'",  # the month's name brings its own «de» or «d’»
    Language.ES: "EEEE d 'de' MMMM 'de' y, H:mm 'h'",
    Language.EN: "EEEE d MMMM y, H:mm",
}


def instant_in_words(instant: datetime, time_zone: str, language: Language) -> str:
    """Weekday, date, time and the name of the time zone: «dijous 25 d’abril de 2024, 10.00 h (hora d’Europa central)».

    Raises:
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
    """
    zone = ZoneInfo(time_zone)
    locale = _LOCALES[language]
    words = format_datetime(instant, _PATTERNS[language], tzinfo=zone, locale=locale)
    zone_name = get_timezone_name(zone, locale=locale)
    if language is not Language.EN:
        zone_name = zone_name[:1].lower() + zone_name[1:]
    return f"{words} ({zone_name})"
