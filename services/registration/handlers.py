"""What the registration service consumes: only its part in the reconcile sweep."""

from faststream.nats import NatsRouter

from services.registration.usecases import UseCases
from shared.messaging.inventory import sweep_routes


def routes(use_cases: UseCases) -> NatsRouter:
    """The handlers, bound to the use cases that they call."""
    router = NatsRouter()
    sweep_routes(router, use_cases.inventory, by="registration")
    return router
