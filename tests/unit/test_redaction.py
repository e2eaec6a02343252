"""Redaction, by example; the properties are in ``tests/security``."""

import pytest

from handlers.redaction import MASK, Redactor, redact, redact_document
from tests.fakes import IMAGE_ID, PAR_TOKEN
from tests.unit.examples import WORK_REQUEST_ID

URL = f"https://objectstorage.eu-frankfurt-1.oraclecloud.com/p/{PAR_TOKEN}/n/acme/b/exports/o/web.oci"
KNOWN = "known-in-this-call"


def hiding(secret: str = KNOWN) -> Redactor:
    redactor = Redactor()
    redactor.hide(secret)
    return redactor


def test_a_pre_authenticated_url_keeps_all_but_its_token() -> None:
    assert redact(f"PUT {URL} failed") == f"PUT {URL.replace(PAR_TOKEN, MASK)} failed"


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
        "The required information to complete authentication was not provided or was incorrect.",
        "basic infrastructure of the bearer certificates",
        "the signature of the message is missing",
        "It costs COST$100 and BEST$x",
        "https://imgns.objectstorage.us-phoenix-1.oci.customer-oci.com/n/imgns/b/exports/o/a-golden-image.oci",
        "application/json and multipart/p",
        f"GET /20160918/images/{IMAGE_ID}/actions/export",
        "--------- BEGIN of the list ---------",
        "exported to images/p/golden-image-20260131T235959Z.oci",
    ],
)
def test_harmless_texts_are_left_alone(text: str) -> None:
    assert redact(text) == text


def test_what_an_invocation_hides_is_removed_for_it_alone() -> None:
    assert hiding().text(f"x{KNOWN}x {KNOWN}") == f"x{MASK}x {MASK}"
    assert Redactor().text(KNOWN) == redact(KNOWN) == KNOWN


@pytest.mark.parametrize("short", ["", "a", "seven77"])
def test_a_short_text_is_not_hidden_for_it_occurs_by_accident(short: str) -> None:
    assert hiding(short).text("a seven77 day") == "a seven77 day"


def test_a_piece_of_what_is_hidden_is_removed_with_the_rest_of_it() -> None:
    assert hiding(PAR_TOKEN).text(f"cut: {PAR_TOKEN[3:40]}") == f"cut: {MASK}"


def test_what_is_hidden_twice_is_kept_once_and_no_longer_than_a_token() -> None:
    redactor = hiding("x" * 5000)
    redactor.hide("x" * 5000)
    assert redactor.text("x" * 1024) == MASK


@pytest.mark.parametrize("token", ["coreservicesworkrequest", IMAGE_ID, "aaaaaaaagoldenimage", "ocid1.image"])
def test_an_ocid_is_never_masked_whatever_token_a_caller_chose(token: str) -> None:
    text = f"{WORK_REQUEST_ID} of {IMAGE_ID}."
    assert hiding(token).text(text) == text


@pytest.mark.parametrize("name", ["workRequestId", "announced", "IncorrectState"])
def test_names_of_fields_and_errors_are_never_masked(name: str) -> None:
    redactor = hiding(name)
    assert redactor.name(name) == name
    assert redactor.document({name: f"x {name}"}) == {name: f"x {MASK}"}


def test_a_name_that_is_none_is_redacted() -> None:
    assert hiding().name(KNOWN) == MASK
    assert hiding("x" * 41).name("x" * 41) == MASK


def test_a_document_is_cleaned_in_keys_and_values_at_any_depth() -> None:
    document = {"a": [{KNOWN: URL}, (URL,)], "n": 1, "t": True, "x": None}
    clean = URL.replace(PAR_TOKEN, MASK)
    assert hiding().document(document) == {"a": [{MASK: clean}, [clean]], "n": 1, "t": True, "x": None}
    assert redact_document(document)["a"][1] == [clean]


def test_a_place_is_left_alone_but_for_whole_urls_and_what_is_hidden() -> None:
    name = "p/golden-image-with-a-long-name/n/acme/b/x"
    document = {"objectName": name, "destination": URL, "bucketName": KNOWN}
    clean = {"objectName": name, "destination": URL.replace(PAR_TOKEN, MASK), "bucketName": MASK}
    assert hiding().document(document) == clean


def test_random_characters_of_a_service_are_no_secret_by_their_shape() -> None:
    document = {"md5": "MII" + "A" * 60, "preauthenticatedRequestId": "eyJhbGciOi==:x"}
    assert Redactor().document(document) == document
