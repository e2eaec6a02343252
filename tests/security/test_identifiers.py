"""No identifier reaches another path: not past the check, and not on the wire if the check were not there."""

import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handlers import identifiers
from handlers.cloud import compute, notifications, object_storage, work_requests
from handlers.cloud.service import Service, ServiceKind
from handlers.cloud.transport import Request, Response
from handlers.destinations import Destination
from handlers.errors import ExportError
from handlers.services import Page
from tests.security.spellings import misspelt

PART = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
OCIDS = st.builds("ocid1.image.{}.{}.{}".format, PART, PART | st.just(""), PART)
# What the path of another operation is made of, among other things.
TRICKS = st.sampled_from(
    (
        *(
            "..",
            ".",
            "ocid1.image.oc1..aaaa\n",
            "ocid1.image.oc1..aaaa/",
            "ocid1.image.oc1..a/../../instances/x",
        ),
        *(
            "ocid1.image.oc1..a%2f..%2fx",
            "ocid1.image.oc1..a?x=y",
            "ocid1.image.oc1..a#x",
            "ocid1.image.oc1..a;x",
        ),
        *(
            "../../../20160918/instances",
            "{imageId}",
            "{}",
            "ocid1.image.oc1..\u0430",
            "ocid1.image.oc1..a\0",
        ),
    )
)
TEXTS = misspelt(OCIDS) | TRICKS | st.text(max_size=40)


@given(TEXTS)
def test_what_passes_for_an_ocid_is_one_segment_of_plain_characters(text: str) -> None:
    if identifiers.is_ocid(text):
        assert len(text) <= 255
        assert text.startswith("ocid1.")
        assert set(text) <= set(string.ascii_letters + string.digits + "._-")
        assert 4 <= text.count(".") <= 5
    if identifiers.is_ocid(text, "image"):
        assert text.startswith("ocid1.image.")


class Wire:
    """Requests go nowhere, unsigned: the path of the last one is kept."""

    region = "eu-frankfurt-1"

    def __call__(self, request: Request, **_: object) -> Request:
        return request

    def send(self, request: Request, *, until: float) -> Response:
        self.path = request.path_url.partition("?")[0]
        return Response(404, {}, b"{}")

    def service(self, kind: ServiceKind) -> Service:
        return Service(kind, self, self, "https://cloud.example")  # type: ignore[arg-type]  # of its form


# Every operation with an identifier in its path, and that path with the identifier left out.
OPERATIONS: dict[str, Callable[[Wire, str], Any]] = {
    "/20160918/images/*": lambda wire, text: compute.Compute(wire.service(compute.SERVICE)).get_image(
        text, until=1.0
    ),
    "/20160918/images/*/actions/export": lambda wire, text: compute.Compute(
        wire.service(compute.SERVICE)
    ).export_image(text, {}, retry_token="token", if_match=None, until=1.0),  # noqa: S106
    "/20160918/workRequests/*": lambda wire, text: followed(wire).get(text, until=1.0),
    "/20160918/workRequests/*/errors": lambda wire, text: followed(wire).errors(text, Page(), until=1.0),
    "/20160918/workRequests/*/logs": lambda wire, text: followed(wire).logs(text, Page(), until=1.0),
    "/20181201/topics/*/messages": lambda wire, text: notifications.Notifications(
        wire.service(notifications.SERVICE), text
    ).publish("title", "body", until=1.0),
    "/n/ns/b/*/p": lambda wire, text: stored(wire).create_preauthenticated_request(
        Destination("ns", text, "object"), "name", datetime.now(UTC), until=1.0
    ),
    "/n/ns/b/b/p/*": lambda wire, text: stored(wire).delete_preauthenticated_request(
        Destination("ns", "b", "object"), text, until=1.0
    ),
    "/n/ns/b/b/o/*": lambda wire, text: stored(wire).get(Destination("ns", "b", text), until=1.0),
    "/n/*/b/b/o/object": lambda wire, text: stored(wire).head(Destination(text, "b", "object"), until=1.0),
}


def followed(wire: Wire) -> work_requests.WorkRequests:
    return work_requests.WorkRequests(wire.service(work_requests.SERVICE))


def stored(wire: Wire) -> object_storage.ObjectStorage:
    return object_storage.ObjectStorage(wire.service(object_storage.SERVICE))


@pytest.mark.parametrize("path", OPERATIONS)
@given(TEXTS)
def test_any_text_is_one_segment_of_the_path_on_the_wire(path: str, text: str) -> None:
    assume(text and text.isprintable())
    wire = Wire()
    with pytest.raises(ExportError):
        OPERATIONS[path](wire, text)
    segments = wire.path.split("/")
    assert [unquote(segment) for segment in segments] == [
        text if part == "*" else part for part in path.split("/")
    ]
    # A step on a path is one also where a server decodes it first.
    assert not {".", ".."} & set(segments)
