"""HTTP through API Gateway: its routes, its requests, its replies."""

import json
from typing import Any

import pytest

from handlers.errors import (
    InvalidParameter,
    MethodNotAllowed,
    MissingParameter,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)
from handlers.operations import Operation, Result
from handlers.operations.describe import Describe
from handlers.operations.export_image import ExportImage
from handlers.operations.export_image.attempt import Export
from handlers.operations.export_image.dry_run import CheckExport
from handlers.operations.get_image import GetImage
from handlers.operations.get_work_request import GetWorkRequest
from handlers.services import Page
from handlers.triggers.gateway import Gateway
from handlers.triggers.invocation import Invocation
from tests import events
from tests.fakes import IMAGE_ID, PAR_TOKEN, context
from tests.unit.examples import WORK_REQUEST_ID, gateway_request, invocation

IMAGE = f"/20160918/images/{IMAGE_ID}"
EXPORT = f"{IMAGE}/actions/export"
WORK_REQUEST = f"/20160918/workRequests/{WORK_REQUEST_ID}"
BODY = events.read("gateway.tuple")


def operation(method: str, path: str, body: object = BODY, **headers: object) -> Operation:
    """What a request asks for; in a header's name, an underscore is a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asked(gateway_request(method, path, body, named))


def asked(call: Invocation) -> Operation:
    return Gateway(call).operation(context(kind="gateway"))


def export(body: object = BODY, **headers: object) -> Export:
    found = operation("POST", EXPORT, body, **headers)
    assert isinstance(found, ExportImage)
    return found.export


@pytest.mark.parametrize(
    ("method", "path", "made"),
    [
        ("GET", IMAGE, GetImage(IMAGE_ID)),
        ("GET", WORK_REQUEST, GetWorkRequest(WORK_REQUEST_ID)),
        ("GET", f"{WORK_REQUEST}/errors", GetWorkRequest(WORK_REQUEST_ID, "errors")),
        ("GET", f"{WORK_REQUEST}/logs", GetWorkRequest(WORK_REQUEST_ID, "logs")),
        ("GET", "/openapi.json", Describe()),
        ("GET", f"{WORK_REQUEST}?x=/20160918/images#top", GetWorkRequest(WORK_REQUEST_ID)),
        ("GET", f"{IMAGE}?", GetImage(IMAGE_ID)),
        ("GET", WORK_REQUEST.replace("ocid1.", "ocid1%2E"), GetWorkRequest(WORK_REQUEST_ID)),
    ],
)
def test_a_route_makes_an_operation(method: str, path: str, made: Operation) -> None:
    assert operation(method, path) == made


@pytest.mark.parametrize("prefix", ["", "/v1", "/any/deployment/20160918/images", "/%7Ebob"])
def test_a_route_is_matched_by_the_end_of_the_path_under_any_prefix(prefix: str) -> None:
    for method, path, kind in (("POST", EXPORT, ExportImage), ("GET", "/openapi.json", Describe)):
        call = invocation(BODY, is_gateway=True, method=method, url=prefix + path)
        assert isinstance(asked(call), kind)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("limit=5&page=abc%3D&sortOrder=DESC", Page("5", "abc=", "DESC")),
        ("page=x&colour=red", Page(page="x")),
        ("limit=", Page()),
        ("", Page()),
    ],
)
def test_pages_of_lists_are_asked_for_as_at_compute(query: str, page: Page) -> None:
    assert operation("GET", f"{WORK_REQUEST}/errors?{query}#x") == GetWorkRequest(
        WORK_REQUEST_ID, "errors", page
    )


def test_an_endless_page_token_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="limit, page and sortOrder"):
        operation("GET", f"{WORK_REQUEST}/logs?page=" + "x" * 1025)


def test_an_encoded_slash_does_not_make_another_route() -> None:
    with pytest.raises(InvalidParameter, match="imageId"):
        operation("POST", f"/20160918/images/{IMAGE_ID}%2F..%2Fother/actions/export")
    with pytest.raises(MethodNotAllowed):  # an image's route, with an odd id
        operation("POST", EXPORT.replace("/actions/", "%2Factions%2F"))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/20160918/images",
        EXPORT + "/",
        EXPORT + "s",
        EXPORT.replace("export", "import"),
        EXPORT.replace("20160918", "20200101"),
        EXPORT.replace("images", "Images"),
        f"{WORK_REQUEST}/more",
        "/20160918/workRequests",
        "/openapi.yaml",
    ],
)
def test_any_other_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound, match="no such route"):
        operation("POST", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", EXPORT, "POST"),
        ("PUT", EXPORT, "POST"),
        ("DELETE", IMAGE, "GET"),
        ("POST", WORK_REQUEST, "GET"),
        ("DELETE", f"{WORK_REQUEST}/errors", "GET"),
        ("HEAD", f"{WORK_REQUEST}/logs", "GET"),
        ("POST", "/openapi.json", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        operation(method, path)
    assert refused.value.headers == {"allow": allowed}


@pytest.mark.parametrize(
    "name", ["x", "ocid1.x", f"{WORK_REQUEST_ID}%0A", "%2E%2E", "a" * 256, "ocid1%252Ex"]
)
def test_an_id_in_a_path_is_an_ocid_fully_matched(name: str) -> None:
    for path in (f"/20160918/workRequests/{name}", f"/20160918/workRequests/{name}/errors"):
        with pytest.raises(InvalidParameter, match="workRequestId must be the OCID"):
            operation("GET", path)
    with pytest.raises(InvalidParameter, match="imageId must be the OCID of an image"):
        operation("GET", f"/20160918/images/{name}")


def test_an_export_request_carries_its_parameters_as_headers() -> None:
    headers = {"if_match": ' W/"etag 1" ', "opc_retry_token": "a b-c/d="}
    made = export(events.read("gateway.every-field"), **headers)
    assert (made.image_id, made.export_format, made.if_match) == (IMAGE_ID, "QCOW2", 'W/"etag 1"')
    assert (made.retry_token, made.token_of) == ("a b-c/d=", "caller")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("true", CheckExport),
        ("TRUE", CheckExport),
        (" true\t", CheckExport),
        ("false", ExportImage),
        ("False", ExportImage),
        (None, ExportImage),
    ],
)
def test_a_dry_run_is_asked_for_by_a_header(value: str | None, kind: type) -> None:
    assert type(operation("POST", EXPORT, opc_dry_run=value)) is kind


@pytest.mark.parametrize("value", ["", "yes", "1", "true, true"])
def test_a_dry_run_header_that_is_neither_is_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^opc-dry-run must be true or false\.$"):
        export(opc_dry_run=value)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", " Application/JSON ;charset=UTF-8", "", None],
)
def test_a_body_is_json_with_parameters_or_undeclared(content_type: str | None) -> None:
    assert export(content_type=content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
        "*/*",
        "application/json, x/y",
    ],
)
def test_a_body_declared_as_anything_else_is_unsupported(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        export(content_type=content_type)


def test_a_body_over_64_kib_is_too_large() -> None:
    with pytest.raises(TooLarge):
        export(b" " * (64 * 1024 + 1))


def test_fields_are_named_as_http_callers_know_them() -> None:
    with pytest.raises(InvalidParameter) as refused:
        export({**json.loads(BODY), "bucketName": "a b", "colour": 1}, if_match="", opc_retry_token="x" * 65)
    named = [problem.split()[0] for problem in refused.value.message.split("; ")]
    assert named == ["bucketName", "colour", "if-match", "opc-retry-token"]
    with pytest.raises(MissingParameter, match=r"^destinationType is missing\.$"):
        export({})


GATEWAY = Gateway(gateway_request("POST", EXPORT, headers={"opc-request-id": "the-callers"}))


def reply(body: bytes, document: Any = None, **headers: str) -> tuple[bytes, dict[str, str]]:
    result = Result("done", body, json.loads(body) if document is None else document, headers)
    made = GATEWAY.reply(result, context())
    assert made.status == 200
    return made.body, dict(made.headers)


def test_an_answer_keeps_the_services_own_spelling_and_headers() -> None:
    body = b'{ "id": "x",  "aFieldOfTomorrow": 1.50, "name": "gr\\u00f6\\u00dfer" }'
    assert reply(body, etag="e") == (body, {"etag": "e", "content-type": "application/json"})


def test_a_secret_in_an_answer_is_masked_also_in_a_key_or_where_a_key_stands_twice() -> None:
    url = f"https://host/p/{PAR_TOKEN}/n/a/b/c/o/d"
    clean = url.replace(PAR_TOKEN, "***")
    body, headers = reply(json.dumps({"message": url, url: [{"deep": url}]}).encode(), etag=url)
    assert json.loads(body) == {"message": clean, clean: [{"deep": clean}]}
    assert headers["etag"] == clean
    assert reply(f'{{"a": "{url}", "a": "b"}}'.encode())[0] == b'{"a":"b"}'
