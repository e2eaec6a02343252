"""The emulator's server and route table."""

from pathlib import Path

import httpx
import oci
import pytest

from ...oci import Cloud
from .conftest import sdk_clients


def test_an_encoded_slash_stays_inside_its_segment(cloud: Cloud) -> None:
    httpx.get(f"{cloud.endpoint}/20160918/images/a%2Fb")
    httpx.get(f"{cloud.endpoint}/20160918/images/a/b")
    assert [call.operation for call in cloud.calls] == ["GetImage", "Unknown"]


def test_what_is_not_served_is_not_found(cloud: Cloud) -> None:
    answer = httpx.get(f"{cloud.endpoint}/20160918/instances")
    assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")


def test_another_method_is_not_allowed(cloud: Cloud) -> None:
    answer = httpx.delete(f"{cloud.endpoint}/20160918/images/x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_the_request_id_begins_with_the_callers(cloud: Cloud) -> None:
    url = f"{cloud.endpoint}/20160918/images/x"
    first = httpx.get(url, headers={"opc-request-id": "mine"}).headers["opc-request-id"]
    assert first.startswith("mine/")
    assert len(first.split("/")) == 3
    assert len(httpx.get(url).headers["opc-request-id"]) == 98


def test_a_stopped_cloud_answers_no_more_and_can_still_be_read(tmp_path: Path) -> None:
    with Cloud(tmp_path) as cloud:
        httpx.get(cloud.endpoint)
    assert len(cloud.calls) == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(cloud.endpoint)


def test_a_taken_port_is_said_at_once(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        Cloud(tmp_path, port=int(cloud.endpoint.rpartition(":")[2])).__enter__()


def test_a_bug_of_the_emulator_is_not_taken_for_the_services_500(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    cloud.__enter__()
    image = cloud.images.add(odd=object())
    clients = sdk_clients(cloud, config=cloud.api_key(tmp_path))
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        clients.compute.get_image(image["id"])
    assert (caught.value.status, caught.value.code) == (500, "InternalServerError")
    with pytest.raises(RuntimeError, match="emulator"):
        cloud.__exit__(None, None, None)
