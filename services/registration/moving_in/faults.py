"""What a model found wrong, as the fault of a column."""

from collections.abc import Mapping
from typing import Any

from shared.imports.plans import Fault
from shared.web.problems import VALIDATION_MESSAGES, message_of


def fault_of(error: Mapping[str, Any], column: str) -> Fault:
    context = {key: value for key, value in error.get("ctx", {}).items() if isinstance(value, str | int)}
    return Fault(column, VALIDATION_MESSAGES["missing"] if error["input"] == "" else message_of(error), context)
