"""Redaction, by example; the properties are in ``tests/security``."""

import json
from typing import Any

import orjson
import pytest

from handlers.redaction import MASK, escape_for_display
from tests.security.secrets_to_plant import knowing

PAR_TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi8wEr5tYu2iOp9aSd3fGh6jKl"  # noqa: S105  # made up
URL = f"https://objectstorage.eu-frankfurt-1.oraclecloud.com/p/{PAR_TOKEN}/n/acme/b/exports/o/web.oci"
CLEAN_URL = URL.replace(PAR_TOKEN, MASK)
KNOWN = "known-in-this-call_0123456789"
ESCAPED = "".join(rf"\u{ord(character):04x}" for character in KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ocid1.image.oc1.eu-frankfurt-1.aaaaaaaa7n4k",
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
        "GET /20160918/images/ocid1.image.oc1.eu-frankfurt-1.aaaaaaaa7n4k/actions/export",
        "--------- BEGIN of the list ---------",
        "exported to images/p/golden-image-20260131T235959Z.oci",
        r"100 % of C:\network\table &amp; &c, %2F%2F",
    ],
)
def test_harmless_texts_are_left_alone(text: str) -> None:
    assert knowing(KNOWN).text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("PUT https://host/p/{}", "to p/{}/n/acme/b/exports"),
        *("https:%2525252F%2525252Fhost%2525252Fp%2525252F{}", "keyId=ST${}", "signature={}", "key: MII{}"),
        *("Bearer {}", "basic {}", r"authorization: {}\nand more"),
        r"https:\\\\\\\/\\\\\\\/host\\\\\\\/p\\\\\\\/{}",
    ],
)
def test_what_has_the_shape_of_a_secret_is_removed_also_cut_off(text: str) -> None:
    clean = text.replace("ST$", "").replace("MII", "").format(MASK)
    assert knowing().text(text.format("abcd1234" * 6)) == clean


SHORT = "coreservicesworkrequest"
KNOWN_TEXTS = {
    "whole, and nothing beside it": (KNOWN, f"x{KNOWN}x {KNOWN}{KNOWN}", f"x{MASK}x {MASK}"),
    "alone": (KNOWN[:24], KNOWN[:24], MASK),
    "a long piece": (KNOWN, f"cut: {KNOWN[3:27]}…", f"cut: {MASK}…"),
    "no short piece": (KNOWN, f"cut: {KNOWN[3:26]}…", f"cut: {KNOWN[3:26]}…"),
    "no short text, which occurs by accident": (SHORT, f"a {SHORT}", f"a {SHORT}"),
    "a long one by its beginning": ("x" * 10_000, "x" * 10_000, MASK),
    "none of another invocation": ("", KNOWN, KNOWN),
}


@pytest.mark.parametrize(("secret", "text", "clean"), KNOWN_TEXTS.values(), ids=KNOWN_TEXTS)
def test_what_is_removed_of_a_known_secret(secret: str, text: str, clean: str) -> None:
    assert knowing(secret).text(text) == clean


WITHOUT_SHAPES = "imageName displayName freeformTags definedTags launchOptions md5 opc-next-page"


@pytest.mark.parametrize("key", [*WITHOUT_SHAPES.split(), "preauthenticatedRequestId"])
def test_what_people_wrote_or_a_service_drew_is_no_secret_by_its_shape(key: str) -> None:
    document = {key: [{"signature=": URL}, "MII" + "A" * 60]}
    assert knowing().document(document) == document
    assert knowing(KNOWN).document({key: {KNOWN: [KNOWN]}}) == {key: {MASK: [MASK]}}


def test_what_is_no_json_becomes_a_list_or_its_text() -> None:
    assert knowing().document({"pair": (URL,), "set": {URL}}) == {
        "pair": [CLEAN_URL],
        "set": f"{{'{CLEAN_URL}'}}",
    }


def test_an_answer_without_a_secret_is_passed_on_as_it_is_spelt() -> None:
    body = b'{ "id":"\\u0041",\n"sizeInMBs": 1.0e3, "freeformTags": {}}'
    assert knowing(KNOWN).reply_body(body, orjson.loads(body)) is body


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
    assert knowing(KNOWN).reply_body(body.encode(), orjson.loads(body)) == orjson.dumps(clean)


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
