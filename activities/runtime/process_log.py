"""How a process of ours writes its log: lines for people, or JSON for machines."""

import logging
import sys
from typing import Any

import structlog

from schema.settings import Settings


def set_up_logs(settings: Settings) -> None:
    """Set up the log of this process; the logs of libraries go the same way."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        # not rich's tracebacks: they are imported when needed, which the workflows' sandbox forbids
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
