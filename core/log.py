"""Structured log: one JSON line an event on stderr; static event names, ids and codes only.

A field that is not on the allow-list is dropped and named in `dropped`, so a careless `body=` cannot leak. Messages of libraries are
reduced to logger and level: theirs may quote a request.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

import structlog

FIELDS = frozenset(
    [
        "event",
        "level",
        "at",
        "process",
        "org",
        "case",
        "enrollment",
        "message",
        "attempt",
        "patient",
        "number",
        "staff",
        "team",
        "program",
        "step",
        "lane",
        "topic",
        "outbox",
        "rule",
        "verdict",
        "state",
        "kind",
        "action",
        "status",
        "code",
        "reason",
        "count",
        "orgs",
        "rows",
        "due_s",
        "wait_s",
        "took_ms",
        "attempts",
        "job",
        "port",
        "address",
        "version",
        "lanes",
        "error",
        "where",
        "setting",
        "fix",
        "source",
        "retry_s",
        "method",
        "path",
        "logger",
        "child",
        "pid",
        "exit",
        "touches",
        "outcome",
    ]
)

_process = "careloop"


def _only_allowed(_logger: Any, _name: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    dropped = sorted(k for k in fields if k not in FIELDS)
    for name in dropped:
        del fields[name]
    if dropped:
        fields["dropped"] = dropped
    for name, value in fields.items():
        if isinstance(value, BaseException):  # its text may quote a request
            fields[name] = type(value).__name__
        elif isinstance(value, UUID):
            fields[name] = str(value)
    fields["process"] = _process
    return fields


class _LibraryLines(logging.Handler):
    """Libraries may speak, but only their name and level get through, and the class of an exception."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        line = {"event": "library.said", "logger": record.name, "level": record.levelname.lower(), "process": _process}
        sys.stderr.write(json.dumps(line | ({"error": error} if error else {})) + "\n")


def configure(process: str, *, level: str = "info") -> None:
    """Set up logging for this process; call once, from app.py. `process` names it in each line (web, worker.replies)."""
    global _process  # noqa: PLW0603 - one name a process, set once at start
    _process = process
    root = logging.getLogger()
    root.handlers[:] = [_LibraryLines()]
    root.setLevel(logging.WARNING)
    for name in (
        "slack_bolt",
        "slack_sdk",
        "twilio",
        "httpx",
        "rq",
        "rq.worker",
        "rq.job",
        "alembic",
        "uvicorn",
        "uvicorn.error",
        "uvicorn.access",
    ):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.WARNING)
    own_lines(level=level)


def own_lines(*, level: str) -> None:
    """Only our own lines: the allow-list, then JSON."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _only_allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get() -> Any:
    """The logger; call it as `log.info("case.claimed", case=…, staff=…)`."""
    return structlog.get_logger()
