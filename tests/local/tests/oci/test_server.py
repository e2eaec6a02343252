"""The emulator's server and route table."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from ...oci import Cloud
from .conftest import Clients, refused


def test_what_is_not_served_is_refused(cloud: Cloud) -> None:
    for path in ("/20160918/instances", "/20160918/images/a/b"):
        unknown = httpx.get(cloud.endpoint + path)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "NotFound")
    # An encoded slash stays inside its segment.
    other_method = httpx.delete(f"{cloud.endpoint}/20160918/images/a%2Fb")
    assert (other_method.status_code, other_method.headers["allow"]) == (405, "GET")


def test_a_bug_of_the_emulator_is_told_at_its_end_when_it_answers_no_more(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    cloud.__enter__()
    image = cloud.images.add(odd=object())
    clients: Any = Clients(cloud, config=cloud.api_key(tmp_path))
    assert refused(clients.compute.get_image, image["id"]) == (500, "InternalServerError")
    with pytest.raises(RuntimeError, match="emulator"):
        cloud.__exit__(None, None, None)
    with pytest.raises(httpx.ConnectError):
        httpx.get(cloud.endpoint)
    assert [call.status for call in cloud.calls] == [500]
