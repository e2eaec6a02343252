"""One JSON object a line on stderr, without secrets; nothing from the FDK and the SDK below WARNING."""

import json
import logging
import sys
from datetime import UTC, datetime

import orjson

from handlers.errors import ExportError
from handlers.redaction import Redactor, escape_for_display

# The project's loggers: all modules' names begin with it.
PROJECT = "handlers"
DEFAULT_LEVEL = "INFO"
_log = logging.getLogger(__name__)
# The running invocation's, which sets them: a container serves one at a time.
redactor = Redactor()
call_id: str | None = None


class JsonFormatter(logging.Formatter):
    """A record as one line; ``extra={"fields": {...}}`` adds keys of its own.

    Every line leaves here, whichever library wrote it.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **({"callId": call_id} if call_id else {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        line = redactor.document(line)
        try:
            text = orjson.dumps(line).decode()
        except TypeError:
            # What is not Unicode, such as a file's name may be: escaped, rather than not logged.
            text = json.dumps(line)
        return escape_for_display(text)


def configure(level: str) -> None:
    """Takes logging over from the FDK, whose import sets the root logger to DEBUG with its own handler."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # The FDK reads its level from the environment, and would log every header.
    logging.getLogger("fdk").setLevel(logging.WARNING)
    known = logging.getLevelNamesMapping()
    # A wrong level is reported with the rest of the configuration; the report itself has to be seen.
    logging.getLogger(PROJECT).setLevel(known.get(level.strip().upper(), known[DEFAULT_LEVEL]))


def write(level: int, what: str, failure: ExportError | None = None, **more: str | None) -> None:
    """A line beside the invocation's own: what happened, and the failure's words and request id."""
    if failure:
        what = f"{what}: {failure.status} {failure.code} {failure.message}"
        if failure.request_id:
            more["opcRequestId"] = failure.request_id
    _log.log(level, "%s", what, extra={"fields": more})
