"""Redaction leaves nothing of a planted secret, whoever quotes it, and harmless texts alone."""

import json
import random
import string
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers import redaction
from handlers.redaction import MASK
from tests.security.secrets_to_plant import (
    AROUND,
    CREDENTIALS,
    OF_TOKENS,
    PAR_TOKENS,
    QUOTINGS,
    READABLE,
    knowing,
    leaks,
    par_url,
)
from tests.security.spellings import spelt_somehow

# What a caller's token may be, and how much of a known one may be left.
KNOWN_TOKENS = st.text(OF_TOKENS, min_size=32, max_size=1024)
SHORTEST_PIECE = 24
# Of an invocation that knows of no secret.
REDACTOR = knowing()


@given(PAR_TOKENS, st.sampled_from(sorted(QUOTINGS)), AROUND, AROUND, st.data())
def test_no_quoting_and_no_cut_hides_the_token_of_a_pre_authenticated_request(
    token: str, quoting: str, before: str, after: str, data: st.DataObject
) -> None:
    url = QUOTINGS[quoting](par_url(token))
    clean = REDACTOR.text(before + url + after)
    assert not leaks(token, clean, 8)
    # What is no secret is still there, so that the message helps.
    assert "objectstorage" in clean
    assert "imgns" in clean
    at = data.draw(st.integers(0, len(url)))
    assert not leaks(token, REDACTOR.text(url[:at]))
    # Without the /p/ before it, the path behind it tells a token.
    assert not leaks(token, REDACTOR.text(url[at:]))


@given(PAR_TOKENS, st.data())
def test_no_spelling_of_its_slashes_hides_the_token_of_a_pre_authenticated_request(
    token: str, data: st.DataObject
) -> None:
    slash = data.draw(spelt_somehow("/"))
    for text in (par_url(token), f"p/{token}/n/imgns/b/exports", f"{token}/n/imgns/b/exports"):
        assert not leaks(token, REDACTOR.text(text.replace("/", slash)))


@given(st.text(OF_TOKENS + ".", min_size=1, max_size=86), AROUND)
def test_any_token_at_all_is_removed_from_a_whole_url(token: str, before: str) -> None:
    marked = f"Q{token}Q"
    assert marked not in REDACTOR.text(before + par_url(marked))


@given(KNOWN_TOKENS, st.data())
def test_a_known_token_is_removed_in_whatever_spelling(token: str, data: st.DataObject) -> None:
    spelt = data.draw(spelt_somehow(token))
    assert knowing("another" * 9, token).text(f"sent: ({spelt}) it") == f"sent: ({MASK}) it"


@given(
    PAR_TOKENS,
    st.lists(st.sampled_from((" ", "/", "token ", "=", '"', ".oci", "%2F", "\n")), max_size=4),
    st.data(),
)
def test_a_known_token_is_removed_wherever_it_stands_whole_cut_or_split(
    token: str, around: list[str], data: st.DataObject
) -> None:
    piece = token[data.draw(st.integers(0, 20)) : data.draw(st.integers(len(token) - 6, len(token)))]
    middle = data.draw(st.integers(0, len(token)))
    redactor = knowing(token)
    for text in ("".join(around) + piece + "".join(reversed(around)), f"{token[:middle]}\n{token[middle:]}"):
        assert not leaks(token, redactor.text(text), SHORTEST_PIECE)
        shown = json.dumps(redactor.document({"a": [{"displayName": text, f"{text}!": text}]}))
        assert not leaks(token, shown, SHORTEST_PIECE)


@given(CREDENTIALS, st.sampled_from(READABLE), AROUND, AROUND, st.data())
def test_no_token_header_or_key_is_left_cut_off_or_not(
    credential: tuple[str, list[str]], quoting: str, before: str, after: str, data: st.DataObject
) -> None:
    written, secrets = credential
    text = before + QUOTINGS[quoting](written) + after
    at = data.draw(st.integers(0, len(text)))
    # A key is known by its end, too.
    shown = (text, text[:at], text[at:]) if "-----END" in text else (text, text[:at])
    assert not any(leaks(secret, REDACTOR.text(form)) for form in shown for secret in secrets)


INNER = st.text('ab é\n"', max_size=9)
DOCUMENTS = st.recursive(
    INNER | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(INNER, inner),
    max_leaves=20,
)


@given(DOCUMENTS, PAR_TOKENS)
def test_documents_are_cleaned_in_keys_and_values_and_are_else_what_they_were(
    document: object, token: str
) -> None:
    def planted(inner: Any, secret: str) -> object:
        match inner:
            case str():
                return inner + par_url(secret)
            case list():
                return [planted(item, secret) for item in inner]
            case dict():
                return {planted(key, secret): planted(value, secret) for key, value in inner.items()}
        return inner

    assert REDACTOR.document({"key": planted(document, token)}) == {"key": planted(document, MASK)}


