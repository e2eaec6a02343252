"""No identifier reaches another path on the wire, also if it were not checked."""

import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

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


class Wire:
    """Requests go nowhere, unsigned: the path of the last one is kept."""

    region = "eu-frankfurt-1"

    def __init__(self, text: str) -> None:
        self.compute = compute.Compute(self._service(compute.SERVICE))
        self.work_requests = work_requests.WorkRequests(self._service(work_requests.SERVICE))
        self.topic = notifications.Notifications(self._service(notifications.SERVICE), text)
        self.storage = object_storage.ObjectStorage(self._service(object_storage.SERVICE))

    def _service(self, kind: ServiceKind) -> Service:
        return Service(kind, self, self, "https://cloud.example")  # type: ignore[arg-type]  # of its form

    def __call__(self, request: Request, **_: object) -> Request:
        return request

    def send(self, request: Request, *, until: float) -> Response:
        self.path = request.path_url.partition("?")[0]
        return Response(404, {}, b"{}")


NOW, END = datetime.now(UTC), {"until": 1.0}
PLACE = Destination("ns", "b", "object")
# Every operation with an identifier in its path, and that path with the identifier left out.
OPERATIONS: dict[str, Callable[[Wire, str], Any]] = {
    "/20160918/images/*": lambda wire, text: wire.compute.get_image(text, **END),
    "/20160918/images/*/actions/export": lambda wire, text: wire.compute.export_image(
        text, {}, retry_token="", if_match=None, **END
    ),
    "/20160918/workRequests/*": lambda wire, text: wire.work_requests.get(text, **END),
    "/20160918/workRequests/*/errors": lambda wire, text: wire.work_requests.errors(text, Page(), **END),
    "/20160918/workRequests/*/logs": lambda wire, text: wire.work_requests.logs(text, Page(), **END),
    "/20181201/topics/*/messages": lambda wire, _: wire.topic.publish("title", "body", **END),
    "/n/ns/b/*/p": lambda wire, text: wire.storage.create_preauthenticated_request(
        Destination("ns", text, "object"), "name", NOW, **END
    ),
    "/n/ns/b/b/p/*": lambda wire, text: wire.storage.delete_preauthenticated_request(PLACE, text, **END),
    "/n/ns/b/b/o/*": lambda wire, text: wire.storage.get(Destination("ns", "b", text), **END),
    "/n/*/b/b/o/object": lambda wire, text: wire.storage.head(Destination(text, "b", "object"), **END),
}


@pytest.mark.parametrize("path", OPERATIONS)
@settings(max_examples=50)  # of every operation, and each is encoded by the same function
@given(TEXTS)
def test_any_text_is_one_segment_of_the_path_on_the_wire(path: str, text: str) -> None:
    assume(text and text.isprintable())
    wire = Wire(text)
    with pytest.raises(ExportError):
        OPERATIONS[path](wire, text)
    segments = wire.path.split("/")
    assert [unquote(segment) for segment in segments] == [
        text if part == "*" else part for part in path.split("/")
    ]
    # A step on a path is one also where a server decodes it first.
    assert not {".", ".."} & set(segments)
