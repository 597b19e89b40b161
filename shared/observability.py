"""Logs: structlog as JSON lines (pretty on a terminal), with the correlation id that requests and events carry."""

import logging
import sys
from typing import Literal

import structlog

CORRELATION = "correlation_id"


def configure_logging(log_format: Literal["json", "pretty"], level: str) -> None:
    """Route structlog and the dependencies' standard loggers to standard error, one line each."""
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if log_format == "pretty" else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("uvicorn.access", "httpx", "faststream", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it repeats what a caller sent


def current_correlation_id() -> str:
    """The correlation id of the request or event in progress, else empty."""
    return str(structlog.contextvars.get_contextvars().get(CORRELATION, ""))
