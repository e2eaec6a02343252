"""The log: one JSON object a line, and nothing from the FDK and the SDK below WARNING."""

import json
import logging

import pytest

from handlers import logs


# That no text breaks the line, and no secret is in it, are properties in tests/security.
def test_a_record_is_one_json_object_in_one_line_with_the_running_call_and_its_own_fields_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "call_id", "c")
    message = "two\nlines: %s"
    record = logging.LogRecord("handlers.x", logging.WARNING, __file__, 1, message, ("größer",), None)
    record.created, record.fields = 1_769_903_999.5, {"status": 200, "etag": None, "what": {1}}
    text = logs.JsonFormatter().format(record)
    assert "\n" not in text
    # What people write can be read.
    assert "größer" in text
    assert list(json.loads(text).items()) == [
        ("time", "2026-01-31T23:59:59.500+00:00"),
        ("level", "WARNING"),
        ("message", "two\nlines: größer"),
        ("callId", "c"),
        ("status", 200),
        ("etag", None),
        # What is no JSON is written as text.
        ("what", "{1}"),
    ]


def messages(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(text)["message"] for text in capsys.readouterr().err.splitlines()]


def test_logging_is_taken_over_and_the_libraries_speak_from_warning_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # As the FDK's import does, and as the environment may tell it: to log every header.
    logging.basicConfig(level=logging.DEBUG, force=True)
    logging.getLogger("fdk").setLevel(logging.DEBUG)
    logs.configure("DEBUG")
    libraries = ["fdk", "oci.base_client.1", "urllib3.connectionpool"]
    for name in libraries:
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning(name)
    assert messages(capsys) == libraries


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
