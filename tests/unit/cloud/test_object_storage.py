"""Pre-authenticated requests, and which hosts are Object Storage."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.cloud.object_storage import ObjectStorage
from handlers.errors import NoAnswer
from handlers.exports.destination import Destination
from handlers.exports.object_url import ObjectStorageHosts
from tests.fakes import PAR_TOKEN
from tests.unit.cloud.loopback import Loopback, Reply

PLACE = Destination("acme", "exports", "golden/web 1.oci")
EXPIRES = datetime(2026, 2, 1, tzinfo=UTC)


def create(server: Loopback, signer: Any) -> Destination:
    storage = ObjectStorage(signer, server.endpoint)
    return storage.create_write_request(PLACE, "image-export-1", EXPIRES, until=time.monotonic() + 60)


def test_a_write_request_is_the_place_with_a_url_and_a_token(server: Loopback, signer: Any) -> None:
    server.reply(Reply({"accessUri": f"/p/{PAR_TOKEN}/n/acme/b/exports/o/golden/web%201.oci"}))
    created = create(server, signer)
    assert created == Destination("acme", "exports", "golden/web 1.oci", server.endpoint, PAR_TOKEN)
    assert server.requests[0].json == {
        "name": "image-export-1",
        "accessType": "ObjectWrite",
        "objectName": "golden/web 1.oci",
        "timeExpires": "2026-02-01T00:00:00Z",
    }


def test_only_the_token_is_the_services_to_choose(server: Loopback, signer: Any) -> None:
    server.reply(Reply({"accessUri": f"/p/{PAR_TOKEN}/n/evil/b/elsewhere/o/x"}))
    created = create(server, signer)
    assert (created.namespace, created.bucket, created.object_name) == ("acme", "exports", "golden/web 1.oci")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"accessUri": None},
        {"accessUri": "/n/acme/b/exports/o/x"},
        {"accessUri": "https://host/p/token/n/acme/b/exports/o/x"},
        {"accessUri": "/p/a%2Fb/n/acme/b/exports/o/x"},
        {"accessUri": "/p/to ken/n/acme/b/exports/o/x"},
        [],
    ],
)
def test_a_success_without_a_usable_url_is_no_answer(document: object, server: Loopback, signer: Any) -> None:
    server.reply(Reply(document))
    with pytest.raises(NoAnswer, match="without the pre-authenticated request's URL") as raised:
        create(server, signer)
    assert "token" not in raised.value.message


def test_the_hosts_are_the_regions_and_the_configured_one(signer: Any) -> None:
    assert ObjectStorage(signer, "http://127.0.0.1:8080").hosts == ObjectStorageHosts(
        endpoint="http://127.0.0.1:8080",
        regional="objectstorage.eu-frankfurt-1.oraclecloud.com",
        region="eu-frankfurt-1",
    )


def test_without_a_configured_endpoint_the_regions_is_the_one_in_use(signer: Any) -> None:
    hosts = ObjectStorage(signer, None).hosts
    assert hosts.endpoint == f"https://{hosts.regional}"
