"""The description of the HTTP interface is served as it is, without a call."""

from handlers.operations import Subject
from handlers.operations.describe import DOCUMENT, Describe
from tests.fakes import FakeServices, context


def test_the_document_is_returned_byte_by_byte(services: FakeServices) -> None:
    result = Describe().run(context(services))
    assert (result.body, result.message) == (DOCUMENT.read_bytes(), "OpenAPI document returned")
    assert result.headers == {"content-type": "application/json"}
    assert services.calls() == []
    assert Describe().subject == Subject()
