"""Names are shown and recorded as they are: no caller's choice of one, or of a URL's token, masks any.

A token can't be told from a word that it was chosen to be: the invocation that it came with hides it in what
others wrote. Ids, names of fields and what the function itself says stay whole.
"""

import json
from collections.abc import Callable

import pytest

from tests.local.oci import Fault
from tests.platform import UNLIMITED
from tests.security.callers_par import destination_uri
from tests.unit.world import BUCKET, NAMESPACE, RECORDS, World, tuple_details

MASK = "***"
TOKEN = "Kx3-Zt9_qLw8vR2mN5bT7yHs1dFg4jPc6aXe0uQi"  # noqa: S105  # made up
NAME = "golden-image-of-the-whole-company"
# Each would be a secret by its shape, if it were somebody's text.
LIKE_SECRETS = (
    "x/p/anything/n/a/b/c/o/d.oci",
    f"p/{TOKEN}/n/ns/b/bucket",
    "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJl",
    "authorization=basic/golden.oci",
    "signature=golden.oci",
    f"MII{'A' * 60}.oci",
)


@pytest.fixture
def bank(world: World) -> World:
    """With records, and an image that is named and tagged like secrets."""
    world.configure(EXPORT_RECORDS=RECORDS)
    world.cloud.topic_rate = UNLIMITED
    tags = {"signature=": LIKE_SECRETS[0], LIKE_SECRETS[1]: LIKE_SECRETS[2]}
    world.image = world.cloud.images.add(LIKE_SECRETS[0], freeform_tags=tags, defined_tags={"a": tags})
    return world


def by_url(world: World, token: str) -> dict[str, str]:
    """The details of an export to a caller's own pre-authenticated request."""
    uri = destination_uri(world.cloud, token, "a.oci", BUCKET)
    return {"destinationType": "objectStorageUri", "destinationUri": uri}


@pytest.mark.parametrize("name", LIKE_SECRETS)
def test_an_object_name_and_an_images_name_are_told_as_they_are_whatever_they_look_like(
    bank: World, name: str
) -> None:
    exported = bank.export(tuple_details(name))
    bank.cloud.work_requests.advance(exported.headers["opc-work-request-id"])
    ended = bank.event("exportimage.end")
    bank.cloud.faults.add(Fault("ExportImage", status=403))
    rejected = bank.call(
        {"imageId": bank.image["id"], "exportImageDetails": tuple_details(name)}, detached=True, call_id="x"
    )
    assert [answer.line["destination"] for answer in (exported, ended, rejected)] == [
        f"{NAMESPACE}/{BUCKET}/{name}"
    ] * 3
    place = {"namespaceName": NAMESPACE, "bucketName": BUCKET, "objectName": name}
    accepted, succeeded, refused = bank.announced()
    assert {event["data"]["destination"]["objectName"] for event in (accepted, succeeded, refused)} == {name}
    assert accepted["data"]["imageName"] == succeeded["data"]["imageName"] == LIKE_SECRETS[0]
    assert bank.cloud.messages[0].title == f"Image export accepted: {LIKE_SECRETS[0]}"
    record = bank.record()
    assert record["exports"][0]["destination"] == place
    for key in ("displayName", "freeformTags", "definedTags"):
        assert record["image"][key] == exported.document[key] == bank.image[key]


def test_two_names_that_differ_only_where_a_token_would_stand_are_two(bank: World) -> None:
    one, other = (tuple_details(f"x/p/{name}/n/a/b/c/o/d.oci") for name in ("one", "other"))
    token = {"opc-retry-token": "nightly"}
    exported = bank.export(one, token)
    bank.cloud.work_requests.advance(exported.headers["opc-work-request-id"])
    again = bank.export(one, token)
    assert again.headers["opc-work-request-id"] == exported.headers["opc-work-request-id"]
    refused = bank.export(other, token)
    assert (refused.status, refused.document["code"]) == (409, "InvalidatedRetryToken")
    assert len(bank.cloud.exports) == 1


def told(world: World, word: Callable[[World], str]) -> str:
    """All that is told of a new image's export but for ids that are its own. The word is the URL's token."""
    image = world.image = world.cloud.images.add(NAME)
    token = image["id"][-8:]
    answer = world.export(by_url(world, word(world).ljust(32, "-")), {"opc-retry-token": token})
    assert answer.status == 200
    message = world.announced("accepted")[-1]
    headers, line = dict(answer.headers), {**answer.line, "time": ""}
    text = json.dumps([answer.document, headers, line, message, world.record()])
    own = (image["id"], token, image["baseImageId"], headers["notification-message-id"])
    of_the_export = (message["data"][key] for key in ("workRequestId", "etag", "opcRequestId"))
    for number, value in enumerate([*own, *of_the_export]):
        text = text.replace(value, f"({number})")
    return text


def end_of(ocid: str) -> str:
    """The part that could be a token."""
    return ocid.rpartition(".")[2]


WORDS: dict[str, Callable[[World], str]] = {
    "the image's OCID": lambda bank: end_of(bank.image["id"]),
    "the compartment's OCID": lambda bank: end_of(bank.cloud.compartment_id),
    "a field of the record": lambda _: "preauthenticatedRequestId" * 2,
    "a field of the image": lambda _: "isConsistentVolumeNamingEnabled",
    "the image's name": lambda _: NAME,
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_a_token_that_reads_like_a_word_hides_itself_and_nothing_of_ours(
    world: World, word: Callable[[World], str]
) -> None:
    world.configure(EXPORT_RECORDS=RECORDS)
    honest = told(world, lambda _: TOKEN)
    assert told(world, word) == (honest.replace(NAME, MASK) if word(world) == NAME else honest)


def test_a_token_that_reads_like_the_work_request_leaves_its_id_and_the_messages(world: World) -> None:
    world.configure(EXPORT_RECORDS=RECORDS)
    headers = {"opc-retry-token": "token"}
    work_request_id = world.export(by_url(world, TOKEN), headers).headers["opc-work-request-id"]
    record = world.record()
    # The same request as its record has it, but for the token.
    again = world.export(by_url(world, end_of(work_request_id)), headers)
    assert again.headers["opc-work-request-id"] == again.line["workRequestId"] == work_request_id
    assert [message["id"] for message in world.announced("accepted")] == [f"{work_request_id}/accepted"] * 2
    assert world.record() == record
    assert record["exports"][0]["workRequestId"] == work_request_id
    assert len(world.cloud.exports) == 1
