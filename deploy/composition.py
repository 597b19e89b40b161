"""The four services by name, composed from the environment; whoever needs one process or all of them asks here."""

from collections.abc import Callable, Mapping

from deploy.settings import BrokenSettingError, ServingSettings, explained_settings
from shared.observability import configure_logging
from shared.service import Service
from shared.settings import ServiceSettings

# Each is imported when it is asked for: a process of one service never loads the other three.


def _registration() -> Service:
    from services.registration.app import make_service
    from services.registration.settings import Settings

    return make_service(Settings())


def _notifications() -> Service:
    from services.notifications.app import make_service
    from services.notifications.settings import Settings

    return make_service(Settings())


def _feedback() -> Service:
    from services.feedback.app import make_service
    from services.feedback.settings import Settings

    return make_service(Settings())


def _proposals() -> Service:
    from services.proposals.app import make_service
    from services.proposals.settings import Settings

    return make_service(Settings())


_COMPOSERS: Mapping[str, Callable[[], Service]] = {
    "registration": _registration,
    "notifications": _notifications,
    "feedback": _feedback,
    "proposals": _proposals,
}


def compose(name: str) -> Service:
    """One of `deploy.routes.SERVICES`, composed and not yet started.

    Raises:
        BrokenSettingError: its settings cannot be worked with.
    """
    try:
        with explained_settings():
            return _COMPOSERS[name]()
    except ValueError as error:  # `open_store` refuses an address so, in one line that says what is accepted
        raise BrokenSettingError(f"DIJOUS_STORE_URL: {error}") from error


def start_logs() -> None:
    """Log as the settings say.

    Raises:
        BrokenSettingError: the settings of all services, or how they take requests, cannot be worked with.
    """
    with explained_settings():
        settings = ServiceSettings()
        ServingSettings()  # read once it serves; what is wrong with it is said before
    configure_logging(settings.log_format, settings.log_level)
