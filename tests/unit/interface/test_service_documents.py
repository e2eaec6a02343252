"""What a service answers is what its model says, and leaves the model as it came, known or not."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from handlers.interface import examples
from handlers.interface.error import Error
from handlers.interface.image import Image
from handlers.interface.service_document import ServiceDocument
from handlers.interface.work_request import WorkRequest, WorkRequestError, WorkRequestLogEntry
from tests.local.oci import Clock, Cloud
from tests.unit.interface.conftest import Described

ERROR = {"code": "InvalidParameter", "message": "no"}
DOCUMENTS = [
    (Image, examples.IMAGE),
    (WorkRequest, examples.WORK_REQUEST),
    (WorkRequest, {**examples.WORK_REQUEST, "percentComplete": 40}),
    *((WorkRequestError, entry) for entry in examples.WORK_REQUEST_ERRORS),
    *((WorkRequestLogEntry, entry) for entry in examples.WORK_REQUEST_LOGS),
    (Error, ERROR),
]


def through(model: type[ServiceDocument], document: object) -> str:
    """The document after it went through the model, as JSON; so that 1, 1.0 and true are told apart."""
    kept = model.model_validate_json(json.dumps(document)).model_dump(by_alias=True, exclude_unset=True)
    return json.dumps(kept, sort_keys=True)


def spelt(document: object) -> str:
    return json.dumps(document, sort_keys=True)


@pytest.mark.parametrize(("model", "document"), DOCUMENTS)
def test_a_document_leaves_its_model_as_it_came(
    model: type[ServiceDocument], document: dict[str, Any]
) -> None:
    assert through(model, document) == spelt(document)


@pytest.mark.parametrize(("model", "document"), DOCUMENTS)
def test_a_field_that_is_unknown_is_kept(model: type[ServiceDocument], document: dict[str, Any]) -> None:
    extended = {**document, "ofTomorrow": {"deep": [1, 1.0, None, {"é": "\u2028"}]}, "snake_case": True}
    assert through(model, extended) == spelt(extended)


@pytest.mark.parametrize("place", ["launchOptions", "agentFeatures", "imageVolumeDetails"])
def test_a_field_that_is_unknown_is_kept_inside_an_image_too(place: str) -> None:
    image = {**examples.IMAGE, place: {"ofTomorrow": [1]}}
    assert through(Image, image) == spelt(image)


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (Image, {**examples.IMAGE, "launchMode": "TELEPORTED"}),
        (Image, {**examples.IMAGE, "lifecycleState": "DREAMING", "listingType": "SECRET"}),
        (Image, {**examples.IMAGE, "launchOptions": {"firmware": "UEFI_128", "networkType": "E2000"}}),
        (WorkRequest, {**examples.WORK_REQUEST, "status": "NEEDS_ATTENTION"}),
    ],
)
def test_a_value_that_is_unknown_is_kept(model: type[ServiceDocument], document: dict[str, Any]) -> None:
    assert through(model, document) == spelt(document)


def test_an_optional_field_may_be_null_and_stays_so() -> None:
    optional = [name for name, field in Image.model_fields.items() if not field.is_required()]
    image = {**examples.IMAGE, **{Image.model_fields[name].alias: None for name in optional}}
    assert len(optional) == 11
    assert through(Image, image) == spelt(image)


def test_a_required_field_that_is_missing_is_noticed() -> None:
    for name in ("id", "compartmentId", "createImageAllowed", "lifecycleState", "timeCreated"):
        image = {key: value for key, value in examples.IMAGE.items() if key != name}
        with pytest.raises(ValidationError, match=name):
            Image.model_validate(image)


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", ""), ("displayName", "x" * 256), ("sizeInMBs", "47694"), ("createImageAllowed", 1)],
)
def test_a_length_or_type_that_is_wrong_is_noticed(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        Image.model_validate({**examples.IMAGE, field: value})


def test_what_the_local_cloud_answers_is_what_the_description_says(
    tmp_path: Path, described: Described
) -> None:
    with Cloud(tmp_path, clock=Clock(speed=0), advance="by hand", seed=1) as cloud:
        images = [
            cloud.images.add(),
            cloud.images.add(display_name=None, launch_mode=None, freeform_tags=None, launch_options=None),
        ]
        failed = cloud.work_requests.add(resource_id=str(images[0]["id"]))
        started = cloud.work_requests[failed]
        cloud.work_requests.fail(failed, "InternalError", "The object could not be written.")
        answered: list[tuple[str, type[Any], list[Any]]] = [
            ("Image", Image, images),
            ("WorkRequest", WorkRequest, [started, cloud.work_requests[failed]]),
            ("WorkRequestError", WorkRequestError, cloud.work_requests.errors(failed)),
            ("WorkRequestLogEntry", WorkRequestLogEntry, cloud.work_requests.logs(failed)),
        ]
    for name, model, documents in answered:
        assert documents
        TypeAdapter(list[model]).validate_python(documents)
        for document in documents:
            assert described.problems({"$ref": f"#/components/schemas/{name}"}, document) == []
