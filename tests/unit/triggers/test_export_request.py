"""The request to export: everything is checked, every problem is named by its field, no value is repeated."""

from contextlib import suppress
from typing import Any

import pytest

from handlers.context import Context
from handlers.errors import ExportError, InvalidParameter, MissingParameter
from handlers.operations.export_image import ExportImage
from handlers.operations.export_image.attempt import Export
from handlers.operations.export_image.dry_run import CheckExport
from handlers.triggers import export_request
from tests import events
from tests.fakes import BUCKET, HOSTS, IMAGE_ID, NAMESPACE, PAR_TOKEN, context
from tests.unit.examples import TOKEN

DETAILS = "exportImageDetails"


def request(**fields: Any) -> dict[str, Any]:
    """A valid direct call, with keys replaced or added; None takes a key out."""
    changed = {**events.load("direct"), **fields}
    return {key: value for key, value in changed.items() if value is not None}


def details(payload: str = "gateway.tuple", **fields: Any) -> dict[str, Any]:
    """A direct call to that destination, with keys of the details replaced or added; None takes one out."""
    changed = {**events.load(payload), **fields}
    return request(**{DETAILS: {key: value for key, value in changed.items() if value is not None}})


def export(document: dict[str, Any], **configuration: str) -> Export:
    made = export_request.operation(document, context(**configuration))
    assert isinstance(made, ExportImage)
    return made.export


def refusal(
    document: dict[str, Any], names: dict[str, str] | None = None, asked: Context | None = None
) -> ExportError:
    with pytest.raises((InvalidParameter, MissingParameter)) as refused:
        export_request.operation(document, asked or context(), names)
    return refused.value


def test_a_request_without_the_optional_fields_gets_their_defaults() -> None:
    made = export(request())
    assert (made.image_id, made.export_format, made.if_match, made.token_of) == (
        IMAGE_ID,
        "OCI",
        None,
        "call",
    )


def test_every_field_becomes_part_of_the_export() -> None:
    made = export(events.load("direct.every-field"))
    assert str(made.destination) == "acme-images/exports/on-demand/web-1.oci"
    assert (made.export_format, made.if_match) == ("QCOW2", "etag-1")
    assert (made.retry_token, made.token_of) == ("nightly-2026-01-31", "caller")


def test_a_dry_run_is_checked_like_the_export_that_it_asks_for() -> None:
    made = export_request.operation(request(dryRun=True), context())
    assert isinstance(made, CheckExport)
    assert made.export == export(request())


@pytest.mark.parametrize("export_format", ["QCOW2", "VMDK", "OCI", "VHD", "VDI"])
def test_the_five_formats_are_known(export_format: str) -> None:
    assert export(details(exportFormat=export_format)).export_format == export_format


@pytest.mark.parametrize(("payload", "token"), [("gateway.uri", ""), ("gateway.par", PAR_TOKEN)])
def test_a_url_is_taken_apart_and_its_token_is_out_of_sight(payload: str, token: str) -> None:
    made = export(details(payload))
    assert (made.destination.namespace, made.destination.bucket) == (NAMESPACE, BUCKET)
    assert (made.destination.base, made.destination.par_token) == (HOSTS.endpoint, token)
    assert PAR_TOKEN not in repr(made)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param({}, "imageId is missing; exportImageDetails is missing.", id="nothing at all"),
        pytest.param(
            request(exportImageDetails={}),
            "exportImageDetails.destinationType is missing.",
            id="no destination type",
        ),
        pytest.param(
            request(exportImageDetails={"destinationType": "objectStorageTuple"}),
            "exportImageDetails.namespaceName is missing; exportImageDetails.bucketName is missing; "
            "exportImageDetails.objectName is missing.",
            id="no names",
        ),
        pytest.param(
            request(exportImageDetails={"destinationType": "objectStorageUri"}),
            "exportImageDetails.destinationUri is missing.",
            id="no URL",
        ),
    ],
)
def test_what_is_missing_is_named_all_at_once(document: dict[str, Any], message: str) -> None:
    refused = refusal(document)
    assert (refused.code, refused.message) == ("MissingParameter", message)


