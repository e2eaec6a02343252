"""What callers ask for: everything is checked, every problem is named by its field, no value is repeated."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from handlers import settings
from handlers.context import Context, Requester
from handlers.destinations import Destination
from handlers.destinations.url import ObjectStorageHosts
from handlers.errors import InvalidParameter, MissingParameter
from handlers.operations.export_image import Export, token_of_call
from handlers.triggers import requests
from tests import events

REGIONAL = "objectstorage.eu-frankfurt-1.oraclecloud.com"
HOSTS = ObjectStorageHosts(f"https://{REGIONAL}", REGIONAL, "eu-frankfurt-1")
IMAGE_ID = "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaagoldenimage"
TOKEN = "pArToKeN-sEcReT-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105  # of gateway.par
DETAILS = "exportImageDetails"
PLACE = Destination("acme-images", "exports", "on-demand/web-1.oci")


def call(**fields: Any) -> dict[str, Any]:
    """A valid direct call, with keys replaced or added."""
    return {**events.load("direct"), **fields}


def details(payload: str = "gateway.tuple", /, **fields: Any) -> dict[str, Any]:
    """A direct call to that destination, with keys of the details replaced or added; None takes one out."""
    changed = {**events.load(payload), **fields}
    return call(**{DETAILS: {key: value for key, value in changed.items() if value is not None}})


def context(template: str = "{image_id}") -> Context:
    """An invocation's; ``template``: of object names."""
    made = Context(Requester("direct", "call-1"), call_id="call-1")
    made.hosts = HOSTS
    made.settings = settings.read({"TOPIC_ID": "ocid1.onstopic.oc1..aaaa", "EXPORT_OBJECT_NAME": template})
    return made


def export(document: dict[str, Any]) -> Export:
    return requests.export_request(document, context())[0]


def refusal(read: Callable[..., Any], *arguments: Any) -> tuple[str, str]:
    """Code and message."""
    with pytest.raises((InvalidParameter, MissingParameter)) as refused:
        read(*arguments)
    assert refused.value.__cause__ is None
    return refused.value.code, refused.value.message


def export_refusal(document: dict[str, Any], names: Mapping[str, str] = {}) -> tuple[str, str]:
    return refusal(requests.export_request, document, context(), names)


def test_a_request_without_the_optional_fields_has_their_defaults() -> None:
    expected = Export(IMAGE_ID, PLACE, "OCI", token_of_call("call-1"), "call")
    assert requests.export_request(call(), context()) == (expected, False)


def test_every_field_is_read() -> None:
    document = {**events.load("direct.every-field"), "dryRun": True}
    expected = Export(IMAGE_ID, PLACE, "QCOW2", "nightly-2026-01-31", "caller", "etag-1")
    assert requests.export_request(document, context()) == (expected, True)


@pytest.mark.parametrize("export_format", ["QCOW2", "VMDK", "OCI", "VHD", "VDI"])
def test_the_five_formats_are_known(export_format: str) -> None:
    assert export(details(exportFormat=export_format)).export_format == export_format


@pytest.mark.parametrize(("payload", "token"), [("gateway.uri", ""), ("gateway.par", TOKEN)])
def test_a_url_is_taken_apart_and_its_token_is_out_of_sight(payload: str, token: str) -> None:
    asked = export(details(payload))
    assert asked.url
    assert (asked.url.destination, asked.url.token) == (asked.destination, token)
    assert asked.url.text == details(payload)[DETAILS]["destinationUri"]
    assert TOKEN not in repr(asked)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, f"imageId is missing; {DETAILS} is missing."),
        (call(exportImageDetails={}), f"{DETAILS}.destinationType is missing."),
        (
            details(namespaceName=None, bucketName=None, objectName=None),
            "; ".join(f"{DETAILS}.{name}Name is missing" for name in ("namespace", "bucket", "object")) + ".",
        ),
        (details("gateway.uri", destinationUri=None), f"{DETAILS}.destinationUri is missing."),
    ],
    ids=["nothing at all", "no destination type", "no names", "no URL"],
)
def test_what_is_missing_is_named_all_at_once(document: dict[str, Any], message: str) -> None:
    assert export_refusal(document) == ("MissingParameter", message)


