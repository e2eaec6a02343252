"""Redaction leaves nothing of a planted secret, whoever quotes it, and harmless texts alone."""

import json
import string
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from handlers import redaction
from tests.security.secrets_to_plant import (
    AROUND,
    OF_TOKENS,
    PAR_TOKENS,
    QUOTINGS,
    READABLE,
    par_url,
    private_keys,
    signed_headers,
    web_tokens,
)

# So much of a random text says nothing of the rest.
HARMLESS_PIECE = 20


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    redaction.forget()
    yield
    redaction.forget()


def leaked(secret: str, text: str, piece: int = HARMLESS_PIECE) -> bool:
    """Whether the text has that much of the secret in one piece."""
    return any(secret[start : start + piece] in text for start in range(len(secret) - piece + 1))


@given(PAR_TOKENS, st.sampled_from(sorted(QUOTINGS)), AROUND, AROUND)
def test_no_quoting_hides_the_token_of_a_pre_authenticated_request(
    token: str, quoting: str, before: str, after: str
) -> None:
    text = before + QUOTINGS[quoting](par_url(token)) + after
    clean = redaction.redact(text)
    assert not leaked(token, clean, 8)
    # What is no secret is still there, so that the message helps.
    assert "objectstorage" in clean
    assert "imgns" in clean


@given(PAR_TOKENS, st.sampled_from(sorted(QUOTINGS)), st.data())
def test_no_cut_hides_the_token_of_a_pre_authenticated_request(
    token: str, quoting: str, data: st.DataObject
) -> None:
    url = QUOTINGS[quoting](par_url(token))
    start = data.draw(st.integers(0, len(url)))
    end = data.draw(st.integers(start, len(url)))
    assert not leaked(token, redaction.redact(url[:end]))
    # Without the /p/ before it, the path behind it tells a token.
    if quoting not in ("HTML", "Unicode escapes"):
        assert not leaked(token, redaction.redact(url[start:]))


@given(st.text(OF_TOKENS + "./", min_size=1, max_size=86), AROUND)
def test_any_token_at_all_is_removed_from_a_whole_url(token: str, before: str) -> None:
    assume("/" not in token and token.strip("."))
    marked = f"Q{token}Q"
    assert marked not in redaction.redact(before + par_url(marked))


@given(
    PAR_TOKENS,
    st.lists(st.sampled_from((" ", "/", "token ", "=", '"', ".oci", "%2F", "\n")), max_size=4),
    st.data(),
)
def test_a_token_that_is_known_is_removed_wherever_it_stands_whole_or_cut(
    token: str, around: list[str], data: st.DataObject
) -> None:
    assume(not leaked("abcdefghijklmnop", token, 8))
    redaction.learn(token)
    piece = token[data.draw(st.integers(0, 20)) : data.draw(st.integers(len(token) - 6, len(token)))]
    text = "".join(around) + piece + "".join(reversed(around))
    assert not leaked(token, redaction.redact(text), 8)
    assert not leaked(token, json.dumps(redaction.clean({"a": [{"objectName": text, text: text}]})), 8)


@given(web_tokens(), st.sampled_from(READABLE), AROUND, AROUND)
def test_no_session_token_is_left(token: str, quoting: str, before: str, after: str) -> None:
    for secret in (token, f"ST${token}"):
        assert not leaked(token, redaction.redact(before + QUOTINGS[quoting](secret) + after))


@given(web_tokens(), AROUND, st.data())
def test_no_session_token_is_left_that_was_cut_off(token: str, before: str, data: st.DataObject) -> None:
    cut = token[: data.draw(st.integers(0, len(token)))]
    assert not leaked(token, redaction.redact(before + cut))
    assert not leaked(token, redaction.redact(f'{before}keyId="ST${cut}'))


@given(
    signed_headers(),
    st.sampled_from(READABLE),
    st.sampled_from(("Authorization", "authorization")),
    st.data(),
)
def test_no_authorization_header_is_left(
    header: tuple[str, list[str]], quoting: str, name: str, data: st.DataObject
) -> None:
    value, secrets = header
    forms = (f"{name}: {value}", f"{name}={value}", json.dumps({name: value}), repr({name: value}), value)
    for form in forms:
        text = QUOTINGS[quoting](form)
        cut = text[: data.draw(st.integers(0, len(text)))]
        for secret in secrets:
            assert not leaked(secret, redaction.redact(text))
            assert not leaked(secret, redaction.redact(cut))


