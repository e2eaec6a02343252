"""The log: one JSON object a line, without secrets, and nothing from the FDK and the SDK below WARNING."""

import json
import logging
import sys
from typing import Any

import pytest

from handlers import logs
from tests.fakes import PAR_TOKEN


def record(message: str, *args: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("handlers.x", logging.WARNING, __file__, 1, message, args, more.get("exc_info"))
    made.created = 1_769_903_999.5
    if "fields" in more:
        made.fields = more["fields"]
    return made


def line(message: str, *args: object, **more: Any) -> str:
    return logs.JsonFormatter().format(record(message, *args, **more))


def test_a_record_is_one_json_object_in_one_line() -> None:
    text = line("two\nlines: %s", "x")
    assert "\n" not in text
    assert json.loads(text) == {
        "time": "2026-01-31T23:59:59.500+00:00",
        "level": "WARNING",
        "message": "two\nlines: x",
    }


def test_a_record_has_fields_of_its_own() -> None:
    document = json.loads(line("m", fields={"callId": "c", "status": 200, "etag": None}))
    assert (document["callId"], document["status"], document["etag"]) == ("c", 200, None)


def test_what_is_no_json_is_written_as_text() -> None:
    assert json.loads(line("m", fields={"what": {1}}))["what"] == "{1}"


def test_what_is_no_unicode_is_written_escaped() -> None:
    text = line("file \udcff", fields={"what": {1}})
    assert json.loads(text)["message"] == "file \udcff"
    text.encode("ascii")


@pytest.mark.parametrize(
    "character",
    ["\u2028", "\u2029", "\x7f", "\x85", "\x9b", "\u202e", "\u2066", "\u200f", "\ufeff", "\xad", "\u200b"],
)
def test_what_ends_a_line_or_turns_or_hides_the_text_beside_it_is_escaped(character: str) -> None:
    text = line(f"a{character}b", fields={f"k{character}": character})
    assert character not in text
    assert json.loads(text)["message"] == f"a{character}b"


def test_what_people_write_stays_readable() -> None:
    assert "größer 日本" in line("größer 日本")


def test_a_traceback_is_in_the_line_without_secrets() -> None:
    try:
        {}[f"https://host/p/{PAR_TOKEN}/n/a/b/c/o/d"]
    except KeyError:
        text = line("bug", exc_info=sys.exc_info())
    assert "\n" not in text
    assert "Traceback (most recent call last)" in json.loads(text)["traceback"]
    assert PAR_TOKEN not in text


def test_no_secret_is_in_a_message_or_a_field() -> None:
    url = f"https://host/p/{PAR_TOKEN}/n/a/b/c/o/d"
    assert PAR_TOKEN not in line("at %s", url, fields={"nested": [{url: url}]})


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
    logs.configure(level)
    logger = logging.getLogger("handlers.operations.export_image")
    for name in ("debug", "info", "warning", "error"):
        getattr(logger, name)(name)
    assert [document["message"] for document in lines(capsys)] == written
