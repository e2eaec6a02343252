"""The request to export: everything is checked, every problem is named by its field, no value is repeated."""

from typing import Any

import pytest

from handlers.errors import ExportError, InvalidParameter, MissingParameter, NotAllowed
from handlers.exports import retry_token
from handlers.exports.commands import Trigger
from handlers.triggers import export_request
from tests import events
from tests.fakes import HOSTS, IMAGE_ID, PAR_TOKEN, policy

CALLER = Trigger("direct", "the-call")


def request(**fields: Any) -> dict[str, Any]:
    """A valid direct call, with keys replaced or added; None takes a key out."""
    changed = {**events.load("direct"), **fields}
    return {key: value for key, value in changed.items() if value is not None}


def details(payload: str = "gateway.tuple", **fields: Any) -> dict[str, Any]:
    """A direct call to that destination, with keys of the details replaced or added; None takes one out."""
    changed = {**events.load(payload), **fields}
    return request(exportImageDetails={key: value for key, value in changed.items() if value is not None})


def refusal(document: dict[str, Any], names: dict[str, str] | None = None) -> ExportError:
    with pytest.raises((InvalidParameter, MissingParameter)) as refused:
        export_request.validate(document, HOSTS, names)
    return refused.value


def test_a_request_without_the_optional_fields_gets_their_defaults() -> None:
    checked = export_request.validate(request(), HOSTS)
    assert checked.image_id == IMAGE_ID
    assert checked.export_image_details.export_format == "OCI"
    assert (checked.if_match, checked.opc_retry_token, checked.dry_run) == (None, None, False)


def test_every_field_becomes_part_of_the_command() -> None:
    checked = export_request.validate(events.load("direct.every-field"), HOSTS)
    command = export_request.command(checked, CALLER, policy())
    assert command.image_id == IMAGE_ID
    assert command.destination.names == {
        "namespaceName": "acme-images",
        "bucketName": "exports",
        "objectName": "on-demand/web-1.oci",
    }
    assert command.export_format == "QCOW2"
    assert command.retry_token == "nightly-2026-01-31"  # noqa: S105  # no secret
    assert (command.if_match, command.dry_run, command.trigger) == ("etag-1", False, CALLER)


def test_without_a_retry_token_one_is_made_of_the_call_id() -> None:
    checked = export_request.validate(request(), HOSTS)
    command = export_request.command(checked, CALLER, policy())
    assert command.retry_token == retry_token.for_call("the-call")


@pytest.mark.parametrize("export_format", ["QCOW2", "VMDK", "OCI", "VHD", "VDI"])
def test_the_five_formats_are_known(export_format: str) -> None:
    checked = export_request.validate(details(exportFormat=export_format), HOSTS)
    assert checked.export_image_details.export_format == export_format


def test_a_url_names_the_same_destination_as_a_tuple() -> None:
    checked = export_request.validate(details("gateway.uri"), HOSTS)
    place = checked.export_image_details.destination(HOSTS)
    assert str(place) == "acme-images/exports/on-demand/web 1.vmdk"
    assert place.base == HOSTS.endpoint


def test_a_pre_authenticated_requests_token_is_kept_apart_and_out_of_sight() -> None:
    checked = export_request.validate(details("gateway.par"), HOSTS)
    command = export_request.command(checked, CALLER, policy())
    assert command.destination.par_token == PAR_TOKEN
    assert PAR_TOKEN not in repr(command)


@pytest.mark.parametrize("payload", ["gateway.tuple", "gateway.uri", "gateway.par"])
def test_a_destination_that_is_not_listed_is_not_allowed_however_it_is_given(payload: str) -> None:
    checked = export_request.validate(details(payload), HOSTS)
    elsewhere = policy(EXPORT_NAMESPACE="", EXPORT_BUCKET="", ALLOWED_DESTINATIONS="acme-images/exports/on")
    with pytest.raises(NotAllowed) as refused:
        export_request.command(checked, CALLER, elsewhere)
    assert (refused.value.status, refused.value.code) == (403, "NotAllowed")


def test_nothing_is_allowed_by_default() -> None:
    checked = export_request.validate(request(), HOSTS)
    with pytest.raises(NotAllowed):
        export_request.command(checked, CALLER, policy(EXPORT_NAMESPACE="", EXPORT_BUCKET=""))


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
    assert (refused.status, refused.code, refused.message) == (400, "MissingParameter", message)


WRONG_NAME = "has a wrong length, or characters that are not allowed"


