"""The log: one JSON object a line, without secrets, and nothing from the FDK and the SDK below WARNING."""

import json
import logging
import sys
from typing import Any

import pytest

from handlers import log, redaction
from tests.fakes import PAR_TOKEN


def record(message: str, *args: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("handlers.x", logging.WARNING, __file__, 1, message, args, more.get("exc_info"))
    made.created = 1_769_903_999.5
    if "fields" in more:
        made.fields = more["fields"]
    return made


def test_a_record_is_one_json_object_in_one_line() -> None:
    line = log.JsonFormatter().format(record("two\nlines: %s", "x"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-01-31T23:59:59.500+00:00",
        "level": "WARNING",
        "message": "two\nlines: x",
    }


def test_a_record_has_fields_of_its_own() -> None:
    line = json.loads(
        log.JsonFormatter().format(record("m", fields={"callId": "c", "status": 200, "etag": None}))
    )
    assert (line["callId"], line["status"], line["etag"]) == ("c", 200, None)


def test_what_is_no_json_is_written_as_text() -> None:
    line = json.loads(log.JsonFormatter().format(record("m", fields={"what": {1}})))
    assert line["what"] == "{1}"


def test_what_is_no_unicode_is_written_escaped() -> None:
    line = log.JsonFormatter().format(record("file \udcff", fields={"what": {1}}))
    assert json.loads(line)["message"] == "file \udcff"
    line.encode("ascii")


def test_a_traceback_is_in_the_line_without_secrets() -> None:
    try:
        {}[f"https://host/p/{PAR_TOKEN}/n/a/b/c/o/d"]
    except KeyError:
        line = log.JsonFormatter().format(record("bug", exc_info=sys.exc_info()))
    assert "\n" not in line
    assert "Traceback (most recent call last)" in json.loads(line)["traceback"]
    assert PAR_TOKEN not in line


def test_no_secret_is_in_a_message_or_a_field() -> None:
    redaction.learn("learnt-in-this-call")
    line = log.JsonFormatter().format(
        record(
            "at https://host/p/%s/n/a/b/c/o/d",
            PAR_TOKEN,
            fields={"nested": [{"learnt-in-this-call": "learnt-in-this-call"}]},
        )
    )
    assert PAR_TOKEN not in line
    assert "learnt" not in line


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_logging_is_taken_over_from_whoever_had_it(capsys: pytest.CaptureFixture[str]) -> None:
    logging.basicConfig(level=logging.DEBUG, force=True)
    log.configure("INFO")
    logging.getLogger("handlers.entry").info("one line")
    (line,) = logged(capsys)
    assert line["message"] == "one line"


@pytest.mark.parametrize(
    "name", ["fdk", "fn", "oci", "oci.base_client.1", "urllib3.connectionpool", "asyncio"]
)
def test_the_libraries_speak_from_warning_up(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger(name)
    if name == "fdk":
        # So the FDK may have been told by the environment, to log every header.
        library.setLevel(logging.DEBUG)
    log.configure("DEBUG")
    library.info("chatter")
    library.warning("worth reading")
    assert [line["message"] for line in logged(capsys)] == ["worth reading"]


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("DEBUG", ["debug", "info", "warning", "error"]),
        ("INFO", ["info", "warning", "error"]),
        (" warning ", ["warning", "error"]),
        ("ERROR", ["error"]),
        ("CRITICAL", []),
        ("a wrong level", ["info", "warning", "error"]),
        ("", ["info", "warning", "error"]),
    ],
)
def test_the_project_speaks_from_the_configured_level_up(
    level: str, written: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(level)
    logger = logging.getLogger("handlers.exports.start")
    for name in ("debug", "info", "warning", "error"):
        getattr(logger, name)(name)
    assert [line["message"] for line in logged(capsys)] == written


def test_all_loggers_of_the_project_are_below_its_own() -> None:
    from handlers import entry

    assert entry.__name__.startswith(f"{log.PROJECT}.")
