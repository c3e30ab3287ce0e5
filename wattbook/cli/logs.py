"""What services say of themselves while they run, on stderr."""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import Processor


def log_to_stderr(renderer: Processor, level: int = logging.INFO) -> None:
    """Every line with its time and level."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(Lossy(sys.stderr)),  # type: ignore[arg-type]
    )


def console_or_json(as_json: bool) -> Processor:
    return structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)


class Lossy:
    """Loses what cannot be written, as on a disk that is full: nobody's work is to end for a line of his log."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()
