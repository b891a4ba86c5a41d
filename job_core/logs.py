"""Logs: one event with fields a line, JSON for machines or readable on a terminal.

What callers and other servers send ends up in fields, so no field can begin a line of its own, move a terminal's
cursor, or show the user and password of a URL.
"""

import logging
import re
import sys
from typing import TextIO

import structlog

# As the WHATWG URL standard reads them: after http: any slashes will do, and the last @ before the path ends the login.
_LOGIN = re.compile(r"(?i)(https?:[/\\]*|[a-z][a-z0-9+.-]*://)[^/\\?#\n]*@")
# The controls of ASCII and Latin-1, and Unicode's line separators and changes of direction.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NEEDS_QUOTES = re.compile("""[\\s='"]""")
_TRACE = "exception"  # many lines, written by Python
_LEAST_LEVELS = {
    "urllib3": logging.INFO,  # at DEBUG it would log the whole URL of each request
    "celery.worker.strategy": logging.WARNING,  # a message was received: the claim has a line of ours
    "celery.app.trace": logging.WARNING,  # how a task ended: as has the end of the attempt
}


def configure_logs(log_format: str, log_level: str) -> None:
    """Send everything that this process logs, libraries too, to standard error as `json` or for a `terminal`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if log_format == "terminal":
        renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else _plain_line
    # Events of ours do not go through `logging`, which would take three times as long.
    structlog.configure(
        processors=[*shared, _make_harmless, renderer],
        logger_factory=_lines,
        wrapper_class=structlog.make_filtering_bound_logger(log_level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _make_harmless, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level)
    for name, least in _LEAST_LEVELS.items():
        logging.getLogger(name).setLevel(max(root.level, least))


class _Lines:
    """The log of one module, each event a line."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._write = stream.write

    def msg(self, line: str) -> None:
        self._write(f"{line}\n")

    debug = info = warning = error = exception = critical = msg


def _lines(*_arguments: object) -> _Lines:
    module = structlog.stdlib.LoggerFactory(ignore_frame_names=[__name__])().name
    return _Lines(module, sys.stderr)


def _plain_line(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    """The line of ConsoleRenderer without its colours, in a third of the time."""
    level, name, trace = event.pop("level"), event.pop("event"), event.pop(_TRACE, None)
    line = f"{event.pop('timestamp')} [{level:<9}] {name:<30} [{event.pop('logger')}]"
    fields = "".join(f" {name}={_quoted(value)}" for name, value in sorted(event.items()))
    return f"{line}{fields}\n{trace}" if trace else f"{line}{fields}"


def _quoted(value: object) -> str:
    is_plain = isinstance(value, str) and not _NEEDS_QUOTES.search(value)
    return str(value) if is_plain else repr(value)


def _make_harmless(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {name: _harmless(name, value) for name, value in event.items()}


def _harmless(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    shown = _LOGIN.sub(r"\1***@", value) if "@" in value else value
    return shown if name == _TRACE else _CONTROL.sub(_escaped, shown)


def _escaped(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode("ascii")
