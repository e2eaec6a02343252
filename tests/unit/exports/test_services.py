"""What a service's answer tells, also one that is not as its reference says."""

import pytest

from handlers.exports.services import Answer


def test_the_headers_that_matter_have_names() -> None:
    answer = Answer({}, b"{}", {"etag": "e", "opc-request-id": "r", "opc-work-request-id": "w"})
    assert (answer.etag, answer.request_id, answer.work_request_id) == ("e", "r", "w")


def test_headers_that_are_missing_are_none() -> None:
    answer = Answer({}, b"{}")
    assert (answer.etag, answer.request_id, answer.work_request_id) == (None, None, None)


def test_an_empty_work_request_id_is_none() -> None:
    assert Answer({}, b"{}", {"opc-work-request-id": ""}).work_request_id is None


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
