"""Objects and pre-authenticated requests, and which hosts are Object Storage."""

from typing import Any

import pytest

from handlers import settings
from handlers.cloud import api
from handlers.cloud.api import Cloud, PreauthenticatedRequest
from handlers.destinations.url import ObjectStorageHosts, ObjectUrl
from handlers.errors import NoAnswer, ServiceRefusal
from tests.unit.cloud.examples import EXPIRES, PAR_ID, PAR_TOKEN, PLACE, PREAUTHENTICATED, TOPIC_ID
from tests.unit.cloud.loopback import Loopback, Reply

HEAD = {
    "content-length": "5368709120",
    "etag": "etag-1",
    "content-md5": "md5-of-the-content",
    "last-modified": "Sat, 31 Jan 2026 23:59:59 GMT",
}


def create(cloud: Cloud) -> PreauthenticatedRequest:
    return cloud.create_preauthenticated_request(PLACE, "image-export-1", EXPIRES)


def head(cloud: Cloud) -> dict[str, Any]:
    return cloud.head(PLACE)


def test_a_preauthenticated_request_is_the_place_with_a_url_and_a_token(
    server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(PREAUTHENTICATED))
    created = create(cloud)
    assert created.id == PAR_ID
    assert created.url == ObjectUrl(PLACE, server.endpoint, PAR_TOKEN)
    assert PAR_TOKEN not in repr(created)
    assert server.requests[0].json == {
        "name": "image-export-1",
        "accessType": "ObjectWrite",
        "objectName": PLACE.object_name,
        "timeExpires": "2026-02-01T12:00:00Z",
    }


def test_only_the_token_is_the_services_to_choose(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({"id": PAR_ID, "accessUri": f"/p/{PAR_TOKEN}/n/evil/b/elsewhere/o/x"}))
    assert create(cloud).url.destination == PLACE


@pytest.mark.parametrize(
    "access_uri",
    [
        None,
        "/n/acme/b/exports/o/x",
        "https://host/p/token/n/acme/b/exports/o/x",
        "/p/a%2Fb/n/acme/b/exports/o/x",
        "/p/to ken/n/acme/b/exports/o/x",
    ],
)
def test_a_preauthenticated_request_without_a_usable_url_is_no_answer(
    access_uri: object, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply({"id": PAR_ID, "accessUri": access_uri}))
    with pytest.raises(NoAnswer) as raised:
        create(cloud)
    assert "token" not in raised.value.message


def test_a_preauthenticated_request_without_an_id_is_no_answer(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({**PREAUTHENTICATED, "id": None}))
    with pytest.raises(NoAnswer):
        create(cloud)


def test_an_object_is_what_its_head_says(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(b"", headers=HEAD))
    assert head(cloud) == {
        "sizeInBytes": 5368709120,
        "etag": "etag-1",
        "md5": "md5-of-the-content",
        "timeModified": "2026-01-31T23:59:59Z",
    }


def test_an_object_written_in_parts_has_the_md5_of_its_parts(server: Loopback, cloud: Cloud) -> None:
    headers = {name: value for name, value in HEAD.items() if name != "content-md5"}
    server.reply(Reply(b"", headers={**headers, "opc-multipart-md5": "md5-of-the-parts"}))
    assert head(cloud)["md5"] == "md5-of-the-parts"


def test_what_a_head_does_not_say_is_none(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(b"", headers={"last-modified": "yesterday"}))
    assert head(cloud) == {"sizeInBytes": 0, "etag": None, "md5": None, "timeModified": None}


@pytest.mark.parametrize("size", ["", "content-length: 9223372036854775808\r\n"])
def test_an_object_without_a_size_or_of_more_than_64_bits_is_no_answer(
    size: str, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(raw=f"HTTP/1.1 200 OK\r\n{size}\r\n".encode(), close=True))
    with pytest.raises(NoAnswer):
        head(cloud)


def test_the_token_of_a_preauthenticated_request_is_a_secret_from_then_on(
    server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(PREAUTHENTICATED))
    create(cloud)
    assert PAR_TOKEN not in cloud._redactor.text(f"bare {PAR_TOKEN} token")


def test_a_written_object_has_a_new_etag(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(b"", headers={"etag": "etag-2"}), Reply(b""))
    assert [cloud.put_object(PLACE, b"{}", if_match=None) for _ in range(2)] == ["etag-2", None]


@pytest.mark.parametrize(
    ("body", "document"), [(b'{"imageId": "x"}', {"imageId": "x"}), (b"\xff no JSON", None), (b"", None)]
)
def test_an_object_is_its_bytes_and_what_they_mean_as_json(
    body: bytes, document: Any, server: Loopback, cloud: Cloud
) -> None:
    server.reply(Reply(body, headers={"etag": "etag-1"}))
    answer = cloud.get_object(PLACE)
    assert (answer.body, answer.document, answer.etag) == (body, document, "etag-1")


def test_an_object_that_is_too_long_is_not_taken_for_its_beginning(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply(b"{}" + b" " * (2 * 1024 * 1024)))
    answer = cloud.get_object(PLACE)
    assert (answer.body, answer.document) == (b"", None)


def test_an_object_that_breaks_off_is_no_answer(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({}, headers={"content-length": "100"}, close=True))
    with pytest.raises(NoAnswer):
        cloud.get_object(PLACE)


def test_a_condition_that_is_not_met_is_a_refusal(server: Loopback, cloud: Cloud) -> None:
    server.reply(Reply({"code": "IfNoneMatchFailed", "message": "x"}, 412))
    with pytest.raises(ServiceRefusal) as raised:
        cloud.put_object(PLACE, b"{}", if_match=None)
    assert (raised.value.answered, raised.value.code) == (412, "IfNoneMatchFailed")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("configured", "used"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (None, "https://objectstorage.eu-frankfurt-1.oraclecloud.com"),
    ],
)
def test_the_hosts_are_the_regions_and_the_configured_one(configured: str | None, used: str) -> None:
    given = {"TOPIC_ID": TOPIC_ID, "OBJECT_STORAGE_ENDPOINT": configured or ""}
    *_, hosts = api.connect(settings.read(given))
    assert hosts == ObjectStorageHosts(
        endpoint=used,
        regional="objectstorage.eu-frankfurt-1.oraclecloud.com",
        region="eu-frankfurt-1",
    )
