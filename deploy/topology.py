"""Every durable consumer of the four services, read from their handlers."""

from typing import Any

from shared.messaging.consuming import ConsumerSpec, consumer_specs


class _Unwired:
    """Stands in for use cases while routes are read; it never runs."""

    def __getattr__(self, name: str) -> "_Unwired":
        return self


def consumers() -> list[ConsumerSpec]:
    # Imported on demand, so that `--help` answers without loading four services.
    from services.feedback.handlers import routes as feedback
    from services.notifications.handlers import routes as notifications
    from services.proposals.handlers import routes as proposals
    from services.registration.handlers import routes as registration

    unwired: Any = _Unwired()
    every = (registration, notifications, feedback, proposals)
    return [spec for routes in every for spec in consumer_specs(routes(unwired))]
