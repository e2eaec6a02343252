"""The log: one JSON object a line, without secrets, and nothing from the FDK and the SDK below WARNING."""

import json
import logging
import sys
from typing import Any

import pytest

from handlers import logs
from handlers.redaction import Redactor
from tests.unit.world import TOKEN, URL


def line(message: str, *args: object, exc_info: Any = None, **fields: Any) -> str:
    record = logging.LogRecord("handlers.x", logging.WARNING, __file__, 1, message, args, exc_info)
    record.created, record.fields = 1_769_903_999.5, fields
    return logs.JsonFormatter().format(record)


def test_a_record_is_one_json_object_in_one_line_with_the_running_call_and_its_own_fields_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "call_id", "c")
    text = line("two\nlines: %s", "x", status=200, etag=None, what={1})
    assert "\n" not in text
    assert list(json.loads(text).items()) == [
        ("time", "2026-01-31T23:59:59.500+00:00"),
        ("level", "WARNING"),
        ("message", "two\nlines: x"),
        ("callId", "c"),
        ("status", 200),
        ("etag", None),
        # What is no JSON is written as text.
        ("what", "{1}"),
    ]


# That no text whatever breaks the line is a property in tests/security.
def test_what_turns_or_hides_text_is_escaped_and_what_people_write_is_not() -> None:
    text = line("größer 日本 \u202e", **{"k\u2028": "\x9b"})
    assert "größer 日本" in text
    assert not set(text) & set("\u202e\u2028\x9b")
    assert json.loads(text)["k\u2028"] == "\x9b"
    # What is not Unicode, as a file's name may be.
    assert json.loads(line("file \udcff"))["message"] == "file \udcff"


def test_a_secret_is_nowhere_in_the_line_and_a_destination_is_as_it_is() -> None:
    try:
        {}[URL]
    except KeyError:
        bug = sys.exc_info()
    text = line("at %s", URL, exc_info=bug, nested=[{URL: URL}], destination="a/b/p/x/n/c", callId=URL)
    assert TOKEN not in text
    assert "\n" not in text
    document = json.loads(text)
    assert "Traceback (most recent call last)" in document["traceback"]
    assert document["destination"] == "a/b/p/x/n/c"


def messages(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(text)["message"] for text in capsys.readouterr().err.splitlines()]


def test_what_the_running_invocation_knows_is_in_no_line_of_any_library(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    redactor = Redactor()
    redactor.add(TOKEN)
    monkeypatch.setattr(logs, "redactor", redactor)
    logs.configure("INFO")
    # So urllib3 quotes what it can't read.
    logging.getLogger("urllib3.connection").warning("Failed to parse headers: %r", f"x: {TOKEN}".encode())
    assert messages(capsys) == ["Failed to parse headers: b'x: ***'"]


def test_logging_is_taken_over_from_whoever_had_it(capsys: pytest.CaptureFixture[str]) -> None:
    # As the FDK's import does.
    logging.basicConfig(level=logging.DEBUG, force=True)
    logs.configure("INFO")
    logging.getLogger("handlers.entry").info("one line")
    assert messages(capsys) == ["one line"]


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
    assert messages(capsys) == ["worth reading"]


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
    assert messages(capsys) == written
