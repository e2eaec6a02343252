"""The README's tables are those of the code: settings, placeholders, errors, and what is published."""

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from handlers import operations, settings
from handlers.errors import FAILED_FUNCTION_STATUSES, ExportError, ServiceRefusal
from handlers.names import PLACEHOLDERS, check_template
from tests.deployment.document import CHECKOUT, README, code
from tests.described import Described

KEYS = {key.name: key for key in settings.KEYS}
LEAST = {"TOPIC_ID": "ocid1.onstopic.oc1.phx.example"}
CONFIGURATION = {code(row["key"])[0]: row for row in README.table("Configure", "key")}
ERRORS = README.table("Errors and what to do about them", "status")
PUBLISHED = README.table("What is published", "type")
SHOWN = json.loads(README.named("imageexport.succeeded").content)
# The units hold these against what the function publishes.
GOLDEN = {
    message["body"]["type"]: message["body"]
    for path in (CHECKOUT / "tests" / "unit" / "golden").glob("*.json")
    for message in json.loads(path.read_text(encoding="utf-8"))["published"]
}


def test_the_configuration_has_every_key_in_the_settings_order_and_no_other() -> None:
    assert list(CONFIGURATION) == list(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_required_and_has_the_default_that_the_settings_say(key: str) -> None:
    row, default = CONFIGURATION[key], KEYS[key].default
    assert (row["required"] == "yes") is KEYS[key].is_required
    if KEYS[key].is_required or not default:
        assert row["default"] == ("the region's" if key.endswith("_ENDPOINT") else "")
    else:
        (told,) = code(row["default"])
        assert settings.read(LEAST | {key: told}) == settings.read(LEAST)


def test_what_events_require_is_what_the_settings_call_their_destination() -> None:
    given = {key: "x" for key, row in CONFIGURATION.items() if row["required"] == "for events"}
    assert settings.read(LEAST).event_destination is None
    assert settings.read(LEAST | given).event_destination == ("x", "x")


def test_the_placeholders_are_those_that_the_template_takes_and_the_one_shown_is_right() -> None:
    told = [code(row["placeholder"])[0] for row in README.table("Configure", "placeholder")]
    assert sorted(told) == sorted(f"{{{name}}}" for name in PLACEHOLDERS)
    (shown,) = [text for text in code(README.text) if text.startswith("{compartment_name}/")]
    check_template(shown)


def raised(base: type[ExportError] = ExportError) -> Iterator[tuple[str, str]]:
    """Status and code of each kind of error of our own; what is above the leaves only groups them."""
    for kind in base.__subclasses__():
        yield from raised(kind)
    if not base.__subclasses__() and base is not ServiceRefusal:
        yield str(base.status), base.code


def described() -> Iterator[tuple[str, str]]:
    """The same of each error in the OpenAPI document, Compute's own, too: its text begins with codes and a
    colon."""
    openapi = Described(json.loads(resources.files(operations).joinpath("openapi.json").read_bytes()))
    for _, _, operation in openapi.operations():
        for status in filter(str.isdigit, operation["responses"]):
            text = openapi.response(operation["operationId"], status)["description"]
            for codes in re.findall(r"((?:[A-Z]\w+, )*[A-Z]\w+): ", text) if int(status) >= 400 else ():
                yield from ((status, each) for each in codes.split(", "))


def test_every_error_that_is_raised_is_described_and_each_of_these_has_its_line_and_no_other() -> None:
    told = [(row["status"], code(row["code"])[0]) for row in ERRORS]
    of_a_proxy = ServiceRefusal(499, None, None, service="Compute")
    assert told[-1] == ("any other", of_a_proxy.code)
    assert set(raised()) <= set(described())
    assert sorted(told[:-1]) == sorted(set(described()))
    assert all(row["when"] and row["what to do"] for row in ERRORS)
    # The platform takes these for a failed function.
    assert not {str(status) for status in FAILED_FUNCTION_STATUSES} & {status for status, _ in told}


def test_every_type_of_message_is_published_with_the_keys_of_its_golden_document() -> None:
    told = {}
    for row in PUBLISHED:
        keys = code(row["keys of `data`"])
        if row["keys of `data`"].startswith(("those of the example", "the same without ")):
            keys = [key for key in SHOWN["data"] if key not in keys]
        told[code(row["type"])[0]] = sorted(keys)
    assert told == {name: sorted(event["data"]) for name, event in GOLDEN.items()}


def keys(value: Any) -> Any:
    """The keys of a JSON value, and those of what is in it."""
    if isinstance(value, dict):
        return [(key, keys(inner)) for key, inner in value.items()]
    return list(map(keys, value)) if isinstance(value, list) else None


def test_the_message_that_is_shown_is_one_of_a_success() -> None:
    golden = GOLDEN["imageexport.succeeded"]
    assert SHOWN["id"] == f"{SHOWN['data']['workRequestId']}/succeeded"
    assert SHOWN["data"]["destination"]["objectName"].endswith(f"-{SHOWN['data']['imageId'][-8:]}.oci")
    assert keys(SHOWN) == keys(golden)