WRONG_NAME = "has a wrong length, or characters that are not allowed"
NO_IMAGE = "must be the OCID of an image"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (request(imageId=7), "imageId must be a string"),
        (request(imageId=""), f"imageId {NO_IMAGE}"),
        (request(imageId="my-image"), f"imageId {NO_IMAGE}"),
        (request(imageId="ocid1.instance.oc1.phx.aaaa"), f"imageId {NO_IMAGE}"),
        (request(imageId="ocid1.image.oc1.phx.aaaa\n"), f"imageId {NO_IMAGE}"),
        (request(imageId="ocid1.image.oc1.phx.aaaa/../../instances/x"), f"imageId {NO_IMAGE}"),
        (request(imageId="ocid1.image.oc1.phx." + "a" * 240), f"imageId {NO_IMAGE}"),
        (request(exportImageDetails=[]), f"{DETAILS} is of the wrong type"),
        (
            details(destinationType="ftp"),
            f"{DETAILS}.destinationType must be one of objectStorageTuple, objectStorageUri",
        ),
        (details(exportFormat="qcow2"), f"{DETAILS}.exportFormat is none of the allowed values"),
        (details(exportFormat=1), f"{DETAILS}.exportFormat is none of the allowed values"),
        (details(namespaceName="a.b"), f"{DETAILS}.namespaceName {WRONG_NAME}"),
        (details(namespaceName="x" * 257), f"{DETAILS}.namespaceName {WRONG_NAME}"),
        (details(bucketName="a/b"), f"{DETAILS}.bucketName {WRONG_NAME}"),
        (details(bucketName="images\n"), f"{DETAILS}.bucketName {WRONG_NAME}"),
        (details(bucketName=""), f"{DETAILS}.bucketName {WRONG_NAME}"),
        (details(objectName=""), f"{DETAILS}.objectName is too short"),
        (details(objectName="x" * 1025), f"{DETAILS}.objectName is too long"),
        (details(objectName="é" * 513), f"{DETAILS}.objectName must be 1 to 1024 bytes of UTF-8"),
        (details(objectName="a\nb"), f"{DETAILS}.objectName must not contain NUL, CR or LF"),
        (details(objectName="a/../b"), f"{DETAILS}.objectName must not have a segment that is . or .."),
        (details("gateway.uri", destinationUri=1), f"{DETAILS}.destinationUri must be a string"),
        (
            details("gateway.uri", destinationUri="https://attacker.example/n/a/b/c/o/d"),
            f"{DETAILS}.destinationUri must be an Object Storage URL of the function's region",
        ),
        (request(ifMatch=""), f"ifMatch {WRONG_NAME}"),
        (request(ifMatch="a\r\nx: y"), f"ifMatch {WRONG_NAME}"),
        (request(opcRetryToken=""), "opcRetryToken is too short"),
        (request(opcRetryToken="x" * 65), "opcRetryToken is too long"),
        (request(opcRetryToken="a\nb"), f"opcRetryToken {WRONG_NAME}"),
        (request(dryRun="true"), "dryRun must be true or false"),
        (request(dryRun=1), "dryRun must be true or false"),
        (request(dryrun=True), "dryrun is unknown"),
        (request(objectStorageTuple={}), "objectStorageTuple is unknown"),
        (request(objectStorageUri="x"), "objectStorageUri is unknown"),
        (request(**{"": 1}), "the body is unknown"),
        (details(exprotFormat="VDI"), f"{DETAILS}.exprotFormat is unknown"),
        (details(objectStorageTuple={"namespaceName": 1}), f"{DETAILS}.objectStorageTuple is unknown"),
        (details("gateway.uri", objectStorageUri="x"), f"{DETAILS}.objectStorageUri is unknown"),
        (details("gateway.uri", objectName="x"), f"{DETAILS}.objectName is unknown"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(document: dict[str, Any], problem: str) -> None:
    refused = refusal(document)
    assert (refused.code, refused.message) == ("InvalidParameter", f"{problem}.")


@pytest.mark.parametrize("key", ["objectStorageTuple", "objectStorageUri"])
def test_a_call_with_the_details_under_another_key_is_named_for_both(key: str) -> None:
    document = {"imageId": IMAGE_ID, key: events.load("gateway.tuple")}
    assert refusal(document).message == f"{DETAILS} is missing; {key} is unknown."


def test_all_problems_are_in_one_message() -> None:
    document = details(namespaceName=None, bucketName="a b", colour="red") | {"imageId": "x", "ifMatch": ""}
    assert refusal(document).message == (
        f"imageId {NO_IMAGE}; {DETAILS}.namespaceName is missing; {DETAILS}.bucketName {WRONG_NAME}; "
        f"{DETAILS}.colour is unknown; ifMatch {WRONG_NAME}."
    )


def test_no_message_repeats_a_value() -> None:
    planted = "planted value"
    everywhere = dict.fromkeys(("namespaceName", "bucketName", "objectName", "exportFormat"), planted + "\0")
    document = request(
        imageId=planted,
        exportImageDetails={"destinationType": "objectStorageTuple", **everywhere},
        ifMatch=planted + "\n",
        opcRetryToken=planted + "\n",
        dryRun=planted,
    )
    assert planted not in refusal(document).message
    assert planted not in refusal(details(destinationType=planted)).message
    uri = f"https://objectstorage.example/p/{planted}/n/a/b/c/o/d"
    assert planted not in refusal(details("gateway.uri", destinationUri=uri)).message


def test_an_unknown_key_is_repeated_no_longer_and_no_stranger_than_a_name() -> None:
    refused = refusal(request(**{"köder\r\n" + "x" * 100: 1}))
    assert refused.message == "k?der??" + "x" * 57 + " is unknown."


def test_fields_are_named_as_the_caller_calls_them() -> None:
    names = {DETAILS: "", "ifMatch": "if-match"}
    refused = refusal(details(bucketName="a b") | {"ifMatch": ""}, names)
    assert refused.message == f"bucketName {WRONG_NAME}; if-match {WRONG_NAME}."
    assert refusal(request(exportImageDetails=[]), names).message == "the body is of the wrong type."


@pytest.mark.parametrize(
    "document",
    [
        details("gateway.par"),
        details("gateway.par", colour="red"),
        details("gateway.uri", destinationUri=f"https://attacker.example/p/{PAR_TOKEN}/n/a/b/c/o/d"),
    ],
    ids=["accepted", "refused", "refused URL"],
)
def test_a_callers_token_is_a_secret_of_the_invocation(document: dict[str, Any]) -> None:
    asked = context()
    with suppress(InvalidParameter):
        export_request.operation(document, asked)
    assert asked.redactor.text(f"x {PAR_TOKEN}") == "x ***"


def test_a_token_that_reads_like_a_field_changes_no_name() -> None:
    uri = "https://attacker.example/p/destinationUri/n/a/b/c/o/d"
    refused = refusal(details("gateway.uri", destinationUri=uri, colour=1))
    assert refused.message.startswith(f"{DETAILS}.destinationUri must ")


@pytest.mark.parametrize(
    "document", [request(opcRetryToken=TOKEN), details("gateway.tuple", objectName=None)]
)
def test_without_a_url_there_is_nothing_to_hide(document: dict[str, Any]) -> None:
    asked = context()
    with suppress(MissingParameter):
        export_request.operation(document, asked)
    assert asked.redactor.text(TOKEN) == TOKEN
