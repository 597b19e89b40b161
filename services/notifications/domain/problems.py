"""What can be wrong with a request to notifications, in words a person understands."""

from shared.problems import Problem, mark


class DeliveryUnknownProblem(Problem):
    """No delivery has that id."""

    status = 404
    code = "delivery-unknown"
    title = mark("There is no such delivery.")


class DeliveryOpenProblem(Problem):
    """A delivery that is still to be sent cannot be sent again."""

    status = 409
    code = "delivery-open"
    title = mark("This delivery has not ended yet: it will be sent by itself.")


class SuppressionUnknownProblem(Problem):
    """No address is suppressed under that id."""

    status = 404
    code = "suppression-unknown"
    title = mark("No address is suppressed under this identifier.")


class ProgrammeUnknownProblem(Problem):
    """No event told of such a programme."""

    status = 404
    code = "programme-unknown"
    title = mark("There is no such programme.")


class RecipientUnknownProblem(Problem):
    """The person of a personal link is not known any more."""

    status = 404
    code = "recipient-unknown"
    title = mark("This link is about somebody who does not receive messages from here.")
