"""HTTP through API Gateway: its routes, its requests, its replies."""

from typing import Any

import pytest

from handlers.triggers.gateway import ROUTES
from tests.local.oci import Fault
from tests.unit.world import Answer, World, tuple_details

OTHER = "ocid1.instance.oc1.phx.aaaaaaaaother"


def image(world: World) -> str:
    return f"/20160918/images/{world.image['id']}"


def export(world: World) -> str:
    return f"{image(world)}/actions/export"


def work_request(world: World) -> str:
    """The path of an image export's."""
    return f"/20160918/workRequests/{world.cloud.work_requests.add(resource_id=world.image['id'])}"


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.document["code"], answer.document["message"]


def operations(world: World) -> list[str]:
    return [call.operation for call in world.cloud.calls]


@pytest.mark.parametrize("prefix", ["", "/v1", "/%7Ebob/20160918/images"])
def test_a_route_is_matched_by_the_end_of_the_path_under_any_prefix(prefix: str, world: World) -> None:
    work = work_request(world)
    for path in (
        "/openapi.json",
        image(world),
        f"{image(world)}?",
        f"{work}?x=/20160918/images#top",
        work.replace("ocid1.", "ocid1%2E") + "/errors",
        f"{work}/logs",
    ):
        assert world.http("GET", prefix + path).status == 200
    assert world.http("POST", prefix + export(world), tuple_details("a.oci")).status == 200
    of_a_part = ["GetWorkRequest", "ListWorkRequestErrors", "GetWorkRequest", "ListWorkRequestLogs"]
    assert operations(world) == [
        *("GetImage", "GetImage", "GetWorkRequest", *of_a_part, "ExportImage", "PublishMessage")
    ]


def test_pages_of_lists_are_asked_for_as_at_compute(world: World) -> None:
    query = "limit=5&page=abc%3D&sortOrder=&colour=red"
    world.http("GET", f"{work_request(world)}/errors?{query}#x")
    assert world.calls("ListWorkRequestErrors")[0].query == {"limit": "5", "page": "abc="}


def test_an_endless_page_token_is_refused(world: World) -> None:
    answer = world.http("GET", f"{work_request(world)}/logs?page=" + "x" * 1025)
    message = "limit, page and sortOrder must not be longer than 1024 characters."
    assert refused(answer) == (400, "InvalidParameter", message)


def test_an_encoded_slash_does_not_make_another_route(world: World) -> None:
    path = export(world).replace("/actions", "%2F..%2Fother/actions")
    assert refused(world.http("POST", path, tuple_details("a.oci")))[:2] == (400, "InvalidParameter")
    # An image's route, with an odd id.
    path = export(world).replace("/actions/", "%2Factions%2F")
    assert refused(world.http("POST", path, tuple_details("a.oci")))[:2] == (405, "MethodNotAllowed")


@pytest.mark.parametrize(
    "path",
    [
        *("", "/20160918/images", "/20160918/workRequests/x/more", "/openapi.yaml"),
        *("/20160918/images/x/actions/export/", "/20160918/images/x/actions/import"),
        *("/20200101/images/x/actions/export", "/20160918/Images/x/actions/export"),
    ],
)
def test_any_other_path_is_not_found(path: str, world: World) -> None:
    assert refused(world.http("POST", path)) == (404, "NotFound", "There is no such route.")
    # Not even one that is the beginning of a route's.
    assert {route.variable(("20160918", "images")) for route in ROUTES} == {None}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/20160918/images/x/actions/export", "POST"),
        ("DELETE", "/20160918/images/x", "GET"),
        ("POST", "/20160918/workRequests/x", "GET"),
        ("HEAD", "/20160918/workRequests/x/logs", "GET"),
        ("POST", "/openapi.json", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(method: str, path: str, allowed: str, world: World) -> None:
    answer = world.http(method, path)
    assert refused(answer) == (405, "MethodNotAllowed", f"This route answers {allowed} only.")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "message"),
    [
        *((f"images/{name}", "imageId must be the OCID of an image.") for name in ("x", OTHER)),
        *(
            (f"workRequests/{name}", "workRequestId must be the OCID of a work request.")
            for name in ("x", "x/errors", "%2E%2E/logs", f"{OTHER}%0A", OTHER.replace(".", "%252E"))
        ),
    ],
)
def test_an_id_in_a_path_is_an_ocid_fully_matched(path: str, message: str, world: World) -> None:
    assert refused(world.http("GET", f"/20160918/{path}")) == (400, "InvalidParameter", message)
    assert world.cloud.calls == []