REFUSED_URL = f"https://attacker.example/p/{TOKEN}/n/a/b/c/o/d"
NO_IMAGE = "must be the OCID of an image"
NO_NAMESPACE = "must be 1 to 256 letters, digits, - and _"
NO_BUCKET = "must be 1 to 256 letters, digits, -, _ and ., and not dots alone"
NO_HOST = f"must have a host of the function's region, such as {REGIONAL}"
NO_HEADER = "must be printable ASCII, without white space at its ends"
NO_RETRY_TOKEN = "must be 1 to 64 characters of printable ASCII, without white space at its ends"  # noqa: S105
TYPES = "must be one of objectStorageTuple, objectStorageUri"
FORMATS = "must be one of QCOW2, VMDK, OCI, VHD, VDI"
BOOLEAN = "must be true or false"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (call(imageId=7), "imageId must be a string"),
        *((call(imageId=text), f"imageId {NO_IMAGE}") for text in ("", f"{IMAGE_ID}\n", f"{IMAGE_ID}/../x")),
        *((call(exportImageDetails=wrong), f"{DETAILS} must be an object") for wrong in ([], "x", None)),
        *((details(destinationType=wrong), f"{DETAILS}.destinationType {TYPES}") for wrong in ("ftp", 1)),
        *((details(exportFormat=wrong), f"{DETAILS}.exportFormat {FORMATS}") for wrong in ("qcow2", 1)),
        (details(namespaceName="a.b"), f"{DETAILS}.namespaceName {NO_NAMESPACE}"),
        (details(bucketName="a/b"), f"{DETAILS}.bucketName {NO_BUCKET}"),
        (details(objectName=1), f"{DETAILS}.objectName must be a string"),
        (details(objectName="é" * 513), f"{DETAILS}.objectName must be 1 to 1024 bytes of UTF-8"),
        (details("gateway.uri", destinationUri=1), f"{DETAILS}.destinationUri must be a string"),
        (details("gateway.uri", destinationUri=REFUSED_URL), f"{DETAILS}.destinationUri {NO_HOST}"),
        *((call(ifMatch=text), f"ifMatch {NO_HEADER}") for text in ("", "a\r\nx: y", " a", "é")),
        *((call(opcRetryToken=text), f"opcRetryToken {NO_RETRY_TOKEN}") for text in ("", "x" * 65, "a\n")),
        *((call(dryRun=wrong), f"dryRun {BOOLEAN}") for wrong in ("true", 1, None)),
        (call(dryrun=True), "dryrun is unknown"),
        (call(catchUp={}), "catchUp is unknown"),
        (call(**{"": 1}), "the body is unknown"),
        (details(exprotFormat="VDI"), f"{DETAILS}.exprotFormat is unknown"),
        (details("gateway.uri", objectName="x"), f"{DETAILS}.objectName is unknown"),
        # No longer and no stranger than a name.
        (call(**{"köder\r\n" + "x" * 100: 1}), "k?der??" + "x" * 57 + " is unknown"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(document: dict[str, Any], problem: str) -> None:
    assert export_refusal(document) == ("InvalidParameter", f"{problem}.")


def test_all_problems_are_in_one_message_under_the_names_that_the_caller_uses() -> None:
    document = details(namespaceName=None, bucketName="a", colour="red") | {"imageId": "x", "ifMatch": ""}
    names = {DETAILS: "", "ifMatch": "if-match"}
    assert export_refusal(document, names) == (
        "InvalidParameter",
        f"imageId {NO_IMAGE}; namespaceName is missing; colour is unknown; if-match {NO_HEADER}.",
    )
    assert export_refusal(call(exportImageDetails=[]), names)[1] == "the body must be an object."
    assert export_refusal({"imageId": IMAGE_ID}, names) == ("MissingParameter", "the body is missing.")


@pytest.mark.parametrize(
    "document",
    [
        details("gateway.par"),
        details("gateway.par", colour="red"),
        details("gateway.par", destinationType="ftp"),
        details("gateway.uri", destinationUri=REFUSED_URL),
        details("gateway.uri", destinationUri=REFUSED_URL, **{f"x {TOKEN}": 1}),
    ],
    ids=["accepted", "refused", "of no type", "refused URL", "in a key, too"],
)
def test_the_token_of_a_callers_url_is_a_secret(document: dict[str, Any]) -> None:
    asked = context()
    try:
        requests.export_request(document, asked)
    except InvalidParameter as refused:
        assert TOKEN not in refused.message  # noqa: PT017  # either way is right
    assert asked.redactor.text(f"x {TOKEN} y") == "x *** y"


COMPARTMENT_ID, TENANCY_ID = "ocid1.compartment.oc1..aaaa", "ocid1.tenancy.oc1..aaaa"
WITH_NAME = "{compartment_name}/{image_id}"


def test_a_catch_up_names_its_compartment() -> None:
    plain = {"catchUp": {"compartmentId": TENANCY_ID}}
    assert requests.catch_up_request(plain, context()) == (TENANCY_ID, None, False)
    full = {"catchUp": {"compartmentId": COMPARTMENT_ID, "compartmentName": "golden", "dryRun": True}}
    assert requests.catch_up_request(full, context(WITH_NAME)) == (COMPARTMENT_ID, "golden", True)


@pytest.mark.parametrize(
    ("asked", "template", "problems"),
    [
        ({}, "x", ["compartmentId is missing"]),
        ({}, WITH_NAME, ["compartmentId is missing", "compartmentName is missing"]),
        (
            {"compartmentId": 1, "compartmentName": ""},
            "x",
            ["compartmentId must be a string", "compartmentName must not be empty"],
        ),
        (
            {"compartmentId": IMAGE_ID, "dryRun": 1, "dryrun": True},
            WITH_NAME,
            [
                "compartmentId must be the OCID of a compartment or a tenancy",
                "compartmentName is missing",
                f"dryRun {BOOLEAN}",
                "dryrun is unknown",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_catch_up_is_named_by_its_field(
    asked: dict[str, Any], template: str, problems: list[str]
) -> None:
    refused = refusal(requests.catch_up_request, {"catchUp": asked}, context(template))
    message = "; ".join(f"catchUp.{problem}" for problem in problems) + "."
    assert refused == ("InvalidParameter" if asked else "MissingParameter", message)
