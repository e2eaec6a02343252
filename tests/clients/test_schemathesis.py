"""The promises of the OpenAPI description, over the real gateway: schemathesis asks, rightly and wrongly."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from handlers.operations import reads
from tests.local.platform import LocalPlatform
from tests.unit.world import BUCKET, NAMESPACE, tuple_details

pytestmark = pytest.mark.slow

PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
STATUSES: Counter[tuple[str, int]] = Counter()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    with LocalPlatform(tmp_path_factory.mktemp("buckets"), advance="at once", seed=1) as local:
        local.cloud.topic_rate = 1_000_000
        yield local


@pytest.fixture(scope="module")
def interface(platform: LocalPlatform) -> schemathesis.BaseSchema:
    served = httpx.get(f"{platform.gateway.url}/openapi.json", timeout=60).json()
    schema = schemathesis.openapi.from_dict(served)
    schema.config.update(base_url=platform.gateway.url)
    return schema


@pytest.fixture(scope="module")
def known(platform: LocalPlatform) -> dict[str, str]:
    """Parameters that exist: random ones never do."""
    image = platform.cloud.images.add(display_name="described")
    answer = platform.invoke({"imageId": image["id"], "exportImageDetails": tuple_details("a")}).json()
    return {"imageId": str(image["id"]), "workRequestId": answer["workRequestId"]}


USUAL = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def asked() -> Iterator[object]:
    """Every operation, rightly and wrongly; the description itself takes nothing that could be wrong."""
    for path, methods in json.loads(reads.DOCUMENT.read_bytes())["paths"].items():
        for method in methods:
            for mode in GenerationMode:
                if (path, mode) != ("/openapi.json", GenerationMode.NEGATIVE):
                    yield pytest.param((path, method, mode), id=f"{method} {path} {mode.value}")


@pytest.mark.parametrize("asked", list(asked()))
def test_every_answer_is_as_described(
    interface: schemathesis.BaseSchema,
    known: dict[str, str],
    asked: tuple[str, str, GenerationMode],
) -> None:
    path, method, mode = asked
    operation = interface[path][method]

    @USUAL
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: "schemathesis.Case[Any]") -> None:
        # What has the right form is made to exist, every other time; what has not stays as wrong as it is.
        for name, value in (case.path_parameters or {}).items():
            if re.fullmatch(r"ocid1\.[a-z0-9]+\.[\w.-]+", str(value)) and sum(map(ord, str(value))) % 2:
                case.path_parameters[name] = known[name]
        if isinstance(case.body, dict) and case.body.get("destinationType") == "objectStorageTuple":
            case.body |= {"namespaceName": NAMESPACE, "bucketName": BUCKET}
        response = case.call()
        STATUSES[operation.label, response.status_code] += 1
        case.validate_response(response, checks=PROMISES)

    ask()


def test_the_requests_met_more_than_refusals_and_the_container_lives_on(platform: LocalPlatform) -> None:
    export = {status for label, status in STATUSES if label.endswith("/actions/export")}
    assert {200, 400} <= export, STATUSES
    assert ("GET /20160918/workRequests/{workRequestId}", 200) in STATUSES
    assert platform.cloud.exports
    assert [container.number for container in platform.host.containers] == [1]
