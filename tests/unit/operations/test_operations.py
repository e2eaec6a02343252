"""What all operations share: the result that is a service's answer, and its headers."""

from handlers.operations import Subject, headers_of, passed_on
from handlers.services import Answer


def test_a_services_answer_is_passed_on_as_it_came() -> None:
    headers = {"etag": "e", "opc-request-id": "r", "date": "today"}
    answer = Answer({"id": "x"}, b'{ "id": "x" }', headers)
    result = passed_on("image read", answer, work_request_id="w")
    assert (result.message, result.body, result.document) == ("image read", b'{ "id": "x" }', {"id": "x"})
    assert result.headers == {"etag": "e", "opc-request-id": "r"}
    assert (result.request_id, result.work_request_id, result.notification_error) == ("r", "w", None)


def test_only_the_headers_of_the_api_are_passed_on() -> None:
    known = ("etag", "opc-request-id", "opc-work-request-id", "opc-next-page", "retry-after")
    given = dict.fromkeys((*known, "x-internal", "content-length"), "x")
    assert headers_of(given) == dict.fromkeys(known, "x")
    assert headers_of({}) == {}


def test_what_is_not_known_of_a_subject_is_none() -> None:
    assert Subject() == (None, None, None, None)
