"""No identifier reaches another path: not past the check, and not on the wire if the check were not there."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oci.auth.signers import SecurityTokenSigner

from handlers.cloud.compute import Compute
from handlers.cloud.notifications import Notifications
from handlers.cloud.object_storage import ObjectStorage
from handlers.cloud.work_requests import WorkRequests
from handlers.errors import ExportError, NoAnswer
from handlers.exports import clock, identifiers
from handlers.exports.destination import Destination
from tests.security.spellings import misspelt
from tests.unit.cloud.loopback import Loopback

PART = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1, max_size=12)
OCIDS = st.builds("ocid1.image.{}.{}.{}".format, PART, PART | st.just(""), PART)
# What the path of another operation is made of, among other things.
TRICKS = st.sampled_from(
    (
        *(
            "ocid1.image.oc1..aaaa\n",
            "ocid1.image.oc1..aaaa/",
            "ocid1.image.oc1..a/../../instances/x",
            "..",
            ".",
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
            "ocid1.image.oc1..\u0430",
            "ocid1.image.oc1..a\0",
            "a\\..\\b",
        ),
    )
)
TEXTS = misspelt(OCIDS) | TRICKS | st.text(max_size=40)


class Unsigned(SecurityTokenSigner):  # type: ignore[misc]  # the SDK has no types
    """A signer that leaves requests as they are."""

    def __init__(self) -> None:
        self.region = "eu-frankfurt-1"

    def __call__(self, request: object) -> object:
        return request


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@given(TEXTS)
def test_what_passes_for_an_ocid_is_one_segment_of_plain_characters(text: str) -> None:
    if identifiers.is_ocid(text):
        assert 0 < len(text) <= 255
        assert text.startswith("ocid1.")
        assert text.isascii()
        assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert 4 <= text.count(".") <= 5
    if identifiers.is_ocid(text, "image"):
        assert text.startswith("ocid1.image.")


@given(OCIDS)
def test_an_ocid_passes_whatever_its_realm_and_region(text: str) -> None:
    assert identifiers.is_ocid(text)
    assert identifiers.is_ocid(text, "image")
    assert not identifiers.is_ocid(text, "instance")
    assert not identifiers.is_ocid(f"{text}\n")
    assert not identifiers.is_ocid(f" {text}")


def path_of(server: Loopback) -> list[str]:
    """The segments of the path that was last asked for, decoded once; the query is empty."""
    path, _, query = server.requests[-1].target.partition("?")
    assert not query
    return [unquote(segment, errors="strict") for segment in path.split("/")]


@settings(max_examples=100)
@given(TEXTS)
def test_any_text_is_one_segment_of_the_path_on_the_wire(server: Loopback, text: str) -> None:
    assume(text.strip(".") and text.isprintable())
    compute = Compute(Unsigned(), server.endpoint)
    work_requests = WorkRequests(Unsigned(), server.endpoint)
    until = clock.Clock().monotonic() + 60

    compute.get_image(text, until=until)
    assert path_of(server) == ["", "20160918", "images", text]
    compute.export_image(text, {}, retry_token="token", if_match=None, until=until)  # noqa: S106
    assert path_of(server) == ["", "20160918", "images", text, "actions", "export"]
    work_requests.get(text, until=until)
    assert path_of(server) == ["", "20160918", "workRequests", text]
    with pytest.raises(NoAnswer):
        Notifications(Unsigned(), server.endpoint, text).publish("title", "body", until=until)
    assert path_of(server) == ["", "20181201", "topics", text, "messages"]


@settings(max_examples=100)
@given(TEXTS)
def test_no_bucket_makes_a_pre_authenticated_request_of_another_kind(server: Loopback, text: str) -> None:
    assume(text.isprintable() and text)
    storage = ObjectStorage(Unsigned(), server.endpoint)
    now = clock.Clock()
    place = Destination("namespace", text, "object")
    server.requests.clear()
    with pytest.raises(ExportError):  # the answer has no URL
        storage.create_write_request(place, "name", now.now(), until=now.monotonic() + 60)
    assert path_of(server) == ["", "n", "namespace", "b", text, "p"]
    assert server.requests[-1].json["accessType"] == "ObjectWrite"
    assert server.requests[-1].json["objectName"] == "object"
