"""The function as a real process behind the local cloud: a unix socket, a gateway, signed calls to OCI."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import events
from tests.local.oci.cloud import Cloud
from tests.local.platform import LocalPlatform

# Of the callers' own; the events' bucket is always allowed.
ON_DEMAND = "on-demand"


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has the one form that all have."""
    document = response.json()
    assert set(document) == {"code", "message"}
    assert response.headers["opc-request-id"]
    assert response.headers["content-type"] == "application/json"
    return response.status_code, document["code"]


class Running:
    """A running platform, and requests to it, with the payloads of ``tests/events`` made to fit.

    The gateway has no policies of its own, so that what is refused is refused by the function.
    """

    def __init__(self, platform: LocalPlatform, http: httpx.Client) -> None:
        self.platform, self.http = platform, http

    @property
    def cloud(self) -> Cloud:
        return self.platform.cloud

    def image(self, name: str = "web 1", **fields: Any) -> str:
        """The OCID of a new image."""
        return str(self.cloud.images.add(display_name=name, **fields)["id"])

    def details(self, payload: str = "gateway.tuple", **fields: Any) -> dict[str, Any]:
        """ExportImageDetails for this cloud's bucket."""
        own = {"namespaceName": self.cloud.namespace, "bucketName": self.cloud.bucket}
        return {**events.load(payload), **own, **fields}

    def url(self, place: str, token: str = "") -> dict[str, str]:
        """ExportImageDetails with the URL of an object in this cloud's bucket, also behind a token."""
        door = f"/p/{token}" if token else ""
        path = f"/n/{self.cloud.namespace}/b/{self.cloud.bucket}/o/{place}"
        return {"destinationType": "objectStorageUri", "destinationUri": self.cloud.endpoint + door + path}

    def export(self, image_id: str, details: object = None, **headers: str) -> httpx.Response:
        """ExportImage over HTTP; in a header's name, an underscore is a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/20160918/images/{image_id}/actions/export"
        return self.http.post(path, json=details or self.details(), headers=named)

    def call(self, image_id: str, payload: str = "direct", **fields: Any) -> dict[str, Any]:
        """A direct call's body."""
        document = {**events.load(payload), "imageId": image_id, **fields}
        return {**document, "exportImageDetails": self.details()} | fields

    def event(self, image_id: str, payload: str = "createimage.end", **fields: Any) -> dict[str, Any]:
        """An event about that image, in this cloud's compartment."""
        document = {**events.load(payload), **fields}
        data = {**document["data"], "resourceId": image_id, "compartmentId": self.cloud.compartment_id}
        return {**document, "data": data}

    def line_of(self, call_id: str) -> dict[str, Any]:
        """The line that an invocation left in the log."""

        def matches(line: str) -> bool:
            return f'"callId":"{call_id}"' in line and '"deadlineLeftMs"' in line

        return json.loads(self.platform.host.log.wait_for(matches))  # type: ignore[no-any-return]

    def published(self) -> list[dict[str, Any]]:
        """The bodies of the topic's messages."""
        return [json.loads(message.body) for message in self.cloud.messages]


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Running]:
    """A platform whose exports move by hand, so that nothing happens but what a test does."""
    with (
        LocalPlatform(folder, advance="by hand", seed=1, gateway_policies=False, **options) as platform,
        httpx.Client(base_url=platform.gateway.url, timeout=60) as http,
    ):
        platform.cloud.topic_rate = 10_000
        yield Running(platform, http)


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Runs a platform with these options for as long as its context is open."""

    def open_platform(config: Mapping[str, str | None] | None = None, **options: Any) -> Any:
        return running(tmp_path_factory.mktemp("buckets"), config=config, **options)

    return open_platform


@pytest.fixture(scope="package")
def shared(run: Callable[..., Any]) -> Iterator[Running]:
    """One for all tests of this folder: each makes its own images, and clears the script of faults."""
    with run() as platform:
        yield platform


@pytest.fixture
def function(shared: Running) -> Iterator[Running]:
    yield shared
    shared.cloud.faults.clear()
    # The event of an export's ending is delivered in its own time; its calls are not the next test's.
    assert shared.cloud.settle()
