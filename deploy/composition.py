"""The four services by name, composed from the environment."""

from collections.abc import Callable, Mapping

from deploy.settings import BrokenSettingError, ServingSettings, explained_settings
from shared.observability import configure_logging
from shared.service import Service
from shared.settings import ServiceSettings


def _registration() -> Service:
    from services.registration import app, settings

    return app.make_service(settings.Settings())


def _notifications() -> Service:
    from services.notifications import app, settings

    return app.make_service(settings.Settings())


def _feedback() -> Service:
    from services.feedback import app, settings

    return app.make_service(settings.Settings())


def _proposals() -> Service:
    from services.proposals import app, settings

    return app.make_service(settings.Settings())


_COMPOSERS: Mapping[str, Callable[[], Service]] = {
    "registration": _registration,
    "notifications": _notifications,
    "feedback": _feedback,
    "proposals": _proposals,
}
"""Each imports its service on demand: a process of one service never loads the other three."""


def compose(name: str) -> Service:
    """One of `deploy.routes.SERVICES`, not yet started. Raises BrokenSettingError if its settings do not work."""
    try:
        with explained_settings():
            return _COMPOSERS[name]()
    except ValueError as error:  # from `open_store`; its message says which addresses it accepts
        raise BrokenSettingError(f"DIJOUS_STORE_URL: {error}") from error


def start_logs() -> None:
    """Configure logging from the settings. Raises BrokenSettingError if the settings of all services do not work."""
    with explained_settings():
        settings = ServiceSettings()
        ServingSettings()  # read when serving starts; report its errors now
    configure_logging(settings.log_format, settings.log_level)
