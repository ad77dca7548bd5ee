"""Logs: one JSON object a line on standard output. No personal data, whatever the level (P6)."""

import logging
import sys
import traceback
from typing import Any

import stamina.instrumentation
import structlog
from structlog.typing import EventDict, WrappedLogger

from shared import ids


def _frames_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception as its type and where it was raised. Its message may hold what a caller sent, so it stays out."""
    info: Any = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else sys.exc_info()[1]
        if error is not None:
            event["error"] = type(error).__name__
            event["raised_at"] = [
                f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)[-6:]
            ]
    return event


def configure(service: str, level: str) -> None:
    """Log as *service* from *level* upwards; what libraries log joins in from warnings upwards."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _frames_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, process=str(ids.PROCESS))
    # Its own hook writes the arguments of what is tried again: addresses with passwords in them.
    stamina.instrumentation.set_on_retry_hooks([_tried_again])
    logging.basicConfig(level=logging.WARNING, force=True, handlers=[_LibraryHandler()])


def _tried_again(details: stamina.instrumentation.RetryDetails) -> None:
    structlog.get_logger().warning(
        "tried-again", what=details.name, times=details.retry_num, error=type(details.caused_by).__name__
    )


class _LibraryHandler(logging.Handler):
    """Says which library complained and where; not in which words, since those may quote data."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning(
            "library", library=record.name, level_there=record.levelname, at=f"{record.module}:{record.lineno}"
        )
