"""The log: one JSON object a line, without secrets, and nothing from the FDK and the SDK below WARNING."""

import json
import logging
import sys
from typing import Any

import pytest

from handlers import logs
from handlers.redaction import Redactor

PAR_TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi8wEr5tYu2iOp9aSd3fGh6jKl"  # noqa: S105  # made up
URL = f"https://host/p/{PAR_TOKEN}/n/a/b/c/o/d"


def record(message: str, *args: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("handlers.x", logging.WARNING, __file__, 1, message, args, more.get("exc_info"))
    made.created = 1_769_903_999.5
    if "fields" in more:
        made.fields = more["fields"]
    return made


def line(message: str, *args: object, **more: Any) -> str:
    return logs.JsonFormatter().format(record(message, *args, **more))


def test_a_record_is_one_json_object_in_one_line_with_fields_of_its_own() -> None:
    fields = {"callId": "c", "status": 200, "etag": None, "what": {1}}
    text = line("two\nlines: %s", "x", fields=fields)
    assert "\n" not in text
    assert json.loads(text) == {
        "time": "2026-01-31T23:59:59.500+00:00",
        "level": "WARNING",
        "message": "two\nlines: x",
        # What is no JSON is written as text.
        **fields | {"what": "{1}"},
    }


# That no text whatever breaks the line is a property in tests/security.
def test_what_turns_or_hides_text_is_escaped_and_what_people_write_is_not() -> None:
    text = line("größer 日本 \u202e", fields={"k\u2028": "\x9b"})
    assert "größer 日本" in text
    assert not set(text) & set("\u202e\u2028\x9b")
    assert json.loads(text)["k\u2028"] == "\x9b"


def test_a_traceback_is_in_the_line_without_secrets() -> None:
    try:
        {}[URL]
    except KeyError:
        text = line("bug", exc_info=sys.exc_info())
    assert "\n" not in text
    assert "Traceback (most recent call last)" in json.loads(text)["traceback"]
    assert PAR_TOKEN not in text


def test_a_line_keeps_the_order_of_its_keys_and_a_destination_as_it_is() -> None:
    text = line("at %s", URL, fields={"nested": [{URL: URL}], "destination": "a/b/p/x/n/c", "callId": URL})
    assert PAR_TOKEN not in text
    document = json.loads(text)
    assert list(document) == ["time", "level", "message", "nested", "destination", "callId"]
    assert document["destination"] == "a/b/p/x/n/c"


def test_what_the_running_invocation_knows_is_in_no_line_of_any_library(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    redactor = Redactor()
    redactor.add(PAR_TOKEN)
    monkeypatch.setattr(logs, "redactor", redactor)
    logs.configure("INFO")
    # So urllib3 quotes what it can't read.
    logging.getLogger("urllib3.connection").warning("Failed to parse headers: %r", f"x: {PAR_TOKEN}".encode())
    assert [document["message"] for document in lines(capsys)] == ["Failed to parse headers: b'x: ***'"]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in capsys.readouterr().err.splitlines()]


def test_logging_is_taken_over_from_whoever_had_it(capsys: pytest.CaptureFixture[str]) -> None:
    # As the FDK's import does.
    logging.basicConfig(level=logging.DEBUG, force=True)
    logs.configure("INFO")
    logging.getLogger("handlers.entry").info("one line")
    assert [document["message"] for document in lines(capsys)] == ["one line"]


@pytest.mark.parametrize(
    "name", ["fdk", "fn", "oci", "oci.base_client.1", "urllib3.connectionpool", "asyncio"]
)
def test_the_libraries_speak_from_warning_up(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger(name)
    if name == "fdk":
        # So the FDK may have been told by the environment, to log every header.
        library.setLevel(logging.DEBUG)
    logs.configure("DEBUG")
    library.info("chatter")
    library.warning("worth reading")
    assert [document["message"] for document in lines(capsys)] == ["worth reading"]


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("DEBUG", ["debug", "info", "warning", "error"]),
        *((level, ["info", "warning", "error"]) for level in ("INFO", "a wrong level", "")),
        (" warning ", ["warning", "error"]),
        *(("ERROR", ["error"]), ("CRITICAL", [])),
    ],
)
def test_the_project_speaks_from_the_configured_level_up(
    level: str, written: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(level)
    logger = logging.getLogger("handlers.operations.export_image")
    for name in ("debug", "info", "warning", "error"):
        getattr(logger, name)(name)
    assert [document["message"] for document in lines(capsys)] == written
