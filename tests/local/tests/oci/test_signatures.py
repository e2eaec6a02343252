"""Every request's signature is verified: what the SDK signs is taken, anything less is refused."""

import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import oci
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


def replace(header: str, old: str, new: str) -> Spoil:
    def spoil(headers: dict[str, str]) -> None:
        assert old in headers[header]
        headers[header] = headers[header].replace(old, new)

    return spoil


def test_a_right_signature_is_taken(sign: Sign) -> None:
    assert sign().status_code == 202


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda headers: headers.pop("authorization"), id="no signature"),
        pytest.param(replace("authorization", "Signature ", "Bearer "), id="another scheme"),
        pytest.param(replace("authorization", "(request-target) ", ""), id="no request target"),
        pytest.param(replace("authorization", "rsa-sha256", "hmac-sha256"), id="another algorithm"),
        pytest.param(replace("authorization", 'version="1"', 'version="1",version="1"'), id="a field twice"),
        pytest.param(replace("authorization", 'signature="', 'signature="AAAA'), id="another signature"),
        pytest.param(replace("authorization", 'signature="', 'signature="*'), id="no base64"),
        pytest.param(replace("authorization", "ST$", "ST$x"), id="another token"),
        pytest.param(replace("authorization", "ST$", ""), id="no session token"),
        pytest.param(replace("date", "GMT", "+0000"), id="another date header"),
        pytest.param(lambda headers: headers.update(date="soon"), id="no readable date"),
        pytest.param(replace("content-type", "json", "xml"), id="another content type"),
        pytest.param(replace("x-content-sha256", "=", "A="), id="another digest"),
    ],
)
def test_a_spoilt_request_is_refused(cloud: Cloud, sign: Sign, spoil: Spoil) -> None:
    assert sign(spoil).status_code == 401
    assert not cloud.messages


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"content": b'{"body": "jello"}'}, id="another body"),
        pytest.param({"params": {"a": "b"}}, id="another query"),
        pytest.param({"seconds_off": -301}, id="an old date"),
        pytest.param({"seconds_off": 330}, id="a coming date"),
    ],
)
def test_another_request_under_the_same_signature_is_refused(cloud: Cloud, sign: Sign, changes: Any) -> None:
    assert sign(**changes).status_code == 401
    assert not cloud.messages


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


def test_an_ordinary_user_is_known_by_the_api_key(cloud: Cloud, tmp_path: Path) -> None:
    config = cloud.api_key(tmp_path)
    oci.config.validate_config(config)
    assert not unauthenticated(cloud, config=config)
