"""Redaction, by example; the properties are in ``tests/security``."""

import json
from typing import Any

import orjson
import pytest

from handlers.redaction import MASK, Redactor, escape_for_display

IMAGE_ID = f"ocid1.image.oc1.eu-frankfurt-1.{'aaaaaaaa7n4k' * 5}"
PAR_TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi8wEr5tYu2iOp9aSd3fGh6jKl"  # noqa: S105  # made up
URL = f"https://objectstorage.eu-frankfurt-1.oraclecloud.com/p/{PAR_TOKEN}/n/acme/b/exports/o/web.oci"
CLEAN_URL = URL.replace(PAR_TOKEN, MASK)
KNOWN = "known-in-this-call_0123456789"
ESCAPED = "".join(rf"\u{ord(character):04x}" for character in KNOWN)


def knowing(secret: str = KNOWN) -> Redactor:
    redactor = Redactor()
    redactor.add(secret)
    return redactor


def test_a_pre_authenticated_url_keeps_all_but_its_token() -> None:
    assert Redactor().text(f"PUT {URL} failed") == f"PUT {CLEAN_URL} failed"
    assert Redactor().text("to https://host/p/cut") == f"to https://host/p/{MASK}"


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
        r"100 % of C:\network\table &amp; &c, %2F%2F",
    ],
)
def test_harmless_texts_are_left_alone(text: str) -> None:
    assert knowing().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "PUT https://host/p/{}",
            "to p/{}/n/acme/b/exports",
            "https:%2525252F%2525252Fhost%2525252Fp%2525252F{}",
        ),
        *("keyId=ST${}", "signature={}", "key: MII{}"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_removed_also_cut_off(text: str) -> None:
    clean = text.replace("ST$", "").replace("MII", "").format(MASK)
    assert Redactor().text(text.format("abcd1234" * 6)) == clean


def test_a_known_secret_is_removed_and_nothing_beside_it_for_that_invocation_alone() -> None:
    assert knowing().text(f"x{KNOWN}x {KNOWN}{KNOWN}") == f"x{MASK}x {MASK}"
    assert Redactor().text(KNOWN) == KNOWN


@pytest.mark.parametrize(("shown", "left"), [(KNOWN[3:27], MASK), (KNOWN[3:26], KNOWN[3:26])])
def test_a_piece_of_a_known_secret_is_removed_if_it_is_long(shown: str, left: str) -> None:
    assert knowing().text(f"cut: {shown}…") == f"cut: {left}…"


@pytest.mark.parametrize("short", ["", "a", "coreservicesworkrequest"])
def test_a_short_text_is_no_secret_for_it_occurs_by_accident(short: str) -> None:
    assert knowing(short).text(f"a coreservicesworkrequest {short}") == f"a coreservicesworkrequest {short}"


def test_what_is_longer_than_any_token_is_known_by_its_beginning() -> None:
    assert knowing("x" * 10_000).text("x" * 10_000) == MASK


def test_an_ocid_and_a_fields_name_are_never_masked_whatever_token_a_caller_chose() -> None:
    document = {IMAGE_ID: [IMAGE_ID]}
    assert knowing(IMAGE_ID.rpartition(".")[2]).document(document) == document
    field = "preauthenticatedRequestId"
    assert knowing(field).document({field: None}) == {field: None}


def test_a_document_is_cleaned_in_keys_and_values_at_any_depth() -> None:
    document = {"a": [{KNOWN: URL}, (URL,)], "n": 1, "f": 0.5, "t": True, "x": None, "what": {URL}}
    clean = {"a": [{MASK: CLEAN_URL}, [CLEAN_URL]], "n": 1, "f": 0.5, "t": True, "x": None}
    # What is no JSON becomes its text.
    assert knowing().document(document) == {**clean, "what": f"{{'{CLEAN_URL}'}}"}


TAGS = {"signature=": "eyJhbGciOiJSUzI1NiJ9", "path": ["x/p/y/n/a/b/c"]}


def test_what_people_wrote_about_an_image_is_no_secret_by_its_shape() -> None:
    image = {"displayName": "x/p/y/n/a", "freeformTags": TAGS, "definedTags": {"a": TAGS}}
    assert Redactor().document({"image": image, "imageName": "x/p/y/n/a"})["image"] == image
    assert Redactor().name(URL) == URL
    assert knowing().name(f"golden {KNOWN}") == f"golden {MASK}"
    assert knowing().document({"launchOptions": {KNOWN: [KNOWN]}}) == {"launchOptions": {MASK: [MASK]}}


def test_random_characters_of_a_service_are_no_secret_by_their_shape() -> None:
    document = {"md5": "MII" + "A" * 60, "preauthenticatedRequestId": "eyJhbGciOi==:x"}
    assert Redactor().document(document) == document


def test_an_answer_without_a_secret_is_passed_on_as_it_is_spelt() -> None:
    body = b'{ "id":"\\u0041",\n"sizeInMBs": 1.0e3, "freeformTags": {}}'
    assert knowing().reply_body(body, orjson.loads(body)) is body


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        (json.dumps({"id": URL}), {"id": CLEAN_URL}),
        (json.dumps({"id": URL, "objectName": URL}), {"id": CLEAN_URL, "objectName": CLEAN_URL}),
        (json.dumps({"displayName": f"a {KNOWN}"}), {"displayName": f"a {MASK}"}),
        # Only the second of two is in the document.
        (f'{{"id": "{URL}", "id": "a"}}'.replace("/", r"\u002f"), {"id": "a"}),
        (f'{{"id": "{ESCAPED}", "id": "a"}}', {"id": "a"}),
    ],
)
def test_an_answer_with_a_secret_is_written_anew_without_it(body: str, clean: Any) -> None:
    assert knowing().reply_body(body.encode(), orjson.loads(body)) == orjson.dumps(clean)


@pytest.mark.parametrize(
    "character",
    # Ends of lines; what turns text; what is not seen; markup; beyond 16 bits.
    "\x7f\x85\x9b\u2028\u2029\u202e\u2066\u200f\u061c\u200b\ufeff\xad\u3164\u034f\ufe0f\xa0<>&\U000e0041",
)
def test_what_would_do_something_where_it_is_shown_is_escaped(character: str) -> None:
    text = json.dumps({f"a{character}": [character]}, ensure_ascii=False, indent=2)
    escaped = escape_for_display(text)
    assert character not in escaped
    assert json.loads(escaped) == json.loads(text)


def test_what_people_write_stays_readable() -> None:
    text = '{\n  "größer": "日本 नमस्ते 😀"\n}'
    assert escape_for_display(text) == text
