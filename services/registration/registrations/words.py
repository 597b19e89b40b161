"""Where a registration stands, in words."""

from services.registration.registrations.domain import RegistrationState
from services.registration.registrations.usecases import RegistrationView
from shared.events.vocabulary import SessionStatus
from shared.problems import mark

SESSION_CANCELLED = mark("The session has been cancelled.")
SESSION_OVER = mark("The session is over.")

_STATES = {
    RegistrationState.REGISTERED: mark("You are registered."),
    RegistrationState.WAITING: mark("You are on the waiting list."),
    RegistrationState.CANCELLED: mark("Your registration is cancelled."),
}


def state_of(view: RegistrationView) -> str:
    """An English message id."""
    if view.registration.state is RegistrationState.CANCELLED:
        return _STATES[RegistrationState.CANCELLED]
    if view.session.status is SessionStatus.CANCELLED:
        return SESSION_CANCELLED
    if view.session.status is SessionStatus.ENDED:
        return SESSION_OVER
    return _STATES[view.registration.state]
