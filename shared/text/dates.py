"""Instants in words in a time zone, for pages and mails."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_timezone_name

from shared.events.vocabulary import Language

LOCALES = {Language.CA: "ca_ES", Language.ES: "es_ES", Language.EN: "en_GB"}
OFFICE_ZONE = "Europe/Madrid"
_DATES = {
    Language.CA: "EEEE d MMMM 'de' y",  # the month's name brings its own «de» or «d'»
    Language.ES: "EEEE d 'de' MMMM 'de' y",
    Language.EN: "EEEE d MMMM y",
}
_ELIDED = (1, 11)
"""Days that begin with a vowel in Catalan: «u», «onze»."""
_KEPT = 4096
"""How many texts to cache: lists repeat the same few, and each takes a fifth of a millisecond."""
_TIMES = {Language.CA: "H.mm\u00a0'h'", Language.ES: "H:mm\u00a0'h'", Language.EN: "H:mm"}
"""With a no-break space, so that no line begins with «h»."""


@lru_cache(maxsize=_KEPT)
def instant_in_words(instant: datetime, time_zone: str, language: Language) -> str:
    """Weekday, date, time and time zone: «dijous 25 d'abril de 2024, 10.00 h (hora d'Europa central)».

    Raises zoneinfo.ZoneInfoNotFoundError if there is no such time zone.
    """
    words = _format(instant, f"{_DATES[language]}, {_TIMES[language]}", time_zone, language)
    return f"{words} ({_zone_in_words(instant, ZoneInfo(time_zone), language)})"


@lru_cache(maxsize=_KEPT)
def date_in_words(instant: datetime, time_zone: str, language: Language) -> str:
    """Weekday and date: «dijous 25 d'abril de 2024»."""
    return _format(instant, _DATES[language], time_zone, language)


def on_day_in_words(day: date, language: Language) -> str:
    """A day as a sentence takes it: «el 3 de març de 2024», «l'1 de març de 2024», «on 3 March 2024»."""
    words = _plain(format_date(day, _DATES[language].removeprefix("EEEE "), locale=LOCALES[language]))
    if language is Language.EN:
        return f"on {words}"
    return f"l'{words}" if language is Language.CA and day.day in _ELIDED else f"el {words}"


def day_in_words(day: date, language: Language) -> str:
    """Weekday and date of a day without a time."""
    return date_in_words(datetime.combine(day, time(), UTC), "UTC", language)


def today_in(instant: datetime, time_zone: str = OFFICE_ZONE) -> date:
    """The day that it is then."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def date_in_figures(instant: datetime, time_zone: str) -> str:
    """Short date, the same in every language: «25/04/2024»."""
    return instant.astimezone(ZoneInfo(time_zone)).strftime("%d/%m/%Y")


def time_in_words(instant: datetime, time_zone: str, language: Language) -> str:
    """The time of the day: «10.00 h»."""
    return _format(instant, _TIMES[language], time_zone, language)


YEARS = range(2000, 2200)
"""Of a session: next to the first and the last year that there is, a day before or after is an error."""


def local_instant(text: str, time_zone: str) -> datetime | None:
    """The instant of a `datetime-local` field on the zone's wall clock; None if there is no such time.

    Of an hour that comes twice, in October, the first one.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    if local.tzinfo is not None or local.year not in YEARS:
        return None
    zone = ZoneInfo(time_zone)
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local else None


def wall_clock(instant: datetime, time_zone: str) -> str:
    """The value of a `datetime-local` field: the zone's wall clock to the minute, `2026-12-17T10:00`."""
    return instant.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%dT%H:%M")


def _zone_in_words(instant: datetime, zone: ZoneInfo, language: Language) -> str:
    """The zone's name. In English the generic name is the winter's, so summer needs its own."""
    is_summer = language is Language.EN and bool(instant.astimezone(zone).dst())
    name = get_timezone_name(zone, locale=LOCALES[language], zone_variant="daylight" if is_summer else "generic")
    return name if language is Language.EN else _plain(name[:1].lower() + name[1:])


def _format(instant: datetime, pattern: str, time_zone: str, language: Language) -> str:
    return _plain(format_datetime(instant, pattern, tzinfo=ZoneInfo(time_zone), locale=LOCALES[language]))


def _plain(words: str) -> str:
    """Use the same apostrophe as all other words."""
    return words.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
