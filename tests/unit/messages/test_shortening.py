"""64 KiB is what a message may have: long texts give way, ids never do."""

import json
from typing import Any

import orjson
import pytest

from handlers.messages.shortening import LARGEST_REQUEST, shorten_to_fit
from tests.fakes import BUCKET, COMPARTMENT_ID, IMAGE_ID, NAMESPACE

IDS = {
    "workRequestId": "ocid1.coreservicesworkrequest.oc1.iad." + "w" * 200,
    "imageId": IMAGE_ID,
    "compartmentId": COMPARTMENT_ID,
    "destination": {"namespaceName": NAMESPACE, "bucketName": BUCKET, "objectName": "ü" * 512},
}


def event(**data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": IDS["workRequestId"], "data": {**IDS, **data}}


def size(title: str, body: str) -> int:
    return len(orjson.dumps({"title": title, "body": body}))


def ids_of(body: str) -> dict[str, Any]:
    data = json.loads(body)["data"]
    return {key: data[key] for key in IDS}


def errors(count: int, length: int) -> list[dict[str, str]]:
    return [{"code": f"Code{number}", "message": str(number) + "x" * length} for number in range(count)]


def test_what_fits_stays_as_it_is_indented() -> None:
    whole = event(imageName="web 1", message="short", errors=errors(3, 10))
    body = shorten_to_fit("title", whole)
    assert json.loads(body) == whole
    assert body.startswith('{\n  "specversion": "1.0",\n')


def test_the_limit_is_that_of_the_request_as_a_whole() -> None:
    assert LARGEST_REQUEST == 65_536
    empty = size("title", shorten_to_fit("title", event(message="")))
    exactly = event(message="x" * (LARGEST_REQUEST - empty))
    assert size("title", shorten_to_fit("title", exactly)) == LARGEST_REQUEST
    assert json.loads(shorten_to_fit("title", exactly)) == exactly
    assert json.loads(shorten_to_fit("title!", exactly)) != exactly


@pytest.mark.parametrize("character", ["x", "ü", "\N{ROCKET}", '"', "\\", "\n", "\0"])
@pytest.mark.parametrize("length", [70_000, 1_000_000])
def test_whatever_the_texts_are_the_message_fits_and_keeps_the_ids(character: str, length: int) -> None:
    body = shorten_to_fit(
        "t" * 200, event(imageName=character * 255, message=character * length, errors=errors(2, length))
    )
    assert size("t" * 200, body) <= LARGEST_REQUEST
    assert ids_of(body) == IDS


def test_the_longest_text_is_shortened_first() -> None:
    data = json.loads(shorten_to_fit("t", event(message="m" * 100_000, imageName="n" * 8000)))["data"]
    assert data["imageName"] == "n" * 8000
    assert data["message"] == "m" * 32_768 + "…"


def test_a_text_is_cut_no_more_than_is_needed() -> None:
    data = json.loads(shorten_to_fit("t", event(errors=errors(3, 40_000))))["data"]
    assert [len(error["message"]) for error in data["errors"]] == [8193] * 3


def test_a_cut_shows() -> None:
    data = json.loads(shorten_to_fit("t", event(message="m" * 100_000)))["data"]
    assert data["message"].endswith("m…")


def test_codes_of_errors_are_kept_when_their_messages_are_cut() -> None:
    data = json.loads(shorten_to_fit("t", event(errors=errors(50, 5_000))))["data"]
    assert [error["code"] for error in data["errors"]] == [f"Code{number}" for number in range(50)]


def test_of_too_many_errors_the_first_are_kept() -> None:
    body = shorten_to_fit("t", event(errors=errors(3_000, 200)))
    kept = json.loads(body)["data"]["errors"]
    assert size("t", body) <= LARGEST_REQUEST
    assert [error["code"] for error in kept] == [f"Code{number}" for number in range(len(kept))]
    assert len(kept) >= 100
    assert ids_of(body) == IDS


def test_what_is_shortened_is_a_copy() -> None:
    whole = event(message="m" * 100_000, errors=errors(3, 50_000))
    before = json.dumps(whole)
    shorten_to_fit("t", whole)
    assert json.dumps(whole) == before