def test_an_export_request_carries_its_parameters_as_headers(world: World) -> None:
    etag = world.cloud.images.etag(world.image["id"])
    headers = {"if-match": f" {etag}\t", "opc-retry-token": "a b-c/d= ", "opc-dry-run": "False"}
    assert world.export(headers=headers).status == 200
    (call,) = world.calls("ExportImage")
    assert (call.headers["if-match"], call.headers["opc-retry-token"]) == (etag, "a b-c/d=")


@pytest.mark.parametrize("value", ["true", "TRUE", " true\t"])
def test_a_dry_run_is_answered_with_the_image_alone(value: str, world: World) -> None:
    answer = world.export(headers={"opc-dry-run": value})
    assert (answer.document, operations(world)) == (world.image, ["GetImage"])
    assert set(answer.headers) == {"content-type", "etag", "opc-request-id"}


@pytest.mark.parametrize("query", ["opc-dry-run=true", "x", "="])
def test_a_query_of_an_export_is_refused(query: str, world: World) -> None:
    answer = world.http("POST", f"{export(world)}?{query}", tuple_details("a.oci"))
    assert refused(answer)[:2] == (400, "InvalidParameter")
    assert "opc-dry-run is a header" in answer.document["message"]
    assert world.cloud.calls == []


@pytest.mark.parametrize(
    "headers",
    [
        *({"content-type": kind} for kind in (" Application/JSON ;charset=UTF-8", "")),
        *({"content-encoding": kind} for kind in (" Identity", "")),
    ],
)
def test_a_body_is_json_with_parameters_or_undeclared(headers: dict[str, str], world: World) -> None:
    assert world.export(headers=headers).status == 200


@pytest.mark.parametrize(
    ("name", "value", "status", "message"),
    [
        *(
            ("content-type", kind, 415, "The body must be application/json.")
            for kind in ("text/plain", "application/json-patch+json", "*/*", "application/json, x/y")
        ),
        ("content-encoding", "gzip", 415, "The body must not be compressed."),
        *(
            ("opc-dry-run", value, 400, "opc-dry-run must be true or false.")
            for value in ("", "yes", "1", "true, true")
        ),
    ],
)
def test_a_header_that_says_anything_else_is_refused(
    name: str, value: str, status: int, message: str, world: World
) -> None:
    code = "InvalidParameter" if status == 400 else "UnsupportedMediaType"
    assert refused(world.export(headers={name: value})) == (status, code, message)


def test_fields_are_named_as_http_callers_know_them(world: World) -> None:
    wrong: dict[str, Any] = {**tuple_details("a.oci"), "bucketName": "a b", "colour": 1}
    answer = world.export(wrong, {"if-match": "", "opc-retry-token": "x" * 65})
    named = [problem.split()[0] for problem in answer.document["message"].split("; ")]
    assert named == ["bucketName", "colour", "if-match", "opc-retry-token"]
    answer = world.http("POST", export(world), {})
    assert refused(answer) == (400, "MissingParameter", "destinationType is missing.")


def test_an_answer_keeps_the_services_own_spelling_and_has_the_headers_of_the_api_alone(world: World) -> None:
    body = b'{ "id": "x",  "aFieldOfTomorrow": 1.50, "name": "gr\\u00f6\\u00dfer" }'
    known = {"etag": "e", "opc-request-id": "r", "opc-next-page": "eyJhbGciOiJub25lIn0", "retry-after": "7"}
    odd = {"x-internal": "x", "etag": "e\r\nx: y\u2028"}
    world.cloud.faults.add(Fault("GetImage", 200, body=body, headers={**known, **odd}))
    answer = world.http("GET", image(world))
    assert answer.body == body
    assert answer.headers == {**known, "content-type": "application/json", "etag": "e??x: y?"}


def test_an_accepted_export_whose_image_cannot_be_read_is_answered_with_an_empty_object(world: World) -> None:
    world.cloud.faults.add(
        Fault("ExportImage", 200, body=b"no JSON", after_work=True), Fault("GetImage", 404)
    )
    answer = world.export()
    assert (answer.status, answer.document) == (200, {})
    assert answer.headers["opc-work-request-id"] == world.cloud.exports[0].work_request_id
