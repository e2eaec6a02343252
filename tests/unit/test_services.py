"""What a service's answer tells, whatever it is like."""

import pytest

from handlers.services import Answer, work_request_of


def test_headers_that_matter_have_names_and_are_none_where_they_are_missing() -> None:
    answer = Answer({}, b"{}", {"etag": "e", "opc-request-id": "r"})
    assert (answer.etag, answer.request_id) == ("e", "r")
    assert (Answer({}, b"{}").etag, Answer({}, b"{}").request_id) == (None, None)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"name": "web"}, "web"),
        ({"name": 1}, None),
        ({"name": None}, None),
        ({}, None),
        ([], None),
        ("name", None),
    ],
)
def test_a_field_is_read_if_it_is_a_text(document: object, text: str | None) -> None:
    assert Answer(document, b"").text("name") == text


def test_a_body_is_in_no_repr() -> None:
    assert "secret" not in repr(Answer({}, b"secret"))


def test_of_a_work_request_the_documented_fields_of_the_documented_types_are_read() -> None:
    good = {"id": "w", "operationType": "ExportImage", "percentComplete": 40, "timeAccepted": "then"}
    odd = {"status": None, "timeStarted": 7, "timeFinished": ["x"], "compartmentId": {}, "resources": []}
    assert work_request_of({**good, **odd}) == good
    assert work_request_of({"percentComplete": "40"}) == {}
