"""Logs: one line an event, JSON or for a terminal, and everything through one redactor.

The loggers of libraries (uvicorn, dramatiq, sqlalchemy, httpx2) go the same way as our own: their records get the
same fields and pass the same redactor, exceptions included. Tracebacks carry no local variables. Take a logger by
`structlog.get_logger(__name__)`; bind what a line belongs to once, at the edge, by `bound(...)`.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO
from uuid import UUID

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, Processor, WrappedLogger

from connectors.redactor import redact, redact_text

QUIET: Final = {
    "httpx2": logging.WARNING,  # logs whole URLs, and some platforms want their tokens there
    "httpcore2": logging.WARNING,  # logs headers at DEBUG
    "hpack": logging.WARNING,  # logs headers at DEBUG
    "watchfiles": logging.WARNING,  # says every change of every file; what restarts says so itself
    "alembic": logging.WARNING,  # `postd migrate` says what it did in one line
    "asyncpg": logging.WARNING,  # logs server notices
    "uvicorn.error": logging.INFO,  # logs the frames of sockets at DEBUG; the first one holds the API key
    "uvicorn.access": logging.WARNING,  # logs query strings; an OAuth callback's holds the code
    "PIL": logging.INFO,  # a line for every chunk of a file at DEBUG
}
"""The lowest level that a library may log at, whatever the installation's level, and why."""


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; a record that cannot be formatted is named, not dumped with its arguments as the library would."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the library's name
        kind = sys.exc_info()[0]
        # Where nobody takes the lines any more, as after the death of a worker's parent, the work goes on without.
        with contextlib.suppress(OSError):
            sys.stderr.write(
                f"a log line of {record.name} could not be written ({kind.__name__ if kind else 'unknown'})\n"
            )


def configure(level: str = "INFO", *, json: bool = True, stream: TextIO | None = None) -> None:
    """Send every logger of the process through the redactor to `stream` (stderr by default).

    Call it once in each process, before anything logs; uvicorn must be started with `log_config=None`. May be called
    again: the last call holds.

    Raises:
        ValueError: the level has no such name.
    """
    wanted = logging.getLevelNamesMapping().get(level.upper())
    if wanted is None:
        raise ValueError(f"POSTD_LOG_LEVEL={level!r} is no level: use DEBUG, INFO, WARNING or ERROR")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(wanted),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(json=json)],
        )
    )
    _take_over(handler, wanted)


def _rendering(*, json: bool) -> list[Processor]:
    """From an event to a line. The redactor comes after the exception is text, and just before the line is made."""
    if json:
        transformer = ExceptionDictTransformer(show_locals=False, max_frames=30)
        return [
            structlog.processors.ExceptionRenderer(transformer),
            _redacted,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [structlog.processors.format_exc_info, _redacted, console]


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {str(key): _plain(value) for key, value in redact(dict(event)).items()}


def _plain(value: Any) -> Any:
    """What JSON knows stays; any other object becomes its text, which the redactor has not seen before."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | bool | int | float) else redact_text(str(value))


def _take_over(handler: logging.Handler, level: int) -> None:
    """Make the root's handler the only one, and lead loggers that libraries have set up by themselves to it."""
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, known in logging.root.manager.loggerDict.items():
        if isinstance(known, logging.Logger) and name.partition(".")[0] in {"uvicorn", "dramatiq", "sqlalchemy"}:
            known.handlers.clear()
            known.propagate = True
    for name, lowest in QUIET.items():
        logging.getLogger(name).setLevel(max(level, lowest))


@contextmanager
def bound(
    *,
    request_id: str | None = None,
    tenant_id: UUID | None = None,
    job_id: UUID | None = None,
    connection_id: UUID | None = None,
    platform: str | None = None,
) -> Iterator[None]:
    """Put these ids on every line that is logged within the block, by this task and the tasks that it starts.

    Only these may be bound: they name things and hold nothing that has to be hidden. What is None stays as it was.
    """
    given = {
        "request_id": request_id,
        "tenant_id": tenant_id,
        "job_id": job_id,
        "connection_id": connection_id,
        "platform": platform,
    }
    fields = {key: str(value) for key, value in given.items() if value is not None}
    with structlog.contextvars.bound_contextvars(**fields):
        yield


def forget() -> None:
    """Drop everything that is bound: for a worker thread that takes its next message."""
    structlog.contextvars.clear_contextvars()
