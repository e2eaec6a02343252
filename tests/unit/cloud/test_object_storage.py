"""Objects and pre-authenticated requests, and which hosts are Object Storage."""

import json
from typing import Any

import pytest

from handlers import settings
from handlers.cloud import api
from handlers.cloud.transport import Response
from handlers.destinations.url import ObjectStorageHosts, ObjectUrl
from handlers.errors import NoAnswer
from tests.unit.cloud.examples import (
    EXPIRES,
    PAR_ID,
    PAR_TOKEN,
    PLACE,
    PREAUTHENTICATED,
    TOPIC_ID,
    Scripted,
    answering,
    reply,
)


def head(**headers: str) -> dict[str, Any]:
    return answering(reply(b"", **{"content_length": "0", **headers})).head(PLACE)


def test_a_preauthenticated_request_is_the_place_with_a_url_and_a_token_that_is_a_secret() -> None:
    # Only the token is the service's to choose.
    elsewhere = {"id": PAR_ID, "accessUri": f"/p/{PAR_TOKEN}/n/evil/b/elsewhere/o/x"}
    scripted = Scripted(reply(PREAUTHENTICATED), reply(elsewhere))
    for _ in range(2):
        created = scripted.cloud.create_preauthenticated_request(PLACE, "image-export-1", EXPIRES)
        assert created.id == PAR_ID
        assert created.url == ObjectUrl(PLACE, "https://cloud.example", PAR_TOKEN)
        assert PAR_TOKEN not in repr(created)
    assert PAR_TOKEN not in scripted.cloud._redactor.text(f"bare {PAR_TOKEN} token")
    assert json.loads(scripted.requests[0].body or b"") == {
        "name": "image-export-1",
        "accessType": "ObjectWrite",
        "objectName": PLACE.object_name,
        "timeExpires": "2026-02-01T12:00:00Z",
    }


@pytest.mark.parametrize(
    "document",
    [
        {**PREAUTHENTICATED, "id": None},
        {"id": PAR_ID},
        *(
            {"id": PAR_ID, "accessUri": f"{access}/n/acme/b/exports/o/x"}
            for access in ("", "https://host/p/token", "/p/a%2Fb", "/p/to ken")
        ),
    ],
)
def test_a_preauthenticated_request_without_an_id_or_a_usable_url_is_no_answer(
    document: dict[str, str],
) -> None:
    with pytest.raises(NoAnswer) as raised:
        answering(reply(document)).create_preauthenticated_request(PLACE, "name", EXPIRES)
    assert "token" not in raised.value.message


def test_an_object_is_what_its_head_says_and_what_that_does_not_say_is_none() -> None:
    modified = "Sat, 31 Jan 2026 23:59:59 GMT"
    said = {"content_length": "5368709120", "etag": "etag-1", "content_md5": "md5", "last_modified": modified}
    assert head(**said) == {
        "sizeInBytes": 5368709120,
        "etag": "etag-1",
        "md5": "md5",
        "timeModified": "2026-01-31T23:59:59Z",
    }
    # One written in parts has the MD5 of its parts.
    assert head(opc_multipart_md5="md5-of-the-parts")["md5"] == "md5-of-the-parts"
    assert head(last_modified="yesterday") == {
        "sizeInBytes": 0,
        "etag": None,
        "md5": None,
        "timeModified": None,
    }


@pytest.mark.parametrize("size", ["", "9223372036854775808"])
def test_an_object_without_a_size_or_of_more_than_64_bits_is_no_answer(size: str) -> None:
    with pytest.raises(NoAnswer):
        head(content_length=size)


def test_a_written_object_has_a_new_etag() -> None:
    cloud = answering(reply(b"", etag="etag-2"), reply(b""))
    assert [cloud.put_object(PLACE, b"{}", if_match=None) for _ in range(2)] == ["etag-2", None]


@pytest.mark.parametrize(
    ("body", "document"), [(b'{"imageId": "x"}', {"imageId": "x"}), (b"\xff no JSON", None), (b"", None)]
)
def test_an_object_is_its_bytes_and_what_they_mean_as_json(body: bytes, document: Any) -> None:
    answer = answering(reply(body, etag="etag-1")).get_object(PLACE)
    assert (answer.body, answer.document, answer.etag) == (body, document, "etag-1")


def test_an_object_that_breaks_off_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        answering(Response(200, {}, None)).get_object(PLACE)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("configured", "used"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (None, "https://objectstorage.us-phoenix-1.oraclecloud.com"),
    ],
)
def test_the_hosts_are_the_regions_and_the_configured_one(configured: str | None, used: str) -> None:
    given = {"TOPIC_ID": TOPIC_ID, "OBJECT_STORAGE_ENDPOINT": configured or ""}
    *_, hosts = api.connect(settings.read(given))
    assert hosts == ObjectStorageHosts(
        endpoint=used,
        regional="objectstorage.us-phoenix-1.oraclecloud.com",
        region="us-phoenix-1",
    )
