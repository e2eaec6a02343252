"""What services answer, and what is no answer of theirs."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from handlers import settings
from handlers.cloud import api
from handlers.cloud.transport import Response
from handlers.destinations.url import ObjectStorageHosts, ObjectUrl
from handlers.errors import NoAnswer, ServiceRefusal
from tests.unit.cloud import examples
from tests.unit.cloud.examples import COMPARTMENT_ID, IMAGE_ID, PLACE, Scripted, answering, reply

HALF_AN_EMOJI = b'"\\ud83d"'
NO_JSON = [b"", b"<html>welcome</html>", b'{"id":', b"\xff\xfe", b"NaN", HALF_AN_EMOJI, b"[" * 100_000]
BROKEN_OFF = Response(200, {}, None)
UNREADABLE = [*map(reply, (*NO_JSON, None, 7, "text", True)), BROKEN_OFF]
# The operations that have to find one in a success.
OBJECTS, LISTS = (
    [name for name, operation in examples.OPERATIONS.items() if isinstance(operation.reply, kind)]
    for kind in (dict, list)
)


def nested(levels: int) -> dict[str, Any]:
    """An object of that many levels, of objects and lists in turn."""
    document: Any = []
    for level in range(levels - 1, 0, -1):
        document = {"x": document} if level % 2 else [document]
    return dict(document)


@pytest.mark.parametrize(
    ("call", "body", "document"),
    [
        ("GetImage", json.dumps(examples.IMAGE, indent=7).encode(), examples.IMAGE),
        ("ListWorkRequestErrors", b'[{"n": 1}, "odd"]', [{"n": 1}, "odd"]),
        ("GetObject", b'{"x": 1}', {"x": 1}),
        ("GetObject", b"\xff no JSON", None),
        ("GetObject", b"", None),
    ],
)
def test_an_answer_is_its_bytes_its_headers_and_every_field(call: str, body: bytes, document: object) -> None:
    headers = {"etag": "e", "opc-request-id": "r", "opc-next-page": "2"}
    answer = examples.OPERATIONS[call].ours(answering(reply(body, **headers)))
    assert answer == (document, body, headers)
    assert (answer.etag, answer.request_id) == ("e", "r")


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        *((call, answer) for call in (*OBJECTS, *LISTS) for answer in UNREADABLE),
        *((call, reply([])) for call in OBJECTS),
        *((call, reply({})) for call in LISTS),
        *(("PublishMessage", reply({"messageId": odd})) for odd in (None, "", 1)),
        ("CreatePreauthenticatedRequest", reply({**examples.PREAUTHENTICATED, "id": None})),
        *(
            ("CreatePreauthenticatedRequest", reply({"id": "x", "accessUri": f"{odd}/n/acme/b/exports/o/x"}))
            for odd in ("", "https://host/p/secret", "/p/secret%2Fb", "/p/se cret")
        ),
        # More than 64 bits have no place in JSON.
        *(("HeadObject", reply(b"", content_length=odd)) for odd in ("", "9223372036854775808", "-1")),
        ("GetObject", BROKEN_OFF),
        # Its code may be the one that tells that the export was accepted before.
        ("ExportImage", Response(409, {}, None)),
    ],
)
def test_what_is_of_another_kind_or_cannot_be_read_is_no_answer(call: str, answer: Response) -> None:
    with pytest.raises(NoAnswer) as raised:
        examples.OPERATIONS[call].ours(answering(answer))
    assert "welcome" not in raised.value.message
    assert "secret" not in raised.value.message


def test_a_success_may_be_a_hundred_levels_deep_and_no_deeper() -> None:
    cloud = answering(reply(nested(100)), reply(nested(101)), reply({"x": "[" * 200}))
    assert cloud.get_image(IMAGE_ID).document == nested(100)
    with pytest.raises(NoAnswer):
        cloud.get_image(IMAGE_ID)
    assert cloud.get_image(IMAGE_ID).document == {"x": "[" * 200}
    # And a record has the deepest image in it.
    record = {"image": nested(100)}
    assert answering(reply(record)).get_object(PLACE).document == record


@pytest.mark.parametrize(
    ("answer", "header", "work_request_id", "image"),
    [
        (reply(examples.IMAGE), "w" * 255, "w" * 255, examples.IMAGE),
        *((answer, "w", "w", None) for answer in (*UNREADABLE, reply([examples.IMAGE]), reply(nested(700)))),
        *((reply(examples.IMAGE), odd, None, examples.IMAGE) for odd in ("", "w" * 256)),
    ],
)
def test_an_export_is_accepted_by_its_work_request_whatever_the_body(
    answer: Response, header: str, work_request_id: str | None, image: object
) -> None:
    sent = {"opc-work-request-id": header, "etag": "e"}
    accepted = examples.OPERATIONS["ExportImage"].ours(answering(answer._replace(headers=sent)))
    assert accepted.work_request_id == work_request_id
    assert (accepted.image and accepted.image.document) == image
    kept = sent if work_request_id else {"etag": "e"}
    assert accepted.headers == kept
    assert accepted.image is None or accepted.image.headers == kept


# --- Lists


def test_all_pages_of_a_list_are_read_under_the_same_query() -> None:
    scripted = Scripted(
        reply([{"id": "1"}, {"id": "2"}], opc_next_page="page/2?&"),
        reply([], opc_next_page="page-3"),
        reply([{"id": "3"}]),
    )
    found = list(scripted.cloud.images_of(COMPARTMENT_ID))
    assert [image["id"] for image in found] == ["1", "2", "3"]
    queries = [dict(parse_qsl(urlsplit(request.path_url).query)) for request in scripted.requests]
    assert [query.pop("page", None) for query in queries] == [None, "page/2?&", "page-3"]
    assert queries[0] == queries[1] == queries[2]


@pytest.mark.parametrize(
    ("entries", "next_page", "pages", "found"),
    [
        pytest.param(1, "again", 2, 2, id="where a page comes again"),
        pytest.param(1, "page-{}", 50, 50, id="after fifty pages"),
        pytest.param(600, "page-{}", 2, 1000, id="after a thousand entries"),
    ],
)
def test_a_list_that_has_no_end_ends(entries: int, next_page: str, pages: int, found: int) -> None:
    page = [{"id": "x"}] * entries
    scripted = Scripted(*(reply(page, opc_next_page=next_page.format(number)) for number in range(60)))
    assert len(list(scripted.cloud.work_requests_of(IMAGE_ID, COMPARTMENT_ID))) == found
    assert len(scripted.requests) == pages


def test_of_a_work_requests_errors_stay_code_and_message() -> None:
    long = {"code": 7, "message": "M" * 5000}
    cloud = answering(reply([{"code": "C", "message": "M", "timestamp": "T"}, [], long]))
    assert cloud.work_request_errors("w") == [
        {"code": "C", "message": "M"},
        {"code": "", "message": "M" * 4096},
    ]


# --- Object Storage


def test_a_preauthenticated_request_is_the_place_with_a_url_and_a_token_that_is_a_secret() -> None:
    # Only the token is the service's to choose.
    token = examples.PAR_TOKEN
    elsewhere = {"id": examples.PAR_ID, "accessUri": f"/p/{token}/n/evil/b/elsewhere/o/x"}
    for document in (examples.PREAUTHENTICATED, elsewhere):
        cloud = answering(reply(document))
        created = cloud.create_preauthenticated_request(PLACE, "name", examples.EXPIRES)
        assert created.id == examples.PAR_ID
        assert created.url == ObjectUrl(PLACE, "https://cloud.example", token)
        assert token not in repr(created)
        assert token not in cloud._redactor.text(f"bare {token} token")


@pytest.mark.parametrize(
    ("headers", "stored"),
    [
        ({"content_length": "5368709120", "etag": "e"}, {"sizeInBytes": 5368709120, "etag": "e"}),
        ({"content_md5": "m"}, {"md5": "m"}),
        ({"opc_multipart_md5": "of-the-parts"}, {"md5": "of-the-parts"}),
        ({"last_modified": "Sat, 31 Jan 2026 23:59:59 GMT"}, {"timeModified": "2026-01-31T23:59:59Z"}),
        ({"last_modified": "yesterday"}, {}),
    ],
)
def test_an_object_is_what_its_head_says_and_what_that_does_not_say_is_none(
    headers: dict[str, str], stored: dict[str, Any]
) -> None:
    answer = answering(reply(b"", **{"content_length": "0", **headers})).head(PLACE)
    assert answer == {"sizeInBytes": 0, "etag": None, "md5": None, "timeModified": None, **stored}


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("dual_stack", ["", "true"])
def test_the_hosts_are_the_regions_and_the_configured_one(
    dual_stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCI_DUAL_STACK_ENDPOINT_ENABLED", dual_stack)
    region, public = "us-phoenix-1", "objectstorage.us-phoenix-1.oraclecloud.com"
    own = "objectstorage.us-phoenix-1.ds.oci.oraclecloud.com" if dual_stack else public
    for configured, used in (("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("", f"https://{own}")):
        given = {"TOPIC_ID": "ocid1.onstopic.oc1..a", "OBJECT_STORAGE_ENDPOINT": configured}
        *_, hosts = api.connect(settings.read(given))
        assert hosts == ObjectStorageHosts(endpoint=used, regional=public, region=region)


# --- Refusals


def refused(document: Any, status: int, **headers: str) -> ServiceRefusal:
    with pytest.raises(ServiceRefusal) as raised:
        answering(reply(document, status, **headers)).get_image(IMAGE_ID)
    return raised.value


UNSAID = "Compute answered 404 without saying why."
ODD, SHOWN = "half \ud83d of it, whole \U0001f600", "half ? of it, whole \U0001f600"


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ({"code": "C" * 128, "message": "Its message."}, "C" * 128, "Its message."),
        # What is no error of the API; a code that is none is named for the status.
        *((page, "NotFound", UNSAID) for page in (*NO_JSON, b'{"error": "x"}', b"[1]", b'"text"', b"null")),
        *(
            ({"code": odd, "message": "Its message."}, "NotFound", "Its message.")
            for odd in (None, 7, {}, "", "C" * 129, "C" * 70_000, "C\n", "Café", "\ud83d")
        ),
        *(({"code": "C", "message": odd}, "C", UNSAID) for odd in (None, 7, [], "")),
        ({"code": "C", "message": ODD + "x" * 70_000}, "C", SHOWN + "x" * (4096 - len(SHOWN))),
        (b'{"code": "C", "message": "caf\xe9"}', "C", "caf\ufffd"),
    ],
)
def test_a_refusal_has_its_code_and_its_message_as_far_as_they_can_be_read(
    document: object, code: str, message: str
) -> None:
    error = refused(document, 404, opc_request_id="request-1")
    assert (error.status, error.code, error.message, error.request_id) == (404, code, message, "request-1")


@pytest.mark.parametrize(
    ("headers", "passed_on", "seconds"),
    [
        ({}, None, None),
        ({"retry_after": "17"}, "17", 17.0),
        ({"retry_after": "Thu, 01 Jan 1970 00:00:00 GMT"}, "Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ({"retry_after": "soon"}, "soon", None),
        ({"retry_after": "0" * 64 + "7"}, None, 7.0),
    ],
)
def test_the_pause_that_a_refusal_asks_for_is_kept_and_passed_on(
    headers: dict[str, str], passed_on: str | None, seconds: float | None
) -> None:
    error = refused({"code": "TooManyRequests", "message": "x"}, 429, **headers)
    assert error.headers == ({"retry-after": passed_on} if passed_on else {})
    assert error.retry_after == seconds
