"""What is wrong with a code."""

from shared.problems import Problem, mark


class EntityUnknownProblem(Problem):
    status = 404
    code = "entity-unknown"
    title = mark("There is no such entity in the directory.")
