"""Variables that look like settings of Dijous but are none, mostly mistyped ones."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pydantic_settings import BaseSettings

from deploy.embedded.settings import EmbeddedSettings
from deploy.settings import MailboxSettings, ServingSettings
from services.feedback.settings import Settings as Feedback
from services.notifications.settings import Settings as Notifications
from services.proposals.settings import Settings as Proposals
from services.registration.settings import Settings as Registration

_PREFIX = "dijous_"
_FAILPOINT = "failpoint"  # shared.faults
_MODELS: tuple[type[BaseSettings], ...] = (
    EmbeddedSettings,
    ServingSettings,
    MailboxSettings,
    Registration,
    Notifications,
    Feedback,
    Proposals,
)


def unknown_settings(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each, with the nearest known name and without its value, which may be a secret."""
    known = {field for model in _MODELS for field in model.model_fields} | {_FAILPOINT}
    for variable in sorted(environment):
        name = variable.lower().removeprefix(_PREFIX)
        if variable.lower().startswith(_PREFIX) and name not in known:
            nearest = get_close_matches(name, sorted(known), n=1)
            hint = f"; the nearest is {(_PREFIX + nearest[0]).upper()}" if nearest else ""
            yield f"{variable}: unknown setting, ignored{hint}"
