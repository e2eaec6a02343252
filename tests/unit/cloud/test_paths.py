"""No identifier reaches another path on the wire, also if it were not checked."""

import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from handlers.cloud.api import Cloud, Page
from handlers.destinations import Destination
from handlers.errors import ServiceRefusal
from tests.security.spellings import misspelt
from tests.unit.cloud.examples import Scripted, reply

PART = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
OCIDS = st.builds("ocid1.image.{}.{}.{}".format, PART, PART | st.just(""), PART)
# What the path of another operation is made of, among other things.
TRICKS = st.sampled_from(
    [
        *(".", "..", "../../../20160918/instances", "a/actions/export", "{imageId}", "{}"),
        *("a?x=1#y", "a%2fb", "é"),
        *(
            f"ocid1.image.oc1..a{end}"
            for end in ("\n", "/", "/../../instances/x", "%2f..%2fx", "?x=y", "#x", ";x", "\0", "\u0430")
        ),
    ]
)
TEXTS = misspelt(OCIDS) | TRICKS | st.text(max_size=40)


NOW = datetime.now(UTC)
PLACE = Destination("ns", "b", "object")
# Every operation with an identifier in its path, and that path with the identifier left out.
OPERATIONS: dict[str, Callable[[Cloud, str], Any]] = {
    "/20160918/images/*": lambda cloud, text: cloud.get_image(text),
    "/20160918/images/*/actions/export": lambda cloud, text: cloud.export_image(
        text, {}, retry_token="", if_match=None
    ),
    "/20160918/workRequests/*": lambda cloud, text: cloud.get_work_request(text),
    "/20160918/workRequests/*/errors": lambda cloud, text: cloud.list_work_request_errors(text, Page()),
    "/20160918/workRequests/*/logs": lambda cloud, text: cloud.list_work_request_logs(text, Page()),
    "/20181201/topics/*/messages": lambda cloud, _: cloud.publish("title", "body"),
    "/n/ns/b/*/p": lambda cloud, text: cloud.create_preauthenticated_request(
        Destination("ns", text, "object"), "name", NOW
    ),
    "/n/ns/b/b/p/*": lambda cloud, text: cloud.delete_preauthenticated_request(PLACE, text),
    "/n/ns/b/b/o/*": lambda cloud, text: cloud.get_object(Destination("ns", "b", text)),
    "/n/*/b/b/o/object": lambda cloud, text: cloud.head(Destination(text, "b", "object")),
}


@pytest.mark.parametrize("path", OPERATIONS)
@settings(max_examples=50)  # of every operation, and each is encoded by the same function
@given(TEXTS)
def test_any_text_is_one_segment_of_the_path_on_the_wire(path: str, text: str) -> None:
    assume(text and text.isprintable())
    scripted = Scripted(reply({}, 404), topic_id=text)
    with pytest.raises(ServiceRefusal):
        OPERATIONS[path](scripted.cloud, text)
    segments = scripted.requests[0].path_url.partition("?")[0].split("/")
    assert [unquote(segment) for segment in segments] == [
        text if part == "*" else part for part in path.split("/")
    ]
    # A step on a path is one also where a server decodes it first.
    assert not {".", ".."} & set(segments)
