"""The expected errors of this service."""

from shared.problems import Problem, mark


class SurveyUnknownProblem(Problem):
    status = 404
    code = "survey-unknown"
    title = mark("There is no survey under this link. Copy it whole from the message in which you received it.")


class AlreadyReceivedProblem(Problem):
    status = 409
    code = "already-received"
    title = mark("An answer with this link was already received; each link counts once.")


class SurveyOverProblem(Problem):
    status = 410
    code = "survey-closed"
    title = mark("This survey is closed: it takes no more answers.")


class NoAnswerProblem(Problem):
    status = 422
    code = "no-answer"
    title = mark("Answer at least one question.")


class UnknownQuestionProblem(Problem):
    status = 422
    code = "unknown-question"
    title = mark("The survey has no question «{question}».")


class ResultsNotPublishedProblem(Problem):
    status = 404
    code = "results-not-published"
    title = mark("The results of this session are not published yet.")


class SurveyNotThereProblem(Problem):
    """The session has no survey: it has not ended, or nobody held a seat."""

    status = 404
    code = "survey-not-there"
    title = mark("This session has no survey.")


class SurveyNotOpenProblem(Problem):
    status = 409
    code = "survey-not-open"
    title = mark("The survey of this session has not opened yet, so it cannot be published.")
