"""Redaction, by example; the properties are in ``tests/security``."""

import pytest

from handlers.redaction import MASK, clean, forget, learn, redact
from tests.fakes import IMAGE_ID, PAR_TOKEN

URL = f"https://objectstorage.eu-frankfurt-1.oraclecloud.com/p/{PAR_TOKEN}/n/acme/b/exports/o/web.oci"


def test_a_pre_authenticated_url_keeps_all_but_its_token() -> None:
    assert redact(f"PUT {URL} failed") == f"PUT {URL.replace(PAR_TOKEN, MASK)} failed"


@pytest.mark.parametrize(
    "text",
    [
        URL.replace("/", "%2F"),
        URL.replace("/", "\\/"),
        URL[: URL.index("/n/")],
        URL[: URL.index(PAR_TOKEN) + 12],
        URL[URL.index("/p/") :],
        URL[URL.index("/p/") : URL.index("/n/")],
    ],
)
def test_a_token_is_found_however_its_url_is_spelt_or_cut(text: str) -> None:
    assert PAR_TOKEN[:12] not in redact(text)
    assert MASK in redact(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('Authorization: Signature keyId="ST$abc.def",signature="c2lnbmVk"', "c2lnbmVk"),
        ('{"authorization": "Bearer abcdefghijkl123"}', "abcdefghijkl123"),
        ('keyId="ST$eyJhbGciOi.J9.c2ln"', "eyJhbGciOi"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "eyJzdWIiOiJ4In0"),
        ('signature="c2lnbmVkLWJ5LW1l"', "c2lnbmVkLWJ5LW1l"),
        ("Bearer abcdefghijkl123", "abcdefghijkl123"),
        ("Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        ("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----", "c2VjcmV0"),
        ("-----BEGIN PRIVATE KEY-----\nc2VjcmV0", "c2VjcmV0"),
    ],
)
def test_what_looks_like_a_secret_is_removed(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        IMAGE_ID,
        "Authorization failed or requested resource not found.",
        "Invalid bucketName: Specified namespace or bucket to export image does not exist",
        "acme/exports/golden/web-1-20260131T235959Z.oci",
        "https://objectstorage.eu-frankfurt-1.oraclecloud.com/n/acme/b/exports/o/web.oci",
        "2026-01-31T23:59:59Z",
    ],
)
def test_harmless_texts_are_left_alone(text: str) -> None:
    assert redact(text) == text


def test_what_is_learnt_is_removed_wherever_it_stands_until_it_is_forgotten() -> None:
    learn("learnt-in-this-call")
    assert redact("xlearnt-in-this-callx learnt-in-this-call") == f"x{MASK}x {MASK}"
    forget()
    assert redact("learnt-in-this-call") == "learnt-in-this-call"


@pytest.mark.parametrize("short", ["", "a", "seven77"])
def test_a_short_text_is_not_learnt_for_it_occurs_by_accident(short: str) -> None:
    learn(short)
    assert redact("a seven77 day") == "a seven77 day"


def test_a_piece_of_what_is_learnt_is_removed_with_the_rest_of_it() -> None:
    learn(PAR_TOKEN)
    assert redact(f"cut: {PAR_TOKEN[3:40]}") == f"cut: {MASK}"


def test_a_document_is_cleaned_in_keys_and_values_at_any_depth() -> None:
    learn("learnt-in-this-call")
    document = {"a": [{"learnt-in-this-call": URL}, (URL,)], "n": 1, "t": True, "x": None}
    assert clean(document) == {
        "a": [{MASK: redact(URL)}, [redact(URL)]],
        "n": 1,
        "t": True,
        "x": None,
    }


def test_a_place_in_object_storage_is_left_alone_but_for_whole_urls_and_what_is_learnt() -> None:
    learn("learnt-in-this-call")
    name = "p/golden-image-with-a-long-name/n/acme/b/x"
    cleaned = clean({"objectName": name, "destination": URL, "bucketName": "learnt-in-this-call"})
    assert cleaned == {"objectName": name, "destination": redact(URL), "bucketName": MASK}
