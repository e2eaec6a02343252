"""GetImage: the image as Compute answers it."""

import pytest

from handlers.errors import ServiceRefusal
from handlers.operations import Subject
from handlers.operations.get_image import GetImage
from tests.fakes import IMAGE_ID, FakeServices, context, image
from tests.unit.examples import no_answer, throttled


def test_the_image_is_returned_with_the_callers_request_id_sent_on(services: FakeServices) -> None:
    result = GetImage(IMAGE_ID).run(context(services, request_id="the-callers"))
    assert (result.document, result.message) == (image(), "image read")
    assert result.headers == {"etag": "etag-1", "opc-request-id": "request-of-the-service"}
    (call,) = services.calls()
    assert call.arguments == {"image_id": IMAGE_ID, "request_id": "the-callers"}
    assert GetImage(IMAGE_ID).subject == Subject(IMAGE_ID)


def test_reading_is_tried_again(services: FakeServices) -> None:
    services.fail("get_image", throttled(), no_answer())
    assert GetImage(IMAGE_ID).run(context(services)).document["id"] == IMAGE_ID


def test_a_missing_image_is_refused_by_compute_itself(services: FakeServices) -> None:
    services.compute.images.clear()
    with pytest.raises(ServiceRefusal) as refused:
        GetImage(IMAGE_ID).run(context(services))
    assert (refused.value.status, refused.value.request_id) == (404, "request-of-the-refusal")
