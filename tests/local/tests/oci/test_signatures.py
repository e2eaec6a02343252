"""Every request's signature is verified: what the SDK signs is taken, anything less is refused."""

import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest
from oci._vendor import requests as vendored

from ...oci import Cloud
from .conftest import Clients, refused, resource_principal_signer

Sign = Callable[..., httpx.Response]
Spoil = Callable[[dict[str, str]], object]


@pytest.fixture
def sign(cloud: Cloud, tmp_path: Path) -> Sign:
    """Signs a publication rightly, lets the test spoil it, and sends it."""
    signer = resource_principal_signer(cloud, tmp_path / "credentials")
    url = f"{cloud.endpoint}/20181201/topics/{cloud.topic_id}/messages"

    def send(spoil: Spoil = lambda headers: None, **changes: Any) -> httpx.Response:
        date = formatdate(time.time() + changes.pop("seconds_off", 0), usegmt=True)
        request = vendored.Request("POST", url, json={"body": "hello"}, headers={"date": date}, auth=signer)
        request = request.prepare()
        headers = {name.lower(): value for name, value in request.headers.items()}
        spoil(headers)
        return httpx.request(
            **{"method": "POST", "url": url, "content": request.body, "headers": headers} | changes
        )

    return send


def replace(header: str, old: str, new: str) -> dict[str, Spoil]:
    def spoil(headers: dict[str, str]) -> None:
        assert old in headers[header]
        headers[header] = headers[header].replace(old, new)

    return {"spoil": spoil}


WRONG: dict[str, dict[str, Any]] = {
    "no signature": {"spoil": lambda headers: headers.pop("authorization")},
    "another scheme": replace("authorization", "Signature ", "Bearer "),
    "no request target": replace("authorization", "(request-target) ", ""),
    "another algorithm": replace("authorization", "rsa-sha256", "hmac-sha256"),
    "a field twice": replace("authorization", 'version="1"', 'version="1",version="1"'),
    "another signature": replace("authorization", 'signature="', 'signature="AAAA'),
    "no base64": replace("authorization", 'signature="', 'signature="*'),
    "another token": replace("authorization", "ST$", "ST$x"),
    "no session token": replace("authorization", "ST$", ""),
    "another date header": replace("date", "GMT", "+0000"),
    "no readable date": {"spoil": lambda headers: headers.update(date="soon")},
    "another content type": replace("content-type", "json", "xml"),
    "another digest": replace("x-content-sha256", "=", "A="),
    "another body": {"content": b'{"body": "jello"}'},
    "another query": {"params": {"a": "b"}},
    "an old date": {"seconds_off": -301},
    "a coming date": {"seconds_off": 330},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_another_request_or_signature_is_refused(cloud: Cloud, sign: Sign, changes: Any) -> None:
    assert sign().status_code == 202
    assert sign(**changes).status_code == 401
    assert len(cloud.messages) == 1


def test_a_right_signature_over_too_little_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    always = ("date", "(request-target)", "host")
    for left_out in always:
        headers = [name for name in always if name != left_out]
        assert unauthenticated(cloud, resource_principal_signer(cloud, tmp_path, generic_headers=headers))
    # The body's digest, of what has a body.
    signer = resource_principal_signer(cloud, tmp_path).without_content_headers
    url = f"{cloud.endpoint}/20181201/topics/{cloud.topic_id}/messages"
    assert vendored.post(url, json={"body": "hello"}, auth=signer).status_code == 401
    assert not cloud.messages


def test_who_belongs_to_another_cloud_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    other = Cloud(tmp_path / "other", serve=False)
    assert unauthenticated(cloud, resource_principal_signer(other, tmp_path / "credentials"))
    assert unauthenticated(cloud, config=other.api_key(tmp_path))


def unauthenticated(cloud: Cloud, signer: Any = None, config: Any = None) -> bool:
    clients: Any = Clients(cloud, signer, config)
    return refused(clients.compute.get_image, "ocid1.image.oc1.phx.unknown")[0] == 401


def test_the_token_tells_the_sdk_who_the_function_is(cloud: Cloud, tmp_path: Path) -> None:
    signer = resource_principal_signer(cloud, tmp_path)
    assert (signer.tenancy_id, signer.compartment_id) == (cloud.tenancy_id, cloud.function_compartment_id)
    assert signer.region == cloud.region