# Segments that are secrets' neighbours elsewhere, and names of files that are long.
SEGMENTS = st.sampled_from(
    (*("p", "n", "b", "o", "authorization", "basic"), "golden-image-2026-01-31T23-59-59Z-release")
) | st.text(string.ascii_letters + string.digits + "-_. ", min_size=1, max_size=40)


@given(st.lists(SEGMENTS, min_size=1, max_size=6).map("/".join), PAR_TOKENS)
def test_a_destination_is_left_alone_whatever_it_looks_like(name: str, token: str) -> None:
    for object_name in (name, par_url(name), f"{name}/{token}"):
        place = {"namespaceName": "imgns", "bucketName": "exports", "objectName": object_name}
        document = {"data": {"destination": place}, "destination": f"imgns/exports/{object_name}"}
        assert knowing(token).document(document) == document


OCIDS = st.builds(
    "ocid1.{}.oc1.{}.{}".format,
    st.sampled_from(("image", "compartment", "coreservicesworkrequest", "onstopic")),
    st.sampled_from(("", "phx", "eu-frankfurt-1")),
    st.text(string.ascii_lowercase + string.digits, min_size=60, max_size=60),
)


@given(OCIDS, st.uuids().map(str), st.text("0123456789ABCDEF", min_size=32, max_size=32))
def test_ids_and_etags_are_left_alone(ocid: str, uuid: str, request_id: str) -> None:
    request_ids = f"{request_id}/{request_id}/{request_id}"
    document = {"imageId": ocid, "id": uuid, "opc-request-id": request_ids, "retryToken": request_id * 2}
    document["etag"] = f'W/"{request_id}"'
    assert REDACTOR.document(document) == document


@given(st.text(string.printable) | st.text(), st.text(OF_TOKENS, max_size=60))
@example("/p/" * 3, "p")
def test_redacting_twice_changes_nothing_more(text: str, token: str) -> None:
    redactor = knowing(token)
    once = redactor.text(f"{text}{token}{text}")
    assert redactor.text(once) == once


# What shapes and spellings begin with, or go on with, for as long as they like. A pattern that can be entered
# at each of so many places, and runs to the end from each, would take hours here; so would looking for each
# piece of a known secret that is all of it. An underscore is a space.
REPEATED = r"""
    a = \ % / : p/ /p/ /p/a /n/ a/n/ :// ://a %2F &#x2F; eyJ eyJaaaaaaaa. ST$ ST$a MII MIIaaaa bearer_ basic_a
    signature= signature: authorization authorization: ----- -----BEGIN_A_KEY----- -----END_A_KEY-----
    ocid1. ocid1.a ocid1.a.a.a. xxxxxxxxxxxxxxxx_ aaaaaaaaaaaaaaaaaaaaaaab
    & 25 %25 %u00 \u \u{0 \u005c \x5c \0 \134 \_ &amp; amp; &# &#0 &#x0 &percnt;25
"""


@pytest.mark.parametrize("piece", REPEATED.split())
def test_a_long_text_that_may_begin_a_secret_at_each_place_is_read_all_the_same(piece: str) -> None:
    piece = piece.replace("_", " ")
    text = piece * (300_000 // len(piece))
    redactor = knowing(text[:1000] + "x" * 24)
    for longer in (f"{text}!", f"%\\u{{&{text}/n/a/b/"):
        assert redactor.text(longer)


def lines_run(known: str, document: object) -> int:
    """How many lines of the module a document takes."""
    redactor, count = knowing(known), 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace if frame.f_code.co_filename == redaction.__file__ else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        redactor.document(document)
    finally:
        sys.settrace(before)
    return count


# A part of the longest token begins at each place of the text, and is none of its pieces.
LONGEST = "".join(random.Random(1).choices(string.ascii_letters, k=1024))  # noqa: S311  # to be the same again
PART = LONGEST[500:520]
MANY_TAGS = {"freeformTags": {f"tag{number}": f"{PART} {number}" for number in range(1000)}}
LONG_REFUSAL = {"message": f"{PART} " * 1000}


@pytest.mark.parametrize("document", [MANY_TAGS, LONG_REFUSAL], ids=["tags", "a refusal"])
def test_the_work_grows_with_the_document_and_not_with_the_token(document: dict[str, Any]) -> None:
    work = lines_run(LONGEST, document)
    assert 1.9 * work < lines_run(LONGEST, {"a": document, "b": document}) < 2.1 * work
    assert work < 1.1 * lines_run(LONGEST[500:532], document)