@pytest.mark.parametrize(
    ("document", "field", "problem"),
    [
        (request(imageId=7), "imageId", "must be a string"),
        (request(exportImageDetails=[]), "exportImageDetails", "is of the wrong type"),
        (
            details(destinationType="ftp"),
            "exportImageDetails.destinationType",
            "must be one of objectStorageTuple, objectStorageUri",
        ),
        (details(exportFormat="qcow2"), "exportImageDetails.exportFormat", "is none of the allowed values"),
        (details(exportFormat=1), "exportImageDetails.exportFormat", "is none of the allowed values"),
        (details(namespaceName="a.b"), "exportImageDetails.namespaceName", WRONG_NAME),
        (details(namespaceName="x" * 257), "exportImageDetails.namespaceName", WRONG_NAME),
        (details(bucketName="a/b"), "exportImageDetails.bucketName", WRONG_NAME),
        (details(bucketName="images\n"), "exportImageDetails.bucketName", WRONG_NAME),
        (details(bucketName=""), "exportImageDetails.bucketName", WRONG_NAME),
        (details(objectName=""), "exportImageDetails.objectName", "is too short"),
        (details(objectName="x" * 1025), "exportImageDetails.objectName", "is too long"),
        (
            details(objectName="é" * 513),
            "exportImageDetails.objectName",
            "must be 1 to 1024 bytes of UTF-8",
        ),
        (details(objectName="a\nb"), "exportImageDetails.objectName", "must not contain NUL, CR or LF"),
        (
            details(objectName="a/../b"),
            "exportImageDetails.objectName",
            "must not have a segment that is . or ..",
        ),
        (details("gateway.uri", destinationUri=1), "exportImageDetails.destinationUri", "must be a string"),
        (
            details("gateway.uri", destinationUri="https://attacker.example/n/a/b/c/o/d"),
            "exportImageDetails.destinationUri",
            "must be an Object Storage URL of the function's region",
        ),
        (request(ifMatch=""), "ifMatch", WRONG_NAME),
        (request(ifMatch="a\r\nx: y"), "ifMatch", WRONG_NAME),
        (request(opcRetryToken=""), "opcRetryToken", "is too short"),
        (request(opcRetryToken="x" * 65), "opcRetryToken", "is too long"),
        (request(opcRetryToken="a\nb"), "opcRetryToken", WRONG_NAME),
        (request(dryRun="true"), "dryRun", "must be true or false"),
        (request(dryRun=1), "dryRun", "must be true or false"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(document: dict[str, Any], field: str, problem: str) -> None:
    refused = refusal(document)
    assert (refused.status, refused.code) == (400, "InvalidParameter")
    assert refused.message == f"{field} {problem}."


@pytest.mark.parametrize(
    "image_id",
    [
        "",
        "my-image",
        "ocid1.instance.oc1.phx.aaaa",
        "ocid1.image.oc1.phx.aaaa\n",
        "ocid1.image.oc1.phx.aaaa/../../instances/x",
        "ocid1.image.oc1.phx." + "a" * 240,
    ],
)
def test_an_image_id_is_the_whole_ocid_of_an_image(image_id: str) -> None:
    refused = refusal(request(imageId=image_id))
    assert refused.message == "imageId must be the OCID of an image."
    assert refused.code == "InvalidParameter"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (request(dryrun=True), "dryrun is unknown."),
        (details(exprotFormat="VDI"), "exportImageDetails.exprotFormat is unknown."),
        (details("gateway.uri", objectName="x"), "exportImageDetails.objectName is unknown."),
    ],
)
def test_an_unknown_key_is_an_error(document: dict[str, Any], message: str) -> None:
    refused = refusal(document)
    assert (refused.code, refused.message) == ("InvalidParameter", message)


def test_all_problems_are_in_one_message() -> None:
    document = details(namespaceName=None, bucketName="a b", colour="red") | {"imageId": "x", "ifMatch": ""}
    assert refusal(document).message == (
        "imageId must be the OCID of an image; exportImageDetails.namespaceName is missing; "
        f"exportImageDetails.bucketName {WRONG_NAME}; exportImageDetails.colour is unknown; "
        f"ifMatch {WRONG_NAME}."
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
    uri = f"https://objectstorage.example/p/{planted}/n/a/b/c/o/d"
    assert planted not in refusal(details("gateway.uri", destinationUri=uri)).message
    assert planted not in refusal(details(destinationType=planted)).message


def test_an_unknown_key_is_repeated_no_longer_and_no_stranger_than_a_name() -> None:
    refused = refusal(request(**{"köder\r\n" + "x" * 100: 1}))
    assert refused.message == "k?der??" + "x" * 57 + " is unknown."


def test_fields_are_named_as_the_caller_calls_them() -> None:
    names = {"exportImageDetails": "", "ifMatch": "if-match"}
    refused = refusal(details(bucketName="a b") | {"ifMatch": ""}, names)
    assert refused.message == f"bucketName {WRONG_NAME}; if-match {WRONG_NAME}."
    assert refusal(request(exportImageDetails=[]), names).message == "the body is of the wrong type."
