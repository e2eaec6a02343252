"""A direct call: the body is the whole request, and the reply's body the whole answer."""

import json

import pytest

from handlers.errors import CannotParse
from handlers.operations.export_image import ExportImage, retry_token
from handlers.operations.export_image.attempt import Export
from handlers.operations.export_image.dry_run import CheckExport
from handlers.triggers.direct import Direct
from tests import events
from tests.fakes import CALL_ID, IMAGE_ID, context, refusal
from tests.unit.examples import invocation


def export(payload: str) -> Export:
    made = Direct(invocation(events.read(payload))).operation(context())
    assert isinstance(made, ExportImage)
    return made.export


def test_a_call_is_an_export_under_a_token_of_its_call_id() -> None:
    made = export("direct")
    assert (made.image_id, made.export_format) == (IMAGE_ID, "OCI")
    assert (made.retry_token, made.token_of) == (retry_token.for_call(CALL_ID), "call")


def test_the_optional_keys_are_passed_on() -> None:
    made = export("direct.every-field")
    assert (made.if_match, made.retry_token, made.token_of) == ("etag-1", "nightly-2026-01-31", "caller")


def test_a_dry_run_is_asked_for_by_a_key() -> None:
    call = Direct(invocation(events.read("direct.dry-run")))
    assert isinstance(call.operation(context()), CheckExport)


@pytest.mark.parametrize("body", [b"", b"null", b"imageId=x"])
def test_a_call_without_a_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(CannotParse):
        Direct(invocation(body)).operation(context())


def test_the_content_type_of_a_call_does_not_matter() -> None:
    call = invocation(events.read("direct"), headers={"content-type": "text/plain"})
    assert Direct(call).operation(context())


@pytest.mark.parametrize("of_compute", ["computes-own", None])
def test_an_error_has_its_status_in_the_body(of_compute: str | None) -> None:
    error = refusal(412, "NoEtagMatch", "Changed.", request_id=of_compute)
    call = Direct(invocation(headers={"opc-request-id": "the-callers"}))
    reply = call.refusal(error, context())
    assert json.loads(reply.body) == {"status": 412, "code": "NoEtagMatch", "message": "Changed."}
    assert reply.headers["opc-request-id"] == (of_compute or "the-callers")
