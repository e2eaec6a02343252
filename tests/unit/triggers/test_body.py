"""A body is read strictly: what two readers could understand differently is refused."""

import pytest

from handlers.errors import CannotParse, TooLarge
from handlers.triggers import body

OF_THE_LIMIT = b'{"a":"' + b"x" * (64 * 1024 - 8) + b'"}'


def test_an_object_in_utf_8_is_read() -> None:
    assert body.parse('{"name": "größer"}'.encode()) == {"name": "größer"}


def test_a_body_of_64_kib_is_read() -> None:
    assert len(OF_THE_LIMIT) == 64 * 1024
    assert body.parse(OF_THE_LIMIT)


def test_a_body_over_64_kib_is_too_large() -> None:
    with pytest.raises(TooLarge, match="65536 bytes") as refused:
        body.parse(OF_THE_LIMIT + b" ")
    assert (refused.value.status, refused.value.code) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"name=web", id="a form"),
        pytest.param('{"name": "größer"}'.encode("latin-1"), id="latin-1"),
        pytest.param('{"name": "web"}'.encode("utf-16"), id="utf-16"),
        pytest.param(b'\xef\xbb\xbf{"name": "web"}', id="a byte order mark"),
        pytest.param(b'{"size": NaN}', id="NaN"),
        pytest.param(b'{"size": -Infinity}', id="infinity"),
        pytest.param(b'{"name": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"name": "web",}', id="a trailing comma"),
        pytest.param(b'{"name": "a\nb"}', id="a raw line break in a text"),
        pytest.param(b'{"name": "web"} {}', id="two documents"),
        pytest.param(b'{"a":' * 3000 + b"1" + b"}" * 3000, id="nesting without end"),
    ],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(CannotParse) as refused:
        body.parse(text)
    assert (refused.value.status, refused.value.code) == (400, "CannotParseRequest")


@pytest.mark.parametrize("text", [b"[]", b"null", b'"text"', b"1", b"true"])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(CannotParse, match="not a JSON object"):
        body.parse(text)


@pytest.mark.parametrize("text", [b'{"a": 1, "a": 1}', b'{"b": [{"a": 1, "a": 2}]}'])
def test_a_key_that_stands_twice_is_refused(text: bytes) -> None:
    with pytest.raises(CannotParse, match="more than once"):
        body.parse(text)


def test_nesting_that_one_reader_takes_and_another_does_not_is_refused() -> None:
    deep = 1010
    with pytest.raises(CannotParse, match="nested too deeply"):
        body.parse(b'{"a":' * deep + b"1" + b"}" * deep)


def test_the_refusal_repeats_nothing_of_the_body() -> None:
    with pytest.raises(CannotParse) as refused:
        body.parse(b'{"token": "my-secret", oops}')
    assert "my-secret" not in refused.value.message
    assert refused.value.__cause__ is None