@given(private_keys(), st.sampled_from(READABLE), AROUND, st.data())
def test_no_key_is_left_cut_off_or_not(key: str, quoting: str, before: str, data: st.DataObject) -> None:
    body = key.split("-----")[2]
    text = before + QUOTINGS[quoting](key)
    at = data.draw(st.integers(0, len(text)))
    for form in (text, text[:at], text[at:]):
        clean = redaction.redact(form)
        assert not any(leaked(line, clean) for line in body.split())


@settings(max_examples=150)
@given(
    st.recursive(st.text(max_size=9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
    PAR_TOKENS,
)
def test_documents_are_cleaned_in_keys_and_values_and_keep_their_shape(document: object, token: str) -> None:
    def planted(inner: object) -> object:
        match inner:
            case str():
                return inner + par_url(token)
            case list():
                return [planted(item) for item in inner]
            case dict():
                return {planted(key): planted(value) for key, value in inner.items()}
        raise TypeError

    clean = redaction.clean({"document": planted(document)})
    assert not leaked(token, json.dumps(clean), 8)
    assert json.loads(json.dumps(redaction.clean(clean))) == json.loads(json.dumps(clean))


# Segments that are secrets' neighbours elsewhere, and names of files that are long.
SEGMENTS = st.sampled_from(
    (
        "p",
        "n",
        "b",
        "o",
        "images",
        "golden-image-2026-01-31T23-59-59Z-release",
        "authorization",
        "signature",
        "basic",
    )
) | st.text(string.ascii_letters + string.digits + "-_. ", min_size=1, max_size=40)
OBJECT_NAMES = st.lists(SEGMENTS, min_size=1, max_size=6).map("/".join)


@given(OBJECT_NAMES)
def test_an_objects_place_is_left_alone_unless_it_is_a_whole_url_with_a_token(name: str) -> None:
    parts = name.split("/")
    assume(not any(parts[at] == "p" and parts[at + 2 : at + 3] == ["n"] for at in range(len(parts))))
    place = {"namespaceName": "imgns", "bucketName": "exports", "objectName": name}
    document = {"data": {"destination": place}, "destination": f"imgns/exports/{name}"}
    assert redaction.clean(document) == document


OCIDS = st.builds(
    "ocid1.{}.oc1.{}.{}".format,
    st.sampled_from(("image", "compartment", "coreservicesworkrequest", "onstopic")),
    st.sampled_from(("", "phx", "eu-frankfurt-1")),
    st.text(string.ascii_lowercase + string.digits, min_size=60, max_size=60),
)


@given(OCIDS, st.uuids(), st.text("0123456789ABCDEF", min_size=32, max_size=32), st.datetimes())
def test_ids_and_times_are_left_alone(ocid: str, uuid: object, request_id: str, time: object) -> None:
    document = {
        "imageId": ocid,
        "id": str(uuid),
        "opc-request-id": f"{request_id}/{request_id}/{request_id}",
        "etag": f'W/"{request_id}"',
        "time": str(time),
        "retryToken": request_id * 2,
    }
    assert redaction.clean(document) == document


@pytest.mark.parametrize(
    "text",
    [
        "Authorization failed or requested resource not found.",
        "NotAuthorizedOrNotFound: Authorization failed or requested resource not found: image",
        "Invalid bucketName: Specified namespace or bucket to export image does not exist",
        "The required information to complete authentication was not provided or was incorrect.",
        "basic infrastructure of the bearer certificates",
        "the signature of the message is missing",
        "It costs COST$100 and BEST$x",
        "Either the bucket named 'exports' does not exist in the namespace 'imgns' or you lack a permission",
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/imgns/b/exports/o/golden-image-with-a-long-name.oci",
        "http://127.0.0.1:54321/n/imgns/b/exports/o/a.oci",
        "https://imgns.objectstorage.us-phoenix-1.oci.customer-oci.com/n/imgns/b/exports/o/a.oci",
        "application/json and multipart/p",
        "GET /20160918/images/ocid1.image.oc1.phx.aaaa/actions/export",
        "--------- BEGIN of the list ---------",
        "exported to images/p/golden-image-20260131T235959Z.oci",
    ],
)
def test_ordinary_messages_are_left_alone(text: str) -> None:
    assert redaction.redact(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redaction.redact(text)
    assert redaction.redact(once) == once


@given(st.text(string.printable, max_size=60))
def test_a_short_secret_does_not_garble_everything(text: str) -> None:
    redaction.learn("a")
    redaction.learn("")
    assert "***" in text or "***" not in redaction._without_learned(text)


def test_what_one_invocation_learned_is_forgotten_for_the_next() -> None:
    redaction.learn("not-a-secret-any-more")
    redaction.forget()
    assert redaction.redact("not-a-secret-any-more") == "not-a-secret-any-more"
